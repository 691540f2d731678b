"""The questions before anything is changed: is this cluster fit for the installation?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from apigeectl.checks.admission import cert_manager_answers, webhooks_have_endpoints
from apigeectl.checks.authority import authority_is_the_same
from apigeectl.checks.fitness import Fitness, numbers
from apigeectl.checks.hints import Hint
from apigeectl.checks.known_issues import no_known_issue_strikes
from apigeectl.checks.model import Check, Outcome, failed, passed, skipped, warned
from apigeectl.checks.rights import RIGHTS, accesses, refused, summed_up
from apigeectl.checks.room import nodes_fit, storage_class_exists
from apigeectl.checks.upgrade import no_release_is_skipped, operator_is_at_home
from apigeectl.errors import InstallerError
from apigeectl.manifests import APIGEE_GROUP, ORGANIZATION_LABEL, LiveObject, Manifest

OLDEST = (1, 22)
"""The first Kubernetes with server-side apply as we use it."""

SUPPORTED: dict[tuple[int, int], tuple[int, int]] = {
    (1, 10): (24, 28),
    (1, 11): (25, 29),
    (1, 12): (26, 29),
    (1, 13): (27, 30),
}
"""First and last minor version of Kubernetes 1 for a hybrid release: Google's "Supported platforms", GKE."""

SKEW_SECONDS = 30
"""Google refuses tokens that are minutes off; the clock of the API server is known to the second."""


def server_is_new_enough(site: Fitness) -> Outcome:
    said = site.cluster.server_version()
    if problem := too_old(said):
        return failed(problem, hint=Hint.KUBERNETES_VERSION)
    version, words = _version(said)
    first, last = SUPPORTED.get(_minor(site.release), (0, 0))
    if not last:
        return passed(f"{words}; for hybrid {site.release} no range is known here")
    if not first <= version[1] <= last:
        words = f"{words}; Google supports 1.{first} to 1.{last} for hybrid {site.release}"
        return warned(words, hint=Hint.KUBERNETES_VERSION)
    return passed(words)


def too_old(said: Mapping[str, Any]) -> str:
    """What is wrong with a server of this version; empty when nothing is."""
    version, words = _version(said)
    return f"{words}, older than {'.'.join(map(str, OLDEST))}" if version < OLDEST else ""


def _version(said: Mapping[str, Any]) -> tuple[tuple[int, int], str]:
    major, minor = (int(re.sub(r"\D.*", "", str(said.get(part) or "0")) or 0) for part in ("major", "minor"))
    return (major, minor), str(said.get("gitVersion") or f"{major}.{minor}")


def rights_suffice(site: Fitness) -> Outcome:
    places = {
        "runtime": site.namespace,
        "operator": site.operator_namespace,
        "cert-manager": site.cert_manager_namespace,
    }
    questions = accesses(RIGHTS, places)
    missing = refused(site.cluster, questions)
    if missing:
        return failed(
            f"{len(missing)} of {len(questions)} are missing",
            hint=Hint.RIGHTS_MISSING,
            details=tuple(summed_up(missing)),
        )
    return passed(f"all {len(questions)}")


def definitions_are_served(site: Fitness) -> Outcome:
    problems: list[str] = []
    absent: list[str] = []
    by_kind = {one["spec"]["names"]["kind"]: one for one in site.definitions.values() if _is_apigees(one)}
    for kind, version in site.api_versions.items():
        definition = by_kind.get(kind)
        if definition is None:
            absent.append(kind)
        elif not _is_true(definition, "Established"):
            problems.append(f"{kind} is not established")
        elif version not in {str(one["name"]) for one in definition["spec"]["versions"] if one.get("served")}:
            problems.append(f"{kind} is not served as {version}, which hybrid {site.release} needs")
    if problems:
        return failed(problems[0], hint=Hint.DEFINITIONS, details=problems[1:])
    if len(absent) == len(site.api_versions):
        return warned("none yet: init brings them from a bundle", hint=Hint.DEFINITIONS)
    if absent:
        return failed(f"{', '.join(absent)} missing", hint=Hint.DEFINITIONS)
    return passed(f"{len(site.api_versions)} kinds of hybrid {site.release}")


def no_conflicting_mesh(site: Fitness) -> Outcome:
    """Known issues 416634326, 419856132 (1.14.2 with Istio's kinds) and 484366184 (Gateway API from 1.4 on)."""
    istio = sorted(name for name in site.definitions if name.endswith(".istio.io"))
    gateway = site.definitions.get("gateways.gateway.networking.k8s.io")
    bundle = str(((gateway or {}).get("metadata") or {}).get("annotations", {}).get(_BUNDLE_VERSION) or "")
    if _minor(site.release) in {(1, 14), (1, 15)} and numbers(bundle) >= (1, 4):
        return failed(f"Gateway API {bundle}", hint=Hint.MESH)
    if site.release.startswith("1.14.2") and (istio or gateway):
        return failed("Istio or Gateway API kinds are installed", hint=Hint.MESH)
    if istio or gateway:
        found = [*(["Istio"] if istio else []), *([f"Gateway API {bundle}".strip()] if gateway else [])]
        return passed(f"{' and '.join(found)} beside it, no conflict known with hybrid {site.release}")
    return passed("none")


def clocks_agree(site: Fitness) -> Outcome:
    theirs = site.server_time(_probe())
    if theirs is None:
        return skipped("the API server did not say what time it is")
    off = (theirs - datetime.now(timezone.utc)).total_seconds()
    words = "equal to the second" if abs(off) < 2 else f"{abs(off):.0f} s {'behind' if off < 0 else 'ahead'}"
    if abs(off) > SKEW_SECONDS:
        return warned(f"that of the API server is {words}", hint=Hint.CLOCKS)
    return passed(words)


def nothing_is_in_the_way(site: Fitness) -> Outcome:
    others, unmanaged = [], 0
    for ref, live in site.lives.items():
        owner = str((live["metadata"].get("labels") or {}).get(ORGANIZATION_LABEL) or "")
        if owner and owner != site.installation:
            others.append(f"{ref} belongs to the installation of {owner}")
        elif not any(
            entry.get("manager") == "apigeectl" for entry in live["metadata"].get("managedFields") or ()
        ):
            unmanaged += 1
    if others:
        return warned(others[0], hint=Hint.OTHER_INSTALLATION, details=tuple(others[1:]))
    if unmanaged:
        words = f"{unmanaged} of its objects exist and were made by something else"
        return warned(words, hint=Hint.ADOPT)
    if site.hidden:
        first, *others = (str(ref) for ref in site.hidden)
        return skipped(f"{first}{f' and {len(others)} more' if others else ''} may not be looked at")
    return passed("nothing")


def registries_answer(site: Fitness) -> Outcome:
    if site.reach is None:
        return skipped("not asked; --registries asks them, from this machine")
    silent = {}
    for host in site.registries:
        try:
            site.reach(host)
        except InstallerError as error:
            silent[host] = error.message
    if silent:
        return warned(next(iter(silent.values())), hint=Hint.REGISTRIES, details=tuple(silent.values())[1:])
    return passed(", ".join(site.registries))


PREFLIGHT: tuple[Check[Fitness], ...] = (
    Check("Kubernetes", server_is_new_enough, Hint.KUBERNETES_VERSION, essential="server", fatal=True),
    Check("rights", rights_suffice, Hint.RIGHTS_MISSING, essential="rights"),
    Check(
        "definitions", definitions_are_served, Hint.DEFINITIONS, "the right to list CustomResourceDefinitions"
    ),
    Check("cert-manager", cert_manager_answers, Hint.CERT_MANAGER, essential="cert-manager"),
    Check(
        "certificate authority",
        authority_is_the_same,
        Hint.AUTHORITY_DIFFERS,
        "the rights to get Secrets and to list PersistentVolumeClaims",
    ),
    Check("operator", operator_is_at_home, Hint.OPERATOR_NAMESPACE, "the right to get Deployments"),
    Check("release", no_release_is_skipped, Hint.RELEASE_SKIPPED, "the right to get Deployments"),
    Check("webhooks", webhooks_have_endpoints, Hint.WEBHOOKS, "the right to list webhook configurations"),
    Check("storage class", storage_class_exists, Hint.STORAGE_CLASS, "the right to list StorageClasses"),
    Check("nodes", nodes_fit, Hint.NODES, "the right to list nodes"),
    Check("meshes", no_conflicting_mesh, Hint.MESH, "the right to list CustomResourceDefinitions"),
    Check("known issues", no_known_issue_strikes, Hint.KNOWN_ISSUES),
    Check("clocks", clocks_agree, Hint.CLOCKS, "the right to create a ConfigMap, for a dry run"),
    Check("image registries", registries_answer, Hint.REGISTRIES),
    Check("in the way", nothing_is_in_the_way, Hint.OTHER_INSTALLATION),
)
"""In the order in which they are printed; every one is asked, except that nothing is asked of an unfit server."""


def _minor(release: str) -> tuple[int, int]:
    found = numbers(release)
    return (found[0], found[1]) if len(found) > 1 else (0, 0)


def _is_apigees(definition: LiveObject) -> bool:
    return str(definition["spec"]["group"]) == APIGEE_GROUP


def _is_true(live: LiveObject, condition: str) -> bool:
    conditions = (live.get("status") or {}).get("conditions") or ()
    return any(one.get("type") == condition and one.get("status") == "True" for one in conditions)


def _probe() -> Manifest:
    metadata = {"name": "apigeectl-preflight", "namespace": "default"}
    return Manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})


_BUNDLE_VERSION = "gateway.networking.k8s.io/bundle-version"
