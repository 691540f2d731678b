"""What delete (and prune) never destroys, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Protocol

from apigeectl.errors import NotFound
from apigeectl.manifests import APIGEE_GROUP, LiveObject, ObjectRef, ref_of

_CUSTOM_KINDS = (
    "ApigeeDatastore",
    "ApigeeDeployment",
    "ApigeeEnvironment",
    "ApigeeOrganization",
    "ApigeeRedis",
    "ApigeeRoute",
    "ApigeeRouteConfig",
    "ApigeeTelemetry",
    "CassandraDataReplication",
)
_KEY_SECRETS = ("*-encryption-keys", "*-data-encryption", "*-ax-salt", "apigee-datastore-default-creds")
_AUTHORITY = frozenset({"apigee-ca", "apigee-ca-issuer", "apigee-root-certificate-issuer"})
_SHARED_NAMES = (
    *("apigee-datastore-*", "apigee-redis-*", "apigee-cassandra-backup*", "apigee-cassandra-restore*"),
    *("apigee-metrics-*", "apigee-logger-*", "apigee-telemetry"),
)
"""Names of what every organization in a namespace uses; an organization's own names carry its ID."""

_OPERATOR_NAMES = (
    *("apigee", "apigee-config", "apigee-init", "apigee-manager*", "apigee-resources-install"),
    *("apigee-controller-*", "apigee-webhook-*", "apigee-serving-cert", "apigee-selfsigned-issuer"),
    *("apigee-leader-election-*", "apigee-proxy-*", "apigee-ca-issuer"),
    *("apigee-ingressgateway", "apigee-ingressgateway-manager*", "apigee-ingressgateway-sds*"),
    *("apigee-istio*", "apigee-envoyfilter*"),
)
"""Names of what init puts into a namespace that it shares with the runtime."""


class Cluster(Protocol):
    """What looking around needs of a cluster."""

    def list(
        self, group: str, kind: str, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> Iterable[LiveObject]: ...


@dataclass(frozen=True)
class Surroundings:
    """What else the cluster has: that decides whether an object may go."""

    installation: str
    namespace: str
    operator_namespace: str
    volumes: frozenset[ObjectRef]
    """Volume claims of Cassandra, which hold the data."""

    staying: frozenset[ObjectRef]
    """Custom resources in the whole cluster that are not about to be deleted."""

    @property
    def ours_staying(self) -> list[ObjectRef]:
        """Custom resources beside ours that stay; of shared kinds only while nobody else may need them."""
        return sorted(
            ref
            for ref in self.staying
            if ref.namespace == self.namespace and not (self.others and _is_shared(ref))
        )

    @property
    def others(self) -> list[ObjectRef]:
        """Other organizations than ours that are installed in this cluster."""
        ours = ObjectRef(APIGEE_GROUP, "ApigeeOrganization", self.namespace, self.installation)
        return sorted(ref for ref in self.staying if ref.kind == "ApigeeOrganization" and ref != ours)


@dataclass(frozen=True)
class Guard:
    """One thing that is never destroyed, with the reason as it is printed."""

    name: str
    sentence: str
    """Where it names another organization, a gap for it."""
    holds: Callable[[ObjectRef, Surroundings], bool]

    def told(self, around: Surroundings) -> str:
        """The sentence for this cluster."""
        return self.sentence.format(other=next(iter(around.others), ""))


def _is_cert_managers(ref: ObjectRef, _: Surroundings) -> bool:
    definition = ref.kind == "CustomResourceDefinition" and ref.name.endswith("cert-manager.io")
    return definition or ref.namespace == "cert-manager"


def _is_authority(ref: ObjectRef, _: Surroundings) -> bool:
    cluster_wide = ref.kind == "ClusterIssuer"
    return ref.name in _AUTHORITY and (cluster_wide or ref.kind in {"Secret", "Certificate"})


def _holds_keys(ref: ObjectRef, around: Surroundings) -> bool:
    return ref.kind == "Secret" and _named(ref, _KEY_SECRETS) and bool(around.volumes)


def _is_definition_in_use(ref: ObjectRef, around: Surroundings) -> bool:
    apigees = ref.kind == "CustomResourceDefinition" and ref.name.endswith(f".{APIGEE_GROUP}")
    return apigees and bool(around.staying)


def _is_shared_and_used(ref: ObjectRef, around: Surroundings) -> bool:
    return bool(around.others) and (_is_shared(ref) or _is_operators(ref, around))


def _serves_finalizers(ref: ObjectRef, around: Surroundings) -> bool:
    return bool(around.staying) and _is_operators(ref, around)


def _is_shared(ref: ObjectRef) -> bool:
    if ref.group == APIGEE_GROUP:
        return ref.kind in {"ApigeeDatastore", "ApigeeRedis", "ApigeeTelemetry"}
    return _named(ref, _SHARED_NAMES)


def _is_operators(ref: ObjectRef, around: Surroundings) -> bool:
    if not ref.namespace:
        return True
    if ref.namespace == around.operator_namespace != around.namespace:
        return True
    return ref.group != APIGEE_GROUP and _named(ref, _OPERATOR_NAMES)


def _named(ref: ObjectRef, patterns: Iterable[str]) -> bool:
    return any(fnmatch(ref.name, pattern) for pattern in patterns)


GUARDS: tuple[Guard, ...] = (
    Guard(
        "volume-claims",
        "volume claims hold the data of Cassandra and are never deleted",
        lambda ref, _: ref.kind == "PersistentVolumeClaim",
    ),
    Guard("namespaces", "namespaces are never deleted", lambda ref, _: ref.kind == "Namespace"),
    Guard(
        "certificate-authority",
        "every certificate between the components hangs on this authority, in other regions too",
        _is_authority,
    ),
    Guard("cert-manager", "cert-manager belongs to the cluster", _is_cert_managers),
    Guard("key-secrets", "without it the data in the volumes of Cassandra cannot be read", _holds_keys),
    Guard("definitions-in-use", "deleting a definition would delete all its objects", _is_definition_in_use),
    Guard("other-organizations", "{other} is in this cluster, too, and may need it", _is_shared_and_used),
    Guard(
        "operator-needed",
        "custom resources are left that only the operator can delete cleanly",
        _serves_finalizers,
    ),
)
"""In the order of asking: the first that holds gives the sentence."""


def guarded(ref: ObjectRef, around: Surroundings) -> Guard | None:
    """The guard that keeps an object, None when it may go."""
    return next((guard for guard in GUARDS if guard.holds(ref, around)), None)


def may_be_guarded(ref: ObjectRef, *, installation: str, namespace: str, operator_namespace: str) -> bool:
    """Some cluster could have what makes a guard keep the object; for who cannot look."""
    other = ObjectRef(APIGEE_GROUP, "ApigeeOrganization", "", "")
    volume = ObjectRef("", "PersistentVolumeClaim", namespace, "")
    full = Surroundings(installation, namespace, operator_namespace, frozenset({volume}), frozenset({other}))
    return guarded(ref, full) is not None


def look_around(
    cluster: Cluster,
    going: Collection[ObjectRef],
    *,
    installation: str,
    namespace: str,
    operator_namespace: str,
) -> Surroundings:
    """Ask what else the cluster has, before anything of it is deleted."""

    def refs(kind: str) -> set[ObjectRef]:
        try:
            return {ref_of(live) for live in cluster.list(APIGEE_GROUP, kind) if _stands_alone(live)}
        except NotFound:
            return set()

    with ThreadPoolExecutor(8, thread_name_prefix="guard") as pool:
        claims = pool.submit(lambda: [*cluster.list("", "PersistentVolumeClaim", namespace)])
        found: set[ObjectRef] = set().union(*pool.map(refs, _CUSTOM_KINDS))
        volumes = frozenset(ref_of(claim) for claim in claims.result() if _is_cassandras(claim))
    staying = frozenset(found - set(going))
    return Surroundings(installation, namespace, operator_namespace, volumes, staying)


def _stands_alone(live: Mapping[str, object]) -> bool:
    # What an object owns goes with it, or stays with it.
    metadata = live["metadata"]
    return isinstance(metadata, Mapping) and not metadata.get("ownerReferences")


def _is_cassandras(claim: LiveObject) -> bool:
    app = (claim["metadata"].get("labels") or {}).get("app")
    return app == "apigee-cassandra" or "cassandra" in claim["metadata"]["name"]
