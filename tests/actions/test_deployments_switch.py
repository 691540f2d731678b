"""Waiting, switching, putting back, taking down: against a management plane in memory, without any real pause."""

from __future__ import annotations

import pytest

from apigeectl.actions.deployments_status import Undeployed, runtime_in, watch
from apigeectl.actions.deployments_switch import (
    DeployFailed,
    deploy,
    plan_deploy,
    plan_undeploy,
    undeploy,
)
from apigeectl.errors import (
    InstallerError,
    Invalid,
    NotFound,
    Refused,
    ServiceFailure,
    Unreachable,
    WaitTimeout,
)
from tests.actions.management_plane import FakePlane, Time, messages, missing, shares, site

HALF = shares("2", ("2", 50), ("1", 50))
DONE = shares("2", ("2", 100), state="READY")
BROKEN = {"state": "ERROR", "errors": [{"code": 9, "message": "bad policy"}]}


def test_a_wait_looks_at_once_then_politely_and_ends_early():
    time = Time()
    plane = FakePlane(looks={"2": [HALF, HALF, HALF, DONE]})

    looks = list(watch(site(plane, time), "test", "hello", "2", timeout=300))

    assert [look.verdict.synced for look in looks] == [50, 50, 50, 100]
    assert time.pauses == [2.0, 5.0, 5.0]


def test_a_wait_ends_when_one_failed():
    plane = FakePlane(looks={"2": [HALF, BROKEN]})

    *_, last = watch(site(plane), "test", "hello", "2", timeout=300)

    assert last.verdict.failed


def test_a_wait_that_runs_out_took_its_time_and_says_what_is_missing():
    time = Time()
    begun = time.now

    with pytest.raises(
        WaitTimeout, match="after 300 s not all of the runtime reports hello revision 2"
    ) as raised:
        list(watch(site(FakePlane(looks={"2": [HALF]}), time), "test", "hello", "2", timeout=300))

    assert time.now - begun == 300
    assert raised.value.details[0].startswith("50 % of the runtime pods report it")


def test_a_deployment_that_is_deleted_meanwhile_ends_the_wait():
    plane = FakePlane(looks={"2": [HALF, missing("hello")]})

    with pytest.raises(Undeployed, match="somebody undeployed it"):
        list(watch(site(plane), "test", "hello", "2", timeout=300))


def test_a_deployment_that_is_not_there_yet_gets_a_moment():
    looks = {"2": [missing("hello"), missing("hello"), DONE]}

    assert len(list(watch(site(FakePlane(looks=looks)), "test", "hello", "2", timeout=300))) == 1
    with pytest.raises(Undeployed):
        list(watch(site(FakePlane(looks={"2": [missing("hello")]})), "test", "hello", "2", timeout=300))


def test_a_few_failed_looks_are_borne_and_many_are_not():
    busy = ServiceFailure("busy", status=503)

    assert (
        len(list(watch(site(FakePlane(looks={"2": [busy, busy, DONE]})), "test", "hello", "2", timeout=300)))
        == 1
    )
    with pytest.raises(ServiceFailure):
        list(watch(site(FakePlane(looks={"2": [busy]})), "test", "hello", "2", timeout=300))


def test_a_deploy_replaces_and_waits_until_all_serve():
    plane = FakePlane(looks={"2": [HALF, DONE]}).with_deployed("1")
    plan = plan_deploy(plane, "test", "hello", "2")

    events = list(deploy(site(plane), plane, plan, timeout=300))

    assert plan.old
    assert plan.old.revision == "1"
    assert plane.written == ["deploy hello 2 test"]
    assert messages(events)[-1] == "hello revision 2 in test serves on all runtime pods"


def test_the_service_account_of_the_old_revision_and_the_safe_order_are_kept():
    plane = FakePlane(report={"routingChanges": [{"shouldSequenceRollout": True}]})
    plane.with_deployed("1", serviceAccount="projects/-/serviceAccounts/robot@p")

    list(deploy(site(plane), plane, plan_deploy(plane, "test", "hello", "2"), timeout=300))

    assert plane.written == ["deploy hello 2 test sequenced as robot@p"]


def test_what_is_deployed_already_is_not_written_again_and_the_way_is_named():
    plane = FakePlane().with_deployed("2")

    first, *_ = deploy(site(plane), plane, plan_deploy(plane, "test", "hello", "2"), timeout=300)

    assert plane.written == []
    assert "import a bundle to make a new revision" in first.hint


def test_a_deployed_revision_that_does_not_run_needs_a_new_one():
    plane = FakePlane(looks={"2": [BROKEN]}).with_deployed("2")

    with pytest.raises(DeployFailed, match="is deployed and does not run") as raised:
        list(deploy(site(plane), plane, plan_deploy(plane, "test", "hello", "2"), timeout=300))

    assert "read-only" in raised.value.hint
    assert plane.written == []


def test_what_the_change_report_forbids_is_refused_before_anything_is_written():
    violation = {"type": "CONFLICTING_DEPLOYMENT", "description": "contains conflicting base paths: [/a]"}
    plane = FakePlane(report={"validationErrors": {"violations": [violation]}})

    with pytest.raises(Refused) as raised:
        plan_deploy(plane, "test", "hello", "2")

    assert raised.value.details == ("CONFLICTING_DEPLOYMENT: contains conflicting base paths: [/a]",)
    assert plane.written == []


def test_a_revision_that_fails_makes_room_for_the_old_one():
    plane = FakePlane(looks={"2": [HALF, BROKEN], "1": [HALF, shares("1", ("1", 100), state="READY")]})
    plane.with_deployed("1", serviceAccount="robot@p")
    events = []

    with pytest.raises(DeployFailed) as raised:
        events.extend(deploy(site(plane), plane, plan_deploy(plane, "test", "hello", "2"), timeout=300))

    assert plane.written == ["deploy hello 2 test as robot@p", "deploy hello 1 test as robot@p"]
    assert raised.value.message == (
        "hello revision 2 failed in test; revision 1 was put back and serves on all runtime pods"
    )
    assert raised.value.details == ("bad policy",)


def test_without_rollback_it_says_what_serves_and_the_way_back():
    failing = {**shares("2", ("2", 50), ("1", 25), state="ERROR"), "errors": [{"message": "bad"}]}
    plane = FakePlane(looks={"2": [failing]}).with_deployed("1")

    with pytest.raises(DeployFailed) as raised:
        list(
            deploy(site(plane), plane, plan_deploy(plane, "test", "hello", "2"), timeout=300, rollback=False)
        )

    assert (
        raised.value.details[-1]
        == "serving now: revision 1 on 25 % of the pods, revision 2 on 50 % of the pods"
    )
    assert (
        raised.value.hint
        == "to go back: apigeectl deployments deploy hello --revision 1 --env test --org acme"
    )
    assert plane.written == ["deploy hello 2 test"]


def test_a_first_revision_that_fails_has_nothing_to_go_back_to():
    plane = FakePlane(looks={"2": [BROKEN]})

    with pytest.raises(DeployFailed) as raised:
        list(deploy(site(plane), plane, plan_deploy(plane, "test", "hello", "2"), timeout=300))

    assert raised.value.hint.startswith("nothing was there before it")
    assert plane.written == ["deploy hello 2 test"]


def test_an_old_revision_that_cannot_be_put_back_is_told_with_what_serves():
    plane = FakePlane(looks={"2": [BROKEN], "1": [HALF]}).with_deployed("1")

    with pytest.raises(DeployFailed, match="revision 1 could not be put back: after 60 s") as raised:
        list(deploy(site(plane), plane, plan_deploy(plane, "test", "hello", "2"), timeout=60))

    assert raised.value.details[-1].startswith("serving now: revision 1 on 50 %")
    assert raised.value.hint == "try: apigeectl deployments deploy hello --revision 1 --env test --org acme"


def test_an_old_revision_that_fails_too_is_told():
    plane = FakePlane(looks={"2": [BROKEN], "1": [BROKEN]}).with_deployed("1")

    with pytest.raises(DeployFailed, match="and so did revision 1") as raised:
        list(deploy(site(plane), plane, plan_deploy(plane, "test", "hello", "2"), timeout=60))

    assert raised.value.details[-1] == "serving now: nothing, as far as the runtime reports"


def test_a_wait_that_runs_out_leaves_the_new_revision_and_names_the_way_back():
    plane = FakePlane(looks={"2": [HALF]}).with_deployed("1")

    with pytest.raises(WaitTimeout) as raised:
        list(deploy(site(plane), plane, plan_deploy(plane, "test", "hello", "2"), timeout=30))

    assert raised.value.hint.endswith(
        "to go back: apigeectl deployments deploy hello --revision 1 --env test --org acme"
    )
    assert plane.written == ["deploy hello 2 test"]


@pytest.mark.parametrize("error", [Unreachable("no answer"), ServiceFailure("busy", status=503)])
def test_a_lost_answer_to_a_deploy_is_looked_into_before_it_is_sent_again(error):
    arrived = FakePlane(deploy_errors=[error], lost=True)
    not_arrived = FakePlane(deploy_errors=[error])

    for plane in (arrived, not_arrived):
        list(deploy(site(plane), plane, plan_deploy(plane, "test", "hello", "2"), timeout=300))

    assert (len(arrived.written), len(not_arrived.written)) == (1, 2)


def test_a_deploy_that_is_refused_is_not_sent_again():
    plane = FakePlane(deploy_errors=[Invalid("deployment validations failed", status=400)])

    with pytest.raises(Invalid):
        list(deploy(site(plane), plane, plan_deploy(plane, "test", "hello", "2"), timeout=300))

    assert len(plane.written) == 1


def test_an_undeploy_takes_what_is_deployed_and_waits_until_it_is_gone():
    plane = FakePlane().with_deployed("1")
    plan = plan_undeploy(plane, "test", "hello", None)
    assert plan

    steps = messages(undeploy(plane, plan, timeout=10, times=Time().times()))

    assert plane.written == ["undeploy hello 1 test"]
    assert steps[-1] == "hello revision 1 is gone from test; nothing serves its base paths any more"


def test_an_undeploy_of_one_of_two_says_that_the_other_still_serves():
    plane = FakePlane().with_deployed("1").with_deployed("2")

    with pytest.raises(Refused, match="several revisions in test: 1, 2"):
        plan_undeploy(plane, "test", "hello", None)
    plan = plan_undeploy(plane, "test", "hello", "1")
    assert plan
    assert plan.old

    assert messages(undeploy(plane, plan, timeout=10, times=Time().times()))[-1].endswith(
        "revision 2 still serves"
    )


def test_nothing_deployed_is_nothing_to_undeploy():
    assert plan_undeploy(FakePlane(), "test", "hello", None) is None
    assert plan_undeploy(FakePlane().with_deployed("1"), "test", "hello", "2") is None


def test_an_undeploy_report_that_cannot_be_had_is_no_report():
    plane = FakePlane(undeploy_report_error=NotFound("is not deployed", status=404)).with_deployed("1")

    assert plan_undeploy(plane, "test", "hello", None)


def test_an_undeploy_that_would_break_others_is_refused():
    violation = {"type": "WOULD_BREAK_DEPENDENT", "description": "a shared flow is in use"}
    plane = FakePlane(report={"validationErrors": {"violations": [violation]}}).with_deployed("1")

    with pytest.raises(Refused) as raised:
        plan_undeploy(plane, "test", "hello", None)

    assert raised.value.details == ("WOULD_BREAK_DEPENDENT: a shared flow is in use",)


def test_the_runtime_pods_are_those_of_the_environment_that_are_not_ending():
    def pod(name: str, env: str, org: str = "acme", *, ready: str = "True", ending: bool = False):
        metadata = {"name": name, "labels": {"app": "apigee-runtime", "env": env, "org": org}}
        return {
            "metadata": {**metadata, **({"deletionTimestamp": "now"} if ending else {})},
            "spec": {
                "containers": [
                    {"name": "apigee-fluentd", "image": "fluent:1"},
                    {"name": "apigee-runtime", "image": "host:5000/apigee-runtime:1.16.0@sha256:abc"},
                ]
            },
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}]},
        }

    class Cluster:
        def list(self, group, kind, namespace="", *, labels=""):
            return [
                pod("a", "test"),
                pod("b", "test", ready="False"),
                pod("c", "prod"),
                pod("d", "test", "other"),
                pod("e", "test", ending=True),
            ]

    runtime = runtime_in(Cluster(), "apigee", "acme", "test", "c-r")

    assert [(each.name, each.status, each.version) for each in runtime.pods] == [
        ("a", "Running", "1.16.0"),
        ("b", "not ready", "1.16.0"),
    ]


def test_a_connection_that_is_lost_while_waiting_says_that_it_is_deployed_and_the_way_back():
    plane = FakePlane(looks={"2": [HALF, Unreachable("no answer")]}).with_deployed("1")

    with pytest.raises(InstallerError, match="was deployed, and whether it serves cannot be seen") as raised:
        list(deploy(site(plane), plane, plan_deploy(plane, "test", "hello", "2"), timeout=300))

    assert raised.value.hint.endswith(
        "to go back: apigeectl deployments deploy hello --revision 1 --env test --org acme"
    )
    assert plane.written == ["deploy hello 2 test"]
