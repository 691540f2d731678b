from __future__ import annotations

from apigeectl.checks.hints import Hint
from apigeectl.checks.model import Check, Outcome, Result, failed, outcomes, passed, run, skipped, warned
from apigeectl.errors import Forbidden, InstallerError

HINT = Hint.CONNECT_NO_STREAMS


def check(outcome: Outcome | Exception, **more: object) -> Check[None]:
    def ask(_: None) -> Outcome:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return Check("it is so", ask, HINT, **more)  # type: ignore[arg-type]


def results(*checks: Check[None]) -> list[Result]:
    return [outcome.result for _, outcome in outcomes(checks, None)]


def only(one: Check[None]) -> Outcome:
    ((_, outcome),) = outcomes([one], None)
    return outcome


def test_the_observer_hears_each_outcome_in_order():
    heard: list[tuple[str, str]] = []
    checks = [check(passed("a")), check(warned("b")), check(skipped("c"))]

    well = run(checks, None, lambda c, o: heard.append((c.title, o.message)))

    assert well
    assert heard == [("it is so", "a"), ("it is so", "b"), ("it is so", "c")]


def test_a_failure_is_not_well_but_the_rest_is_asked():
    checks = [check(failed("a")), check(passed())]

    assert results(*checks) == [Result.FAILED, Result.PASSED]
    assert not run(checks, None, lambda *_: None)


def test_a_fatal_failure_ends_the_run():
    assert results(check(failed("a"), fatal=True), check(passed())) == [Result.FAILED]


def test_a_fatal_question_that_is_skipped_or_warned_about_does_not():
    assert len(results(check(skipped("a"), fatal=True), check(warned("b"), fatal=True), check(passed()))) == 3


def test_an_error_while_asking_is_a_failure_with_its_advice():
    error = InstallerError("no answer", details=["d"], hint="look at the proxy")

    assert only(check(error)) == failed("no answer", hint=HINT, details=["d", "look at the proxy"])


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
