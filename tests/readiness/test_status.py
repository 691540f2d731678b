from __future__ import annotations

from typing import Any

import pytest

from apigeectl.readiness.status import KINDS, State, readiness

APIGEE = "apigee.cloud.google.com/v1alpha2"


def live(
    api_version: str, kind: str, *, status: Any = None, spec: Any = None, generation: int = 1, **metadata: Any
):
    body = {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "x", "namespace": "apigee", "generation": generation, **metadata},
        "spec": spec or {},
    }
    return body if status is None else {**body, "status": status}


def organization(status: Any = None, **rest: Any):
    return live(APIGEE, "ApigeeOrganization", status=status, **rest)


def running(**more: Any) -> dict[str, Any]:
    return {"state": "running", "lastAppliedGeneration": 1, **more}


def says(found, state: State, part: str) -> None:
    assert found.state is state
    assert part in found.message


def test_an_absent_object_is_missing():
    says(readiness(None), State.MISSING, "does not exist")


@pytest.mark.parametrize(("group", "kind"), KINDS)
def test_every_kind_of_the_table_that_is_being_deleted_is_terminating(group: str, kind: str):
    body = live(f"{group}/v1" if group else "v1", kind, deletionTimestamp="now", finalizers=["a/b"])

    says(readiness(body), State.TERMINATING, "held by a/b")


@pytest.mark.parametrize(("group", "kind"), KINDS)
def test_every_kind_of_the_table_can_be_judged_right_after_creation(group: str, kind: str):
    assert isinstance(readiness(live(f"{group}/v1" if group else "v1", kind)).state, State)


def test_a_kind_that_nobody_judges_is_ready_when_it_exists():
    assert readiness(live("v1", "ConfigMap")).ready


def test_the_kind_of_another_group_is_not_taken_for_ours():
    assert readiness(live("serving.example/v1", "Deployment")).ready


class TestCustomResources:
    def test_without_status_the_operator_has_not_looked(self):
        says(readiness(organization()), State.PROGRESSING, "has not looked at it yet")

    def test_running_with_its_latest_generation_is_ready(self):
        assert readiness(organization(running())).ready

    def test_running_with_an_older_generation_is_stale(self):
        says(readiness(organization(running(), generation=2)), State.PROGRESSING, "latest change")

    def test_running_without_a_generation_proves_nothing(self):
        assert readiness(organization({"state": "running"})).state is State.PROGRESSING

    def test_creating_names_the_components_behind(self):
        status = {
            "state": "creating",
            "lastAppliedGeneration": 1,
            "components": {
                "mart": {"state": "creating", "replicas": {"total": 2, "ready": 1}},
                "watcher": {"state": "running"},
                "ingressGateways": {"ingress": {"state": "creating"}},
            },
        }

        found = readiness(organization(status))

        says(found, State.PROGRESSING, "creating: ingress creating, mart 1 of 2 replicas are ready")
        assert "watcher" not in found.message

    @pytest.mark.parametrize("field", ["latestBinaryRelease", "latestConfigRelease"])
    def test_a_rolled_back_release_has_failed_even_when_it_runs(self, field: str):
        status = running(
            components={"mart": {"state": "running", field: {"state": "rolled-back", "error": "boom"}}}
        )

        says(readiness(organization(status)), State.FAILED, "release of mart was rolled back: boom")

    def test_a_rolled_back_gateway_has_failed(self):
        gateways = {"gw": {"rolledBackOnLatestRelease": True}}

        says(readiness(organization(running(components={"ingressGateways": gateways}))), State.FAILED, "gw")

    def test_a_release_that_was_rolled_back_before_the_latest_change_may_mend(self):
        component = {"latestBinaryRelease": {"state": "rolled-back"}}
        status = running(components={"mart": component})

        says(readiness(organization(status, generation=2)), State.PROGRESSING, "rolled back")

    def test_settings_that_could_not_be_rolled_out_have_failed(self):
        status = running(components={"mart": {"configAttemptFailure": {"error": "bad config"}}})

        says(readiness(organization(status)), State.FAILED, "bad config")

    def test_an_apigee_deployment_carries_its_release_directly(self):
        status = running(latestBinaryRelease={"state": "rolled-back"})

        assert readiness(live(APIGEE, "ApigeeDeployment", status=status)).state is State.FAILED

    def test_a_route_config_without_status_waits_for_nobody(self):
        assert readiness(live(APIGEE, "ApigeeRouteConfig")).ready

    def test_a_route_without_status_is_not_ready(self):
        assert readiness(live(APIGEE, "ApigeeRoute")).state is State.PROGRESSING

    def test_errors_of_the_current_generation_are_told_and_may_pass(self):
        status = running(errors=[{"generation": 1, "message": "no Secret"}])

        says(readiness(live(APIGEE, "ApigeeRouteConfig", status=status)), State.PROGRESSING, "no Secret")

    def test_errors_of_an_older_generation_are_history(self):
        status = running(lastAppliedGeneration=2, errors=[{"generation": 1, "message": "no Secret"}])

        assert readiness(live(APIGEE, "ApigeeRouteConfig", status=status, generation=2)).ready


def deployment(want: int | None = 3, generation: int = 1, **status: Any):
    spec = {} if want is None else {"replicas": want}
    return live("apps/v1", "Deployment", spec=spec, status=status, generation=generation)


def counts(updated: int, ready: int, replicas: int | None = None) -> dict[str, int]:
    return {
        "observedGeneration": 1,
        "replicas": updated if replicas is None else replicas,
        "updatedReplicas": updated,
        "readyReplicas": ready,
        "availableReplicas": ready,
    }


class TestDeployment:
    def test_with_all_replicas_is_ready(self):
        assert readiness(deployment(**counts(3, 3))).ready

    def test_with_one_replica_missing_counts_them(self):
        says(readiness(deployment(**counts(3, 2))), State.PROGRESSING, "2 of 3 replicas are ready")

    def test_speaks_of_one_replica_in_the_singular(self):
        says(readiness(deployment(None, **counts(1, 0))), State.PROGRESSING, "0 of 1 replica is ready")

    def test_half_updated_is_not_ready(self):
        says(readiness(deployment(**counts(1, 3, 4))), State.PROGRESSING, "1 of 3 replicas are updated")

    def test_with_an_old_replica_left_is_not_ready(self):
        says(readiness(deployment(**counts(3, 3, 4))), State.PROGRESSING, "1 old replica still")

    def test_unseen_by_its_controller_is_not_ready(self):
        says(readiness(deployment(generation=2, **counts(3, 3))), State.PROGRESSING, "latest change")

    def test_without_any_status_is_not_ready(self):
        assert readiness(deployment()).state is State.PROGRESSING

    def test_past_its_progress_deadline_has_failed(self):
        late = {"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "timed out"}

        says(readiness(deployment(**counts(3, 1), conditions=[late])), State.FAILED, "timed out")

    def test_tells_the_quota_that_forbids_its_pods(self):
        quota = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}

        says(readiness(deployment(**counts(0, 0), conditions=[quota])), State.PROGRESSING, "exceeded quota")


def test_a_stateful_set_counts_its_replicas():
    status = {"observedGeneration": 1, "readyReplicas": 1, "updatedReplicas": 3}

    says(
        readiness(live("apps/v1", "StatefulSet", spec={"replicas": 3}, status=status)),
        State.PROGRESSING,
        "1 of 3 replicas are ready",
    )


def test_a_stateful_set_is_ready_only_when_updated():
    spec, status = {"replicas": 3}, {"observedGeneration": 1, "readyReplicas": 3, "updatedReplicas": 2}

    says(readiness(live("apps/v1", "StatefulSet", spec=spec, status=status)), State.PROGRESSING, "updated")
    assert readiness(
        live("apps/v1", "StatefulSet", spec={**spec, "updateStrategy": {"type": "OnDelete"}}, status=status)
    ).ready


def test_a_daemon_set_wants_a_pod_on_every_node():
    status = {"observedGeneration": 1, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2}

    says(readiness(live("apps/v1", "DaemonSet", status=status)), State.PROGRESSING, "0 of 2 pods are ready")
    assert readiness(live("apps/v1", "DaemonSet", status={**status, "numberAvailable": 2})).ready


def test_a_replica_set_counts_available_replicas():
    status = {"observedGeneration": 1, "availableReplicas": 1}

    assert readiness(live("apps/v1", "ReplicaSet", spec={"replicas": 1}, status=status)).ready
    assert not readiness(live("apps/v1", "ReplicaSet", spec={"replicas": 2}, status=status)).ready


@pytest.mark.parametrize(
    ("condition", "state"),
    [("Complete", State.READY), ("Failed", State.FAILED), ("Suspended", State.PROGRESSING)],
)
def test_a_job_is_judged_by_how_it_ended(condition: str, state: State):
    status = {"conditions": [{"type": condition, "status": "True", "message": "as it is"}]}

    assert readiness(live("batch/v1", "Job", status=status)).state is state


@pytest.mark.parametrize(
    ("api_version", "kind", "condition"),
    [
        ("cert-manager.io/v1", "Certificate", "Ready"),
        ("cert-manager.io/v1", "Issuer", "Ready"),
        ("cert-manager.io/v1", "ClusterIssuer", "Ready"),
        ("apiregistration.k8s.io/v1", "APIService", "Available"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", "Established"),
    ],
)
def test_kinds_with_a_condition_are_ready_when_it_is_true(api_version: str, kind: str, condition: str):
    def judged(status: str):
        found = {"type": condition, "status": status, "message": "so it is"}
        return readiness(live(api_version, kind, status={"conditions": [found]}))

    assert judged("True").ready
    says(judged("False"), State.PROGRESSING, "so it is")
    says(readiness(live(api_version, kind)), State.PROGRESSING, condition)


def test_a_condition_about_an_older_generation_does_not_count():
    status = {"conditions": [{"type": "Ready", "status": "True", "observedGeneration": 1}]}

    assert not readiness(live("cert-manager.io/v1", "Certificate", status=status, generation=2)).ready


def test_a_definition_whose_names_are_taken_has_failed():
    taken = {"type": "NamesAccepted", "status": "False", "message": "ds is taken"}

    says(
        readiness(
            live("apiextensions.k8s.io/v1", "CustomResourceDefinition", status={"conditions": [taken]})
        ),
        State.FAILED,
        "ds is taken",
    )


@pytest.mark.parametrize(
    ("phase", "state"),
    [("Bound", State.READY), ("Pending", State.PROGRESSING), ("Lost", State.FAILED)],
)
def test_a_volume_claim_is_ready_when_bound(phase: str, state: State):
    assert readiness(live("v1", "PersistentVolumeClaim", status={"phase": phase})).state is state


def test_a_namespace_that_is_going_is_terminating():
    assert readiness(live("v1", "Namespace", status={"phase": "Active"})).ready
    assert readiness(live("v1", "Namespace", status={"phase": "Terminating"})).state is State.TERMINATING
