"""Readiness of the custom resources that the Apigee operator reconciles. None of them has conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apigeectl.readiness.model import Readiness, counted, failed, progressing, ready

_RELEASES = ("latestBinaryRelease", "latestConfigRelease")
ROLLED_BACK = "rolled-back"
"""The state of a release, and the reason of a resource that has one."""

STATED = "Errors"
"""The reason of a resource whose status holds errors."""

_AT_WORK = ("creating", "releasing", "scaling")


def resource(live: Mapping[str, Any]) -> Readiness:
    """Ready when it runs and the operator has carried out its latest generation."""
    status = live.get("status") or {}
    if not status:
        return progressing("the operator has not looked at it yet")
    broken = next(_broken(live, status), None)
    generation = int(live["metadata"].get("generation") or 0)
    if int(status.get("lastAppliedGeneration") or 0) < generation:
        # What went wrong with an earlier generation may be what the latest one is about to mend.
        before = f"; before it: {broken.message}" if broken else ""
        stands = _where_it_stands(str(status.get("state") or ""), status)
        if stands.startswith(_AT_WORK):
            return progressing(f"{stands}{before}")
        return progressing(f"the operator has not carried out the latest change yet{before}")
    if broken:
        return broken
    state = str(status.get("state") or "")
    if state == "running":
        return ready("running")
    return progressing(_where_it_stands(state, status))


def route_config(live: Mapping[str, Any]) -> Readiness:
    """As resource, save that a status is no must.

    The operator may only read route configurations, and has no webhook and no watch for them: it comes to
    one when a route refers to it. Without environment group there is no route, and never a status.
    """
    return resource(live) if live.get("status") else ready("no route has used it yet")


def _broken(live: Mapping[str, Any], status: Mapping[str, Any]) -> Iterator[Readiness]:
    generation = live["metadata"].get("generation")
    for error in status.get("errors") or ():
        if error.get("generation") in (None, generation):  # an older one was answered by a newer spec
            # The operator tries again: what it misses, as a Secret, may still come.
            yield progressing(
                str(error.get("message") or "the operator reports an error without words"), STATED
            )
    for name, component in [("", status), *_components(status)]:
        of = f"of {name} " if name else ""
        for release in (component.get(field) or {} for field in _RELEASES):
            if release.get("state") == ROLLED_BACK:
                yield failed(f"the release {of}was rolled back{_because(release)}", ROLLED_BACK)
        if component.get("rolledBackOnLatestRelease"):
            yield failed(f"the latest release {of}was rolled back", ROLLED_BACK)
        attempt = component.get("configAttemptFailure") or {}
        if attempt.get("error"):
            yield failed(f"the new settings {of}could not be rolled out{_because(attempt)}")


def _because(release: Mapping[str, Any]) -> str:
    why = release.get("error") or release.get("errorType")
    return f": {why}" if why else ""


def _components(status: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, component in sorted((status.get("components") or {}).items()):
        if not isinstance(component, Mapping):
            continue
        if name == "ingressGateways":  # a map by gateway, though the spec has a list
            yield from ((str(gateway), one) for gateway, one in sorted(component.items()))
        else:
            yield str(name), component


def _where_it_stands(state: str, status: Mapping[str, Any]) -> str:
    unfinished = [
        _unfinished(name, component)
        for name, component in _components(status)
        if str(component.get("state") or "") != "running"
    ]
    nested = str(status.get("nestedState") or "")
    head = f"{state or 'no state yet'} ({nested})" if nested and nested != state else state or "no state yet"
    return f"{head}: {', '.join(unfinished)}" if unfinished else head


def _unfinished(name: str, component: Mapping[str, Any]) -> str:
    replicas = component.get("replicas") or {}
    total = int(replicas.get("total") or 0)
    if total:
        return f"{name} {counted(int(replicas.get('ready') or 0), total, 'replica', 'ready')}"
    return f"{name} {component.get('state') or 'not begun'}"
