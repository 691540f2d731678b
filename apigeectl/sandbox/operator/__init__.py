"""A stand-in for the apigee operator and for what surrounds it: controllers, kubelets, cert-manager.

An ordinary API client (list, watch, create, patch), so that it works the same against any API server. On a
bare one it also collects garbage, ends namespaces, and serves pod logs as the kubelet of its nodes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

from apigeectl.errors import APIError, InstallerError
from apigeectl.sandbox.faults import Faults
from apigeectl.sandbox.operator.agents import AGENT_APP, Act, ConnectAgents, Refusal, Request, Streams
from apigeectl.sandbox.operator.apigee import ApigeeOperator
from apigeectl.sandbox.operator.cache import Cache
from apigeectl.sandbox.operator.certificates import CertManager
from apigeectl.sandbox.operator.children import reconcile_apigee_deployments
from apigeectl.sandbox.operator.client import APIServer, Client, Stop
from apigeectl.sandbox.operator.endpoints import reconcile_endpoints, reconcile_load_balancers
from apigeectl.sandbox.operator.garbage import collect, finish_namespaces
from apigeectl.sandbox.operator.jobs import reconcile_jobs
from apigeectl.sandbox.operator.kinds import KINDS, established, storage_version
from apigeectl.sandbox.operator.kubelet import KubeletDoor
from apigeectl.sandbox.operator.logbook import Container, LogBook, LogOptions
from apigeectl.sandbox.operator.pods import Kubelets
from apigeectl.sandbox.operator.prerequisites import prepare
from apigeectl.sandbox.operator.replicasets import reconcile_deployments, reconcile_replica_sets
from apigeectl.sandbox.operator.statefulsets import (
    reconcile_claims,
    reconcile_daemon_sets,
    reconcile_stateful_sets,
)
from apigeectl.sandbox.operator.world import Controller, World, is_ready, labels

__all__ = ["USER_AGENT", "APIServer", "LogOptions", "Operator", "Streams"]

USER_AGENT = "manager/sandbox"
"""Names the field manager of every write: the real operator's binary is called manager."""

_RETRY_SECONDS = 0.2
_PERMISSION_DENIED = "connect-agent=permission-denied"


class Operator:
    """Everything that lives in the sandbox's cluster. Start it, and it looks after what others create."""

    def __init__(
        self,
        server: APIServer,
        *,
        speed: float = 1.0,
        faults: Faults | None = None,
        bare: bool = False,
        region: str = "us-central1",
        refusal: Refusal | None = None,
    ) -> None:
        """`speed` stretches every waiting time (0: none); `bare` says that no controllers run there."""
        faults = faults or Faults()
        self._server = server
        self._region = region
        self._bare = bare
        self._cache = Cache()
        self._logs = LogBook()
        self._world = World(Client(server, USER_AGENT), self._cache, faults, speed)
        self._agents = ConnectAgents(self._logs, self._cache, refusal or _refusal(faults))
        self._controllers = self._lineup()
        self._stop = Stop()
        self._threads: list[threading.Thread] = []
        self._door = KubeletDoor(self._logs.read) if bare else None
        self.problems = self._world.refused
        """What the API server refused, for whoever looks why something stands still."""

    def start(self) -> None:
        """Put the prerequisites in place and begin to watch."""
        if self._door:
            self._door.start()
        prepare(self._world.client, region=self._region, kubelet_port=self._door.port if self._door else None)
        for kind in self._watched():
            self._spawn(self._follow, kind)
        self._spawn(self._work)

    def stop(self) -> None:
        """Stop everything; the cluster stays as it is."""
        self._stop.set()
        self._logs.stop()
        self._cache.wake()
        for thread in self._threads:
            thread.join()
        self._world.client.close()
        if self._door:
            self._door.stop()

    def streams(self) -> list[Streams]:
        """The streams that Apigee Connect sees now, by cluster."""
        return self._agents.streams()

    def serve(
        self, organization: str, path: str, method: str = "GET", caller: str = "", act: Act = lambda: 200
    ) -> bool:
        """Carry a request of the management plane to MART, which acts and answers with a status; False when no
        agent or no MART is ready."""
        return self._agents.serve(organization, Request(method, path, caller), act)

    def runtime_pods(self, environment: str) -> list[str]:
        """The ready runtime pods of an environment, by name."""
        return sorted(
            str(pod["metadata"]["name"])
            for pod in self._cache.all("Pod")
            if labels(pod).get("app") == "apigee-runtime"
            and labels(pod).get("env") == environment
            and is_ready(pod)
        )

    def read_log(self, container: Container, options: LogOptions) -> Iterator[bytes]:
        """Log lines, for the in-memory API server's own /log."""
        return self._logs.read(container, options)

    def _lineup(self) -> tuple[Controller, ...]:
        """The controllers in the order in which work flows: what one creates, the next ones see."""
        kubelets = Kubelets(self._logs, {AGENT_APP: self._agents})
        own: tuple[Controller, ...] = (
            CertManager().reconcile,
            ApigeeOperator().reconcile,
            reconcile_apigee_deployments,
            reconcile_deployments,
            reconcile_stateful_sets,
            reconcile_claims,
            reconcile_daemon_sets,
            reconcile_replica_sets,
            reconcile_jobs,
            kubelets.reconcile,
            reconcile_endpoints,
            reconcile_load_balancers,
        )
        return (*own, collect, finish_namespaces) if self._bare else own

    def _watched(self) -> list[str]:
        return [kind.name for kind in KINDS.values() if self._bare or not kind.only_bare]

    def _settled(self) -> bool:
        """Whether every kind that is served was listed: what is not known yet must not look absent."""
        return all(kind in self._cache.listed or not self._served(kind) for kind in self._watched())

    def _served(self, kind: str) -> bool:
        known = "CustomResourceDefinition" in self._cache.listed
        return not KINDS[kind].crd or not known or self._world.serves(kind)

    def _spawn(self, target: object, *arguments: str) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _follow(self, kind: str) -> None:
        """Keep the cache filled with one kind: list, watch, and again from the list when that ends."""
        client = self._world.client
        while not self._stop.is_set():
            crd = self._cache.get("CustomResourceDefinition", "", KINDS[kind].crd)
            if KINDS[kind].crd and not established(crd):
                self._stop.wait(0.05)
                continue
            path = KINDS[kind].path(version=storage_version(crd) if crd else "")
            try:
                listed = client.request("GET", path)
                version = listed["metadata"]["resourceVersion"]
                api_version = self._world.api_version(kind)
                known = {"apiVersion": api_version, "kind": kind}
                self._cache.replace(kind, [{**known, **item} for item in listed.get("items") or ()], version)
                for change, live in client.watch(path, version, self._stop):
                    self._cache.drop(kind, live) if change == "DELETED" else self._cache.put(kind, live)
            except InstallerError as error:
                if not self._stop.is_set() and not isinstance(error, APIError):
                    self.problems.append(str(error))
                self._stop.wait(_RETRY_SECONDS)

    def _work(self) -> None:
        pause: float | None = 0.0
        while not self._stop.is_set():
            self._cache.wait(pause)
            if self._stop.is_set():
                return
            if not self._settled():
                pause = None
                continue
            self._world.begin()
            failed = False
            for controller in self._controllers:
                try:
                    controller(self._world)
                except InstallerError as error:
                    failed = True
                    self.problems.append(str(error))
            pause = self._world.pause()
            if failed:  # the others go on; this one is tried again soon
                pause = min(_RETRY_SECONDS, pause if pause is not None else _RETRY_SECONDS)


def _refusal(faults: Faults) -> Refusal:
    """Who is accepted, when no Google stand-in knows better."""

    def refuse(project: str, account: str) -> str | None:
        if _PERMISSION_DENIED not in faults:
            return None
        name = f"//apigeeconnect.googleapis.com/projects/{project}/endpoints/APIGEE_MART"
        return f"Permission denied on resource '{name}' (or it may not exist)."

    return refuse
