"""Google's 1.8 schemas, and a real API server that has them, refuse nothing but what later releases added."""

from __future__ import annotations

import pathlib
import re
import tempfile
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from apigeectl.components.release_facts import MINORS
from apigeectl.components.releases import release
from apigeectl.components.render import render_init, render_runtime
from apigeectl.manifests import Manifest
from apigeectl.overrides.catalogue import properties
from apigeectl.overrides.document import Overrides
from apigeectl.overrides.scope import Scope
from tests.components.crds import known_kinds, violations
from tests.components.discovery import assembled, values
from tests.components.samples import MINIMAL, case, overrides, write_files
from tests.components.test_golden import CASES, INIT_CASES
from tests.conformance.google_definitions import google_definitions
from tests.conformance.real_server import RealServer

RICH = f"""{MINIMAL}
cassandra:
  auth: {{secretProviderClass: vault}}
"""
"""What no golden case sets."""

CIPHERS = ("ApigeeRouteConfig", "$.spec.tls.cipherSuites: unknown field")
WATCHER = "$.spec.components.watcher.properties"
SINCE_1_10 = frozenset(
    {
        CIPHERS,
        ("ApigeeDatastore", "$.spec.authSecretProviderClass: unknown field"),
        ("ApigeeOrganization", "$.spec: 'datastoreCredentialRef' is a required property"),
        ("ApigeeOrganization", "$.spec.components.cassandraSchemaValidation: unknown field"),
        ("ApigeeOrganization", f"{WATCHER}.enableIssueScanning: unknown field"),
        ("ApigeeOrganization", f"{WATCHER}.issueScanInterval: unknown field"),
        ("ApigeeRouteConfig", "$.spec.requestTimeout: unknown field"),
        ("ApigeeTelemetry", "$.spec.organizationName: unknown field"),
    }
)
DEVIATIONS = {
    **{f"1.{minor}": frozenset[tuple[str, str]]() for minor in range(3, 9)},
    "1.9": frozenset({CIPHERS}),
    **{f"1.{minor}": SINCE_1_10 for minor in range(10, 17)},
}
"""By release: everything that the schemas of 1.8.1 have against what is rendered for it."""

ON_A_SERVER = ("1.5", "1.8", "1.9", "1.10", "1.16")
"""One release of each set of API versions and deviations."""


def test_every_release_of_the_table_is_judged() -> None:
    assert [f"{major}.{minor}" for major, minor in MINORS] == list(DEVIATIONS)


@pytest.mark.parametrize("version", DEVIATIONS)
def test_releases_deviate_from_the_schemas_of_1_8_exactly_as_listed(version: str) -> None:
    found = {
        (manifest.kind, complaint)
        for name in ("everything", "references", "rich")
        for manifest in rendered(name, version)
        if manifest.kind in known_kinds()
        for complaint in violations(dict(manifest.body))
    }

    assert found == DEVIATIONS[version]


@pytest.mark.parametrize("workload_identity", [False, True])
@pytest.mark.parametrize("version", DEVIATIONS)
def test_a_file_that_sets_every_property_renders_and_deviates_no_more(
    version: str, workload_identity: bool, tmp_path: pathlib.Path
) -> None:
    given = {entry.path: values(entry.path)[1] for entry in properties()}
    given |= {
        path: workload_identity for path in given if path.startswith("gcp.workloadIdentity") and path != GSA
    }
    sample = Overrides(tmp_path / "overrides.yaml", "", assembled(given, tmp_path))
    manifests = render_runtime(sample, release(version), Scope(), cwd=tmp_path).manifests
    judged = [manifest for manifest in manifests if manifest.kind in known_kinds()]
    found = {(one.kind, complaint) for one in judged for complaint in violations(dict(one.body))}

    assert len(judged) == 6 if release(version).has_kind("ApigeeRedis") else 5
    assert found <= DEVIATIONS[version]
    assert render_init(sample, release(version), cwd=tmp_path).manifests


GSA = "gcp.workloadIdentity.gsa"


def test_the_rich_case_satisfies_the_schemas_of_1_8_too() -> None:
    judged = [manifest for manifest in rendered("rich", "1.8") if manifest.kind in known_kinds()]

    assert len(judged) == 5
    assert [violations(dict(manifest.body)) for manifest in judged] == [[]] * 5


@pytest.fixture(scope="module")
def server() -> RealServer:
    """A real API server that serves Google's kinds."""
    server = RealServer.named()
    server.establish(*google_definitions())
    return server


@pytest.fixture(scope="module")
def namespace(server: RealServer) -> Iterator[str]:
    with server.namespace() as name:
        yield name


@pytest.mark.cluster
@pytest.mark.parametrize("version", ON_A_SERVER)
@pytest.mark.parametrize("name", [*CASES, "rich"])
def test_a_real_server_refuses_the_listed_deviations_and_nothing_else(
    name: str, version: str, server: RealServer, namespace: str
) -> None:
    for manifest in rendered(name, version):
        if manifest.group == "cert-manager.io":
            continue
        refusals = server.refusals(placed(manifest, namespace))
        listed = {complaint for kind, complaint in DEVIATIONS[version] if kind == manifest.kind}
        unknown = re.findall(r'unknown field "([^"]+)"', refusals.get("create", ""))

        assert {f"$.{field}: unknown field" for field in unknown} <= listed, manifest
        assert bool(refusals) == bool(unknown), f"{manifest}: {refusals}"


@pytest.mark.cluster
@pytest.mark.parametrize(("name", "version"), INIT_CASES)
def test_a_real_server_takes_what_init_renders(
    name: str, version: str, server: RealServer, namespace: str
) -> None:
    taken = [manifest for manifest in initial(name, version) if manifest.group != "cert-manager.io"]

    assert len(taken) > 15
    assert {str(m): server.refusals(placed(m, namespace)) for m in taken} == {str(m): {} for m in taken}


@cache
def rendered(name: str, version: str) -> tuple[Manifest, ...]:
    sample: Overrides = overrides(RICH) if name == "rich" else case(name)
    with tempfile.TemporaryDirectory() as folder:
        files = write_files(sample, pathlib.Path(folder))
        return render_runtime(sample, release(version), Scope(), cwd=files).manifests


def initial(name: str, version: str) -> tuple[Manifest, ...]:
    with tempfile.TemporaryDirectory() as folder:
        return render_init(case(name), release(version), cwd=pathlib.Path(folder)).manifests


def placed(manifest: Manifest, namespace: str) -> dict[str, Any]:
    """The object in a namespace that exists."""
    metadata = dict(manifest.body["metadata"])
    if "namespace" in metadata:
        metadata["namespace"] = namespace
    return {**manifest.body, "metadata": metadata}
