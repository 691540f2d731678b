from __future__ import annotations

import pytest

from apigeectl.diagnosis.catalogue import PROBLEMS
from apigeectl.diagnosis.chains import CHAINS
from apigeectl.diagnosis.findings import findings
from apigeectl.diagnosis.model import Course
from apigeectl.diagnosis.symptoms import Scene, Words
from apigeectl.manifests import APIGEE_GROUP
from apigeectl.readiness.observation import Snapshot
from tests.diagnosis.samples import container, pod, waiting
from tests.diagnosis.test_symptoms import CRASHED, CREATING, LONG_AGO, in_init, live, pending, scene


def crashing(name: str, app: str = "apigee-mart") -> dict[str, object]:
    statuses = [container(app, ended=CRASHED, **waiting("CrashLoopBackOff"))]
    return pod(name, app=app, status={"phase": "Running", "containerStatuses": statuses})


def test_twenty_pods_with_one_cause_are_one_finding():
    names = [f"p-{number:02}" for number in range(20)]
    words = {("apigee", name, "apigee-mart"): Words("PKIX path building failed") for name in names}

    (found,) = findings(scene(*(crashing(name) for name in names), logs=words))

    assert found.code == "CAS-09"
    assert [ref.name for ref in found.subjects] == names


def test_two_images_that_are_missing_are_two_findings():
    pods = []
    for app in ("apigee-mart", "apigee-udca"):
        statuses = [container(app, **waiting("ImagePullBackOff"))]
        pods += [pod(f"{app}-{number}", app=app, status={"containerStatuses": statuses}) for number in (1, 2)]

    found = findings(scene(*pods))

    assert [(each.code, len(each.subjects)) for each in found] == [("KUB-02", 2), ("KUB-02", 2)]
    assert {each.evidence.names["image"] for each in found} == {"hub/apigee-mart:1", "hub/apigee-udca:1"}


def test_what_follows_from_cassandra_stands_below_it():
    cassandra = pending("0/3 nodes are available: 3 Insufficient cpu.", app="apigee-cassandra")
    cassandra["metadata"]["name"] = "apigee-cassandra-default-0"

    (found,) = findings(scene(cassandra, in_init(LONG_AGO)))

    assert found.code == "CAS-01"
    assert [each.code for each in found.consequences] == ["RES-05"]


def test_a_crash_of_the_operator_explains_what_it_does_not_look_at():
    found = findings(scene(crashing("operator", "apigee-controller"), live("ApigeeRedis", "default")))

    assert [(each.code, [more.code for more in each.consequences]) for each in found] == [
        ("KUB-03", ["RES-02"])
    ]


def test_that_a_resource_is_not_done_is_said_only_when_nothing_else_is_known():
    organization = live("ApigeeOrganization", "acme", status=CREATING)

    assert [each.code for each in findings(scene(organization))] == ["RES-01"]
    assert [each.code for each in findings(scene(organization, crashing("p-1")))] == ["KUB-03"]


def test_what_stops_a_wait_comes_before_what_does_not():
    logger = live("DaemonSet", "apigee-logger", api="apps/v1", status={"desiredNumberScheduled": 0})

    found = findings(scene(logger, crashing("p-1")))

    assert [each.problem.wait.course for each in found] == [Course.STOP, Course.WARN]


@pytest.mark.parametrize(
    ("kind", "code"),
    [((APIGEE_GROUP, "ApigeeOrganization"), "CRD-02"), (("cert-manager.io", "Certificate"), "WEB-01")],
)
def test_what_somebody_may_be_about_to_install_gets_some_minutes(kind: tuple[str, str], code: str):
    (found,) = findings(Scene(Snapshot({}, frozenset({kind}))))

    assert (found.code, found.wait.course, found.wait.minutes) == (code, Course.STOP, 5)


def test_chains_speak_of_known_problems():
    codes = {code for chain in CHAINS for link in chain for code in link} - {"*"}

    assert codes <= set(PROBLEMS)
