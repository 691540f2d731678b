"""The rights that the commands need, as a table, and the ClusterRole that grants the missing ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from apigeectl.manifests import APIGEE_GROUP, LiveObject, Manifest

_WRITE = ("get", "create", "patch", "delete")
"""Server-side apply creates with create and patch, changes with patch."""

_READ = ("get", "list", "watch")
_ALL = ("get", "list", "watch", "create", "patch", "delete")

_GRANT = ("bind", "escalate")
"""Who gives the operator rights that he does not have himself needs leave to; admins of a cluster have it."""

ANYWHERE = ""
RUNTIME, OPERATOR, CERT_MANAGER = "runtime", "operator", "cert-manager"
"""The namespaces that the table speaks of; ANYWHERE is for what has none, or is looked for in all of them."""


@dataclass(frozen=True)
class Right:
    """Verbs on one resource, in the namespaces named."""

    group: str
    resource: str
    verbs: tuple[str, ...]
    places: tuple[str, ...]


RIGHTS: tuple[Right, ...] = (
    Right("", "namespaces", ("get", "list", "watch", "create", "patch"), (ANYWHERE,)),
    Right("", "secrets", _ALL, (RUNTIME,)),
    Right("", "configmaps", _ALL, (RUNTIME, OPERATOR)),
    Right("", "serviceaccounts", _WRITE, (RUNTIME, OPERATOR)),
    Right("", "services", _WRITE, (RUNTIME, OPERATOR)),
    Right("", "pods", _READ, (RUNTIME, OPERATOR)),
    Right("", "pods/log", ("get",), (RUNTIME, OPERATOR)),
    Right("", "persistentvolumeclaims", ("get", "list"), (RUNTIME,)),
    Right("", "secrets", ("get",), (CERT_MANAGER,)),
    Right("apps", "deployments", _ALL, (RUNTIME, OPERATOR)),
    Right("apps", "deployments", _READ, (CERT_MANAGER,)),
    Right("autoscaling", "horizontalpodautoscalers", _WRITE, (RUNTIME,)),
    Right("batch", "jobs", ("list", "watch"), (RUNTIME, OPERATOR)),
    Right("coordination.k8s.io", "leases", ("get", "create", "update", "delete"), (RUNTIME, OPERATOR)),
    Right("cert-manager.io", "issuers", _ALL, (OPERATOR,)),
    Right("cert-manager.io", "issuers", ("create", "patch"), (CERT_MANAGER,)),  # a dry run, to see it answer
    Right("cert-manager.io", "certificates", _ALL, (RUNTIME, OPERATOR, CERT_MANAGER)),
    Right("cert-manager.io", "clusterissuers", _ALL, (ANYWHERE,)),
    Right("rbac.authorization.k8s.io", "roles", (*_WRITE, *_GRANT), (RUNTIME, OPERATOR)),
    Right("rbac.authorization.k8s.io", "rolebindings", _WRITE, (RUNTIME, OPERATOR)),
    Right("rbac.authorization.k8s.io", "clusterroles", (*_WRITE, *_GRANT), (ANYWHERE,)),
    Right("rbac.authorization.k8s.io", "clusterrolebindings", _WRITE, (ANYWHERE,)),
    Right("scheduling.k8s.io", "priorityclasses", _WRITE, (ANYWHERE,)),
    Right("apiextensions.k8s.io", "customresourcedefinitions", _ALL, (ANYWHERE,)),
    Right("admissionregistration.k8s.io", "mutatingwebhookconfigurations", _WRITE, (ANYWHERE,)),
    Right("admissionregistration.k8s.io", "validatingwebhookconfigurations", _WRITE, (ANYWHERE,)),
    *(
        Right(APIGEE_GROUP, resource, _ALL, (RUNTIME,))
        for resource in (
            "apigeedatastores",
            "apigeeredis",
            "apigeeorganizations",
            "apigeeenvironments",
            "apigeetelemetries",
            "apigeerouteconfigs",
        )
    ),
    *(
        Right(APIGEE_GROUP, resource, ("list",), (ANYWHERE,))
        for resource in (
            "apigeedatastores",
            "apigeedeployments",
            "apigeeenvironments",
            "apigeeorganizations",
            "apigeeredis",
            "apigeerouteconfigs",
            "apigeeroutes",
            "apigeetelemetries",
            "cassandradatareplications",
        )
    ),
)
"""What init, apply, check-ready and delete ask of the API server, by its request log in the sandbox."""


@dataclass(frozen=True, order=True)
class Access:
    """One verb on one resource in one namespace, as an access review asks for it."""

    group: str
    resource: str
    verb: str
    namespace: str = ""


class Cluster(Protocol):
    """Where access reviews are answered."""

    def create(self, manifest: Manifest) -> LiveObject: ...


def accesses(rights: Iterable[Right], namespaces: dict[str, str]) -> tuple[Access, ...]:
    """Every single question of the table; `namespaces` says what runtime, operator and cert-manager are called."""
    return tuple(
        dict.fromkeys(
            Access(right.group, right.resource, verb, namespaces.get(place, ""))
            for right in rights
            for place in right.places
            for verb in right.verbs
        )
    )


def refused(cluster: Cluster, questions: Sequence[Access]) -> tuple[Access, ...]:
    """Those that the account may not do."""
    with ThreadPoolExecutor(8, thread_name_prefix="review") as pool:
        allowed = pool.map(lambda one: _is_allowed(cluster, one), questions)
        return tuple(one for one, may in zip(questions, allowed, strict=True) if not may)


def cluster_role(missing: Iterable[Access], name: str = "apigeectl") -> dict[str, Any]:
    """A ClusterRole that grants them, to be bound to whoever runs apigeectl."""
    verbs: dict[tuple[str, str], set[str]] = {}
    for one in missing:
        verbs.setdefault((one.group, one.resource), set()).add(one.verb)
    rules = [
        {"apiGroups": [group], "resources": [resource], "verbs": sorted(wanted)}
        for (group, resource), wanted in sorted(verbs.items())
    ]
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": rules,
    }


def summed_up(missing: Iterable[Access]) -> Iterator[str]:
    """A line a resource: `patch secrets in apigee`."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for one in missing:
        resource = f"{one.resource}.{one.group}" if one.group else one.resource
        grouped.setdefault((resource, one.namespace), []).append(one.verb)
    for (resource, namespace), verbs in grouped.items():
        yield f"{', '.join(verbs)} {resource}" + (f" in {namespace}" if namespace else "")


def _is_allowed(cluster: Cluster, access: Access) -> bool:
    resource, _, subresource = access.resource.partition("/")
    attributes = {
        "group": access.group,
        "resource": resource,
        "verb": access.verb,
        **({"subresource": subresource} if subresource else {}),
        **({"namespace": access.namespace} if access.namespace else {}),
    }
    review = Manifest(
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "metadata": {"name": ""},
            "spec": {"resourceAttributes": attributes},
        }
    )
    return bool((cluster.create(review).get("status") or {}).get("allowed"))
