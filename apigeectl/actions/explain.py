"""What a property of the overrides file means, where it lands and what it has to do with others; where problems show."""

from __future__ import annotations

from dataclasses import dataclass

from apigeectl.components import mapping
from apigeectl.components.mapping import Landing
from apigeectl.diagnosis.model import Place
from apigeectl.overrides import catalogue
from apigeectl.overrides.catalogue import Property


@dataclass(frozen=True)
class Explanation:
    """A property; of a group, also what stands directly below it."""

    property: Property
    children: tuple[Property, ...]
    replaces: tuple[str, ...]
    landings: tuple[Landing, ...]
    reason: str
    """Why it lands nowhere; "" when it does land, and for groups."""


def explanation(text: str) -> Explanation | None:
    """Of a property as a person types it; None when there is none of that name."""
    path = catalogue.understood(text)
    found = catalogue.find(path) if path else None
    if found is None:
        return None
    item = catalogue.find(f"{path}[]") if found.type == "list" else None
    if item and item.type != "map":
        found = item  # a list of plain values is what its items are
    children = _children(found.path)
    landings = () if children else mapping.landings(found.path)
    reason = "" if children or landings else mapping.reason(found.path)
    return Explanation(found, children, catalogue.predecessors(found.path), landings, reason)


def tops() -> tuple[Property, ...]:
    """What may stand at the top of the file."""
    return _children("")


def _children(path: str) -> tuple[Property, ...]:
    """Of a list, what may stand in its items."""
    names = catalogue.children(path)
    if names == ("[]",):
        return _children(f"{path}[]")
    below = (catalogue.find(f"{path}.{name}" if path else name) for name in names)
    known = (each for each in below if each is not None)
    return tuple(sorted(known, key=lambda each: each.path.lower()))


def places(code: str) -> tuple[Place, ...]:
    """Where check-ready and other commands see the known problem with a code; empty when it can only be explained."""
    from apigeectl.diagnosis.objects import CODES
    from apigeectl.diagnosis.patterns import PATTERNS

    found = [each.place for each in PATTERNS if each.code == code]
    if code in CODES:
        found.append(Place.CONDITION)
    return tuple(place for place in Place if place in found)
