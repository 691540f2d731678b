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
    "connect-agent=not-connecting": "the agent runs and cannot reach Apigee Connect: no stream, and no fatal line either",
    "connect-agent=foreign-cluster": "the agent runs under the name and region of another cluster "
    "until its pods are replaced",
    "connect-api=disabled": "the Apigee Connect API is off in the project until it is enabled",
    "iam=slow": "roles and APIs that are granted or enabled become true 20 seconds later",
    "iam=stale-etag": "somebody else is faster twice: writes of the IAM policy and of the synchronizer authorization "
    "are answered 409",
    "mart-key=revoked": "the key in the MART account's file was deleted at Google",
    "sync=unauthorized": "the synchronizer's account is not among those that may fetch contracts",
    "crd-missing": "the bundle holds no custom resource definitions, so init has none to install",
    "operator-down": "the operator runs, as one that is not the leader, and nobody reconciles the custom resources",
    "kubernetes=http-503": "every fourth request to the Kubernetes API is answered 503, to be tried again",
    "google=http-503": "every third request to Google's APIs is answered 503",
    "google=http-429": "every third request to Google's APIs is answered 429, as when the rate limit is hit",
    "google=slow": "every answer of Google's APIs takes 20 ms longer",
    "deployments=bundle-error": "every other runtime pod cannot load the newest revision of a proxy: state ERROR, and "
    "the revision before is taken down all the same",
    "deployments=silent-pods": "one runtime pod serves what it should and never reports",
    "deployments=route-conflict": "every base path belongs to an older deployment in another environment, too",
    "deployments=slow-sync": "runtime pods poll twenty times more seldom",
    "deployments=never-ready": "runtime pods take the newest revision of a proxy and never finish loading it",
    "deployments=no-pod-reports": "no runtime pod reports, though all serve, as in hybrid 1.16.0",
    "deployments=pod-reports": "the runtime reports every pod and no percentages, as in hybrid 1.2",
    "org=forbidden": "the organization may not be read or written (403)",
    "org=forgetful": "a PUT of the organization is answered 200 and has no effect",
    "org=wrong-project": "the organization belongs to another project than the accounts",
    "org=twin-property": "Connect is switched on under a misspelt name, as a public tool writes it",
}
"""Faults with a meaning of their own; `http-503` alone is short for `kubernetes=http-503`,
and those of deployments may be named without `deployments=`."""

_SHORT = {
    "http-503": "kubernetes=http-503",
    "permission-denied": "connect-agent=permission-denied",
    "agent-not-connecting": "connect-agent=not-connecting",
    "foreign-cluster": "connect-agent=foreign-cluster",
    "api-disabled": "connect-api=disabled",
    "slow-iam": "iam=slow",
    "stale-etag": "iam=stale-etag",
    "wrong-project": "org=wrong-project",
    **{name.partition("=")[2]: name for name in FAULTS if name.startswith("deployments=")},
}


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
