"""Webhooks: whether one answers is known only by asking, and a server-side dry run asks without writing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from apigeectl.errors import APIError, Conflict, Forbidden, Invalid, ServiceFailure, Unreachable, WaitTimeout
from apigeectl.manifests import LiveObject, Manifest, ObjectRef
from apigeectl.readiness.model import progressing
from apigeectl.readiness.wait import Clock, Progress

PAUSE_SECONDS = 2.0


class Asked(Protocol):
    """What asking webhooks needs of a cluster."""

    def get(self, ref: ObjectRef, version: str | None = None) -> LiveObject | None: ...
    def apply(self, manifest: Manifest, *, dry_run: bool = False, force: bool = False) -> LiveObject: ...


@dataclass(frozen=True)
class Patience:
    """How long to go on asking, in seconds, and how often."""

    timeout: float
    pause: float = PAUSE_SECONDS
    clock: Clock = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def wait_until_answered(cluster: Asked, probe: Manifest, name: str, patience: Patience) -> Iterator[Progress]:
    """Wait until a dry run of the probe is accepted, or refused by the webhook itself; yield what is in the way.

    WaitTimeout names what is behind the last failure. Other refusals, such as missing rights, are raised at once.
    """
    yield from _until(lambda: _trouble(cluster, probe), probe.ref, f"{name} does not answer", patience)


def wait_until_trusted(cluster: Asked, refs: Iterable[ObjectRef], patience: Patience) -> Iterator[Progress]:
    """Wait until cert-manager has put its CA into webhook configurations and conversions of definitions."""
    for ref in refs:
        yield from _until(
            lambda ref=ref: _untrusted(cluster.get(ref)),  # type: ignore[misc]  # mypy knows no default of a lambda
            ref,
            f"{ref} has no CA",
            patience,
        )


def _until(ask: Callable[[], str], ref: ObjectRef, complaint: str, patience: Patience) -> Iterator[Progress]:
    begun = patience.clock()
    said = ""
    while trouble := ask():
        spent = patience.clock() - begun
        if trouble != said:
            said = trouble
            yield Progress(ref, progressing(trouble), spent)
        if spent >= patience.timeout:
            raise WaitTimeout(
                f"after {patience.timeout:.0f} s {complaint}", details=[trouble], hint=_cause(trouble)
            )
        patience.sleep(min(patience.pause, patience.timeout))


def _trouble(cluster: Asked, probe: Manifest) -> str:
    try:
        cluster.apply(probe, dry_run=True)
    except (Unreachable, ServiceFailure) as error:
        return error.message
    except APIError as error:
        if _NOT_CALLED in error.message:
            return error.message
        if isinstance(error, (Conflict, Invalid)) or (
            isinstance(error, Forbidden) and _DENIED in error.message
        ):
            return ""  # its own no is an answer
        raise
    return ""


_NOT_CALLED = "failed calling webhook"
_DENIED = "denied the request"


def _untrusted(live: LiveObject | None) -> str:
    if live is None:
        return "it does not exist"
    conversion = ((live.get("spec") or {}).get("conversion") or {}).get("webhook")
    asked: list[Mapping[str, Any]] = [*(live.get("webhooks") or ()), *([conversion] if conversion else ())]
    waiting = [one for one in asked if not (one.get("clientConfig") or {}).get("caBundle")]
    return "cert-manager has not put its CA there yet" if waiting else ""


def _cause(trouble: str) -> str | None:
    return next((hint for words, hint in _CAUSES if any(word in trouble for word in words)), None)


_CAUSES = (
    (
        ("not valid for any names",),
        "a service mesh stands in between: exclude the webhook's namespace from sidecar injection",
    ),
    (
        ("i/o timeout", "context deadline exceeded", "Client.Timeout", "request canceled"),
        "the API server cannot reach the pod: open the port that the message names (9443 for Apigee's operator, "
        "10250 for cert-manager) from the control plane to the nodes",
    ),
    (
        ("no endpoints", "connection refused"),
        "the workload behind the webhook is not ready: look at its pods",
    ),
    (
        ("x509", "has not put its CA"),
        "cert-manager's cainjector did not do its work: kubectl -n cert-manager logs deployment/cert-manager-cainjector",
    ),
)
"""What is most often behind a failure, in the order in which the words decide."""
