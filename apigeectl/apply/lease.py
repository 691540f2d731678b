"""A Lease that keeps two runs on one installation apart."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Protocol

from apigeectl.errors import Conflict, Forbidden, InstallerError, NotFound, Refused
from apigeectl.manifests import FIELD_MANAGER, MANAGED_BY_LABEL, LiveObject, Manifest, ObjectRef

DURATION = 60.0
"""Seconds without renewal after which a lease counts as left behind."""

_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"

Now = Callable[[], datetime]


class Cluster(Protocol):
    """What holding a lease needs of a cluster."""

    def get(self, ref: ObjectRef, version: str | None = None) -> LiveObject | None: ...
    def create(self, manifest: Manifest) -> LiveObject: ...
    def replace(self, live: LiveObject) -> LiveObject: ...
    def delete(self, ref: ObjectRef, *, propagation: str = "Background", uid: str | None = None) -> bool: ...


def utc_now() -> datetime:
    """The clock of this machine."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Holder:
    """Who runs: user@host and process."""

    user: str
    host: str
    process: int

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
        return cls(user, socket.gethostname(), os.getpid())


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
        if live and _left_behind(live.get("spec") or {}, holder or Holder.this_process(), now()):
            cluster.delete(_ref(installation, namespace), uid=str(live["metadata"].get("uid") or "") or None)


def _ref(installation: str, namespace: str) -> ObjectRef:
    return ObjectRef("coordination.k8s.io", "Lease", namespace, f"apigeectl-{installation}")


def _acquire(cluster: Cluster, ref: ObjectRef, me: Holder, now: Now, duration: float) -> LiveObject:
    for _ in range(_ATTEMPTS):
        live = cluster.get(ref)
        try:
            if live is None:
                return cluster.create(_manifest(ref, me, now(), duration))
            _check_free(live, me, now())
            return cluster.replace(_taken(live, me, now(), duration))
        except Conflict:
            continue  # somebody was faster; look who
    raise Refused(f"{ref}: several runs are fighting for it", hint="wait until the others are done")


_ATTEMPTS = 5


def _check_free(live: LiveObject, me: Holder, now: datetime) -> None:
    spec = live.get("spec") or {}
    identity = str(spec.get("holderIdentity") or "")
    if not identity or _left_behind(spec, me, now):
        return
    since = str(spec.get("acquireTime") or "an unknown time").split(".")[0]
    raise Refused(
        f"another apigeectl works on this installation: {identity}, since {since}Z",
        hint="wait until it is done; a run that died lets go a minute later",
    )


def _left_behind(spec: Mapping[str, Any], me: Holder, now: datetime) -> bool:
    """The lease was not renewed in time, or its process was killed on this very machine."""
    renewed = _time(spec.get("renewTime")) or _time(spec.get("acquireTime"))
    if renewed is None or now > renewed + timedelta(seconds=float(spec.get("leaseDurationSeconds") or 0)):
        return True
    holder = Holder.parse(str(spec.get("holderIdentity")))
    return bool(holder) and holder.host == me.host and (holder == me or not _alive(holder.process))  # type: ignore[union-attr]


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
            },
            "spec": _spec(me, now, duration),
        }
    )


def _taken(live: LiveObject, me: Holder, now: datetime, duration: float) -> LiveObject:
    return {**live, "spec": {**(live.get("spec") or {}), **_spec(me, now, duration)}}


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
