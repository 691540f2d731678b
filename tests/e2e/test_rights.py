"""The table of rights against what the commands really ask of the API server."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from apigeectl.checks.rights import RIGHTS, Access, accesses
from apigeectl.cli.app import run
from apigeectl.sandbox.kubernetes.messages import Request
from apigeectl.sandbox.session import Sandbox
from tests.e2e.conftest import CRDS, Script

REPOSITORY = Path(__file__).parents[2]
PLACES = {"runtime": "apigee", "operator": "apigee-system", "cert-manager": "cert-manager"}
PATH = re.compile(
    r"/(?:api/v1|apis/(?P<group>[^/]+)/[^/]+)(?:/namespaces/(?P<namespace>[^/]+))?/(?P<resource>[a-z]+)"
    r"(?:/(?P<name>[^/]+)(?:/(?P<subresource>[a-z]+))?)?$"
)
VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@pytest.fixture
def requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Request]]:
    """What a whole life of an installation asked for."""
    with Sandbox(speed=0) as sandbox:
        sandbox.write_demo_files(tmp_path)
        shutil.copy(REPOSITORY / "overrides" / "quickstart.yaml", tmp_path / "overrides.yaml")
        monkeypatch.chdir(tmp_path)
        for name, value in (os.environ | sandbox.environment()).items():
            monkeypatch.setenv(name, value)
        for argv in (
            ["init"],
            ["check-ready", "--wait=60"],
            ["apply"],
            ["check-ready", "--wait=60"],
            ["apply"],
            ["connect", "status"],
            ["delete", "--all"],
        ):
            assert run(argv) == 0
        assert sandbox.kubernetes
        yield [one for one in sandbox.kubernetes.requests if one.user_agent.startswith("apigeectl/")]


def asked(requests: Iterable[Request]) -> set[Access]:
    return {access for request in requests for access in _accesses(request)}


def _accesses(request: Request) -> Iterator[Access]:
    match = PATH.fullmatch(request.path)
    if not match:
        return  # discovery and the version: everybody may
    resource = "/".join(filter(None, [match["resource"], match["subresource"]]))
    verb = VERBS.get(request.method) or ("get" if match["name"] else "list")
    if request.query.get("watch") in ("true", "1"):
        verb = "watch"
    namespace = match["namespace"] or ""
    if resource == "namespaces":
        namespace = ""
    yield Access(match["group"] or "", resource, verb, namespace)
    if verb == "patch":
        yield Access(match["group"] or "", resource, "create", namespace)


def test_everything_that_is_asked_for_is_in_the_table(requests: list[Request]):
    table = set(accesses(RIGHTS, PLACES))
    cluster_wide = {(one.group, one.resource, one.verb) for one in table if not one.namespace}

    missing = {
        one
        for one in asked(requests)
        if one not in table and (one.group, one.resource, one.verb) not in cluster_wide
    }

    assert sorted(missing) == []


def test_every_row_of_the_table_is_asked_for(requests: list[Request]):
    used = {(one.group, one.resource) for one in asked(requests)}

    assert {(right.group, right.resource) for right in RIGHTS} - used == set()


@pytest.fixture
def cluster_options() -> list[str]:
    """A real kube-apiserver: only that refuses."""
    if "APIGEECTL_TEST_KUBECONFIG" not in os.environ:
        pytest.skip("make test-cluster runs this on a real kube-apiserver")
    return ["--kube-apiserver", *(["--crds", str(CRDS)] if CRDS.is_dir() else [])]


@pytest.mark.cluster
def test_whoever_is_granted_the_role_that_preflight_names_can_install(in_sandbox: Script):
    role = "import json, sys; print(json.dumps(json.load(sys.stdin)['missingRole']))"

    done = in_sandbox(
        "kubectl create serviceaccount small -n default && cp $KUBECONFIG admin && cp admin small && "
        "kubectl --kubeconfig small config set-credentials apigeectl-sandbox --token=$(kubectl create token small) && "
        "export KUBECONFIG=$PWD/small && ! apigeectl preflight -o json >preflight.json && "
        f'{sys.executable} -c "{role}" <preflight.json | kubectl --kubeconfig admin apply -f - && '
        "kubectl --kubeconfig admin create clusterrolebinding small --clusterrole=apigeectl --serviceaccount=default:small "
        "&& apigeectl preflight && apigeectl init --dry-run=server"
    )

    assert done.returncode == 0, done.stdout + done.stderr
