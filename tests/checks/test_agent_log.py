from __future__ import annotations

import pytest

from apigeectl.checks.agent_log import last_call_by_agent, read_agent_log
from tests.checks.fakes import DENIED, LISTENING, SERVED


def test_streams_are_tethers_opened_and_not_closed():
    log = read_agent_log(LISTENING)

    assert log.streams == 2
    assert log.fatal is None
    assert not log.denied


def test_a_run_that_ended_holds_no_stream():
    assert read_agent_log(f"{LISTENING}\n{DENIED}").streams == 0


def test_a_log_without_its_beginning_still_counts_right():
    cut = "\n".join(LISTENING.splitlines()[3:])

    assert read_agent_log(cut).streams == 1


@pytest.mark.parametrize(
    "reason",
    [
        "Permission denied on resource '//apigeeconnect.googleapis.com/projects/p/endpoints/APIGEE_MART' (or it may "
        "not exist).",
        "Permission denied on resource project p.",
        "Permission 'apigeeconnect.endpoints.connect' denied on resource '//x' (or it may not exist).",
    ],
)
def test_every_way_to_be_refused_is_recognised(reason):
    line = (
        f"failed to register stream with Apigee Connect, got 'PermissionDenied': rpc error: desc = {reason}"
    )
    log = read_agent_log(
        f"I0719 11:00:00.0 1 main.go:47] Agent's flag values below\nF0719 11:00:00.0 1 x.go:1] {line}"
    )

    assert log.denied
    assert log.fatal == line


def test_another_end_is_fatal_but_no_refusal():
    log = read_agent_log("F0101 00:00:00.1 1 main.go:9] cannot read the key")

    assert log.fatal == "cannot read the key"
    assert not log.denied


def test_an_empty_log_says_nothing():
    log = read_agent_log("")

    assert (log.streams, log.fatal, log.denied) == (0, None, False)


def test_marts_newest_call_by_the_agent():
    newer = SERVED.replace("developers", "apps")

    assert last_call_by_agent(f"{SERVED}\n{newer}\nother line") == newer
    assert last_call_by_agent("200 GET acme curl/8") is None


def test_the_sample_is_fatal_too():
    assert read_agent_log(DENIED).denied
