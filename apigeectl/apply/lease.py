"""A Lease that keeps two runs on one installation apart."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Protocol

from apigeectl.errors import Conflict, Forbidden, InstallerError, NotFound, Refused
from apigeectl.manifests import FIELD_MANAGER, MANAGED_BY_LABEL, LiveObject, Manifest, ObjectRef

DURATION = 60.0
"""Seconds without renewal after which a lease counts as left behind."""

_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
_PROCESSES = "apigeectl.dev/processes"
"""On a lease: among which processes its holder's number counts."""

Now = Callable[[], datetime]


class Cluster(Protocol):
    """What holding a lease needs of a cluster."""

    def get(self, ref: ObjectRef, version: str | None = None) -> LiveObject | None: ...
    def create(self, manifest: Manifest) -> LiveObject: ...
    def replace(self, live: LiveObject) -> LiveObject: ...
    def delete(self, ref: ObjectRef, *, propagation: str = "Background", uid: str | None = None) -> bool: ...
    def apply(self, manifest: Manifest, *, dry_run: bool = False, force: bool = False) -> LiveObject: ...


def utc_now() -> datetime:
    """The clock of this machine."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Holder:
    """Who runs: user@host and process. Containers may share a host's name, and have processes of their own."""

    user: str
    host: str
    process: int
    processes: str = ""

    def __str__(self) -> str:
        return f"{self.user}@{self.host} {self.process}"

    @classmethod
    def parse(cls, text: str) -> Holder | None:
        """None for an identity that we did not write."""
        who, _, process = text.rpartition(" ")
        user, at, host = who.rpartition("@")
        return cls(user, host, int(process)) if at and process.isdigit() else None

    @classmethod
    def this_process(cls) -> Holder:
        """The process that runs now."""
        try:
            user = getpass.getuser()
        except (KeyError, OSError):  # a container whose user id has no name
            user = str(os.getuid())
        return cls(user, socket.gethostname(), os.getpid(), _processes())

    def is_gone(self, live: LiveObject) -> bool:
        """Whether this process, or one that died beside it, wrote the lease."""
        other = Holder.parse(str((live.get("spec") or {}).get("holderIdentity") or ""))
        processes = (live["metadata"].get("annotations") or {}).get(_PROCESSES, self.processes)
        if other is None or (other.host, processes) != (self.host, self.processes):
            return False
        return str(other) == str(self) or not _alive(other.process)


@contextlib.contextmanager
def held(
    cluster: Cluster,
    installation: str,
    namespace: str,
    *,
    holder: Holder | None = None,
    now: Now = utc_now,
    duration: float = DURATION,
) -> Iterator[None]:
    """Hold the lease of an installation; Refused, naming the holder, when somebody else does.

    Without the namespace, or when it is going, there is no installation to work on, and nothing to hold.
    """
    ref = _ref(installation, namespace)
    me = holder or Holder.this_process()
    try:
        lease = _acquire(cluster, ref, me, now, duration)
    except (NotFound, Forbidden) as error:
        if isinstance(error, Forbidden) and "being terminated" not in error.message:
            raise
        yield
        return
    stop = threading.Event()
    keeper = threading.Thread(
        target=_renew, args=(cluster, ref, me, stop), kwargs={"now": now, "duration": duration}, daemon=True
    )
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()
        _release(cluster, ref, me, str(lease["metadata"].get("uid") or ""))


def clear(
    cluster: Cluster, installation: str, namespace: str, *, holder: Holder | None = None, now: Now = utc_now
) -> None:
    """Take away a lease that a killed run left behind; one that is held stays."""
    with contextlib.suppress(InstallerError):  # it is only tidying up
        live = cluster.get(_ref(installation, namespace))
        if live and _left_behind(cluster, live, holder or Holder.this_process(), now()):
            cluster.delete(_ref(installation, namespace), uid=str(live["metadata"].get("uid") or "") or None)


def _ref(installation: str, namespace: str) -> ObjectRef:
    return ObjectRef("coordination.k8s.io", "Lease", namespace, f"apigeectl-{installation}")


def _acquire(cluster: Cluster, ref: ObjectRef, me: Holder, now: Now, duration: float) -> LiveObject:
    for _ in range(_ATTEMPTS):
        live = cluster.get(ref)
        try:
            if live is None:
                return cluster.create(_manifest(ref, me, now(), duration))
            _check_free(cluster, live, me, now())
            return cluster.replace(_taken(live, me, now(), duration))
        except Conflict:
            continue  # somebody was faster; look who
    raise Refused(f"{ref}: several runs are fighting for it", hint="wait until the others are done")


_ATTEMPTS = 5


def _check_free(cluster: Cluster, live: LiveObject, me: Holder, now: datetime) -> None:
    spec = live.get("spec") or {}
    identity = str(spec.get("holderIdentity") or "")
    if not identity or _left_behind(cluster, live, me, now):
        return
    since = str(spec.get("acquireTime") or "an unknown time").split(".")[0]
    raise Refused(
        f"another apigeectl works on this installation: {identity}, since {since}Z",
        hint="wait until it is done; a run that died lets go a minute later",
    )


def _left_behind(cluster: Cluster, live: LiveObject, me: Holder, now: datetime) -> bool:
    """The lease was not renewed in time, or its process was killed on this very machine."""
    spec = live.get("spec") or {}
    renewed = _time(spec.get("renewTime")) or _time(spec.get("acquireTime"))
    if renewed is None or me.is_gone(live):
        return True
    age = _age_by_server(cluster, live)
    if age is None:
        age = (now - renewed).total_seconds()
    return age > float(spec.get("leaseDurationSeconds") or 0)


def _age_by_server(cluster: Cluster, live: LiveObject) -> float | None:
    """Seconds since the lease was written, by the one clock that both sides share; None when it cannot be read."""
    written = [_time(one.get("time")) for one in live["metadata"].get("managedFields") or ()]
    times = [time for time in written if time]
    if not times:
        return None
    try:
        probe = cluster.apply(_probe(str(live["metadata"].get("namespace") or "")), dry_run=True)
    except InstallerError:
        return None
    read = _time(probe["metadata"].get("creationTimestamp"))
    return (read - max(times)).total_seconds() if read else None


def _probe(namespace: str) -> Manifest:
    """A new object, which the server would stamp with its time."""
    metadata = {"name": "apigeectl-clock", "namespace": namespace}
    return Manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})


def _processes() -> str:
    """Of which start of the machine and, in a container, of which one; "" where that cannot be told."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _renew(
    cluster: Cluster, ref: ObjectRef, me: Holder, stop: threading.Event, *, now: Now, duration: float
) -> None:
    while not stop.wait(duration / 4):
        # A renewal that fails is tried again; should the lease be lost, the other run was told it is free.
        with contextlib.suppress(InstallerError):
            live = cluster.get(ref)
            if live and (live.get("spec") or {}).get("holderIdentity") == str(me):
                live["spec"]["renewTime"] = now().strftime(_FORMAT)
                cluster.replace(live)


def _release(cluster: Cluster, ref: ObjectRef, me: Holder, uid: str) -> None:
    # It expires by itself, so a failure here must not hide how the run ended.
    with contextlib.suppress(InstallerError):
        live = cluster.get(ref)
        if live and (live.get("spec") or {}).get("holderIdentity") == str(me):
            cluster.delete(ref, uid=uid or None)


def _manifest(ref: ObjectRef, me: Holder, now: datetime, duration: float) -> Manifest:
    return Manifest(
        {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": ref.kind,
            "metadata": {
                "name": ref.name,
                "namespace": ref.namespace,
                "labels": {MANAGED_BY_LABEL: FIELD_MANAGER},
                "annotations": {_PROCESSES: me.processes},
            },
            "spec": _spec(me, now, duration),
        }
    )


def _taken(live: LiveObject, me: Holder, now: datetime, duration: float) -> LiveObject:
    annotations = {**(live["metadata"].get("annotations") or {}), _PROCESSES: me.processes}
    metadata = {**live["metadata"], "annotations": annotations}
    return {**live, "metadata": metadata, "spec": {**(live.get("spec") or {}), **_spec(me, now, duration)}}


def _spec(me: Holder, now: datetime, duration: float) -> dict[str, Any]:
    return {
        "holderIdentity": str(me),
        "leaseDurationSeconds": max(1, round(duration)),
        "acquireTime": now.strftime(_FORMAT),
        "renewTime": now.strftime(_FORMAT),
    }


def _time(text: object) -> datetime | None:
    for form in (_FORMAT, "%Y-%m-%dT%H:%M:%SZ"):
        with contextlib.suppress(TypeError, ValueError):
            return datetime.strptime(text, form).replace(tzinfo=timezone.utc)  # type: ignore[arg-type]
    return None
