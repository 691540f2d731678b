"""Which hybrid release is rendered, and why that one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from apigeectl.components.release_table import RELEASES, THIRD_PARTY_TAGS, Release, version_numbers
from apigeectl.errors import UsageError
from apigeectl.overrides.document import Overrides

__all__ = ["RELEASES", "RELEASE_VARIABLE", "Release", "choose", "newest_confirmed", "release"]

RELEASE_VARIABLE = "APIGEECTL_RELEASE"


def release(text: str) -> Release:
    """The release of "1.10" or "1.10.3"; a patch that has no row of its own has the facts of its minor."""
    match = _VERSION.fullmatch(text.strip())
    row = RELEASES.get((int(match[1]), int(match[2]))) if match else None
    if match is None or row is None:
        raise UsageError(
            f'There is no hybrid release "{text}" to render for.', hint=f"Known releases: {_known()}."
        )
    version = f"{match[1]}.{match[2]}.{match[3]}" if match[3] else row.version
    return _with_tags(replace(row, version=version))


def newest_confirmed() -> Release:
    """What is rendered when nothing says otherwise."""
    minor = max(minor for minor, row in RELEASES.items() if row.confirmed)
    return release(RELEASES[minor].version)


def choose(
    flag: str | None,
    environ: Mapping[str, str],
    overrides: Overrides,
    cluster_version: Callable[[], str | None],
) -> tuple[Release, str]:
    """The release to render and the sentence why. The cluster is asked only when nothing else decides."""
    if flag:
        return _because(flag, "--release says so")
    if environ.get(RELEASE_VARIABLE):
        return _because(environ[RELEASE_VARIABLE], f"{RELEASE_VARIABLE} says so")
    for path in _TAG_PROPERTIES:
        if found := _TAG.fullmatch(overrides.string(path)):
            return _because(found[1], f"{path} in {overrides.file} has that version")
    if running := _TAG.fullmatch((cluster_version() or "").strip()):
        return _because(running[1], "the cluster runs it")
    chosen = newest_confirmed()
    return chosen, f"Hybrid {chosen.version}, because it is the newest release whose facts are confirmed."


def _because(text: str, reason: str) -> tuple[Release, str]:
    try:
        chosen = release(text)
    except UsageError as error:
        raise UsageError(
            f"Hybrid {text} cannot be rendered; it was chosen because {reason}.",
            hint=f"Name another one with --release. Known releases: {_known()}.",
        ) from error
    return chosen, f"Hybrid {chosen.version}, because {reason}."


def _known() -> str:
    return ", ".join(f"{major}.{minor}" for major, minor in sorted(RELEASES))


def _with_tags(chosen: Release) -> Release:
    tags: dict[str, str] = {}
    source: dict[str, str] = {}
    for version in _tag_rows(chosen):
        tags |= THIRD_PARTY_TAGS[version]
        source |= dict.fromkeys(THIRD_PARTY_TAGS[version], version)
    unconfirmed = tuple(sorted(image for image in tags if not _same_minor(source[image], chosen)))
    return replace(chosen, tags=tags, unconfirmed_images=unconfirmed)


def _tag_rows(chosen: Release) -> list[str]:
    """The rows up to this version; where its minor begins with a later patch, that one too."""
    rows = [
        version for version in THIRD_PARTY_TAGS if version_numbers(version) <= version_numbers(chosen.version)
    ]
    if not any(_same_minor(version, chosen) for version in rows):
        rows += [version for version in THIRD_PARTY_TAGS if _same_minor(version, chosen)][:1]
    return rows or list(THIRD_PARTY_TAGS)[:1]


def _same_minor(version: str, chosen: Release) -> bool:
    return version_numbers(version)[:2] == chosen.minor


_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?", re.ASCII)
_TAG = re.compile(r"v?(\d{1,3}\.\d{1,3}\.\d{1,3})(?:[-.+].*)?", re.ASCII)

_TAG_PROPERTIES = tuple(
    f"{component}.image.tag"
    for component in (
        "mart",
        "runtime",
        "synchronizer",
        "cassandra",
        "cassandra.auth",
        "udca",
        "watcher",
        "connectAgent",
        "mintTaskScheduler",
        "redis",
        "ao",
    )
)
"""Images whose tag is the hybrid version."""
