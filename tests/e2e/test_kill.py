"""The short form of the kill test; `python -m tests.kill 100` is the long one."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from apigeectl.clients.kubernetes import Cluster
from tests.kill import Site, prepare, rounds, start

pytestmark = pytest.mark.cluster

FORGETFUL = """
import sys
import tempfile
from dataclasses import replace
from apigeectl.apply import inventory, plan as planning
from apigeectl.apply.changes import Action

honest = planning.plan

def forgetful(cluster, manifests, **options):
    found = honest(cluster, manifests, **options)
    stored = inventory.load(cluster, options["inventory"], ())
    changes = tuple(
        replace(one, action=Action.UNCHANGED) if one.ref in stored.refs else one for one in found.changes
    )
    return replace(found, changes=changes)

planning.plan = forgetful
from apigeectl.__main__ import main
main()
"""
"""An engine with a bug: what the inventory lists counts as written."""


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Site, Cluster]]:
    if "APIGEECTL_TEST_KUBECONFIG" not in os.environ:
        pytest.skip("make test-cluster runs this on a real kube-apiserver")
    with ExitStack() as stack:
        # One of its own: other tests change the definitions of the shared ones.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="apigeectl-kill-")))
        yield prepare(stack, start(stack, folder))


def test_a_killed_apply_is_finished_by_the_next_one(server: tuple[Site, Cluster]):
    assert list(rounds(*server, 4, seed=11)) == []


def test_an_engine_that_forgets_what_it_had_begun_is_found_out(server: tuple[Site, Cluster]):
    found = list(rounds(*server, 4, seed=12, program=[sys.executable, "-c", FORGETFUL]))

    assert any("ApigeeEnvironment" in line for line in found)
