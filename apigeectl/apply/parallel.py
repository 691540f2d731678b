"""The same question about many objects, asked in parallel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from apigeectl.apply.submit import advised
from apigeectl.errors import InstallerError, NoCredentials, Unauthorized, Unreachable
from apigeectl.manifests import ObjectRef

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def each(
    pool: ThreadPoolExecutor,
    ask: Callable[[_In], _Out],
    items: Iterable[_In],
    ref_of_item: Callable[[_In], ObjectRef],
) -> list[_Out]:
    """The answers in the order of the items; all refusals in one error, a lost connection at once."""
    asked = [(item, pool.submit(ask, item)) for item in items]
    answers: list[_Out] = []
    refusals: list[tuple[ObjectRef, InstallerError]] = []
    try:
        for item, future in asked:
            try:
                answers.append(future.result())
            except (Unreachable, Unauthorized, NoCredentials):
                raise
            except InstallerError as error:
                refusals.append((ref_of_item(item), advised(error, ref_of_item(item))))
    except BaseException:  # Ctrl-C, too: what was not asked yet is not worth waiting for
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    if refusals:
        raise _all_refusals(refusals)
    return answers


def _all_refusals(refusals: Sequence[tuple[ObjectRef, InstallerError]]) -> InstallerError:
    """All of them, what is the same about several objects once."""
    first = refusals[0][1]
    if len(refusals) == 1:
        return first
    same: dict[tuple[str, ...], list[tuple[ObjectRef, InstallerError]]] = {}
    for ref, error in refusals:
        words = error.message.removeprefix(f"{ref}: ")
        same.setdefault((words, *error.details), []).append((ref, error))
    details: list[str] = []
    for (words, *more), group in same.items():
        if len(group) < _SEVERAL:
            for _, error in group:
                details += [error.message, *(f"  {detail}" for detail in more)]
        else:
            details += [f"{len(group)} objects: {words}", *(f"  {detail}" for detail in more)]
            details += [f"    {ref}" for ref, _ in group]
    hints = dict.fromkeys(error.hint for _, error in refusals if error.hint)
    combined = InstallerError(
        f"{len(refusals)} objects were refused; nothing was changed",
        details=details,
        hint="; ".join(hints) or None,
    )
    combined.__cause__ = first
    return combined


_SEVERAL = 3
"""From so many objects on, the same refusal is told once."""
