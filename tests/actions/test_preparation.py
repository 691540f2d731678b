from __future__ import annotations

from typing import Any

import pytest

from apigeectl.errors import APIError, Forbidden, ServiceFailure, Unauthorized, Unreachable
from apigeectl.manifests import ObjectRef
from tests.actions.prepared import prepared


class Running:
    """A cluster in which only the operator can be asked for."""

    def __init__(self, tag: str = "", error: Exception | None = None) -> None:
        self.tag, self.error = tag, error
        self.asked = 0

    def get(self, ref: ObjectRef, version: str | None = None) -> dict[str, Any] | None:
        self.asked += 1
        if self.error:
            raise self.error
        containers = [{"name": "manager", "image": f"registry.example/apigee-operators:{self.tag}"}]
        return {"spec": {"template": {"spec": {"containers": containers}}}} if self.tag else None

    def __call__(self) -> Running:
        return self


def test_an_older_release_than_the_cluster_runs_is_warned_of():
    (note,) = prepared(release="1.8", cluster=Running("1.10.3")).notes

    assert "the cluster runs hybrid 1.10.3, and 1.8." in note


@pytest.mark.parametrize("tag", ["1.8.0", "1.10.3", "latest", ""])
def test_a_newer_one_the_same_or_none_to_compare_with_is_not(tag: str):
    assert prepared(release="1.10.3", cluster=Running(tag)).notes == ()


def test_the_tag_of_a_patched_image_counts():
    assert prepared(release="1.8", cluster=Running("v1.10.3-hotfix.1")).notes


def test_what_the_cluster_runs_is_asked_once():
    running = Running("1.10.3")

    assert prepared(release=None, cluster=running).release.version == "1.10.3"
    assert running.asked == 1


@pytest.mark.parametrize("error", [Unreachable("connection refused"), Unauthorized("no", status=401)])
def test_a_cluster_that_answers_nobody_ends_it_at_once(error: Exception):
    running = Running(error=error)

    with pytest.raises(type(error)):
        prepared(release=None, cluster=running)

    assert running.asked == 1


@pytest.mark.parametrize("error", [Forbidden("no", status=403), ServiceFailure("no", status=500)])
def test_a_cluster_that_will_not_say_leaves_the_newest_release(error: APIError):
    assert prepared(release=None, cluster=Running(error=error)).notes == ()
