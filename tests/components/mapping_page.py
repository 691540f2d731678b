"""The page that shows what every property of the overrides file becomes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from apigeectl.components.mapping import Landing, landings, reason
from apigeectl.components.release_facts import MINORS
from apigeectl.overrides.catalogue import properties

INTRODUCTION = """# From property to field

What each property of the overrides file becomes. The table is made by rendering: every property is set to one value
and to another, for every release, and what differs is listed. `pytest tests/components/test_mapping.py --update`
makes it anew.

An object is called by its kind; where there are several of a kind, by its name, in which `<ORGID>` and `<ENVID>` stand
for the cut and hashed names of organization and environment. Items of lists are called by their names:
`containers[apigee-mart].image`. A `*` stands for every component or container that has the field. Releases are given
where a property does not reach the field in all of them.
"""

_FEW = 4


def page() -> str:
    """All of it, by the first word of the properties."""
    sections: dict[str, list[str]] = {}
    for entry in properties():
        name, *below = entry.path.split(".")
        sections.setdefault(name.removesuffix("[]") if below else "", []).append(entry.path)
    return "\n".join([INTRODUCTION, *(line for item in sections.items() for line in _section(*item))])


def _section(name: str, paths: Iterable[str]) -> Iterator[str]:
    yield f"## {name or 'Single properties'}\n"
    yield "| property | field |"
    yield "| --- | --- |"
    for path in paths:
        yield f"| `{path}` | {_fields(path) or f'*{reason(path)}*'} |"
    yield ""


def _fields(path: str) -> str:
    found = landings(path)
    places = {landing: _place(landing) for landing in found}
    if len(set(places.values())) > _FEW:
        places = {landing: _place(_widened(landing)) for landing in found}
    return "<br>".join(
        place + _releases([one for one in found if places[one] == place])
        for place in dict.fromkeys(places.values())
    )


def _place(landing: Landing) -> str:
    name, field = landing.name and f"`{landing.name}`", landing.field and f"`{landing.field}`"
    return " ".join(part for part in (landing.kind, name, field) if part)


def _widened(landing: Landing) -> Landing:
    """The field in whatever component, container and object of its kind."""
    field = re.sub(r"components\.\w+(\[\])?", "components.*", landing.field)
    field = re.sub(r"ontainers\[[^\]]+\]", "ontainers[*]", field)
    field = re.sub(r"nodeAffinity\.\w+", "nodeAffinity.*", field)
    return replace(landing, field=field, name="*" if landing.name else "")


def _releases(found: Sequence[Landing]) -> str:
    """The widest span; nothing when it is that of all releases."""
    since, until = min(one.since for one in found), max(one.until for one in found)
    if (since, until) == (MINORS[0], MINORS[-1]):
        return ""
    first, last = (f"{one[0]}.{one[1]}" for one in (since, until))
    if since == until:
        return f" ({first})"
    if until == MINORS[-1]:
        return f" ({first}+)"
    return f" (to {last})" if since == MINORS[0] else f" ({first} to {last})"
