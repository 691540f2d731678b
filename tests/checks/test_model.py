from __future__ import annotations

import pytest

from apigeectl.checks.hints import Hint
from apigeectl.checks.model import Check, Outcome, Result, failed, healthy, outcomes, passed, skipped, warned
from apigeectl.errors import Forbidden, InstallerError, Unauthorized, Unreachable

HINT = Hint.CONNECT_NO_STREAMS


def check(outcome: Outcome | Exception, **more: object) -> Check[None]:
    def ask(_: None) -> Outcome:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return Check("it", ask, HINT, **more)  # type: ignore[arg-type]


def results(*checks: Check[None]) -> list[Result]:
    return [outcome.result for _, outcome in outcomes(checks, None)]


def only(one: Check[None]) -> Outcome:
    ((_, outcome),) = outcomes([one], None)
    return outcome


def well(*checks: Check[None]) -> bool:
    return healthy(checks, outcomes(checks, None))


def test_a_failure_is_not_healthy_but_the_rest_is_asked():
    checks = [check(failed("a")), check(passed())]

    assert results(*checks) == [Result.FAILED, Result.PASSED]
    assert not well(*checks)


def test_warnings_and_skipped_questions_are_healthy_unless_they_are_essential():
    assert well(check(warned("a")), check(skipped("b")))
    assert well(check(warned("a"), essential="x"))
    assert not well(check(skipped("a"), essential="x"))


def test_one_answer_about_an_essential_thing_will_do():
    unseen, seen = check(skipped("a"), essential="x"), check(passed(), essential="x")

    assert well(unseen, seen)
    assert not well(unseen, seen, check(skipped("b"), essential="y"))


def test_an_essential_question_that_was_never_reached_is_not_healthy():
    checks = [check(passed()), check(passed(), essential="x")]

    assert not healthy(checks, [(checks[0], passed())])


def test_a_fatal_failure_ends_the_run():
    assert results(check(failed("a"), fatal=True), check(passed())) == [Result.FAILED]


def test_a_fatal_question_that_is_skipped_or_warned_about_does_not():
    assert len(results(check(skipped("a"), fatal=True), check(warned("b"), fatal=True), check(passed()))) == 3


def test_an_error_while_asking_is_a_failure_with_its_advice():
    error = InstallerError("no answer", details=["d"], hint="look at the proxy")

    assert only(check(error)) == failed("no answer", hint=HINT, details=["d", "look at the proxy"])


@pytest.mark.parametrize("error", [Unreachable("timed out"), Unauthorized("who?", status=401)])
def test_where_nobody_answered_no_page_about_the_question_helps(error: InstallerError):
    assert only(check(error)) == failed(error.message)


def test_a_missing_right_skips_the_question_and_is_named():
    error = Forbidden("denied", status=403)

    assert only(check(error, needs="the permission x")) == skipped(
        "needs the permission x", details=["denied"]
    )
    assert only(check(error)).result is Result.FAILED


def test_a_disabled_api_is_a_failure_although_it_is_a_403():
    error = Forbidden("off", status=403, reason="SERVICE_DISABLED")

    assert only(check(error, needs="x")).result is Result.FAILED


def test_questions_are_asked_only_when_their_turn_comes():
    stream = outcomes([check(passed()), check(RuntimeError())], None)

    assert next(stream)[1] == passed()
