"""The catalogue's files, with every use of a shape opened into the rows that it stands for."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

Row = dict[str, Any]


@cache
def rows() -> tuple[Row, ...]:
    """One row a property or group, in the order of the files; a group's row has no type."""
    shapes, names = read("shapes.json"), dict[str, str]()
    opened: list[Row] = []
    for row in read("properties.json"):
        if "shape" in row:
            opened += _uses(row, shapes, names)
        else:
            names[row["path"]] = row.get("name", "")
            opened.append(row)
    return tuple(opened)


def read(name: str) -> Any:
    """A file of the catalogue as it is written."""
    return json.loads(pathlib.Path(__file__).with_name(name).read_bytes())


def _uses(row: Row, shapes: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Row]:
    words = shapes["variants"].get(row["shape"], {"shape": row["shape"]})
    words = {**words, "name": row.get("name") or _name(row["path"], names)}
    common = {key: value for key, value in row.items() if key not in _OF_THE_USE}
    members = row.get("members")
    wanted = _wanted(shapes["shapes"][words["shape"]], members)
    for member, facts in wanted.items():
        own = {**common, **members.get(member, {})} if members else common
        if "type" in facts:
            facts = {key: value for key, value in {**facts, **own}.items() if value is not None}
        yield {key: _said(value, row["path"], words) for key, value in facts.items()} | {
            "path": _below(row["path"], member.format_map(words))
        }


_OF_THE_USE = frozenset({"path", "shape", "name", "members"})


def _wanted(shape: Mapping[str, Row], members: Mapping[str, Row] | None) -> Mapping[str, Row]:
    """The members that a use names, with the groups around them; all of them when it names none."""
    if members is None:
        return shape
    return {
        member: facts
        for member, facts in shape.items()
        if member in members or ("type" not in facts and any(name.startswith(member) for name in members))
    }


def _said(value: Any, path: str, words: Mapping[str, str]) -> Any:
    """A fact of a shape for one of its users: names filled in, `.key` made a path beside it."""
    if isinstance(value, list):
        return [_said(each, path, words) for each in value]
    if not isinstance(value, str):
        return value
    if "{" in value:
        value = value.format_map(words)
    return _below(path, value[1:]) if value.startswith(".") else value


def _below(path: str, member: str) -> str:
    return f"{path}.{member}" if path else member


def _name(path: str, names: Mapping[str, str]) -> str:
    """What the nearest group around a path is called in a sentence."""
    while path:
        if name := names.get(path):
            return name
        path = path[:-2] if path.endswith("[]") else path.rpartition(".")[0]
    raise KeyError(path)
