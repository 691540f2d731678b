"""Which revision is to run where, what the runtime makes of it, and which one answers a base path."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from apigeectl.sandbox.faults import Faults
from apigeectl.sandbox.google.proxies import PROXIES, Proxies, Proxy
from apigeectl.sandbox.google.rollout import Change, Outcome, Pod, Rollout

INGRESS_REPLICAS = 2
OTHER_CLUSTER_PODS = 4
"""Runtime pods of an imagined other cluster, which serve until ours has some."""

_SLOW = 20

PodNames = Callable[[str], Sequence[str]]
"""The runtime pods of an environment in the cluster."""


@dataclass(frozen=True)
class Place:
    """A proxy or shared flow in an environment; `collection` as in URLs."""

    collection: str
    environment: str
    name: str


@dataclass(frozen=True)
class Served:
    """Who answers a request to a base path."""

    proxy: Proxy
    revision: str
    environment: str
    pod: str


class ControlPlane:
    """The contracts of every environment. Read and changed by many threads."""

    def __init__(
        self,
        proxies: Proxies,
        pod_names: PodNames,
        *,
        faults: Faults,
        speed: float = 1.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.proxies = proxies
        self.faults = faults
        self.clock = clock
        self._pod_names = pod_names
        self._speed = speed * _SLOW if "deployments=slow-sync" in faults else speed
        self._changes: dict[Place, tuple[Change, ...]] = {}
        self._lock = threading.Lock()
        self._turn = 0

    def change(
        self, place: Place, revision: str | None, service_account: str = "", *, at: float | None = None
    ) -> None:
        """From now on (or from `at` on) this revision, or none."""
        moment = self.clock() if at is None else at
        with self._lock:
            before = self._changes.get(place, ())
            self._changes[place] = (*before, Change(moment, revision, service_account))

    def deployed(self, place: Place) -> Change | None:
        """The change that is in force, None when nothing is deployed."""
        changes = self._changes.get(place, ())
        return changes[-1] if changes and changes[-1].revision else None

    def places(self, collection: str) -> Iterator[Place]:
        """Wherever something is deployed."""
        for place in list(self._changes):
            if place.collection == collection and self.deployed(place):
                yield place

    def rollout(self, place: Place) -> Rollout:
        """The changes of a place and the runtime pods that follow them."""
        newest = self.proxies.find(place.collection, place.name).latest
        pods = self.pods(place.environment)
        broken = {pod.name for pod in pods[::-2]}

        def fate(pod: Pod, revision: str) -> Outcome:
            if revision == newest and "deployments=never-ready" in self.faults:
                return Outcome.PENDING
            if revision == newest and "deployments=bundle-error" in self.faults and pod.name in broken:
                return Outcome.FAILED
            return Outcome.LOADED

        return Rollout(self._changes.get(place, ()), pods, fate)

    def pods(self, environment: str) -> list[Pod]:
        """The runtime pods of an environment: those of the cluster, else those of the imagined other one."""
        names = list(self._pod_names(environment)) or [
            f"apigee-runtime-elsewhere-{environment}-{number}" for number in range(1, OTHER_CLUSTER_PODS + 1)
        ]
        nobody = "deployments=no-pod-reports" in self.faults
        first = "deployments=silent-pods" in self.faults
        return [
            Pod.of(name, speed=self._speed, silent=nobody or (first and not index))
            for index, name in enumerate(names)
        ]

    def routed(self, place: Place, now: float) -> list[bool]:
        """For each ingress replica, whether it has the base path of what is deployed there."""
        since = self._routed_since(place)
        replicas = [
            Pod.of(f"apigee-ingressgateway-{number}", speed=self._speed) for number in range(INGRESS_REPLICAS)
        ]
        return [since is not None and replica.handled(since) <= now for replica in replicas]

    def serve(self, path: str) -> Served | None:
        """A request from outside: some ingress replica, some pod; None when these do not know the path (yet)."""
        found = self._longest(path)
        if found is None:
            return None
        place, proxy = found
        with self._lock:
            self._turn += 1
            turn = self._turn
        now = self.clock()
        routed, rollout = self.routed(place, now), self.rollout(place)
        pod = rollout.pods[turn % len(rollout.pods)]
        revision = rollout.serving(pod, now)
        if not routed[turn // 2 % len(routed)] or revision is None:
            return None
        return Served(proxy, revision, place.environment, pod.name)

    def _longest(self, path: str) -> tuple[Place, Proxy] | None:
        found = [(place, self.proxies.find(PROXIES, place.name)) for place in self.places(PROXIES)]
        matching = [(place, proxy) for place, proxy in found if _below(path, proxy.base_path)]
        return max(matching, key=lambda each: len(each[1].base_path), default=None)

    def _routed_since(self, place: Place) -> float | None:
        since = None
        for change in self._changes.get(place, ()):
            if change.revision is None:
                since = None
            elif since is None:
                since = change.at
        return since


def _below(path: str, base_path: str) -> bool:
    return bool(base_path) and (path == base_path or path.startswith(base_path.rstrip("/") + "/"))
