"""Deployments on the wire: paths, parameters, bodies, and how fast."""

from __future__ import annotations

import threading

import pytest

from apigeectl.clients.deployments import Deployments
from apigeectl.clients.pace import Pace
from apigeectl.clients.probe import Probe
from apigeectl.errors import NotFound, Refused, ServiceFailure, UsageError
from tests.clients.google_api import google_refusal, session
from tests.clients.loopback import HANG_UP, Loopback, Received, Reply

ORG = "/v1/organizations/acme"


def plane(server: Loopback, org: str = "acme") -> Deployments:
    return Deployments(session(server.url)[0], org)


@pytest.mark.parametrize(
    ("name", "segment"),
    [
        ("hello", "hello"),
        ("a/b", "a%2Fb"),
        ("50%", "50%25"),
        ("%2F", "%252F"),
        ("grüße", "gr%C3%BC%C3%9Fe"),
        ("a?b#c d", "a%3Fb%23c%20d"),
    ],
)
def test_a_name_is_one_segment_of_the_path_whatever_it_holds(name, segment):
    with Loopback(lambda asked: Reply({})) as server:
        plane(server).status("test", name, "1")

    assert server.asked() == [f"GET {ORG}/environments/test/apis/{segment}/revisions/1/deployments"]


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_would_climb_out_of_the_path_is_refused(name):
    with (
        Loopback(lambda asked: Reply({})) as server,
        pytest.raises(UsageError, match="nothing can be called"),
    ):
        plane(server).undeploy("test", name, "1")

    assert server.received == []


def test_a_deploy_overrides_has_no_body_and_keeps_the_account_when_told():
    with Loopback(lambda asked: Reply({})) as server:
        plane(server).deploy("test", "hello", "2", sequenced=True, service_account="robot@p")

    (asked,) = server.received
    assert (asked.method, asked.body) == ("POST", b"")
    assert asked.query == {"override": "true", "sequencedRollout": "true", "serviceAccount": "robot@p"}


def test_a_deploy_whose_answer_is_lost_is_not_repeated():
    with Loopback(lambda asked: HANG_UP) as server, pytest.raises(Exception, match="connection"):
        plane(server).deploy("test", "hello", "2")

    assert len(server.received) == 1


def test_reports_are_custom_verbs_behind_the_path():
    with Loopback(lambda asked: Reply({})) as server:
        plane(server).deploy_report("test", "a:b", "2")
        plane(server).undeploy_report("test", "a:b", "2")

    stem = f"POST {ORG}/environments/test/apis/a%3Ab/revisions/2/deployments"
    assert server.asked() == [f"{stem}:generateDeployChangeReport", f"{stem}:generateUndeployChangeReport"]
    assert [asked.query for asked in server.received] == [{"override": "true"}, {}]


def test_shared_flows_have_lists_of_their_own():
    def answer(asked: Received) -> Reply:
        return Reply({"sharedFlows": [{"name": "flow"}]} if asked.path.endswith("sharedflows") else {})

    with Loopback(answer) as server:
        assert plane(server).names(shared_flows=True) == ("flow",)
        assert plane(server).in_environment("test", shared_flows=True) == []
        assert plane(server).of_one("test", "flow", shared_flows=True) == []

    assert [asked.query for asked in server.received] == [{}, {"sharedFlows": "true"}, {}]
    assert server.asked()[-1] == f"GET {ORG}/environments/test/sharedflows/flow/deployments"


def test_the_violations_of_a_refused_deploy_are_told():
    violation = {"type": "CONFLICTING_DEPLOYMENT", "subject": "s", "description": "use the override flag"}
    detail = {"@type": "type.googleapis.com/google.rpc.PreconditionFailure", "violations": [violation]}
    refusal = google_refusal(400, "FAILED_PRECONDITION", "deployment validations failed", detail)

    with (
        Loopback(lambda asked: refusal) as server,
        pytest.raises(Exception, match="validations failed") as raised,
    ):
        plane(server).deploy("test", "hello", "2")

    assert raised.value.details == ("s: use the override flag",)


def test_what_is_not_deployed_is_not_found():
    refusal = google_refusal(404, "NOT_FOUND", "generic::not_found: x is not deployed")

    with (
        Loopback(lambda asked: refusal) as server,
        pytest.raises(NotFound, match="hello revision 1 in environment"),
    ):
        plane(server).undeploy("test", "hello", "1")


def test_every_single_request_is_paced_repetitions_included():
    from apigeectl.clients.endpoints import Endpoints
    from apigeectl.clients.google import Session
    from tests.clients.google_api import TOKEN, variables

    paced: list[bool] = []
    with Loopback(lambda asked: Reply({}, 503)) as server:
        environ = {**variables(server.url), **TOKEN}
        made = Session(Endpoints(environ, {}), environ=environ, sleep=lambda seconds: None, pace=paced.append)
        with pytest.raises(ServiceFailure):
            Deployments(made, "acme").environments()

    assert paced == [False] * len(server.received) == [False] * 4


class Clock:
    """A clock that moves only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_reads_stay_below_ninety_a_second():
    clock = Clock()
    pace = Pace(clock, clock.sleep)

    for _ in range(891):
        pace(False)

    assert clock.now - 100 == pytest.approx(10.0)


def test_writes_go_once_a_second_and_do_not_hold_up_reads():
    clock = Clock()
    pace = Pace(clock, clock.sleep)

    moments = []
    for writes in (True, False, True, False, True):
        pace(writes)
        moments.append(clock.now - 100)

    assert moments == [0, 0, 1, 1, 2]


def test_time_that_passed_unused_is_not_saved_up():
    clock = Clock()
    pace = Pace(clock, clock.sleep)
    pace(True)
    clock.now += 60

    for _ in range(3):
        pace(True)

    assert clock.now == 162


class Answers:
    """Answers in order, then the last one for ever; `drained` when all were given."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.drained = threading.Event()

    def __call__(self, asked: Received) -> Reply:
        if len(self.replies) > 1:
            return self.replies.pop(0)
        self.drained.set()
        return self.replies[0]


def probed(*replies: Reply) -> Probe:
    answers = Answers(*replies)
    with Loopback(answers) as server:
        with Probe(f"{server.url}/hello", pause=0.001) as probe:
            assert answers.drained.wait(5)
        assert all("Authorization" not in asked.headers for asked in server.received)
    return probe


def test_a_probe_reports_every_miss():
    probe = probed(Reply({}), Reply({}, 404), Reply({}, 503), HANG_UP, Reply({}, 401), Reply({}))

    assert [miss.cause for miss in probe.misses] == ["HTTP 404", "HTTP 503", "ConnectionError"]
    assert probe.asked >= 6


def test_what_has_never_served_cannot_be_missed():
    assert probed(Reply({}, 404), Reply({}, 404), Reply({})).misses == []


def test_an_address_that_nothing_serves_is_told_apart_from_one_without_misses():
    probe = probed(Reply({}, 404))

    assert (probe.misses, probe.served, probe.cause) == ([], False, "HTTP 404")


def test_what_may_be_secret_in_an_address_is_not_shown():
    assert Probe("https://me:secret@[::1]:8443/hello?apikey=secret#x").shown == "https://[::1]:8443/hello"


@pytest.mark.parametrize(
    "url", ["hello", "ftp://host/x", "/hello", "http://", "http://[::1", "http://host:99999"]
)
def test_a_probe_needs_an_address(url):
    with pytest.raises(UsageError, match="is no address"):
        Probe(url)


def test_an_organization_goes_only_where_its_token_may():
    from apigeectl.clients.endpoints import Endpoints
    from apigeectl.clients.google import Session

    made = Session(Endpoints({}, {}, "https://elsewhere.example.com"), environ={})
    with pytest.raises(Refused, match="no token is sent outside"):
        Deployments(made, "acme").environments()
