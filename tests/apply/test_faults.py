"""What stops a run, and what is said then; the faults themselves are in tests/e2e/test_faults.py."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from apigeectl.apply.changes import Action, Change, Event
from apigeectl.apply.engine import Stopped, apply
from apigeectl.apply.in_flight import InFlight
from apigeectl.apply.plan import plan
from apigeectl.apply.submit import advised
from apigeectl.errors import Forbidden, Invalid, NoCredentials, Unauthorized, Unreachable
from apigeectl.manifests import APIGEE_GROUP, ObjectRef
from tests.apply.fakes import FakeCluster, Request, config_map, custom, manifests, namespace

COUNT = 20


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(namespace())


def refuse_from(
    number: int, error: Callable[[], Exception], cluster: FakeCluster
) -> Callable[[Request], None]:
    def refuse(request: Request) -> None:
        if request.verb == "apply" and not request.dry_run and len(cluster.writes()) >= number:
            raise error()

    return refuse


def stopped(cluster: FakeCluster, error: Callable[[], Exception]) -> Stopped:
    bodies = [config_map(f"c{number}") for number in range(COUNT)]
    found = plan(cluster, manifests(*bodies, custom("ApigeeOrganization", "acme")))
    cluster.requests.clear()
    cluster.faults = refuse_from(3, error, cluster)
    with pytest.raises(Stopped) as caught:
        list(apply(cluster, found, workers=2))
    return caught.value


LOST = {
    "server": lambda: Unreachable("connection refused"),
    "rights": lambda: Unauthorized("not accepted", status=401),
    "login": lambda: NoCredentials("the plugin failed"),
}


@pytest.mark.parametrize("error", LOST.values(), ids=LOST.keys())
def test_once_the_server_or_the_login_is_lost_nothing_more_is_tried(
    cluster: FakeCluster, error: Callable[[], Exception]
):
    found = stopped(cluster, error)

    assert len(cluster.writes()) < COUNT // 2
    in_doubt = found.failures if isinstance(found.failures[0][1], Unreachable) else ()
    assert len(found.done) + len(in_doubt) + len(found.remaining) == COUNT + 1
    assert found.message == str(error())
    assert not [line for line in found.details if found.message in line]


def test_a_refusal_of_one_object_lets_the_others_of_its_stage_go_on(cluster: FakeCluster):
    found = stopped(cluster, lambda: Forbidden("no", status=403))

    assert len(found.done) + len(found.failures) == COUNT
    assert [ref.kind for ref in found.remaining] == ["ApigeeOrganization"]


def test_what_was_under_way_when_the_server_went_is_in_doubt(cluster: FakeCluster):
    found = stopped(cluster, LOST["server"])

    (doubt,) = [line for line in found.details if line.startswith("no answer about: ConfigMap/")]
    assert doubt.endswith("; it may be written or not")


def test_after_a_lost_server_the_next_step_is_the_same_command(cluster: FakeCluster):
    found = stopped(cluster, lambda: Unreachable("connection refused", hint="is it up?"))

    assert found.hint == "is it up?; then the same command again does what is left"


@pytest.mark.parametrize(
    ("kind", "group", "words"),
    [
        ("CustomResourceDefinition", "apiextensions.k8s.io", "every object of its kind would go"),
        ("ApigeeDatastore", APIGEE_GROUP, "Cassandra goes with it"),
        ("ApigeeEnvironment", APIGEE_GROUP, "stops all traffic"),
        ("Namespace", "", "everything in it would go"),
        ("Job", "batch", "what it has done stays"),
        ("ConfigMap", "", "when nothing depends on it"),
    ],
)
def test_an_immutable_field_says_what_re_creating_its_object_costs(kind: str, group: str, words: str):
    refused = Invalid("x is invalid", status=422, details=["spec.scope: field is immutable"])

    assert words in str(advised(refused, ObjectRef(group, kind, "", "x")).hint)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ('admission webhook "w" denied the request: no', "a policy of this cluster"),
        ("ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no", "a policy of this cluster"),
        ("exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3", "raise the quota"),
        ("unable to create new content in namespace x because it is being terminated", "until it is gone"),
        ("spec.newer: field not declared in schema", "--release 1.x"),
    ],
)
def test_a_refusal_of_the_cluster_comes_with_the_next_step(message: str, words: str):
    assert words in str(advised(Forbidden(message, status=403), ObjectRef("", "Pod", "n", "p")).hint)


class TestInFlight:
    CHANGE = Change(ObjectRef("", "ConfigMap", "n", "a"), Action.CREATE)

    def test_finishing_waits_for_what_has_begun(self):
        begun, go_on = threading.Event(), threading.Event()

        def slow(change: Change) -> Event:
            begun.set()
            go_on.wait(5)
            return Event(change.ref, change.action)

        in_flight = InFlight(slow)
        threading.Thread(target=in_flight, args=(self.CHANGE,)).start()
        begun.wait(5)
        threading.Timer(0.03, go_on.set).start()

        in_flight.finish()

        assert [event.ref for event in in_flight.events] == [self.CHANGE.ref]
