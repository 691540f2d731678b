"""What the runtime makes of one deployment: one look, or looks until it is settled."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from apigeectl.actions.deployments import Reading, command
from apigeectl.deployments.explanation import unfinished
from apigeectl.deployments.judgement import Runtime, Verdict, judge
from apigeectl.deployments.model import Deployment, read_deployment
from apigeectl.deployments.pods import ClusterPod
from apigeectl.errors import InstallerError, NotFound, ServiceFailure, Unreachable, WaitTimeout
from apigeectl.manifests import LiveObject

WAIT_SECONDS = 300.0
"""As long as the hybrid UI polls."""

_FIRST_PAUSE, _PAUSE = 2.0, 5.0
_FAILED_LOOKS = 3
RUNTIME_APP = "apigee-runtime"


@dataclass(frozen=True)
class Times:
    """Clocks, for tests to turn: what time it is, how long it takes, and a way to let time pass."""

    now: Callable[[], float] = time.time
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Look:
    """A deployment as it was seen, and the verdict on it."""

    deployment: Deployment
    verdict: Verdict


class Undeployed(InstallerError):
    """It was deployed, and is no more."""


RuntimeOf = Callable[[str], Runtime | None]
"""The runtime pods of an environment in our cluster, None where nobody can look."""


@dataclass(frozen=True)
class Site:
    """Where one looks."""

    plane: Reading
    runtime: RuntimeOf = lambda environment: None
    times: Times = field(default_factory=Times)


def look(site: Site, environment: str, proxy: str, revision: str) -> Look:
    """One look; NotFound when it is not deployed."""
    deployment = read_deployment(site.plane.status(environment, proxy, revision))
    return Look(deployment, judge(deployment, site.times.now(), site.runtime(environment)))


def watch(site: Site, environment: str, proxy: str, revision: str, *, timeout: float) -> Iterator[Look]:
    """Looks until all of the runtime reports the revision, or one pod failed. WaitTimeout, Undeployed."""
    times = site.times
    deadline = times.clock() + timeout
    pause, failures = _FIRST_PAUSE, 0
    first = last = None
    while True:
        seen = None
        try:
            seen = look(site, environment, proxy, revision)
        except NotFound:
            failures += 1  # right after a deploy the management plane itself may need a moment
            if first or failures == _FAILED_LOOKS:
                raise _undeployed(site, environment, proxy, revision) from None
        except (ServiceFailure, Unreachable):
            failures += 1
            if failures == _FAILED_LOOKS:
                raise
        if seen:
            failures, first, last = 0, first or seen, seen
            yield seen
            if seen.verdict.complete or seen.verdict.failed:
                return
        left = deadline - times.clock()
        if left <= 0:
            raise _too_late(site, environment, proxy, revision, timeout, first, last)
        times.sleep(min(pause, left))
        pause = _PAUSE


def _undeployed(site: Site, environment: str, proxy: str, revision: str) -> Undeployed:
    words = f"{proxy} revision {revision} is no longer deployed in {environment}: somebody undeployed it"
    again = command(site.plane.org, "deploy", proxy, "--revision", revision, "--env", environment)
    return Undeployed(words, hint=f"to deploy it again: {again}")


class Cluster(Protocol):
    """Pods."""

    def list(self, group: str, kind: str, namespace: str = "", *, labels: str = "") -> list[LiveObject]: ...


def runtime_in(cluster: Cluster, namespace: str, org: str, environment: str, instance: str) -> Runtime:
    """The runtime pods of an environment in a cluster, those that are ending left out."""
    found = cluster.list("", "Pod", namespace, labels=f"app={RUNTIME_APP}")
    pods = [
        pod
        for pod in found
        if _label(pod, "env") == environment
        and _label(pod, "org") in ("", org)
        and not pod["metadata"].get("deletionTimestamp")
    ]
    return Runtime(tuple(_cluster_pod(pod) for pod in pods), instance)


def _cluster_pod(pod: LiveObject) -> ClusterPod:
    status = pod.get("status") or {}
    conditions = {entry.get("type"): entry.get("status") for entry in status.get("conditions") or ()}
    phase = str(status.get("phase") or "Unknown")
    containers = (pod.get("spec") or {}).get("containers") or ()
    images = [str(c.get("image", "")) for c in containers if c.get("name") == RUNTIME_APP]
    tag = images[0].partition("@")[0].rpartition("/")[2].partition(":")[2] if images else ""
    ready = conditions.get("Ready") == "True"
    return ClusterPod(
        str(pod["metadata"]["name"]), phase if ready or phase != "Running" else "not ready", tag
    )


def _label(pod: LiveObject, name: str) -> str:
    return str((pod["metadata"].get("labels") or {}).get(name, ""))


def _too_late(
    site: Site,
    environment: str,
    proxy: str,
    revision: str,
    timeout: float,
    first: Look | None,
    last: Look | None,
) -> WaitTimeout:
    again = command(site.plane.org, "status", proxy, "--env", environment, "--wait")
    return WaitTimeout(
        f"after {timeout:g} s not all of the runtime reports {proxy} revision {revision} in {environment}",
        details=tuple(unfinished(first.verdict, last.verdict)) if first and last else (),
        hint=f"look again with: {again}",
    )
