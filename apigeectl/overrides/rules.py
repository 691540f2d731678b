"""The rules of an overrides file, as one table, and their judgement over one file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from apigeectl.overrides import connect, files, keys, names, needs, pairs, values
from apigeectl.overrides.document import Overrides, lookup
from apigeectl.overrides.findings import Case, FileCheck, Finding
from apigeectl.overrides.position import Position
from apigeectl.overrides.problems import Problem
from apigeectl.overrides.scope import Scope

__all__ = ["RULES", "FileCheck", "Rule", "validate"]


@dataclass(frozen=True)
class Rule:
    """One question to the file; its code is stable, because users silence and search by it."""

    code: str
    check: Callable[[Case], Iterator[Finding]]


RULES: tuple[Rule, ...] = (
    Rule("unknown-key", keys.unknown),
    Rule("undocumented-key", keys.undocumented),
    Rule("other-release", keys.of_other_releases),
    Rule("deprecated-key", keys.deprecated),
    Rule("wrong-type", values.wrong_type),
    Rule("wrong-value", values.outside_the_set),
    Rule("out-of-range", values.outside_the_range),
    Rule("yaml-1.1", values.read_differently),
    Rule("missing", needs.missing),
    Rule("missing-credentials", needs.without_credentials),
    Rule("missing-tls", needs.without_tls),
    Rule("bad-name", names.bad),
    Rule("duplicate-name", names.duplicate),
    Rule("exclusive", pairs.exclusive),
    Rule("incomplete-pair", pairs.incomplete),
    Rule("min-above-max", pairs.min_above_max),
    Rule("missing-file", files.missing),
    Rule("bad-service-account-key", files.bad_service_account_key),
    Rule("bad-pem", files.bad_pem),
    Rule("bad-encryption-key", files.bad_encryption_key),
    Rule("connect-placement", connect.placement),
    Rule("connect-disabled", connect.disabled),
    Rule("connect-ignores-mart-ingress", connect.ignored_mart_ingress),
)


def validate(
    overrides: Overrides, scope: Scope, release: str | None, *, files: FileCheck
) -> tuple[Problem, ...]:
    """Every problem of the file, in the order of its lines; what the reading noticed is among them."""
    case = Case.of(overrides, scope, release, files)
    found = [_problem(rule.code, finding, overrides) for rule in RULES for finding in rule.check(case)]
    return tuple(sorted([*overrides.problems, *found], key=_order))


def _problem(code: str, finding: Finding, overrides: Overrides) -> Problem:
    nearest = overrides.nearest_position(finding.path)
    at_key = finding.at_key or lookup(overrides.data, finding.path) is None
    place = nearest if at_key else overrides.values.get(finding.path, nearest)
    related = tuple(at for path in finding.related if (at := overrides.keys.get(path)))
    return Problem(finding.severity, code, finding.message, finding.path, place, finding.hint, related)


def _order(problem: Problem) -> tuple[Position, str]:
    return problem.position or Position(0, 0), problem.code
