from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from apigeectl.errors import Forbidden, Unreachable, WaitTimeout
from apigeectl.manifests import APIGEE_GROUP, ObjectRef
from apigeectl.readiness.installation import RUNTIME_KINDS, Installation, Record, check, follow, see
from apigeectl.readiness.model import State
from apigeectl.readiness.observation import Observation
from apigeectl.readiness.wait import NotReady
from tests.apply.fakes import FakeCluster, config_map, custom

ORG = ObjectRef(APIGEE_GROUP, "ApigeeOrganization", "apigee", "acme")
DATASTORE = ObjectRef(APIGEE_GROUP, "ApigeeDatastore", "apigee", "default")
OPERATOR = ObjectRef("apps", "Deployment", "apigee-system", "apigee-controller-manager")
CERTIFICATE = ObjectRef("cert-manager.io", "Certificate", "apigee-system", "apigee-serving-cert")
AUTHORITY = ObjectRef("cert-manager.io", "Certificate", "cert-manager", "apigee-ca")
SECRET = ObjectRef("", "Secret", "apigee", "key")

RECORD = ObjectRef("", "ConfigMap", "apigee", "record")


def written_in(live: dict[str, Any]) -> frozenset[ObjectRef] | None:
    kinds = live["data"]["kinds"].split()
    return None if "damaged" in kinds else frozenset(ref for ref in (DATASTORE, ORG) if ref.kind in kinds)


INSTALLATION = Installation(
    "apigee",
    "apigee-system",
    (DATASTORE, ORG, SECRET),
    (OPERATOR, CERTIFICATE, AUTHORITY),
    Record(RECORD, written_in),
)
RUNNING = {"state": "running", "lastAppliedGeneration": 1}


def operator(ready: int = 1) -> dict[str, Any]:
    counts = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": ready, "availableReplicas": ready}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": OPERATOR.name, "namespace": OPERATOR.namespace},
        "spec": {},
        "status": {"observedGeneration": 1, **counts},
    }


def certificate() -> dict[str, Any]:
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": CERTIFICATE.name, "namespace": CERTIFICATE.namespace},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }


def pod(name: str, *, app: str = "apigee-mart", ready: bool = True, phase: str = "Running", **metadata: Any):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "apigee", "labels": {"app": app}, **metadata},
        "spec": {"containers": [{"name": app}]},
        "status": {"phase": phase, "conditions": [{"type": "Ready", "status": str(ready)}]},
    }


def applied(*more: dict[str, Any]) -> FakeCluster:
    return FakeCluster(
        {**custom("ApigeeDatastore", "default"), "status": RUNNING},
        {**custom("ApigeeOrganization", "acme"), "status": RUNNING},
        operator(),
        *more,
    )


APP = "apigee-cassandra-user-setup"


def below(kind: str, name: str) -> dict[str, Any]:
    return {"kind": kind, "name": name, "uid": f"uid-{name}", "controller": True}


def job(name: str, *, app: str = APP, **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": "apigee",
            "uid": f"uid-{name}",
            "labels": {"app": app},
            **metadata,
        },
        "spec": {},
        "status": {"conditions": [{"type": "Failed", "status": "True", "message": "gave up"}]},
    }


def crashing() -> dict[str, Any]:
    body = pod("mart-1", ready=False)
    body["status"]["containerStatuses"] = [
        {
            "name": "apigee-mart",
            "ready": False,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"exitCode": 1, "message": "no key"}},
        }
    ]
    return body


class TestAfterInit:
    def test_an_operator_that_runs_is_ready(self):
        report = check(FakeCluster(operator(), certificate()), INSTALLATION)

        assert report.ready
        assert not report.applied

    def test_an_operator_that_starts_is_not(self):
        report = check(FakeCluster(operator(ready=0), certificate()), INSTALLATION)

        assert [(row.ref, row.readiness.message) for row in report.not_ready] == [
            (OPERATOR, "0 of 1 replica is ready")
        ]

    def test_without_init_everything_is_missing(self):
        report = check(FakeCluster(unserved=tuple(RUNTIME_KINDS)), INSTALLATION)

        missing = {row.ref.name for row in report.not_ready if row.readiness.state is State.MISSING}
        assert {OPERATOR.name, CERTIFICATE.name, "apigeetelemetries.apigee.cloud.google.com"} <= missing

    def test_the_authority_of_others_is_not_asked_for(self):
        assert AUTHORITY not in {row.ref for row in check(FakeCluster(), INSTALLATION).rows}

    def test_a_pod_of_the_operator_that_is_behind_is_told(self):
        behind = pod("apigee-controller-1", app="apigee-controller", ready=False)
        behind["metadata"]["namespace"] = "apigee-system"

        report = check(FakeCluster(operator(), certificate(), behind), INSTALLATION)

        assert [row.ref.name for row in report.not_ready] == ["apigee-controller-1"]


class TestAfterApply:
    def test_running_resources_and_ready_pods_are_ready(self):
        report = check(applied(pod("mart-1")), INSTALLATION)

        assert report.ready
        assert report.applied
        assert [row.ref.kind for row in report.rows] == [
            "ApigeeDatastore",
            "ApigeeOrganization",
            "Deployment",
            "Pod",
        ]

    @pytest.mark.parametrize("kinds", ["ApigeeDatastore", "damaged"])
    def test_a_part_of_the_installation_is_ready_without_the_others(self, kinds: str):
        datastore = {**custom("ApigeeDatastore", "default"), "status": RUNNING}

        report = check(FakeCluster(datastore, operator(), config_map("record", kinds=kinds)), INSTALLATION)

        assert report.ready
        assert [row.ref.kind for row in report.rows] == ["ApigeeDatastore", "Deployment"]

    def test_without_a_record_nothing_is_missed(self):
        datastore = {**custom("ApigeeDatastore", "default"), "status": RUNNING}

        assert check(FakeCluster(datastore, operator()), INSTALLATION).ready

    def test_what_was_applied_and_is_gone_is_missing(self):
        datastore = {**custom("ApigeeDatastore", "default"), "status": RUNNING}
        record = config_map("record", kinds="ApigeeDatastore ApigeeOrganization")

        report = check(FakeCluster(datastore, operator(), record), INSTALLATION)

        assert [(row.ref, row.readiness.state) for row in report.not_ready] == [(ORG, State.MISSING)]

    def test_an_operator_that_is_down_is_told(self):
        cluster = applied()
        cluster.put(operator(ready=0))

        assert [row.ref for row in check(cluster, INSTALLATION).not_ready] == [OPERATOR]

    def test_a_pod_of_the_operator_that_is_behind_is_told(self):
        behind = pod("apigee-controller-1", app="apigee-controller", ready=False)
        behind["metadata"]["namespace"] = "apigee-system"

        assert [row.ref.name for row in check(applied(behind), INSTALLATION).not_ready] == [
            "apigee-controller-1"
        ]

    def test_a_namespace_that_operator_and_runtime_share_is_judged_once(self):
        report = check(applied(pod("mart-1")), replace(INSTALLATION, operator_namespace="apigee"))

        assert [row.ref.name for row in report.rows].count("mart-1") == 1

    def test_a_completed_job_pod_is_fine(self):
        assert check(applied(pod("setup-1", phase="Succeeded", ready=False)), INSTALLATION).ready

    def test_a_pod_on_its_way_out_is_not_judged(self):
        assert check(applied(pod("agent-1", ready=False, deletionTimestamp="now")), INSTALLATION).ready

    def test_pods_of_others_are_not_judged(self):
        assert check(applied(pod("nginx-1", app="nginx", ready=False)), INSTALLATION).ready

    def test_a_platform_pod_counts_whatever_its_app(self):
        other = pod("x-1", app="x", ready=False)
        other["metadata"]["labels"]["apigee.cloud.google.com/platform"] = "apigee"

        assert not check(applied(other), INSTALLATION).ready

    def test_a_pod_that_crashes_is_told_with_its_last_words(self):
        (row,) = check(applied(crashing()), INSTALLATION).not_ready

        assert row.readiness.reason == "CrashLoopBackOff"
        assert row.last_words == "apigee-mart: Error, exit code 1: no key"

    def test_the_failed_pod_of_a_job_is_judged_by_the_job(self):
        failed = pod("setup-1", app=APP, phase="Failed", ownerReferences=[below("Job", "setup")])

        (row,) = check(applied(failed, job("setup")), INSTALLATION).not_ready

        assert (row.ref.kind, row.readiness.state, row.readiness.message) == ("Job", State.FAILED, "gave up")

    def test_a_job_that_gave_up_and_lost_its_pods_is_told(self):
        (row,) = check(applied(job("setup")), INSTALLATION).not_ready

        assert (row.ref.name, row.readiness.state, row.readiness.message) == (
            "setup",
            State.FAILED,
            "gave up",
        )

    def test_a_job_that_gave_up_and_was_followed_by_another_is_history(self):
        first = job("setup-1", creationTimestamp="2026-01-01T00:00:00Z")
        second = {**job("setup-2", creationTimestamp="2026-01-02T00:00:00Z"), "status": {"succeeded": 1}}
        failed = pod("setup-1-a", app=APP, phase="Failed", ownerReferences=[below("Job", "setup-1")])

        assert check(applied(first, second), INSTALLATION).ready
        assert check(applied(first, second, failed), INSTALLATION).ready

    def test_a_backup_that_failed_is_no_matter_of_readiness(self):
        backup = job("backup-1", app="apigee-cassandra-backup", ownerReferences=[below("CronJob", "backup")])
        failed = pod(
            "b", app="apigee-cassandra-backup", phase="Failed", ownerReferences=[below("Job", "backup-1")]
        )

        assert check(applied(backup), INSTALLATION).ready
        assert check(applied(backup, failed), INSTALLATION).ready

    def test_a_pod_of_a_stateful_set_on_its_way_out_has_no_successor_yet(self):
        going = pod(
            "cassandra-0", deletionTimestamp="now", ownerReferences=[below("StatefulSet", "cassandra")]
        )

        (row,) = check(applied(going), INSTALLATION).not_ready

        assert row.readiness.state is State.TERMINATING

    def test_an_operator_that_is_scaled_to_nothing_is_not_ready(self):
        stopped = operator(0)
        stopped["spec"]["replicas"] = 0
        cluster = applied()
        cluster.put(stopped)

        (row,) = check(cluster, INSTALLATION).not_ready

        assert (row.ref, row.readiness.state) == (OPERATOR, State.FAILED)

    @pytest.mark.parametrize("kind", ["Job", "ConfigMap"])
    def test_what_helps_to_judge_and_may_not_be_read_is_done_without(self, kind: str):
        cluster = applied()

        def hide(request: Any) -> None:
            if request.ref.kind == kind:
                raise Forbidden("no", status=403)

        cluster.faults = hide

        seen = see(cluster, INSTALLATION)

        assert seen.report.ready
        assert {one.kind for one in seen.snapshot.hidden} == {kind}

    def test_the_schema_validation_may_fail(self):
        failed = pod("schema-val-1", app="apigee-cassandra-schema-val", phase="Failed")

        assert check(applied(failed), INSTALLATION).ready


class TestFollowing:
    def test_every_report_that_differs_is_told(self):
        cluster = FakeCluster(custom("ApigeeOrganization", "acme"))
        installation = Installation("apigee", "apigee-system", (ORG,), ())
        seen = []

        for sight in follow(cluster, installation, timeout=5):
            seen.append(sight.report.ready)
            cluster.update(ORG, lambda live: live.update(status=RUNNING))

        assert seen == [False, True]

    def test_what_stays_as_it_is_is_told_again_at_every_beat(self):
        cluster = FakeCluster(custom("ApigeeOrganization", "acme"))
        installation = Installation("apigee", "apigee-system", (ORG,), ())
        told = []

        with pytest.raises(WaitTimeout):
            for sight in follow(cluster, installation, timeout=0.1, beat=0.01):
                told.append(sight.report)

        assert len(told) > 3
        assert len(set(told)) == 1

    def test_an_outage_is_told_while_it_lasts(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setitem(Observation.__init__.__kwdefaults__ or {}, "pause", 0.01)
        cluster = FakeCluster(custom("ApigeeOrganization", "acme"))
        cluster.patience = 0.02
        installation = Installation("apigee", "apigee-system", (ORG,), ())

        def down(request: Any) -> None:
            raise Unreachable("connection refused")

        def told(seen: Any) -> bool:
            cluster.faults = down
            return bool(seen.trouble)

        found = follow(cluster, installation, timeout=5, beat=0.02)

        assert next(seen.trouble for seen in found if told(seen)) == "connection refused"

    def test_the_deadline_names_what_is_not_ready(self):
        with pytest.raises(WaitTimeout) as caught:
            list(follow(FakeCluster(operator(ready=0), certificate()), INSTALLATION, timeout=0.05))

        assert any("apigee-controller-manager" in line for line in caught.value.details)

    def test_the_deadline_tells_the_last_words_of_a_pod(self):
        with pytest.raises(WaitTimeout) as caught:
            list(follow(applied(crashing()), INSTALLATION, timeout=0.05))

        (line,) = caught.value.details
        assert line.endswith("apigee-mart: Error, exit code 1: no key")

    def test_the_end_for_good_tells_the_last_words_of_a_pod(self):
        hopeless = crashing()
        hopeless["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "InvalidImageName"}}

        with pytest.raises(NotReady, match="no key"):
            list(follow(applied(hopeless), INSTALLATION, timeout=60))

    def test_what_has_failed_for_good_ends_it(self):
        rolled_back = {**RUNNING, "components": {"mart": {"rolledBackOnLatestRelease": True}}}
        cluster = applied()
        cluster.update(ORG, lambda live: live.update(status=rolled_back))

        with pytest.raises(NotReady, match="mart"):
            list(follow(cluster, INSTALLATION, timeout=60))
