"""How a property of the overrides file is explained: for people, and as JSON."""

from __future__ import annotations

import dataclasses
import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from apigeectl.actions.explain import Explanation
from apigeectl.cli.hints import WIDTH
from apigeectl.cli.tables import laid_out
from apigeectl.components.mapping import Landing
from apigeectl.components.release_facts import MINORS
from apigeectl.overrides.catalogue import Property

_TYPES = {
    "string": "text",
    "integer": "whole number",
    "boolean": "true or false",
    "quantity": "quantity, such as 500m or 2Gi",
    "duration": "length of time, such as 48h",
    "path": "path of a file",
    "map": "map",
    "list": "list",
    "any": "anything",
}


def as_text(explained: Explanation, width: int | None = None) -> str:
    """The property, what it does, its facts, and what stands below it.

    The width is that of the terminal, for what has to stay on one line.
    """
    found = explained.property
    says = " ".join(words for words in (found.description, found.note) if words) or _unwritten(found)
    blocks = [f"{found.path}\n{_indented(says)}", _facts(explained)]
    if explained.landings:
        blocks.append(_landings(explained.landings))
    if explained.children:
        blocks.append(listed(explained.children, width))
    return "\n\n".join(blocks)


def as_json(explained: Explanation) -> dict[str, Any]:
    """The same as data; what does not apply is left out."""
    found = explained.property
    facts = {_camel(field.name): getattr(found, field.name) for field in dataclasses.fields(found)}
    document = {
        "apiVersion": "apigeectl/v1",
        "kind": "Property",
        **{name: value for name, value in facts.items() if value not in ("", (), None)},
        "replaces": explained.replaces,
        "landsIn": [_landing(landing) for landing in explained.landings],
        "notApplied": explained.reason,
        "children": [child.path for child in explained.children],
    }
    return {name: value for name, value in document.items() if value not in ("", (), [])}


def listed(properties: Sequence[Property], width: int | None = None) -> str:
    """One line a property: its key, and what it does, cut where the width ends."""
    rows = [(each.path.rpartition(".")[2], each.description) for each in properties]
    lines = textwrap.indent(laid_out(rows), "  ").splitlines()
    return "\n".join(line if width is None else _cut(line, width) for line in lines)


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[: width - 4].rpartition(' ')[0]} ..."


def type_words(found: Property) -> str:
    """`whole number, at least 1`."""
    words = f"one of {', '.join(found.values)}" if found.values else _TYPES.get(found.type, found.type)
    if found.free_form and found.type == "map":
        words = "map with keys of your choice"
    limits = [words, *_limits(found)]
    return ("list of: " if found.path.endswith("[]") else "") + ", ".join(limits)


def default_words(found: Property) -> str:
    """Of whatever kind; empty when there is none."""
    if found.default_by_release:
        return "that of the release"
    if found.default_from:
        return f"that of {found.default_from}"
    if found.default is None:
        return ""
    says = f" (Google's reference: {_value(found.documented_default)})"
    return _value(found.default) + (says if found.documented_default is not None else "")


def release_words(found: Property) -> str:
    """`1.2 and newer`, `1.0 to 1.2`, `only 1.1`, `up to 1.15`; "" when nothing is known."""
    since, until = short(found.since), found.until
    if since and until:
        return f"only {until}" if since == until else f"{since} to {until}"
    if until:
        return f"up to {until}"
    return f"{since} and newer" if since else ""


def short(release: str) -> str:
    """`1.8.0` as 1.8."""
    return release.removesuffix(".0") if release.count(".") == 2 else release


def required_words(found: Property) -> str:
    """`always`, `when another ssl path is given`, `up to 1.1`; "" when it is not."""
    words = found.required_when
    if found.required:
        return "always"
    return words if not words or words.startswith(("in ", "up ")) else f"when {words}"


def _facts(explained: Explanation) -> str:
    rows = [row for row in _rows(explained) if row[1]]
    indent = " " * 17
    return "\n".join(
        textwrap.fill(
            words,
            WIDTH,
            initial_indent=f"  {name:15}",
            subsequent_indent=indent,
            break_on_hyphens=False,
            break_long_words=False,
        )
        for name, words in rows
    )


def _rows(explained: Explanation) -> Iterator[tuple[str, str]]:
    found = explained.property
    yield "type", type_words(found)
    yield "default", default_words(found)
    yield "required", required_words(found)
    yield "releases", release_words(found)
    yield "deprecated", f"since {short(found.deprecated_in)}" if found.deprecated_in else ""
    yield "replaced by", found.replaced_by
    yield "replaces", ", ".join(explained.replaces)
    yield "excludes", ", ".join(found.exclusive_with)
    yield "together with", ", ".join(found.required_with)
    yield "not applied", explained.reason
    if not found.sure:
        yield "known from", "samples and charts, not from Google's reference"


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _landings(landings: Sequence[Landing]) -> str:
    """The fields below their objects, as long as they are: a field is to be found, or copied."""
    fields: dict[str, list[str]] = {}
    for landing in landings[:_MOST_LANDINGS]:
        place = f"{landing.kind} {landing.name}".rstrip()
        if landing.field:
            fields.setdefault(place, []).append(f"{landing.field}{_during(landing)}")
        else:
            fields.setdefault(f"{place}{_during(landing)}", [])
    lines = ["  lands in"]
    for place, below in fields.items():
        lines += [f"    {place}", *(f"      {field}" for field in below)]
    if len(landings) > _MOST_LANDINGS:
        lines.append(f"    and in {len(landings) - _MOST_LANDINGS} more places; -o json has them all")
    return "\n".join(lines)


_MOST_LANDINGS = 10


def _landing(landing: Landing) -> dict[str, str]:
    since, until = ("{}.{}".format(*minor) for minor in (landing.since, landing.until))
    place = {
        "kind": landing.kind,
        "name": landing.name,
        "field": landing.field,
        "since": since if landing.since > MINORS[0] else "",
        "until": until if landing.until < MINORS[-1] else "",
    }
    return {name: value for name, value in place.items() if value}


def _during(landing: Landing) -> str:
    """In which releases, when not in all."""
    since, until = ("{}.{}".format(*minor) for minor in (landing.since, landing.until))
    if landing.until < MINORS[-1]:
        return f"  ({since} to {until})"
    return f"  ({since} and newer)" if landing.since > MINORS[0] else ""


def _limits(found: Property) -> Iterator[str]:
    if found.min is not None and found.min == found.max:
        yield f"only {found.min}"
    elif found.min is not None and found.max is not None:
        yield f"{found.min} to {found.max}"
    elif found.min is not None:
        yield f"at least {found.min}"
    if found.max_length is not None:
        yield f"at most {found.max_length} characters"


def _unwritten(found: Property) -> str:
    if found.free_form:
        return "A key of your choice."
    return "Kubernetes knows this key, the documentation of hybrid does not; it reaches the cluster as it is."


def _indented(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)
