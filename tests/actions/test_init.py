from __future__ import annotations

from typing import Any

import pytest

from apigeectl.actions import init as story
from apigeectl.actions.definition_sources import Found
from apigeectl.actions.definitions import Definitions
from apigeectl.actions.init import definitions, finding, operator_answers, platform_of
from apigeectl.actions.recording import runs_of
from apigeectl.actions.rendering import Choices
from apigeectl.apply.changes import Action, Change
from apigeectl.apply.ownership import INSTALLERS, holders
from apigeectl.apply.plan import Plan
from apigeectl.components.platform import Platform
from apigeectl.components.render import Rendering
from apigeectl.errors import Conflict, Refused, ServiceFailure, WaitTimeout
from apigeectl.manifests import Manifest, ObjectRef
from tests.actions.prepared import prepared
from tests.apply.fakes import FakeCluster, Request, config_map, namespace

PREPARED = prepared()


class Serving:
    def __init__(self, *kinds: str) -> None:
        self.kinds = kinds

    def serves(self, group: str, kind: str, version: str | None = None) -> bool:
        return f"{kind}.{group}" in self.kinds


@pytest.mark.parametrize(
    ("cluster", "openshift", "expected"),
    [
        (None, False, Platform()),
        (None, True, Platform(openshift=True)),
        (Serving(), False, Platform()),
        (Serving("SecurityContextConstraints.security.openshift.io"), False, Platform(openshift=True)),
        (Serving("PeerAuthentication.security.istio.io"), False, Platform(mesh=True)),
    ],
)
def test_a_cluster_says_what_it_is(cluster: Serving | None, openshift: bool, expected: Platform):
    assert platform_of(cluster, openshift=openshift) == expected


def test_a_cluster_that_is_no_openshift_is_not_treated_as_one():
    with pytest.raises(Refused, match="does not know OpenShift's SecurityContextConstraints"):
        platform_of(Serving(), openshift=True)


def test_sources_are_looked_at_once_however_often_they_are_asked():
    class Sources:
        asked = 0

        def find(self, release: Any) -> Found:
            self.asked += 1
            return Found(None, ())

    sources = Sources()
    find = finding(PREPARED, sources)  # type: ignore[arg-type]

    assert find() is find()
    assert sources.asked == 1


def test_definitions_go_by_the_release_and_namespaces_of_the_file():
    cluster = FakeCluster(unserved=())

    found = definitions(PREPARED, cluster, lambda: Found(None, ()), named=False)

    assert found.manifests == ()
    assert "ConfigMap/apigee/apigee-envoyfilters" in found.notes[-1]


class TestTheOperator:
    def plan(self, conversion: str) -> Plan:
        body = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "apigeetelemetries.apigee.cloud.google.com"},
            "spec": {
                "group": "apigee.cloud.google.com",
                "names": {"kind": "ApigeeTelemetry"},
                "conversion": {"strategy": conversion, "webhook": {"clientConfig": {}}},
            },
        }
        manifest = Manifest(body)
        self.cluster = FakeCluster(namespace("apigee"), body)
        return Plan((Change(manifest.ref, Action.CREATE, manifest),))

    def test_answers_when_a_dry_run_of_a_custom_resource_passes(self):
        plan = self.plan("None")

        assert list(operator_answers(PREPARED, plan, self.cluster, 60)) == []
        probes = [one for one in self.cluster.requests if one.dry_run]
        assert [one.ref.kind for one in probes] == ["ApigeeDatastore"]
        assert not self.cluster.writes()

    def test_that_converts_must_be_trusted_by_the_definitions_too(self):
        plan = self.plan("Webhook")

        with pytest.raises(WaitTimeout, match=r"apigeetelemetries\.apigee\.cloud\.google\.com has no CA"):
            list(operator_answers(PREPARED, plan, self.cluster, 0))

    def test_that_does_not_answer_names_the_next_step(self):
        plan = self.plan("None")

        def refused(request: Request) -> None:
            if request.dry_run:
                raise ServiceFailure("failed calling webhook: something unheard of", status=500)

        self.cluster.faults = refused

        with pytest.raises(WaitTimeout, match="the operator's webhook does not answer") as raised:
            list(operator_answers(PREPARED, plan, self.cluster, 0))
        assert "check-ready" in str(raised.value.hint)


def test_cert_manager_that_does_not_come_says_that_init_may_be_repeated(monkeypatch: pytest.MonkeyPatch):
    def late(*_: Any, **__: Any) -> Any:
        raise WaitTimeout("after 120 s it does not answer", hint="look at its pods")
        yield

    monkeypatch.setattr(story, "wait_for_cert_manager", late)

    with pytest.raises(WaitTimeout) as raised:
        list(story.cert_manager_answers(PREPARED, FakeCluster()))
    assert raised.value.hint == "look at its pods. Please re-run init again once cert-manager is available"


class TestCarryingOut:
    def manifests(self) -> tuple[Manifest, ...]:
        return (
            Manifest(namespace("apigee-system")),
            Manifest(
                {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": "settings", "namespace": "apigee-system"},
                    "data": {"key": "value"},
                }
            ),
        )

    def carry_out(self, cluster: FakeCluster) -> int:
        """How often it was planned again."""
        again = 0

        def plan(previous: Plan | None = None) -> Plan:
            nonlocal again
            again += previous is not None
            found, rendering = Definitions(), Rendering(self.manifests())
            return story.plan(PREPARED, found, rendering, cluster, Choices(), previous)

        changes = plan()
        list(story.carry_out(PREPARED, changes, cluster, Choices(), again=lambda: plan(changes)))
        return again

    def test_where_no_lease_can_be_held_yet_plans_once(self):
        cluster = FakeCluster()

        assert self.carry_out(cluster) == 0
        assert "Lease" not in {one.ref.kind for one in cluster.requests}

    def test_under_the_lease_plans_again_without_asking_twice(self):
        cluster = FakeCluster(namespace("apigee-system"))

        assert self.carry_out(cluster) == 1
        dry_runs = [one.ref.name for one in cluster.requests if one.dry_run]
        assert len(dry_runs) == len(set(dry_runs))

    @pytest.mark.parametrize("manager", ["helm", "kubectl-edit"])
    def test_what_others_hold_is_refused_with_the_way_that_leads_on(self, manager: str):
        cluster = FakeCluster(namespace("apigee-system"))
        cluster.put(config_map(namespace="apigee-system", key="theirs"), manager=manager)
        rendering = Rendering(self.manifests())

        with pytest.raises(Conflict) as caught:
            story.plan(PREPARED, Definitions(), rendering, cluster, Choices())

        assert "init --force-conflicts" in str(caught.value.hint)

    def test_what_helm_brought_is_helms_no_more_once_conflicts_are_forced(self):
        cluster = FakeCluster(namespace("apigee-system"))
        cluster.put(config_map(namespace="apigee-system", key="theirs", more="1"), manager="helm")
        rendering, forced = Rendering(self.manifests()), Choices(force_conflicts=True)
        changes = story.plan(PREPARED, Definitions(), rendering, cluster, forced)

        list(story.carry_out(PREPARED, changes, cluster, forced, again=lambda: changes))

        live = cluster.objects[ObjectRef("", "ConfigMap", "apigee-system", "settings")]
        assert live["data"]["key"] == "value"
        assert holders(live, INSTALLERS) == ()

    def test_is_written_down_in_the_history(self):
        cluster = FakeCluster()

        self.carry_out(cluster)

        (run,) = runs_of(PREPARED, cluster)
        assert (run.command, run.result) == ("init", "done")
