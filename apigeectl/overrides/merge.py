"""Several files as one, in their order, as the original laid an overrides file over its values.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from apigeectl.overrides import catalogue
from apigeectl.overrides.catalogue import release_number
from apigeectl.overrides.document import Overrides, lookup
from apigeectl.overrides.position import Files, Path, Place, Position
from apigeectl.overrides.problems import Problem
from apigeectl.overrides.silence import Silence


def merge(files: Sequence[Overrides]) -> Overrides:
    """Later files win; maps are joined key by key, lists and single values replaced. At least one file."""
    merged = files[0]
    for file in files[1:]:
        merged = _laid_over(merged, file)
    return merged


@dataclass(frozen=True)
class Origin:
    """Where a value comes from; without a place it is the default of the release."""

    value: Any
    place: Place | None = None


def origin(overrides: Overrides, path: Path, release: str | None = None) -> Origin | None:
    """Who says what stands at a path; None when neither a file nor a documented default does."""
    position = overrides.values.get(path)
    if position:
        return Origin(lookup(overrides.data, path), overrides.files.locate(position))
    default = lookup(defaults(release), path)
    return None if default is None else Origin(default)


def defaults(release: str | None = None) -> Mapping[str, Any]:
    """The documented defaults of a release, or of all, as a file would give them; those inside lists are left out."""
    number = release_number(release) if release else None
    found: dict[str, Any] = {}
    for known in catalogue.properties():
        if known.default is None or "[]" in known.path:
            continue
        since, until = release_number(known.since), release_number(known.until)
        if number and (number < since or (known.until and number > until)):
            continue
        *parents, name = known.path.split(".")
        below = found
        for parent in parents:
            below = below.setdefault(parent, {})
        below[name] = known.default
    return found


def _laid_over(base: Overrides, over: Overrides) -> Overrides:
    before = base.text if base.text.endswith("\n") or not base.text else base.text + "\n"
    lines = len(_LINE_ENDS.findall(before))
    replaced = frozenset(_replaced(base.data, over.data, ()))
    starts = (*base.files.starts, *((file, lines + start) for file, start in over.files.starts))
    return Overrides(
        over.file,
        before + over.text,
        _joined(base.data, over.data),
        _without(base.keys, replaced) | _moved(over.keys, lines),
        _without(base.values, replaced) | _moved(over.values, lines),
        _without(base.raw, replaced) | dict(over.raw),
        (*base.problems, *(_moved_problem(problem, lines) for problem in over.problems)),
        (*base.silences, *(_moved_silence(silence, lines) for silence in over.silences)),
        Files(starts),
    )


def _joined(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    joined = dict(base)
    for key, value in over.items():
        below = base.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        joined[key] = _joined(below, value) if both else value  # type: ignore[arg-type]  # both are maps
    return joined


def _replaced(base: Mapping[str, Any], over: Mapping[str, Any], path: Path) -> Iterator[Path]:
    """What of the base is gone with everything below it."""
    for key, value in over.items():
        if key not in base:
            continue
        if isinstance(base[key], Mapping) and isinstance(value, Mapping):
            yield from _replaced(base[key], value, (*path, key))
        else:
            yield (*path, key)


_LINE_ENDS = re.compile(r"\r\n|\n|\r")
_Value = TypeVar("_Value")


def _without(places: Mapping[Path, _Value], replaced: frozenset[Path]) -> dict[Path, _Value]:
    if not replaced:
        return dict(places)
    return {
        path: place
        for path, place in places.items()
        if not any(path[:length] in replaced for length in range(1, len(path) + 1))
    }


def _moved(places: Mapping[Path, Position], lines: int) -> dict[Path, Position]:
    return {path: _down(position, lines) for path, position in places.items()}


def _down(position: Position, lines: int) -> Position:
    return Position(position.line + lines, position.column)


def _moved_problem(problem: Problem, lines: int) -> Problem:
    position = _down(problem.position, lines) if problem.position else None
    return replace(
        problem, position=position, related=tuple(_down(place, lines) for place in problem.related)
    )


def _moved_silence(silence: Silence, lines: int) -> Silence:
    return replace(silence, place=_down(silence.place, lines), line=silence.line + lines)
