"""Rules about keys: whether the catalogue, and the release, know them."""

from __future__ import annotations

from collections.abc import Iterator

from apigeectl.overrides import catalogue
from apigeectl.overrides.catalogue import Property, release_number
from apigeectl.overrides.findings import Case, Finding, info, warning
from apigeectl.overrides.position import Path, dotted


def unknown(case: Case) -> Iterator[Finding]:
    """Warnings only: the original ignored what it did not know, and installed."""
    for entry in case.entries:
        if entry.property is None:
            hint = _suggestion(entry.path)
            yield warning(
                entry.path, f"{dotted(entry.path)} is no known property; it has no effect.", hint, at_key=True
            )


def undocumented(case: Case) -> Iterator[Finding]:
    known: Path | None = None
    for entry in case.entries:
        if entry.property is None or entry.property.documented:
            continue
        if known is not None and entry.path[: len(known)] == known:
            continue
        known = entry.path
        yield info(
            entry.path,
            f"{dotted(entry.path)} is not documented; it reaches the cluster as it is.",
            at_key=True,
        )


def of_other_releases(case: Case) -> Iterator[Finding]:
    """What the release judged for has no longer, or has not yet; a group is reported once."""
    if case.release is None:
        return
    reported: Path | None = None
    release = "{}.{}".format(*case.release)
    for entry in case.entries:
        if entry.property is None or (reported and entry.path[: len(reported)] == reported):
            continue
        until, since = entry.property.until, entry.property.since
        if until and release_number(until) < case.release:
            reported = entry.path
            message = f"{dotted(entry.path)} is known up to hybrid {until}; {release} ignores it."
            yield warning(entry.path, message, _replacement(entry.property), at_key=True)
        elif since and release_number(since) > case.release:
            reported = entry.path
            message = f"{dotted(entry.path)} is documented from hybrid {since} on; {release} may ignore it."
            yield info(entry.path, message, at_key=True)


def deprecated(case: Case) -> Iterator[Finding]:
    for entry in case.entries:
        found = entry.property
        if found is None or not found.replaced_by or found.until:
            continue
        if found.sure and not found.deprecated_in:
            continue  # two names of equal rank
        if case.release and found.deprecated_in and release_number(found.deprecated_in) > case.release:
            continue
        yield info(
            entry.path, f"{dotted(entry.path)} is an older spelling.", _replacement(found), at_key=True
        )


def _suggestion(path: Path) -> str | None:
    suggestion = catalogue.suggest(path)
    if suggestion is None:
        return None
    if suggestion.spelling:
        return f"Did you mean {suggestion.path.rpartition('.')[2]}?"
    return f"There is a property {suggestion.path}."


def _replacement(found: Property) -> str | None:
    return f"It was replaced by {found.replaced_by}." if found.replaced_by else None
