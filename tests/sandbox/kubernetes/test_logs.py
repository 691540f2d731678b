from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest

from tests.sandbox.kubernetes.client import PODS, Client, named, pod

LOG = f"{PODS}/p/log"


@pytest.fixture
def logged(api: Client) -> Client:
    """A server with a pod on a node that wrote three lines, the first of them long ago."""
    now = datetime.datetime.now(datetime.timezone.utc)

    def source(namespace: str, pod: str, container: str, *, follow: bool, previous: bool) -> Iterator[bytes]:
        for number, age in enumerate((3600, 20, 0)):
            time = (now - datetime.timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%S.000000000Z")
            yield f"{time} {namespace}/{pod}/{container}{' previous' if previous else ''} {number}\n".encode()
        if follow:
            yield b""
            yield b"2026-01-01T00:00:00Z new\n"
            yield b""

    api.server.logs = source
    api.post(PODS, pod(node="n1"))
    return api


def test_a_log_is_plain_text(logged: Client):
    reply = logged.get(LOG)

    assert reply.body.splitlines() == [f"default/p/c {number}" for number in range(3)]
    assert reply.headers["Content-Type"] == "text/plain"


def test_lines_can_be_counted_from_the_end_and_bytes_from_the_start(logged: Client):
    assert logged.get(LOG, tailLines=1).body == "default/p/c 2\n"
    assert logged.get(LOG, tailLines=0).body == ""
    assert logged.get(LOG, limitBytes=18).body == "default/p/c 0\ndefa"


def test_lines_can_be_chosen_by_age_and_carry_their_time(logged: Client):
    lines = logged.get(LOG, sinceSeconds=60, timestamps="true").body.splitlines()

    assert [line.split(" ", 1)[1] for line in lines] == ["default/p/c 1", "default/p/c 2"]
    assert lines[0].split(" ")[0].endswith("Z")


def test_a_followed_log_goes_on_after_its_last_lines(logged: Client):
    assert logged.lines(LOG, follow="true", tailLines=1) == ["default/p/c 2", "new"]


def test_a_pod_with_several_containers_wants_a_choice(logged: Client):
    containers = [{"name": name, "image": "i"} for name in ("a", "b")]
    logged.post(PODS, named("two", spec={"nodeName": "n1", "containers": containers}))

    assert logged.get(f"{PODS}/two/log", container="b").body.startswith("default/two/b 0")
    reply = logged.get(f"{PODS}/two/log")
    assert reply.message == "a container name must be specified for pod two, choose one of: [a b]"
    assert logged.get(f"{PODS}/two/log", container="z").message == "container z is not valid for pod two"


def test_a_pod_without_a_node_has_nothing_to_say(api: Client):
    api.post(PODS, pod())

    assert api.get(LOG).status == 204
    assert api.get(f"{PODS}/absent/log").status == 404


def test_a_container_that_waits_has_no_log(logged: Client):
    waiting = {"name": "c", "image": "", "imageID": "", "ready": False, "restartCount": 0}
    status = {"containerStatuses": [{**waiting, "state": {"waiting": {"reason": "ContainerCreating"}}}]}
    logged.merge(f"{PODS}/p/status", {"status": status})

    reply = logged.get(LOG)
    assert reply.status == 400
    assert reply.message == 'container "c" in pod "p" is waiting to start: ContainerCreating'


def test_the_log_of_the_previous_container_needs_one_that_ended(logged: Client):
    assert "previous terminated container" in logged.get(LOG, previous="true").message

    ended = {"name": "c", "image": "", "imageID": "", "ready": True, "restartCount": 1}
    last = {"terminated": {"exitCode": 1}}
    logged.merge(f"{PODS}/p/status", {"status": {"containerStatuses": [{**ended, "lastState": last}]}})
    assert logged.get(LOG, previous="true").body.startswith("default/p/c previous 0")


@pytest.mark.parametrize("option", [{"tailLines": -1}, {"limitBytes": 0}, {"sinceSeconds": 0}])
def test_numbers_without_meaning_are_invalid(logged: Client, option: dict[str, int]):
    assert logged.get(LOG, **option).status == 422
