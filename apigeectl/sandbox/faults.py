"""Faults on request: what the sandbox can be told to do wrong, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from apigeectl.errors import UsageError

COMPONENT_APPS = {
    "cassandra": ("apigee-cassandra",),
    "redis": ("apigee-redis",),
    "redis-envoy": ("apigee-redis-envoy",),
    "user-setup": ("apigee-cassandra-user-setup",),
    "schema-setup": ("apigee-cassandra-schema-setup",),
    "mart": ("apigee-mart",),
    "connect-agent": ("apigee-connect-agent",),
    "watcher": ("apigee-watcher",),
    "udca": ("apigee-udca",),
    "runtime": ("apigee-runtime",),
    "synchronizer": ("apigee-synchronizer",),
    "ingressgateway": ("apigee-ingressgateway",),
    "ingressgateway-manager": ("apigee-ingressgateway-manager",),
    "metrics": ("apigee-prometheus-app", "apigee-prometheus-proxy", "apigee-prometheus-adapter"),
    "logger": ("apigee-logger",),
    "operator": ("apigee-controller",),
}
"""The components that a fault can strike, and the `app` label of their pods."""

POD_FAULTS = {
    "image-pull": "its pods cannot pull their image: ErrImagePull, then ImagePullBackOff",
    "pending": "its pods find no node: Unschedulable",
    "crash-loop": "its containers exit with 1 again and again: CrashLoopBackOff",
}
"""Faults of the form COMPONENT=FAULT, and what each means."""

FAULTS = {
    "connect-agent=permission-denied": "the MART account lacks roles/apigeeconnect.Agent: the agent crash-loops "
    "until it is granted",
    "connect-api=disabled": "the Apigee Connect API is off in the project until it is enabled",
    "crd-missing": "the bundle holds no custom resource definitions, so init has none to install",
    "operator-down": "the operator never becomes available, and nobody reconciles the custom resources",
    "kubernetes=http-503": "every fourth request to the Kubernetes API is answered 503, to be tried again",
    "google=http-503": "every third request to Google's APIs is answered 503",
    "org=forbidden": "the organization may not be read or written (403)",
}
"""Faults with a meaning of their own; `http-503` alone is short for `kubernetes=http-503`."""

_SHORT = {"http-503": "kubernetes=http-503"}


@dataclass(frozen=True)
class Faults:
    """The faults in force."""

    named: frozenset[str] = frozenset()
    pods: dict[str, str] = field(default_factory=dict)  # app label to pod fault

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Faults:
        """From what was typed after --fault; a UsageError names those that exist."""
        named: set[str] = set()
        pods: dict[str, str] = {}
        for text in texts:
            component, _, fault = text.partition("=")
            if (whole := _SHORT.get(text, text)) in FAULTS:
                named.add(whole)
            elif component in COMPONENT_APPS and fault in POD_FAULTS:
                pods.update(dict.fromkeys(COMPONENT_APPS[component], fault))
            else:
                raise UsageError(f"no such fault: {text}", details=fault_lines(), hint="choose one of these")
        return cls(frozenset(named), pods)

    def __contains__(self, fault: str) -> bool:
        return fault in self.named


def fault_lines() -> tuple[str, ...]:
    """Every fault with its meaning, a line each, for help texts."""
    components = ", ".join(COMPONENT_APPS)
    return (
        *(f"{name}: {meaning}" for name, meaning in FAULTS.items()),
        *(f"COMPONENT={name}: {meaning}" for name, meaning in POD_FAULTS.items()),
        f"COMPONENT is one of {components}",
    )
