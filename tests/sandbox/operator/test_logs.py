"""What the pods write, and how it is read."""

from __future__ import annotations

import re
import threading
from urllib.request import urlopen

import pytest

from apigeectl.sandbox.operator.kubelet import KubeletDoor
from apigeectl.sandbox.operator.logbook import LogBook, LogOptions
from tests.sandbox.cluster import NAMESPACE, ORG, ORG_ID

CONTAINER = ("apigee", "pod", "main")


def log_of(world, app):
    (pod,) = world.pods(app)
    key = (NAMESPACE, pod["metadata"]["name"], app)
    return [line.decode().rstrip("\n") for line in world.operator.read_log(key, LogOptions())]


def test_the_agent_prints_its_flags_from_the_organization(installed):
    lines = log_of(installed, "apigee-connect-agent")

    for flag in (
        '"cluster_name": demo-cluster',
        '"cluster_region": us-central1',
        f'"project": projects/{ORG}',
        '"server_addr": apigeeconnect.googleapis.com:443',
        '"tether_endpoint": APIGEE_MART',
        f'"target_server": apigee-mart-{ORG_ID}.apigee.svc.cluster.local:8843',
    ):
        assert any(line.endswith(f"main.go:50] {flag}") for line in lines), flag


SEEN = (
    "alsologtostderr cluster_name cluster_region cpu_profile_enabled http_client_timeout http_port http_server "
    "insecure_ssl local_cert log_backtrace_at log_dir logtostderr mem_profile_enabled project resource_id server_addr "
    "server_cert server_key stderrthreshold target_server tether_endpoint v vmodule"
)


def test_the_agent_prints_every_flag_that_google_shows(installed):
    flags = re.findall(r'main\.go:50\] "(\w+)": ?', "\n".join(log_of(installed, "apigee-connect-agent")))

    assert " ".join(flags) == SEEN


def test_the_agent_opens_tethers(installed):
    opened = [line for line in log_of(installed, "apigee-connect-agent") if "listening on tether" in line]

    assert len(opened) >= 4
    assert all(re.match(r"I\d{4} \d\d:\d\d:\d\d\.\d{6} +1 agent\.go:245\] ", line) for line in opened)


def test_a_request_of_the_management_plane_shows_in_both_logs(installed):
    assert installed.operator.serve(ORG, f"/v1/organizations/{ORG}/developers")

    agent, mart = log_of(installed, "apigee-connect-agent"), log_of(installed, "apigee-mart")
    assert any(
        '8843", status code: 200' in line and "received response from target" in line for line in agent
    )
    assert any("Attempting to send response" in line for line in agent)
    assert any(line.endswith("apigee-connect-agent-1.0 null") and "/developers" in line for line in mart)


def test_mart_acts_and_both_logs_tell_its_answer(installed):
    acted = []
    path = f"/v1/organizations/{ORG}/developers/nobody@example.com"

    assert installed.operator.serve(ORG, path, "GET", "a@b.example.com", lambda: acted.append(1) or 404)

    assert acted == [1]
    assert "status code: 404" in "".join(log_of(installed, "apigee-connect-agent")[-2:])
    line = log_of(installed, "apigee-mart")[-1]
    assert re.search(
        rf" INFO  a@b\.example\.com \d{{13}} {re.escape(path)} 404 GET {ORG} 10[.\d]+ 10[.\d]+ apigee-connect",
        line,
    )


def test_no_request_gets_through_for_a_foreign_organization(installed):
    acted = []

    assert not installed.operator.serve("other", "/v1/x", "POST", "", lambda: acted.append(1) or 200)
    assert acted == []


def test_streams_rotate(installed, monkeypatch: pytest.MonkeyPatch):
    agents = installed.operator._agents
    (pod,) = installed.pods("apigee-connect-agent")
    monkeypatch.setattr(installed.operator._world, "waited", lambda *_, **__: True)

    agents.tick(installed.operator._world, pod)

    assert any(
        re.search(r"agent\.go:255\] tether id \d+ is closed", line)
        for line in log_of(installed, "apigee-connect-agent")
    )
    assert [each.count for each in agents.streams()] == [4]


@pytest.fixture
def book():
    book = LogBook()
    book.write(CONTAINER, "one", "two", "three")
    yield book
    book.stop()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, b"one\ntwo\nthree\n"),
        ({"tailLines": "1"}, b"three\n"),
        ({"tailLines": "0"}, b""),
        ({"tailLines": "9"}, b"one\ntwo\nthree\n"),
        ({"limitBytes": "6"}, b"one\ntw"),
        ({"sinceSeconds": "60"}, b"one\ntwo\nthree\n"),
        ({"sinceTime": "2999-01-01T00:00:00Z"}, b""),
        ({"previous": "true"}, b""),
    ],
)
def test_the_options_of_a_log_request(book, query, expected):
    assert b"".join(book.read(CONTAINER, LogOptions.parse(query))) == expected


def test_lines_can_carry_their_time(book):
    first = next(book.read(CONTAINER, LogOptions(timestamps=True)))

    assert re.fullmatch(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z one\n", first)


def test_the_log_of_the_run_before(book):
    book.restart(CONTAINER)
    book.write(CONTAINER, "again")

    assert b"".join(book.read(CONTAINER, LogOptions(previous=True))) == b"one\ntwo\nthree\n"
    assert b"".join(book.read(CONTAINER, LogOptions())) == b"again\n"


def test_a_follower_gets_new_lines_until_the_pod_is_gone(book):
    follower = filter(None, book.read(CONTAINER, LogOptions(follow=True, tail=1)))
    assert next(follower) == b"three\n"

    threading.Timer(0.02, lambda: book.write(CONTAINER, "four")).start()
    assert next(follower) == b"four\n"
    book.close("apigee", "pod")
    assert list(follower) == []


def test_a_follower_is_asked_whether_anybody_listens(book):
    follower = book.read(CONTAINER, LogOptions(follow=True, tail=0))

    assert next(follower) == b""


def test_a_kubelet_serves_logs_over_tls(book):
    import ssl

    tls = ssl.create_default_context()
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    door = KubeletDoor(book.read)
    door.start()
    try:
        with urlopen(
            f"https://127.0.0.1:{door.port}/containerLogs/apigee/pod/main?tailLines=2", context=tls
        ) as answer:
            text = answer.read()
    finally:
        door.stop()

    assert text == b"two\nthree\n"
