from __future__ import annotations

from dataclasses import replace
from typing import Any

from apigeectl.actions.preparation import Prepared
from apigeectl.actions.recording import covered, digest, recorded, runs_of, runtime_inventory
from apigeectl.apply.changes import Action, Event
from apigeectl.components.render import runtime_refs
from apigeectl.manifests import ObjectRef
from apigeectl.overrides.scope import Scope
from tests.actions.prepared import prepared
from tests.apply.fakes import FakeCluster, namespace

PREPARED = prepared()


def saying(**data: Any) -> Prepared:
    overrides = PREPARED.overrides
    return replace(PREPARED, overrides=replace(overrides, data={**overrides.data, **data}))


def test_the_digest_changes_with_what_the_file_says():
    assert digest(saying(org="other")) != digest(PREPARED)


def test_the_digest_says_nothing_about_secrets():
    assert digest(saying(axHashSalt="one")) == digest(saying(axHashSalt="two"))


def test_every_object_has_the_part_of_the_file_that_brought_it():
    parts = runtime_inventory(PREPARED).parts

    assert parts.keys() == set(runtime_refs(PREPARED.overrides, PREPARED.release, Scope()))
    assert {ref.kind: part for ref, part in parts.items() if ref.kind.startswith("Apigee")} == {
        "ApigeeOrganization": "org",
        "ApigeeEnvironment": "all_envs",
        "ApigeeDatastore": "datastore",
        "ApigeeRedis": "redis",
        "ApigeeTelemetry": "telemetry",
        "ApigeeRouteConfig": "virtualhosts",
    }


def test_one_environment_covers_no_part():
    assert covered(Scope(envs=("test",), redis=True)) == ("redis",)


def test_a_run_without_scope_flags_covers_every_part():
    assert len(covered(Scope())) == 6


def test_the_command_is_recorded_with_its_scope():
    cluster = FakeCluster(namespace())
    it = replace(PREPARED, scope=Scope(envs=("test",), virtualhosts=True))
    event = Event(ObjectRef("", "ConfigMap", "apigee", "settings"), Action.CREATE)

    list(recorded(cluster, it, runtime_inventory(it), "apply", iter([event])))

    (run,) = runs_of(it, cluster)
    assert run.command == "apply --env test --settings virtualhosts"
