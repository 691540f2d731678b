"""What runs in the pods of the connect agent and of MART, as seen in their logs and at Apigee Connect."""

from __future__ import annotations

import base64
import json
import random
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apigeectl.errors import InstallerError
from apigeectl.manifests import LiveObject
from apigeectl.sandbox.operator.cache import Cache
from apigeectl.sandbox.operator.logbook import LogBook
from apigeectl.sandbox.operator.world import World, is_ready, labels

AGENT_APP = "apigee-connect-agent"
MART_APP = "apigee-mart"
TETHERS = 4
ROTATE_SECONDS = 120.0

Refusal = Callable[[str, str], "str | None"]
"""Asks Apigee Connect to accept the agent of a project with an account: None, or the reason it is denied."""

Act = Callable[[], int]
"""What MART does with a request; the status of its answer."""

_NOT_CONNECTING = "connect-agent=not-connecting"
_FOREIGN = "connect-agent=foreign-cluster"
_FOREIGN_CLUSTER = {"clusterName": "other-cluster", "clusterRegion": "europe-west1"}
_UNREACHABLE = (
    'connection error: desc = "transport: Error while dialing dial tcp: lookup apigeeconnect.googleapis.com: '
    'i/o timeout"'
)


@dataclass(frozen=True)
class Streams:
    """The open streams of one cluster's agents."""

    project: str
    organization: str
    cluster: str
    region: str
    count: int


@dataclass(frozen=True)
class Request:
    """A request of the management plane, in the name of an account."""

    method: str
    path: str
    caller: str


@dataclass
class _Agent:
    """One running agent pod."""

    pod: LiveObject
    organization: Mapping[str, Any]
    tethers: list[int] = field(default_factory=list)


class ConnectAgents:
    """The program of the agent pods. Read from the threads of the Google stand-in, too."""

    def __init__(self, logs: LogBook, cache: Cache, refusal: Refusal) -> None:
        self._logs = logs
        self._cache = cache
        self._refusal = refusal
        self._agents: dict[str, _Agent] = {}
        self._struck: set[str] = set()  # uids of the pods of a foreign cluster
        self._lock = threading.Lock()

    def start(self, world: World, pod: LiveObject) -> str | None:
        """Print the flags and open the tethers, or end as the real agent does when it is denied."""
        spec = {**_organization(self._cache, pod), **_arguments(pod)}
        if self._is_foreign(world, pod):
            spec = {**spec, **_FOREIGN_CLUSTER}
        project = str(spec.get("gcpProjectID", ""))
        self._log(pod, "I", "main.go:47", "Agent's flag values below")
        for name, value in _flags(spec, pod).items():
            self._log(pod, "I", "main.go:50", f'"{name}": {value}')
        self._log(pod, "I", "agent.go:400", "successfully initiated http client")
        self._log(pod, "I", "agent.go:728", 'starting metrics http server at ":7070"')
        if _NOT_CONNECTING in world.faults:
            self._log(pod, "E", "agent.go:238", f"rpc error: code = Unavailable desc = {_UNREACHABLE}")
            return None
        if reason := self._refusal(project, _account(world, spec, pod)):
            code = "Unauthenticated" if "oauth2: " in reason else "PermissionDenied"
            denied = f"failed to register stream with Apigee Connect, got '{code}': "
            words = f"{denied}rpc error: code = {code} desc = {reason}"
            self._log(pod, "F", "tether.go:29", words)
            return words
        with self._lock:
            agent = self._agents[pod["metadata"]["uid"]] = _Agent(pod, spec)
            for _ in range(TETHERS):
                self._open(agent)
        return None

    def tick(self, world: World, pod: LiveObject) -> None:
        """Streams rotate: every two minutes one is closed and another opened."""
        if not world.waited(pod, "rotate", ROTATE_SECONDS, least=1.0):
            return
        world.restart(pod, "rotate")
        with self._lock:
            if agent := self._agents.get(pod["metadata"]["uid"]):
                self._log(pod, "I", "agent.go:255", f"tether id {agent.tethers.pop(0)} is closed")
                self._open(agent)

    def _is_foreign(self, world: World, pod: LiveObject) -> bool:
        """Until one that was struck by the fault is gone, or going: those that replace it are started right."""
        if _FOREIGN not in world.faults:
            return False
        staying = {
            other["metadata"]["uid"]
            for other in self._cache.all("Pod")
            if "deletionTimestamp" not in other["metadata"]
        }
        if self._struck <= staying:
            self._struck.add(pod["metadata"]["uid"])
        return pod["metadata"]["uid"] in self._struck

    def stop(self, world: World, pod: LiveObject) -> None:
        """The pod is gone, and its streams."""
        with self._lock:
            self._agents.pop(pod["metadata"]["uid"], None)

    def streams(self) -> list[Streams]:
        """What Apigee Connect sees: the streams of all ready agents, by cluster."""
        found: dict[tuple[str, str, str, str], int] = {}
        for agent in self._ready_agents():
            spec = agent.organization
            keys = ("gcpProjectID", "name", "clusterName", "clusterRegion")
            project, organization, cluster, region = (str(spec.get(key, "")) for key in keys)
            place = (project, organization, cluster, region)
            found[place] = found.get(place, 0) + len(agent.tethers)
        return [Streams(*place, count) for place, count in sorted(found.items())]

    def serve(self, organization: str, request: Request, act: Act) -> bool:
        """Carry one request of the management plane through an agent to MART; False when nobody can."""
        agents = [each for each in self._ready_agents() if each.organization.get("name") == organization]
        marts = [
            pod
            for pod in self._cache.all("Pod")
            if is_ready(pod) and labels(pod).get("app") == MART_APP and labels(pod).get("org") == organization
        ]
        if not agents or not marts:
            return False
        agent, mart = agents[0], marts[0]
        status = act()
        identifier, moment = str(uuid.uuid4()), time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime())
        target = _target(agent.organization, agent.pod)
        self._write(mart, MART_APP, _mart_line(agent, mart, request, status))
        tether = agent.tethers[0]
        self._write(
            agent.pod,
            AGENT_APP,
            f'INFO: {moment} "{identifier}": received response from target "{target}", status code: {status}',
            f"INFO: {moment} Attempting to send response {identifier} on tether {tether}",
        )
        return True

    def _ready_agents(self) -> list[_Agent]:
        ready = {pod["metadata"]["uid"]: pod for pod in self._cache.all("Pod") if is_ready(pod)}
        with self._lock:
            for uid, pod in ready.items():
                if uid in self._agents:
                    self._agents[uid].pod = pod  # with the address that it had not when it started
            return [agent for uid, agent in self._agents.items() if uid in ready]

    def _open(self, agent: _Agent) -> None:
        tether = random.getrandbits(63)
        agent.tethers.append(tether)
        self._log(agent.pod, "I", "agent.go:245", f"listening on tether {tether}")

    def _log(self, pod: LiveObject, level: str, place: str, message: str) -> None:
        now = time.time()
        clock = time.strftime("%m%d %H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1e6):06d}"
        self._write(pod, AGENT_APP, f"{level}{clock}       1 {place}] {message}")

    def _write(self, pod: LiveObject, container: str, *lines: str) -> None:
        self._logs.write((pod["metadata"]["namespace"], pod["metadata"]["name"], container), *lines)


def _organization(cache: Cache, pod: LiveObject) -> Mapping[str, Any]:
    name = labels(pod).get("org", "")
    specs = (each["spec"] for each in cache.all("ApigeeOrganization"))
    return next((dict(spec) for spec in specs if spec.get("name") == name), {"name": name})


def _arguments(pod: LiveObject) -> dict[str, str]:
    """What the pod was told when it was made, in the words of the custom resource."""
    told = dict(
        argument.removeprefix("--").split("=", 1) for argument in pod["spec"]["containers"][0].get("args", ())
    )
    if not told:
        return {}
    project = told["project"].removeprefix("projects/")
    return {
        "clusterName": told["cluster_name"],
        "clusterRegion": told["cluster_region"],
        "gcpProjectID": project,
    }


def _account(world: World, spec: Mapping[str, Any], pod: LiveObject) -> str:
    """The e-mail in the agent's key Secret, "" when there is none (workload identity, or no Secret yet)."""
    agent = (spec.get("components") or {}).get("connectAgent") or {}
    name = agent.get("appServiceAccountSecretName")
    if not name:
        return ""
    try:
        secret = world.client.request("GET", world.path("Secret", pod["metadata"]["namespace"], name))
        key = json.loads(base64.b64decode(secret.get("data", {}).get("client_secret.json", "")) or b"{}")
    except (InstallerError, ValueError):
        return ""
    return str(key.get("client_email", "")) if isinstance(key, dict) else ""


def _target(spec: Mapping[str, Any], pod: LiveObject) -> str:
    identifier = pod["metadata"]["name"].removeprefix(f"{AGENT_APP}-").rsplit("-", 3)[0]
    return f"{MART_APP}-{identifier}.{pod['metadata']['namespace']}.svc.cluster.local:8843"


def _flags(spec: Mapping[str, Any], pod: LiveObject) -> dict[str, str]:
    return {
        "alsologtostderr": "false",
        "cluster_name": str(spec.get("clusterName", "")),
        "cluster_region": str(spec.get("clusterRegion", "")),
        "cpu_profile_enabled": "false",
        "http_client_timeout": "2m0s",
        "http_port": "7070",
        "http_server": "false",
        "insecure_ssl": "false",
        "local_cert": "",
        "log_backtrace_at": ":0",
        "log_dir": "",
        "logtostderr": "true",
        "mem_profile_enabled": "false",
        "project": f"projects/{spec.get('gcpProjectID', '')}",
        "resource_id": "",
        "server_addr": str(spec.get("apigeeConnectEndpoint") or "apigeeconnect.googleapis.com:443"),
        "server_cert": "./server.crt",
        "server_key": "./server.key",
        "stderrthreshold": "2",
        "target_server": _target(spec, pod),
        "tether_endpoint": "APIGEE_MART",
        "v": "0",
        "vmodule": "",
    }


def _mart_line(agent: _Agent, mart: LiveObject, request: Request, status: int) -> str:
    now = time.time()
    clock = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now)) + f",{int(now % 1 * 1000):03d}"
    addresses = " ".join(str(pod.get("status", {}).get("podIP", "")) for pod in (mart, agent.pod))
    caller = f"{request.caller} " if request.caller else ""
    return (
        f"{clock} org: env: target: action: context-id: mode: pool-1-thread-1 INFO  {caller}{int(now * 1000)} "
        f"{request.path} {status} {request.method} {agent.organization.get('name', '')} {addresses} "
        "apigee-connect-agent-1.0 null"
    )
