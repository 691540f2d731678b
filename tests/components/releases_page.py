"""docs/reference/releases.md, from the tables of releases and the catalogue of properties."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from apigeectl.components.release_facts import CONFIRMED, FACTS, KINDS, MINORS, SOURCES, Fact
from apigeectl.components.release_images import TAG_SOURCES, THIRD_PARTY_TAGS, UNIFIED
from apigeectl.components.release_table import Standing, cell, row
from apigeectl.components.releases import HELM_ONLY, release
from apigeectl.overrides.catalogue import properties, release_number

MARKS = {Standing.SEEN: "", Standing.BETWEEN: "~", Standing.ASSUMED: "?"}
Minor = tuple[int, int]


def page() -> str:
    """The whole page."""
    return "\n".join([*_head(), *_releases(), *_facts(), *_images(), *_components(), *_sources()])


def _head() -> Iterator[str]:
    yield "# What apigeectl knows of each hybrid release"
    yield ""
    yield "Made from `apigeectl/components/release_facts.py`, `release_images.py` and the catalogue of properties; a test compares,"
    yield "and `pytest --update` writes it anew."
    yield ""
    yield "A value with no mark was seen in that release, in the source named. `~`: not seen, but the releases below and above that"
    yield "were seen agree. `?`: taken from the nearest release that was seen, lower ones first; every command that renders says so."
    yield ""


def _releases() -> Iterator[str]:
    yield "## Releases"
    yield ""
    yield "| release | renders as | confirmed as a whole | facts seen | between | assumed | chosen |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for minor in MINORS:
        standings = [cell(fact, minor).standing for fact in (*KINDS.values(), *FACTS.values())]
        counts = " | ".join(str(standings.count(one)) for one in Standing)
        chosen = (
            "by --release or APIGEECTL_RELEASE only"
            if minor >= HELM_ONLY
            else "also by image tags or the cluster"
        )
        if minor == max(CONFIRMED):
            chosen = "when nothing else decides"
        yield f"| {_name(minor)} | {row(minor).version} | {_text(minor in CONFIRMED)} | {counts} | {chosen} |"
    yield ""


def _facts() -> Iterator[str]:
    yield "## Facts"
    yield ""
    yield "| fact | value by release | seen in |"
    yield "| --- | --- | --- |"
    for fact in (*KINDS.values(), *FACTS.values()):
        yield f"| {fact.about} | {'; '.join(_spans(fact))} | {_seen_in(fact)} |"
    yield ""


def _spans(fact: Fact) -> Iterator[str]:
    def known(minor: Minor) -> tuple[Any, Standing]:
        found = cell(fact, minor)
        return found.value, found.standing

    for (value, standing), minors in groupby(MINORS, known):
        span = list(minors)
        names = _name(span[0]) if len(span) == 1 else f"{_name(span[0])} to {_name(span[-1])}"
        yield f"{names}: {_text(value)}{MARKS[standing]}"


def _seen_in(fact: Fact) -> str:
    sources: dict[str, list[str]] = {}
    for minor in MINORS:
        found = cell(fact, minor)
        if found.standing is Standing.SEEN:
            for source in found.sources:
                sources.setdefault(source, []).append(_name(minor))
    return ", ".join(f"{' '.join(minors)} {source}" for source, minors in sources.items())


def _images() -> Iterator[str]:
    images = sorted({image for tags in THIRD_PARTY_TAGS.values() for image in tags})
    yield "## Third-party images"
    yield ""
    yield "Every other image has the hybrid version for its tag; from {}.{}.{} on these, too (pull-push-page).".format(
        *UNIFIED
    )
    yield ""
    yield f"| version | {' | '.join(image.removeprefix('apigee-') for image in images)} | seen in |"
    yield "| --- |" + " --- |" * (len(images) + 1)
    for version, tags in THIRD_PARTY_TAGS.items():
        yield f"| {version} | {' | '.join(tags.get(image, '') for image in images)} | {TAG_SOURCES[version]} |"
    yield ""
    yield "What is rendered where the file names no tag; `?` marks one that was seen in another release only:"
    yield ""
    yield f"| release | {' | '.join(image.removeprefix('apigee-') for image in images)} |"
    yield "| --- |" + " --- |" * len(images)
    for minor in MINORS:
        chosen = release(_name(minor))
        cells = [
            f"{chosen.tag(image)}{'?' if image in chosen.unconfirmed_images else ''}" for image in images
        ]
        yield f"| {chosen.version} | {' | '.join(cells)} |"
    yield ""


def _components() -> Iterator[str]:
    """A section lives as long as one of its properties does."""
    sections: dict[str, list[tuple[Minor, Minor | None]]] = {}
    for entry in properties():
        name = entry.path.partition(".")[0].removesuffix("[]")
        if "." in entry.path:
            until = release_number(entry.until) if entry.until else None
            sections.setdefault(name, []).append((release_number(entry.since), until))
    yield "## Sections of the overrides file"
    yield ""
    yield "| section | from | to |"
    yield "| --- | --- | --- |"
    for name, lives in sorted(sections.items()):
        last = None if any(until is None for _, until in lives) else max(until for _, until in lives if until)
        yield f"| `{name}` | {_name(min(since for since, _ in lives))} | {_name(last) if last else ''} |"
    yield ""


def _sources() -> Iterator[str]:
    yield "## Sources"
    yield ""
    yield "| key | what it is |"
    yield "| --- | --- |"
    for key, text in SOURCES.items():
        yield f"| {key} | {text} |"
    yield ""


def _name(minor: Minor) -> str:
    return "{}.{}".format(*minor)


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(_text, value)) or "none"
    return f"`{value}`" if isinstance(value, str) and value else str(value) or '""'
