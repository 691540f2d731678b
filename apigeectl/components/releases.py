"""Which hybrid release is rendered, and why that one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from apigeectl.components.release_facts import CONFIRMED, MINORS
from apigeectl.components.release_images import THIRD_PARTY_TAGS, UNIFIED
from apigeectl.components.release_table import Release, row, version_numbers
from apigeectl.errors import UsageError
from apigeectl.overrides.document import Overrides

__all__ = ["RELEASE_VARIABLE", "Release", "assumptions", "choose", "newest_confirmed", "release"]

RELEASE_VARIABLE = "APIGEECTL_RELEASE"

FACTS_PAGE = "docs/reference/releases.md"
_FEW = 5

HELM_ONLY = (1, 12)
"""From here on Google installs with Helm charts alone, and none of their objects were seen."""


def release(text: str) -> Release:
    """The release of "1.10" or "1.10.3"; a patch that has no row of its own has the facts of its minor."""
    match = _VERSION.fullmatch(text.strip())
    minor = (int(match[1]), int(match[2])) if match else None
    if match is None or minor not in MINORS:
        raise UsageError(
            f'There is no hybrid release "{text}" to render for.', hint=f"Known releases: {_known()}."
        )
    known = row(minor)
    version = f"{match[1]}.{match[2]}.{match[3]}" if match[3] else known.version
    return _with_tags(replace(known, version=version))


def newest_confirmed() -> Release:
    """What is rendered when nothing says otherwise."""
    return release(row(max(CONFIRMED)).version)


def choose(
    flag: str | None,
    environ: Mapping[str, str],
    overrides: Overrides,
    cluster_version: Callable[[], str | None],
) -> tuple[Release, str]:
    """The release to render and the sentence why. The cluster is asked only when nothing else decides.

    Raises UsageError for an unknown release, and for one of Helm's that only a file or a cluster implies.
    """
    chosen, reason = _chosen(flag, environ, overrides, cluster_version)
    return replace(chosen, operator_namespace=_operator_namespace(chosen, overrides)), reason


def assumptions(chosen: Release) -> tuple[str, ...]:
    """What is not known of a release, in sentences; none for a confirmed one with its own tags."""
    return tuple(_assumptions(chosen))


def _chosen(
    flag: str | None,
    environ: Mapping[str, str],
    overrides: Overrides,
    cluster_version: Callable[[], str | None],
) -> tuple[Release, str]:
    if flag:
        return _because(flag, "--release says so")
    if environ.get(RELEASE_VARIABLE):
        return _because(environ[RELEASE_VARIABLE], f"{RELEASE_VARIABLE} says so")
    for path in _TAG_PROPERTIES:
        if found := _TAG.fullmatch(overrides.string(path)):
            return _implied(found[1], f"{path} in {overrides.file} has that version")
    if running := _TAG.fullmatch((cluster_version() or "").strip()):
        return _implied(running[1], "the cluster runs it")
    chosen = newest_confirmed()
    return chosen, f"Hybrid {chosen.version}, because it is the newest release whose facts are confirmed."


def _operator_namespace(chosen: Release, overrides: Overrides) -> str:
    """Where the file wants it; else a namespace of its own, or from 1.13 on that of the runtime."""
    own = chosen.operator_namespace == _OWN_NAMESPACE
    return overrides.string("controllerNamespace") or (_OWN_NAMESPACE if own else overrides.namespace)


_OWN_NAMESPACE = "apigee-system"


def _assumptions(chosen: Release) -> Iterator[str]:
    if chosen.minor >= HELM_ONLY:
        yield (
            f"Google installs hybrid {chosen.version} with Helm alone; its objects are rendered as those of "
            f"{newest_confirmed().version} where nothing else is known."
        )
    elif not chosen.confirmed and chosen.assumed:
        few = len(chosen.assumed) <= _FEW
        which = "; ".join(chosen.assumed) if few else f"{len(chosen.assumed)} facts, see {FACTS_PAGE}"
        yield f"Hybrid {chosen.version} is not confirmed. Taken from the releases next to it: {which}."
    if chosen.unconfirmed_images:
        yield (
            f"For hybrid {chosen.version} the tags of {', '.join(chosen.unconfirmed_images)} "
            "are not confirmed; those of the nearest release are used."
        )


def _because(text: str, reason: str) -> tuple[Release, str]:
    try:
        chosen = release(text)
    except UsageError as error:
        raise UsageError(
            f"Hybrid {text} cannot be rendered; it was chosen because {reason}.",
            hint=f"Name another one with --release. Known releases: {_known()}.",
        ) from error
    note = "" if chosen.confirmed else " That release is not confirmed as a whole."
    return chosen, f"Hybrid {chosen.version}, because {reason}.{note}"


def _implied(text: str, reason: str) -> tuple[Release, str]:
    if version_numbers(text)[:2] < HELM_ONLY or version_numbers(text)[:2] > max(MINORS):
        return _because(text, reason)
    minor = ".".join(text.split(".")[:2])
    raise UsageError(
        f"Hybrid {text} is rendered only when you ask for it by name; it was chosen because {reason}.",
        hint=f"Google installs it with Helm, and what it needs is not confirmed: say --release {minor} to go on.",
    )


def _known() -> str:
    return ", ".join(f"{major}.{minor}" for major, minor in MINORS)


def _with_tags(chosen: Release) -> Release:
    if version_numbers(chosen.version) >= UNIFIED:
        return chosen
    tags: dict[str, str] = {}
    source: dict[str, str] = {}
    for version in _tag_rows(chosen):
        tags |= THIRD_PARTY_TAGS[version]
        source |= dict.fromkeys(THIRD_PARTY_TAGS[version], version)
    unconfirmed = [image for image in tags if not _same_minor(source[image], chosen) and _uses(chosen, image)]
    return replace(chosen, tags=tags, unconfirmed_images=tuple(sorted(unconfirmed)))


def _tag_rows(chosen: Release) -> list[str]:
    """Ascending, the one that counts most last: those above from far to near, those below, the first of its minor."""
    number = version_numbers(chosen.version)
    below = [version for version in THIRD_PARTY_TAGS if version_numbers(version) <= number]
    above = [version for version in reversed(list(THIRD_PARTY_TAGS)) if version_numbers(version) > number]
    own = [version for version in THIRD_PARTY_TAGS if _same_minor(version, chosen)]
    return [*above, *below, *([] if set(own) & set(below) else own[:1])]


def _uses(chosen: Release, image: str) -> bool:
    """Whether anything in the release runs a third-party image."""
    return {
        "apigee-envoy": chosen.has_kind("ApigeeRedis"),
        "apigee-fluent-bit": chosen.logger_image == "apigee-fluent-bit",
        "apigee-prometheus-adapter": chosen.has_metrics_adapter,
        "apigee-asm-ingress": chosen.has_ingress_gateways,
        "apigee-asm-istiod": chosen.has_ingress_gateways,
    }.get(image, True)


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
