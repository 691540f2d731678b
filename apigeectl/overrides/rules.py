"""The rules of an overrides file, as one table, and their judgement over one file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from apigeectl.overrides import (
    cassandra,
    certificates,
    connect,
    credentials,
    effects,
    files,
    formats,
    keys,
    names,
    needs,
    pairs,
    proxies,
    routing,
    scheduling,
    service_accounts,
    sizes,
    values,
)
from apigeectl.overrides.document import Overrides, lookup
from apigeectl.overrides.findings import Case, FileCheck, Finding
from apigeectl.overrides.position import Position
from apigeectl.overrides.problems import Problem
from apigeectl.overrides.scope import Scope

__all__ = ["RULES", "FileCheck", "Rule", "validate"]


@dataclass(frozen=True)
class Rule:
    """One question to the file; what its code means stands in `codes.CODES`."""

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
    Rule("wrong-unit", sizes.wrong_unit),
    Rule("jvm-size", sizes.jvm_size),
    Rule("heap-above-memory", sizes.heap_above_memory),
    Rule("bad-duration", formats.bad_duration),
    Rule("bad-email", formats.bad_email),
    Rule("bad-host", formats.bad_host),
    Rule("bad-label", formats.bad_label),
    Rule("bad-region", formats.bad_region),
    Rule("bad-schedule", formats.bad_schedule),
    Rule("bad-url", formats.bad_url),
    Rule("special-characters", cassandra.special_characters),
    Rule("placeholder", formats.placeholder),
    Rule("bad-name", names.bad),
    Rule("duplicate-name", names.duplicate),
    Rule("name-collision", names.collision),
    Rule("missing", needs.missing),
    Rule("missing-credentials", credentials.missing_credentials),
    Rule("missing-tls", needs.missing_tls),
    Rule("missing-mart-ingress", needs.missing_mart_ingress),
    Rule("missing-selector", routing.missing_selector),
    Rule("gateway-selector", routing.gateway_selector),
    Rule("unknown-gateway", routing.unknown_gateway),
    Rule("bad-host-alias", routing.bad_host_alias),
    Rule("duplicate-host-alias", routing.duplicate_host_alias),
    Rule("unknown-environment", routing.unknown_environment),
    Rule("cipher-suites", routing.cipher_suites),
    Rule("exclusive", pairs.exclusive),
    Rule("incomplete-pair", pairs.incomplete),
    Rule("min-above-max", pairs.min_above_max),
    Rule("bad-toleration", scheduling.bad_toleration),
    Rule("no-effect", effects.no_effect),
    Rule("one-way-switch", effects.one_way_switch),
    Rule("proxy-scheme", proxies.proxy_scheme),
    Rule("proxy-order", proxies.proxy_order),
    Rule("proxy-for-api-traffic", proxies.proxy_for_api_traffic),
    Rule("incomplete-backup", cassandra.incomplete_backup),
    Rule("bucket-prefix", cassandra.bucket_prefix),
    Rule("multi-region", cassandra.multi_region),
    Rule("missing-file", files.missing),
    Rule("exposed-file", files.exposed),
    Rule("bad-encryption-key", files.bad_encryption_key),
    Rule("bad-service-account-key", service_accounts.bad_key),
    Rule("foreign-service-account", service_accounts.foreign_account),
    Rule("unusual-service-account", service_accounts.unusual_account),
    Rule("bad-pem", certificates.bad_pem),
    Rule("certificate-key-mismatch", certificates.key_mismatch),
    Rule("certificate-chain", certificates.chain_order),
    Rule("certificate-dates", certificates.dates),
    Rule("certificate-host", certificates.host_mismatch),
    Rule("self-signed-certificate", certificates.self_signed),
    Rule("connect-placement", connect.placement),
    Rule("connect-disabled", connect.disabled),
    Rule("connect-ignores-mart-ingress", connect.ignored_mart_ingress),
    Rule("connect-account", connect.different_accounts),
)


def validate(
    overrides: Overrides, scope: Scope, release: str | None, *, files: FileCheck
) -> tuple[Problem, ...]:
    """Every problem of the file, in the order of its lines; what the reading noticed is among them."""
    case = Case.judging(overrides, scope, release, files)
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
