from __future__ import annotations

from typing import Any

import pytest

from apigeectl.clients.synchronizers import Synchronizers
from apigeectl.errors import Forbidden, Refused, ServiceFailure
from tests.clients.google_api import google_refusal, session
from tests.clients.loopback import Loopback, Received, Reply


class Acme:
    """The authorization of one organization, with an etag; `races` writers come in between."""

    def __init__(self, *identities: str, races: int = 0, code: int = 409, status: str = "ABORTED") -> None:
        self.identities = list(identities)
        self.edition = 1
        self.races = races
        self.refusal = google_refusal(code, status, "stale etag")
        self.deaf = False

    def __call__(self, request: Received) -> Reply:
        assert request.method == "POST"
        if request.path == "/v1/organizations/acme:setSyncAuthorization":
            if self.races:
                self.races -= 1
                self.edition += 1
                self.identities.append(f"serviceAccount:racer{self.races}@p")
                return self.refusal
            assert request.json["etag"] == f"e{self.edition}"
            if not self.deaf:
                self.identities = request.json["identities"]
                self.edition += 1
        found: dict[str, Any] = {"etag": f"e{self.edition}"}
        return Reply({**found, "identities": self.identities} if self.identities else found)


def add(acme: Acme, *emails: str) -> Any:
    with Loopback(acme) as server:
        return Synchronizers(session(server.url)[0], sleep=lambda seconds: None).add("acme", emails)


def test_an_account_is_added_beside_the_others():
    acme = Acme("serviceAccount:a@p", "user:admin@example.com")

    assert add(acme, "b@p").added == ("b@p",)
    assert acme.identities == ["serviceAccount:a@p", "user:admin@example.com", "serviceAccount:b@p"]


def test_an_empty_list_gets_its_first():
    acme = Acme()
    add(acme, "a@p")

    assert acme.identities == ["serviceAccount:a@p"]


def test_an_account_that_is_there_causes_no_write():
    acme = Acme("serviceAccount:a@p")

    assert add(acme, "a@p").added == ()
    assert acme.edition == 1


@pytest.mark.parametrize(("code", "status"), [(409, "ABORTED"), (412, ""), (400, "FAILED_PRECONDITION")])
def test_whom_somebody_else_added_meanwhile_stays(code: int, status: str):
    acme = Acme("serviceAccount:a@p", races=2, code=code, status=status)
    add(acme, "b@p")

    assert acme.identities == [f"serviceAccount:{name}@p" for name in ("a", "racer1", "racer0", "b")]


def test_what_else_the_service_sends_goes_back_and_capitals_make_no_second_account():
    sent = []

    def answer(request: Received) -> Reply:
        if request.path.endswith("setSyncAuthorization"):
            sent.append(request.json)
        identities = ["serviceAccount:A@p"] + (["serviceAccount:b@p"] if sent else [])
        return Reply({"etag": "e", "identities": identities, "more": {"x": 1}})

    assert add(answer, "a@P", "b@p", "B@p").added == ("b@p",)  # type: ignore[arg-type]
    (body,) = sent
    assert body["more"] == {"x": 1}
    assert body["identities"][:2] == ["serviceAccount:A@p", "serviceAccount:b@p"]


def test_an_account_without_the_right_adds_nothing_and_asks_once():
    asked = []

    def answer(request: Received) -> Reply:
        asked.append(request.path)
        if request.path.endswith("setSyncAuthorization"):
            return google_refusal(403, "PERMISSION_DENIED", "Permission denied")
        return Reply({"etag": "e", "identities": ["serviceAccount:a@p"]})

    with pytest.raises(Forbidden):
        add(answer, "b@p")  # type: ignore[arg-type]
    assert len(asked) == 2


def test_races_that_do_not_end_add_nothing():
    with pytest.raises(Refused, match="nothing was added"):
        add(Acme("serviceAccount:a@p", races=99), "b@p")


def test_a_write_that_does_not_take_is_no_success():
    acme = Acme("serviceAccount:a@p")
    acme.deaf = True

    with pytest.raises(Refused, match="not authorized right after"):
        add(acme, "b@p")


def test_a_write_whose_answer_is_lost_is_looked_for_and_counts():
    acme, lost = Acme("serviceAccount:a@p"), [True]

    def answer(request: Received) -> Reply:
        reply = acme(request)
        if request.path.endswith("setSyncAuthorization") and lost:
            lost.clear()
            return google_refusal(503, "UNAVAILABLE", "try later")
        return reply

    assert add(answer, "b@p").added == ("b@p",)  # type: ignore[arg-type]
    assert acme.identities == ["serviceAccount:a@p", "serviceAccount:b@p"]


def test_a_service_that_keeps_failing_is_told_as_it_is():
    def answer(request: Received) -> Reply:
        return google_refusal(503, "UNAVAILABLE", "try later")

    with pytest.raises(ServiceFailure, match="try later"):
        add(answer, "b@p")  # type: ignore[arg-type]
