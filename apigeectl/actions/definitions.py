"""Which definitions init brings: those that the cluster lacks, or has in an older form. We own none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from apigeectl.actions.bundled import CRD_GROUP, CRD_KIND, envoy_filters_in
from apigeectl.actions.definition_age import Age, compare, release_of
from apigeectl.actions.definition_sources import Found, Offer
from apigeectl.actions.fitting import fitted_definition, fitted_envoy_filters
from apigeectl.components.ingress_manager import envoy_filters
from apigeectl.components.release_table import Release, version_numbers
from apigeectl.errors import InstallerError
from apigeectl.manifests import APIGEE_GROUP, LiveObject, Manifest, ObjectRef

__all__ = ["CRD_GROUP", "CRD_KIND", "Definitions", "find_definitions", "missing_kinds"]

_NOTED_ON = f"apigeerouteconfigs.{APIGEE_GROUP}"
"""All definitions are written together; this one is small enough to be asked for its release."""


class Cluster(Protocol):
    """What finding definitions asks of a cluster."""

    def serves(self, group: str, kind: str, version: str | None = None) -> bool: ...
    def get(self, ref: ObjectRef, version: str | None = None) -> LiveObject | None: ...


@dataclass(frozen=True)
class Place:
    """For which release, and where its operator and its runtime live."""

    release: Release
    namespace: str
    operator_namespace: str
    has_ingress_manager: bool


@dataclass(frozen=True)
class Definitions:
    """What to apply now, where it comes from, and sentences about what the cluster keeps."""

    manifests: tuple[Manifest, ...] = ()
    notes: tuple[str, ...] = ()
    source: str = ""


def missing_kinds(cluster: Cluster, api_versions: Mapping[str, str]) -> tuple[str, ...]:
    """The kinds, with version, that a release needs and the cluster does not serve."""
    return tuple(
        f"{kind} ({version})"
        for kind, version in api_versions.items()
        if not cluster.serves(APIGEE_GROUP, kind, version)
    )


def find_definitions(
    cluster: Cluster, place: Place, find: Callable[[], Found], *, named: bool
) -> Definitions:
    """The definitions that `init` must bring: none when the cluster has all of the release.

    Sources are looked at when kinds are missing, when the cluster's definitions are those of an older release, or when
    the user named a bundle. Raises InstallerError when kinds are missing and no source has them.
    """
    missing = missing_kinds(cluster, place.release.api_versions)
    outdated = "" if missing else _outdated(cluster, place.release)
    if not (missing or outdated or named):
        return Definitions(notes=_missing_filters(cluster, place))
    found = find()
    if found.offer is None or not found.offer.definitions:
        if missing:
            raise _no_definitions(missing, found.tried)
        older = [_older(outdated, found.tried)] if outdated else []
        return Definitions(notes=(*older, *_missing_filters(cluster, place)))
    offer = found.offer
    if missing:
        _check_complete(cluster, place.release, offer)
    changes = (*_changes(cluster, place, offer), *_filters(cluster, place, offer))
    manifests = tuple(one for one in changes if isinstance(one, Manifest))
    notes = tuple(one for one in changes if isinstance(one, str))
    return Definitions(manifests, notes, offer.bundle.name if manifests else "")


def _outdated(cluster: Cluster, release: Release) -> str:
    """Why the definitions in the cluster seem to be those of an older release; empty when they do not."""
    if release.has_issue_scanning and not cluster.serves(APIGEE_GROUP, "ApigeeIssue"):
        return "they lack ApigeeIssue"
    noted = release_of(cluster.get(_ref(_NOTED_ON)))
    if noted and version_numbers(noted)[:2] < release.minor:
        return f"they are those of {noted}"
    return ""


def _changes(cluster: Cluster, place: Place, offer: Offer) -> Iterator[Manifest | str]:
    for name, body in offer.definitions.items():
        offered = fitted_definition(
            body, operator_namespace=place.operator_namespace, release=place.release.version
        )
        live = cluster.get(_ref(name))
        found = compare(live, offered) if live else None
        if found is None or found.age is Age.NEWER:
            yield offered
        elif found.age is Age.OLDER:
            yield (
                f"CustomResourceDefinition/{name} stays as it is: the cluster's {found.reason}, "
                f"and the one of {offer.bundle.name} is older"
            )


def _filters(cluster: Cluster, place: Place, offer: Offer) -> Iterator[Manifest | str]:
    """Those of the bundle, unless the cluster has some: they may have been changed on purpose."""
    missing = _missing_filters(cluster, place)
    found = envoy_filters_in(offer.bundle) if missing else None
    if found:
        yield fitted_envoy_filters(found, envoy_filters(place.release, place.namespace))
    else:
        yield from missing


def _missing_filters(cluster: Cluster, place: Place) -> tuple[str, ...]:
    ref = envoy_filters(place.release, place.namespace)
    if not place.has_ingress_manager or cluster.get(ref) is not None:
        return ()
    return (
        f"{ref} is neither in the cluster nor, as plain YAML, in a bundle: the ingress gateways run without Google's "
        "EnvoyFilters, which add message IDs and client certificates to requests",
    )


def _check_complete(cluster: Cluster, release: Release, offer: Offer) -> None:
    served = {
        (str(body["spec"]["names"]["kind"]), str(version["name"]))
        for body in offer.definitions.values()
        for version in body["spec"]["versions"]
        if version.get("served")
    }
    lacking = [
        f"{kind} ({version})"
        for kind, version in release.api_versions.items()
        if (kind, version) not in served and not cluster.serves(APIGEE_GROUP, kind, version)
    ]
    if lacking:
        raise InstallerError(
            f"{offer.bundle.name} does not define {', '.join(lacking)}, which hybrid {release.version} needs",
            hint=f"give the bundle of hybrid {release.version} with --bundle, or choose its release with --release",
        )


def _ref(name: str) -> ObjectRef:
    return ObjectRef(CRD_GROUP, CRD_KIND, "", name)


def _older(reason: str, tried: Sequence[str]) -> str:
    looked = f"; newer ones were not found ({'; '.join(tried)})" if tried else ""
    return f"the definitions in the cluster seem to be those of an older release: {reason}{looked}"


def _no_definitions(missing: Sequence[str], tried: Sequence[str]) -> InstallerError:
    return InstallerError(
        "the cluster does not serve Apigee's custom resources, and there is nothing to install them from",
        details=[f"missing: {', '.join(missing)}", *(f"looked at: {one}" for one in tried)],
        hint=_WAYS,
    )


_WAYS = (
    "the definitions are Google's; any of these brings them:\n"
    "  --bundle DIR|ARCHIVE: an apigeectl bundle, its plugins folder, or the Helm chart apigee-operator\n"
    "  ./plugins, as an apigeectl bundle has it, in the working directory\n"
    "  --chart-registry oci://HOST/FOLDER: a mirror that this machine reaches (from hybrid 1.10 on)\n"
    "  kubectl apply --server-side --force-conflicts -k apigee-operator/etc/crds/default, and then init again"
)
