from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apigeectl.actions.preflight import require_server, site_of
from apigeectl.errors import Forbidden, Refused
from apigeectl.manifests import APIGEE_GROUP
from apigeectl.sandbox.demo import write_demo_files
from tests.actions.prepared import prepared
from tests.checks.test_preflight import FakeCluster


class Server:
    """Says a version, or nothing."""

    def __init__(self, minor: str = "", error: Exception | None = None) -> None:
        self.minor, self.error = minor, error

    def server_version(self) -> dict[str, Any]:
        if self.error:
            raise self.error
        return {"major": "1", "minor": self.minor}


def test_a_server_without_server_side_apply_is_refused():
    with pytest.raises(Refused, match=r"1\.21, older than 1\.22"):
        require_server(Server("21"))


@pytest.mark.parametrize("server", [Server("22+"), Server(error=Forbidden("no", status=403))])
def test_a_newer_one_and_one_that_does_not_say_are_not(server: Server):
    require_server(server)


def test_the_site_has_everything_that_init_and_apply_would_write(tmp_path: Path):
    write_demo_files(tmp_path, "hybrid-demo", "https://oauth2.googleapis.com/token")

    site = site_of(prepared(), FakeCluster(), tmp_path)  # type: ignore[arg-type]

    groups = {manifest.group for manifest in site.manifests}
    assert {APIGEE_GROUP, "apps", "cert-manager.io"} <= groups
