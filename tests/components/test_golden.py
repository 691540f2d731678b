from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

from apigeectl import yaml
from apigeectl.components.release_facts import MINORS
from apigeectl.components.releases import release
from apigeectl.components.render import Rendering, init_refs, render_init, render_runtime, runtime_refs
from apigeectl.overrides.load import load
from apigeectl.overrides.scope import Scope
from tests.components.crds import known_kinds, violations
from tests.components.samples import EXAMPLES, GOLDEN, REPOSITORY, case, write_files

CASES = {
    "quickstart": ("1.6", "1.8", "1.9", "1.10"),
    "production": ("1.8", "1.10"),
    "workload-identity": ("1.8", "1.10"),
    "multi-region": ("1.10",),
    "legacy-1.2": ("1.8", "1.10"),
    "everything": ("1.4", "1.8", "1.10", "1.16"),
    "references": ("1.8", "1.10"),
}
RENDERINGS = [(name, version) for name, versions in CASES.items() for version in versions]
INIT_CASES = [("quickstart", "1.8"), ("quickstart", "1.10"), ("everything", "1.8"), ("references", "1.10")]

ADDED_IN_1_10 = (
    "$.spec.version",
    "cassandraSchemaValidation",
    "organizationName",
    "requestTimeout",
    "cipherSuites",
    "enableIssueScanning",
    "issueScanInterval",
    "'datastoreCredentialRef' is a required property",
)

MARKS = {
    "authz": "name: apigee-authz",
    "backup": "kind: CronJob",
    "cassandra": "cassandra:",
    "connect-agent": "connectAgent:",
    "datastore": "kind: ApigeeDatastore",
    "environment": "kind: ApigeeEnvironment",
    "ingress-gateways": "ingressGateways:",
    "init": "kind: MutatingWebhookConfiguration",
    "logger": "containerLogs:",
    "mart": "mart:",
    "metrics": "metricsApp:",
    "mint-task-scheduler": "mintTaskScheduler:",
    "organization": "kind: ApigeeOrganization",
    "redis": "kind: ApigeeRedis",
    "restore": "kind: Job",
    "runtime": "runtime:",
    "secrets": "kind: Secret",
    "serviceaccounts": "kind: ServiceAccount",
    "synchronizer": "synchronizer:",
    "telemetry": "kind: ApigeeTelemetry",
    "udca": "udca:",
    "virtualhosts": "kind: ApigeeRouteConfig",
    "watcher": "watcher:",
}
"""By folder of templates: a line that only a rendering of it has."""


@pytest.mark.parametrize(("name", "version"), RENDERINGS)
def test_a_file_renders_as_its_golden_file(
    name: str, version: str, tmp_path: pathlib.Path, update: bool
) -> None:
    sample = case(name)
    rendering = render_runtime(sample, release(version), Scope(), cwd=write_files(sample, tmp_path))

    compare(f"{name}.{version}.golden.yaml", rendering, update)


@pytest.mark.parametrize(("name", "version"), INIT_CASES)
def test_init_renders_as_its_golden_file(
    name: str, version: str, tmp_path: pathlib.Path, update: bool
) -> None:
    rendering = render_init(case(name), release(version), cwd=tmp_path)

    compare(f"{name}.init.{version}.golden.yaml", rendering, update)


@pytest.mark.parametrize(("name", "version"), RENDERINGS)
def test_names_alone_are_the_same_names(name: str, version: str, tmp_path: pathlib.Path) -> None:
    sample = case(name)
    rendering = render_runtime(sample, release(version), Scope(), cwd=write_files(sample, tmp_path))

    assert runtime_refs(sample, release(version), Scope()) == tuple(m.ref for m in rendering.manifests)


@pytest.mark.parametrize(("name", "version"), INIT_CASES)
def test_names_of_init_are_the_same_names(name: str, version: str, tmp_path: pathlib.Path) -> None:
    rendering = render_init(case(name), release(version), cwd=tmp_path, ca_exists=True)

    assert init_refs(case(name), release(version)) == tuple(m.ref for m in rendering.manifests)


@pytest.mark.parametrize("name", [name for name, versions in CASES.items() if "1.8" in versions])
def test_what_is_rendered_for_1_8_satisfies_the_real_schemas(name: str, tmp_path: pathlib.Path) -> None:
    sample = case(name)
    rendering = render_runtime(sample, release("1.8"), Scope(), cwd=write_files(sample, tmp_path))
    judged = [m for m in rendering.manifests if m.kind in known_kinds()]

    assert len({m.kind for m in judged}) == 6
    assert {str(m): violations(dict(m.body)) for m in judged} == {str(m): [] for m in judged}


@pytest.mark.parametrize("name", [name for name, versions in CASES.items() if "1.10" in versions])
def test_what_is_rendered_for_1_10_adds_only_known_fields(name: str, tmp_path: pathlib.Path) -> None:
    sample = case(name)
    rendering = render_runtime(sample, release("1.10"), Scope(), cwd=write_files(sample, tmp_path))
    found = [
        text for m in rendering.manifests if m.kind in known_kinds() for text in violations(dict(m.body))
    ]

    assert [text for text in found if not any(word in text for word in ADDED_IN_1_10)] == []


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_renders_for_every_release(example: pathlib.Path, tmp_path: pathlib.Path) -> None:
    sample = load(example)
    files = write_files(sample, tmp_path)

    for major, minor in MINORS:
        chosen = release(f"{major}.{minor}")
        rendering = render_runtime(sample, chosen, Scope(), cwd=files)
        assert runtime_refs(sample, chosen, Scope()) == tuple(m.ref for m in rendering.manifests)
        assert render_init(sample, chosen, cwd=files).manifests


def test_every_template_folder_has_a_golden_file() -> None:
    folders = {path.name for path in (REPOSITORY / "templates").iterdir()}
    golden = "\n".join(path.read_text() for path in GOLDEN.glob("*.golden.yaml"))

    assert folders == set(MARKS)
    assert [folder for folder, mark in MARKS.items() if mark not in golden] == []


def test_the_same_file_gives_the_same_bytes_whatever_the_hash_seed() -> None:
    first, second = (_rendered_with_seed(seed) for seed in ("1", "2"))

    assert first == second
    assert first.count("kind:") == 9


def compare(name: str, rendering: Rendering, update: bool) -> None:
    """Structure against structure, the order of keys included."""
    golden = GOLDEN / name
    bodies = [manifest.body for manifest in rendering.manifests]
    if update:
        golden.write_text(yaml.dump(bodies))
    assert golden.is_file(), f"{name} is missing; pytest --update writes it"
    assert json.dumps(bodies, indent=1) == json.dumps(yaml.load_all(golden.read_text()), indent=1)


def _rendered_with_seed(seed: str) -> str:
    program = (
        "import pathlib\n"
        "from apigeectl import yaml\n"
        "from apigeectl.components.releases import release\n"
        "from apigeectl.components.render import render_runtime\n"
        "from apigeectl.overrides.scope import Scope\n"
        "from tests.components.samples import case\n"
        "rendering = render_runtime(case('references'), release('1.10'), Scope(), cwd=pathlib.Path())\n"
        "print(yaml.dump(m.body for m in rendering.manifests))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )
    return result.stdout
