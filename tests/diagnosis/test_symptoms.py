"""What objects show: for each code that needs no words, a scene that triggers it, and one that does not."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from apigeectl.actions.explain import places
from apigeectl.diagnosis.catalogue import PROBLEMS
from apigeectl.diagnosis.findings import findings, symptoms
from apigeectl.diagnosis.model import Place
from apigeectl.diagnosis.objects import CODES
from apigeectl.diagnosis.symptoms import Scene, Words
from apigeectl.manifests import APIGEE_GROUP, ObjectRef, ref_of
from apigeectl.readiness.observation import Snapshot
from tests.diagnosis.samples import container, pod, waiting

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=timezone.utc)
LONG_AGO = "2026-01-01T11:00:00Z"
JUST_NOW = "2026-01-01T11:59:50Z"


def scene(*lives: dict[str, Any], **more: Any) -> Scene:
    return Scene(Snapshot({ref_of(live): live for live in lives}), now=NOW, **more)


def live(
    kind: str,
    name: str,
    *,
    api: str = f"{APIGEE_GROUP}/v1alpha2",
    spec: Any = None,
    status: Any = None,
    **meta: Any,
):
    metadata = {
        "name": name,
        "namespace": "apigee",
        "uid": f"uid-{name}",
        "creationTimestamp": LONG_AGO,
        **meta,
    }
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec or {}, "status": status or {}}


def event(
    about: dict[str, Any], reason: str, message: str, time: str = LONG_AGO, **more: Any
) -> dict[str, Any]:
    metadata = about["metadata"]
    body = {
        "involvedObject": {
            "kind": about["kind"],
            "namespace": "apigee",
            "name": metadata["name"],
            "uid": metadata["uid"],
        },
        "reason": reason,
        "message": message,
        "type": "Warning",
        "lastTimestamp": time,
    }
    name = f"{metadata['name']}.{reason}.{time}"
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": "apigee"},
        **body,
        **more,
    }


def pending(message: str, *, app: str = "apigee-mart", name: str = "p-1") -> dict[str, Any]:
    scheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return pod(name, app=app, status={"conditions": [scheduled]})


def operator(tag: str) -> dict[str, Any]:
    containers = [{"name": "manager", "image": f"hub:5000/apigee-operators:{tag}"}]
    return live(
        "Deployment",
        "apigee-controller-manager",
        api="apps/v1",
        spec={"template": {"spec": {"containers": containers}}},
    )


def rotation(*, created: str = LONG_AGO, **status: Any) -> dict[str, Any]:
    return live(
        "SecretRotation", "sr-1", api=f"{APIGEE_GROUP}/v1alpha1", status=status, creationTimestamp=created
    )


def scaled(name: str, times: int) -> Scene:
    autoscaler = live("HorizontalPodAutoscaler", name, api="autoscaling/v2")
    said = event(
        autoscaler, "SuccessfulRescale", "New size: 3; reason: cpu above target", type="Normal", count=times
    )
    return scene(autoscaler, said)


def with_containers(*statuses: dict[str, Any], app: str = "apigee-mart", **metadata: Any) -> dict[str, Any]:
    return pod("p-1", app=app, status={"phase": "Running", "containerStatuses": list(statuses)}, **metadata)


def in_init(created: str) -> dict[str, Any]:
    first = container("apigee-cassandra-schema-readiness", running={})
    return pod("p-1", status={"initContainerStatuses": [first]}, creationTimestamp=created)


def mounting(secret: str) -> dict[str, Any]:
    body = with_containers(container(**waiting("CrashLoopBackOff")))
    body["spec"]["volumes"] = [{"name": "key", "secret": {"secretName": secret}}]
    return body


CRASHED = {"exitCode": 1, "reason": "Error"}
KILLED = {"exitCode": 137, "reason": "OOMKilled"}
KEY = ObjectRef("", "Secret", "apigee", "acme-mart-svc-account")
CREATING = {"state": "creating", "lastAppliedGeneration": 1}
WITH_FINALIZER = {"deletionTimestamp": LONG_AGO, "finalizers": ["apigee.cloud.google.com/finalizer"]}
ROLLED_BACK = {
    "state": "running",
    "lastAppliedGeneration": 1,
    "components": {"mart": {"rolledBackOnLatestRelease": True}},
}
NOT_ISSUED = {"conditions": [{"type": "Ready", "status": "False", "message": "issuer not found"}]}
FAILED_REBUILD = {
    "state": "running",
    "lastAppliedGeneration": 1,
    "cassandraDataReplication": {"rebuildDetails": {"pod-0": {"state": "failed", "message": "no stream"}}},
}
BALANCED = {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}


def without(*kinds: tuple[str, str]) -> Scene:
    return Scene(Snapshot({}, frozenset(kinds)), now=NOW)


SCENES: dict[str, tuple[tuple[Scene, ...], tuple[Scene, ...]]] = {
    "RES-01": (
        (scene(live("ApigeeOrganization", "acme", status=CREATING)),),
        (
            scene(live("ApigeeOrganization", "acme", status=CREATING, creationTimestamp=JUST_NOW)),
            scene(live("ApigeeOrganization", "acme", status={**CREATING, "state": "running"})),
        ),
    ),
    "RES-02": (
        (
            scene(live("ApigeeRedis", "default")),
            scene(live("ApigeeRedis", "default", status={**CREATING, "state": "running"}, generation=2)),
        ),
        (
            scene(live("ApigeeRedis", "default", creationTimestamp=JUST_NOW)),
            scene(live("ApigeeRedis", "default", status={"state": "creating"})),
            scene(live("ApigeeRedis", "default", status={**CREATING, "state": "releasing"}, generation=2)),
        ),
    ),
    "RES-03": (
        (
            scene(live("ApigeeOrganization", "acme", status=ROLLED_BACK)),
            scene(live("ApigeeOrganization", "acme", status={"configAttemptFailure": {"error": "x"}})),
        ),
        (
            scene(live("ApigeeOrganization", "acme", status={**ROLLED_BACK, "components": {}})),
            scene(live("ApigeeOrganization", "acme", status=ROLLED_BACK, generation=2)),
            scene(
                live(
                    "ApigeeOrganization",
                    "acme",
                    status={"configAttemptFailure": {"error": "x"}},
                    generation=2,
                )
            ),
        ),
    ),
    "RES-04": (
        (
            scene(
                live(
                    "ApigeeRouteConfig",
                    "vh",
                    generation=2,
                    status={"errors": [{"generation": 2, "message": "no Secret"}]},
                )
            ),
        ),
        (
            scene(
                live(
                    "ApigeeRouteConfig",
                    "vh",
                    generation=2,
                    status={"errors": [{"generation": 1, "message": "x"}]},
                )
            ),
        ),
    ),
    "RES-05": ((scene(in_init(LONG_AGO)),), (scene(in_init(JUST_NOW)),)),
    "RES-06": (
        (scene(live("ApigeeDatastore", "default", **WITH_FINALIZER)),),
        (scene(live("ApigeeDatastore", "default", status={"state": "running"}, deletionTimestamp=LONG_AGO)),),
    ),
    "CAS-01": (
        (scene(pending("0/3 nodes are available: 3 Insufficient memory.", app="apigee-cassandra")),),
        (scene(pending("0/3 nodes are available: 3 Insufficient memory.")),),
    ),
    "CAS-07": (
        (scene(with_containers(container(**waiting("ImagePullBackOff")), app="apigee-cassandra")),),
        (scene(with_containers(container(**waiting("ContainerCreating")), app="apigee-cassandra")),),
    ),
    "CAS-13": (
        (
            scene(operator("1.14.1"), rotation(state="running")),
            scene(operator("1.14.0"), rotation()),
        ),
        (
            scene(operator("1.14.2"), rotation(state="running")),
            scene(operator("1.14.1"), rotation(state="complete")),
            scene(operator("1.14.1"), rotation(state="running", created=JUST_NOW)),
            scene(operator("v-of-ours"), rotation(state="running")),
            scene(rotation(state="running")),
        ),
    ),
    "RUN-12": (
        (scaled("apigee-ingressgateway-prod-acme-1-x", 4),),
        (
            scaled("apigee-ingressgateway-prod-acme-1-x", 1),
            scaled("apigee-ingressgateway-manager", 9),
            scaled("apigee-runtime-acme-1-x", 9),
        ),
    ),
    "CAS-15": (
        (scene(live("ApigeeDatastore", "default", status=FAILED_REBUILD)),),
        (scene(live("ApigeeDatastore", "default", status={"state": "running", "lastAppliedGeneration": 1})),),
    ),
    "KUB-02": (
        tuple(
            scene(with_containers(container(**waiting(reason))))
            for reason in ("ErrImagePull", "ImagePullBackOff", "InvalidImageName")
        ),
        (scene(with_containers(container(**waiting("ContainerCreating")))),),
    ),
    "KUB-03": (
        (
            scene(with_containers(container(ended=CRASHED, **waiting("CrashLoopBackOff")))),
            scene(with_containers(container(ended=KILLED, running={}))),
        ),
        (
            scene(with_containers(container(running={}))),
            scene(with_containers(container(ended=CRASHED, running={"startedAt": LONG_AGO}))),
            scene(with_containers({**container(ended=CRASHED, running={}), "ready": True})),
        ),
    ),
    "KUB-04": (
        (scene(with_containers(container(**waiting("CreateContainerConfigError", 'secret "x" not found')))),),
        (scene(with_containers(container(**waiting("PodInitializing")))),),
    ),
    "TEL-01": (
        (
            scene(
                with_containers(
                    container(ended=KILLED, **waiting("CrashLoopBackOff")), app="apigee-prometheus-app"
                )
            ),
        ),
        (scene(with_containers(container(running={}), app="apigee-prometheus-app")),),
    ),
    "TEL-02": (
        (
            scene(
                live(
                    "DaemonSet",
                    "apigee-logger-apigee-telemetry",
                    api="apps/v1",
                    status={"desiredNumberScheduled": 0},
                )
            ),
        ),
        (
            scene(
                live(
                    "DaemonSet",
                    "apigee-logger-apigee-telemetry",
                    api="apps/v1",
                    status={"desiredNumberScheduled": 3},
                )
            ),
        ),
    ),
    "WEB-08": (
        (scene(live("Certificate", "apigee-serving-cert", api="cert-manager.io/v1", status=NOT_ISSUED)),),
        (
            scene(
                live(
                    "Certificate",
                    "apigee-serving-cert",
                    api="cert-manager.io/v1",
                    status=NOT_ISSUED,
                    creationTimestamp=JUST_NOW,
                )
            ),
        ),
    ),
    "WEB-01": (
        (without(("cert-manager.io", "Certificate")),),
        (without(("route.openshift.io", "Route")),),
    ),
    "CRD-02": (
        (without((APIGEE_GROUP, "ApigeeOrganization")),),
        (without((APIGEE_GROUP, "ApigeeIssue")),),
    ),
    "WEB-13": (
        (scene(live("Certificate", "apigee-mart-tls", api="cert-manager.io/v1", status=NOT_ISSUED)),),
        (
            scene(
                live(
                    "Certificate",
                    "apigee-mart-tls",
                    api="cert-manager.io/v1",
                    status={"conditions": [{"type": "Ready", "status": "True"}]},
                )
            ),
        ),
    ),
    "ING-01": (
        (scene(live("Service", "apigee-ingressgateway", api="v1", spec={"type": "LoadBalancer"})),),
        (
            scene(live("Service", "apigee-mart", api="v1", spec={"type": "ClusterIP"})),
            scene(
                live(
                    "Service",
                    "apigee-ingressgateway",
                    api="v1",
                    spec={"type": "LoadBalancer"},
                    status=BALANCED,
                )
            ),
        ),
    ),
    "CFG-01": (
        (scene(mounting(KEY.name), secrets={KEY: {"client_secret.json": 0}}),),
        (
            scene(mounting(KEY.name), secrets={KEY: {"client_secret.json": 2300}}),
            scene(mounting("mine"), secrets={ObjectRef("", "Secret", "apigee", "mine"): {"flag": 0}}),
        ),
    ),
}


def codes(one: Scene) -> set[str]:
    return {each.code for each in symptoms(one)}


def test_every_code_that_objects_show_has_scenes():
    assert set(SCENES) == CODES


@pytest.mark.parametrize("code", sorted(SCENES))
def test_a_scene_shows_its_problem(code: str):
    for one in SCENES[code][0]:
        assert code in codes(one)


@pytest.mark.parametrize("code", sorted(SCENES))
def test_a_scene_that_looks_like_it_does_not(code: str):
    for one in SCENES[code][1]:
        assert code not in codes(one)


def test_where_a_problem_shows_is_said_by_patterns_and_objects():
    assert places("KUB-02") == (Place.EVENT, Place.CONDITION)
    assert places("CFG-06") == places("IAM-07") == ()
    assert all(code in PROBLEMS for code in CODES)


def ready_pod(app: str) -> dict[str, Any]:
    body = with_containers({**container(app, running={}), "ready": True}, app=app)
    body["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    return body


FORBIDDEN = (
    'User "system:serviceaccount:apigee:m" cannot update resource "apigeetelemetries/finalizers" in API group'
)
CHECKED = '"GET /healthz/ingress HTTP/1.1" 404 NR'


@pytest.mark.parametrize(
    ("app", "line", "code"),
    [("apigee-controller", FORBIDDEN, "RES-09"), ("apigee-ingressgateway", CHECKED, "ING-08")],
)
def test_a_pod_that_is_ready_may_tell_of_others(app: str, line: str, code: str):
    words = {("apigee", "p-1", app): Words(f"{line}\nPKIX path building failed")}

    assert codes(scene(ready_pod(app), logs=words)) == {code}
    assert (
        codes(scene(ready_pod("apigee-mart"), logs={("apigee", "p-1", "apigee-mart"): Words(line)})) == set()
    )


def test_a_pod_that_is_ready_has_no_symptoms():
    healthy = with_containers(container(ended=CRASHED, running={}))
    healthy["status"]["conditions"] = [{"type": "Ready", "status": "True"}]

    assert codes(scene(healthy)) == set()


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("0/3 nodes are available: 3 Insufficient cpu.", "KUB-01"),
        ("pod has unbound immediate PersistentVolumeClaims", "CAS-02"),
        ("0/3 nodes are available: 3 node(s) didn't have free ports for the requested pod ports.", "KUB-01"),
    ],
)
def test_what_the_scheduler_says_decides(message: str, code: str):
    assert codes(scene(pending(message))) == {code}


def test_taken_ports_are_a_problem_of_cassandra_only_where_cassandra_wants_them():
    message = "0/3 nodes are available: 3 node(s) didn't have free ports for the requested pod ports."

    assert codes(scene(pending(message, app="apigee-cassandra"))) == {"CAS-06"}


def test_the_event_of_a_claim_explains_why_its_pod_is_pending():
    waits = pending("pod has unbound immediate PersistentVolumeClaims", app="apigee-cassandra")
    waits["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "data-0"}}]
    claim = live("PersistentVolumeClaim", "data-0", api="v1")
    said = 'waiting for a volume to be created, either by external provisioner "ebs.csi.aws.com" or manually'

    found = list(symptoms(scene(waits, claim, event(claim, "ExternalProvisioning", said, type="Normal"))))

    assert [(one.code, one.names) for one in found] == [("CAS-03", {"driver": "ebs.csi.aws.com"})]


def test_an_event_explains_a_container_that_is_not_created():
    creating = with_containers(container(**waiting("ContainerCreating")))
    said = 'MountVolume.SetUp failed for volume "v" : secret "acme-tls" not found'

    assert codes(scene(creating, event(creating, "FailedMount", said))) == {"KUB-04"}


def test_an_event_about_an_earlier_pod_of_that_name_proves_nothing():
    creating = with_containers(container(**waiting("ContainerCreating")))
    before = {**creating, "metadata": {**creating["metadata"], "uid": "another"}}
    said = 'MountVolume.SetUp failed for volume "v" : secret "acme-tls" not found'

    assert codes(scene(creating, event(before, "FailedMount", said))) == set()


def test_the_newest_event_counts():
    creating = with_containers(container(**waiting("ContainerCreating")))
    old = event(creating, "FailedMount", 'secret "acme-tls" not found', LONG_AGO)
    new = event(creating, "Pulling", "Pulling image", JUST_NOW)

    assert codes(scene(creating, old, new)) == set()


def test_what_forbids_pods_shows_at_their_controller():
    replicas = live(
        "ReplicaSet",
        "apigee-mart-1",
        api="apps/v1",
        spec={"replicas": 1},
        status={
            "conditions": [{"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: compute"}]
        },
    )
    alive = {**replicas, "status": {**replicas["status"], "replicas": 1}}

    assert codes(scene(replicas)) == {"KUB-05"}
    assert codes(scene(alive)) == set()


def test_a_failed_creation_is_told_by_the_event_of_a_stateful_set():
    cassandra = live("StatefulSet", "apigee-cassandra-default", api="apps/v1", spec={"replicas": 1})
    said = 'create Pod apigee-cassandra-default-0 failed: violates PodSecurity "restricted:latest"'

    assert codes(scene(cassandra, event(cassandra, "FailedCreate", said))) == {"KUB-05"}


def test_an_evicted_pod_names_what_was_low():
    evicted = pod(
        "p-1",
        status={"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."},
    )

    (found,) = symptoms(scene(evicted))
    assert (found.code, found.names) == ("KUB-12", {"what": "memory"})


def test_a_log_says_more_than_a_crash():
    crashing = with_containers(container("apigee-mart", ended=CRASHED, **waiting("CrashLoopBackOff")))
    words = {("apigee", "p-1", "apigee-mart"): Words("", 'error "invalid_grant": Invalid JWT Signature.')}

    (found,) = symptoms(scene(crashing, logs=words))
    assert (found.code, found.place, found.container) == ("IAM-01", Place.LOG, "apigee-mart")


def test_the_last_words_in_the_status_do_where_no_log_may_be_read():
    said = {**CRASHED, "message": "Unable to gossip with any peers"}

    assert codes(scene(with_containers(container(ended=said, **waiting("CrashLoopBackOff"))))) == {"CAS-08"}


def test_a_container_that_runs_may_get_over_what_it_wrote():
    running = with_containers(container("apigee-mart", running={}))
    words = {("apigee", "p-1", "apigee-mart"): Words("PKIX path building failed")}

    (found,) = findings(scene(running, logs=words))
    assert found.wait.minutes == 1


def test_an_issue_is_told_unless_somebody_acknowledged_it():
    spec = {"reason": "AIS_PERMISSION_DENIED", "details": "watcher"}

    assert codes(scene(live("ApigeeIssue", "permission-denied", spec=spec))) == {"IAM-10"}
    assert codes(scene(live("ApigeeIssue", "permission-denied", spec={**spec, "ignore": True}))) == set()


def test_a_namespace_says_what_holds_it():
    held = {
        "type": "NamespaceContentRemaining",
        "status": "True",
        "message": "Some resources are remaining: apigeedatastores.apigee.cloud.google.com has 1 resource instances",
    }

    assert codes(scene(live("Namespace", "apigee", api="v1", status={"conditions": [held]}))) == {"RES-07"}


def test_an_autoscaler_without_metrics_is_told_when_it_lasts():
    inactive = {
        "conditions": [
            {
                "type": "ScalingActive",
                "status": "False",
                "reason": "FailedGetResourceMetric",
                "message": "the HPA was unable to compute the replica count",
            }
        ]
    }
    young = (NOW - timedelta(minutes=2)).isoformat()

    assert codes(scene(live("HorizontalPodAutoscaler", "h", api="autoscaling/v2", status=inactive))) == {
        "TEL-03"
    }
    new = live("HorizontalPodAutoscaler", "h", api="autoscaling/v2", status=inactive, creationTimestamp=young)
    assert codes(scene(new)) == set()


def test_what_the_registry_answered_is_the_evidence_of_an_image_that_cannot_be_pulled():
    one = with_containers(container(**waiting("ImagePullBackOff", 'Back-off pulling image "hub/mart:1"')))
    one["metadata"]["uid"] = "uid-1"
    one["spec"]["containers"] = [{"name": "main", "image": "hub/mart:1"}]
    one["status"]["containerStatuses"][0]["name"] = "main"
    answer = 'Failed to pull image "hub/mart:1": failed to authorize: 401 Unauthorized'
    said = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "e", "namespace": "apigee"},
        "involvedObject": {"kind": "Pod", "namespace": "apigee", "name": "p-1", "uid": "uid-1"},
        "type": "Warning",
        "reason": "Failed",
        "message": answer,
    }

    (found,) = findings(scene(one, said))

    assert (found.code, found.evidence.line) == ("KUB-02", answer)
