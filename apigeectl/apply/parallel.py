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
    refusals: list[InstallerError] = []
    try:
        for item, future in asked:
            try:
                answers.append(future.result())
            except (Unreachable, Unauthorized, NoCredentials):
                raise
            except InstallerError as error:
                refusals.append(advised(error, ref_of_item(item)))
    except BaseException:  # Ctrl-C, too: what was not asked yet is not worth waiting for
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    if refusals:
        raise _all_refusals(refusals)
    return answers


def _all_refusals(errors: Sequence[InstallerError]) -> InstallerError:
    first = errors[0]
    if len(errors) == 1:
        return first
    details: list[str] = []
    for error in errors:
        details += [error.message, *(f"  {detail}" for detail in error.details)]
    hints = dict.fromkeys(error.hint for error in errors if error.hint)
    combined = InstallerError(
        f"{len(errors)} objects were refused; nothing was changed",
        details=details,
        hint="; ".join(hints) or None,
    )
    combined.__cause__ = first
    return combined
