"""Revision numbers, as people type them and as Google lists them: texts, in no order."""

from __future__ import annotations

import re
from collections.abc import Iterable

from apigeectl.errors import InstallerError, UsageError

LATEST = "latest"
_NUMBERS = "revisions are whole numbers from 1 on"
_NUMBER = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)


def written_revision(text: str) -> str:
    """`latest` or a revision number; a UsageError for anything else."""
    if text == LATEST or _NUMBER.fullmatch(text):
        return text
    raise UsageError(f'--revision: "{text}" is no revision', hint=f'{_NUMBERS}; or write "{LATEST}"')


def written_number(text: str | None, instead: str) -> str | None:
    """The same without `latest`, for which the hint says what to do instead."""
    if text == LATEST:
        raise UsageError('--revision: "latest" is for deploy', hint=instead)
    if text is not None and not _NUMBER.fullmatch(text):
        raise UsageError(f'--revision: "{text}" is no revision', hint=_NUMBERS)
    return text


def chosen_revision(proxy: str, wanted: str, existing: Iterable[str]) -> str:
    """The revision to take: the numeric maximum for `latest`, else the one that exists. InstallerError without one."""
    known = in_order(existing)
    if not known:
        raise InstallerError(f"{proxy} has no revisions, so nothing can be deployed", hint=NEW_REVISION)
    if wanted == LATEST:
        return known[-1]
    if wanted not in known:
        raise InstallerError(
            f"{proxy} has no revision {wanted}", hint=f"it has {_few(known)}; {LATEST} is {known[-1]}"
        )
    return wanted


def in_order(revisions: Iterable[str]) -> list[str]:
    """Revisions by number; Google's order means nothing."""
    return sorted(revisions, key=lambda text: (int(text) if text.isdecimal() else 0, text))


NEW_REVISION = "import a bundle to make a new revision, then deploy that one"


def _few(known: list[str]) -> str:
    return ", ".join(known) if len(known) <= 8 else f"{', '.join(known[:3])} ... {', '.join(known[-3:])}"
