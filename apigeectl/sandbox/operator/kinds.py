"""The kinds that the operator and the controllers watch and write, and their paths."""

from __future__ import annotations

from dataclasses import dataclass

from apigeectl.manifests import APIGEE_GROUP, LiveObject, split_api_version


@dataclass(frozen=True)
class Kind:
    """One kind as it stands in URLs."""

    name: str
    api_version: str
    plural: str
    namespaced: bool = True
    only_bare: bool = False  # watched only where nothing else collects garbage

    @property
    def crd(self) -> str:
        """The name of its CustomResourceDefinition, "" for a kind that every API server has."""
        group = split_api_version(self.api_version)[0]
        return f"{self.plural}.{group}" if group.endswith((".com", ".io")) and "k8s.io" not in group else ""

    def path(self, namespace: str = "", name: str = "", *, version: str = "") -> str:
        """The path of the collection, or of one object."""
        group, own = split_api_version(self.api_version)
        parts = ["/apis", group, version or own] if group else ["/api", own]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        return "/".join([*parts, self.plural, *([name] if name else [])])


KINDS = {
    kind.name: kind
    for kind in (
        Kind("Namespace", "v1", "namespaces", namespaced=False),
        Kind("Node", "v1", "nodes", namespaced=False),
        Kind("Pod", "v1", "pods"),
        Kind("Service", "v1", "services"),
        Kind("Endpoints", "v1", "endpoints"),
        Kind("PersistentVolumeClaim", "v1", "persistentvolumeclaims"),
        Kind("ConfigMap", "v1", "configmaps", only_bare=True),
        Kind("Secret", "v1", "secrets", only_bare=True),
        Kind("Event", "v1", "events", only_bare=True),
        Kind("StorageClass", "storage.k8s.io/v1", "storageclasses", namespaced=False, only_bare=True),
        Kind("Deployment", "apps/v1", "deployments"),
        Kind("ReplicaSet", "apps/v1", "replicasets"),
        Kind("StatefulSet", "apps/v1", "statefulsets"),
        Kind("DaemonSet", "apps/v1", "daemonsets"),
        Kind("Job", "batch/v1", "jobs"),
        Kind(
            "CustomResourceDefinition",
            "apiextensions.k8s.io/v1",
            "customresourcedefinitions",
            namespaced=False,
        ),
        *(
            Kind(f"{name}WebhookConfiguration", "admissionregistration.k8s.io/v1", plural, namespaced=False)
            for name, plural in (
                ("Mutating", "mutatingwebhookconfigurations"),
                ("Validating", "validatingwebhookconfigurations"),
            )
        ),
        Kind("Certificate", "cert-manager.io/v1", "certificates"),
        Kind("Issuer", "cert-manager.io/v1", "issuers"),
        Kind("ClusterIssuer", "cert-manager.io/v1", "clusterissuers", namespaced=False),
        Kind("ApigeeDatastore", f"{APIGEE_GROUP}/v1alpha1", "apigeedatastores"),
        Kind("ApigeeRedis", f"{APIGEE_GROUP}/v1alpha1", "apigeeredis"),
        Kind("ApigeeOrganization", f"{APIGEE_GROUP}/v1alpha2", "apigeeorganizations"),
        Kind("ApigeeEnvironment", f"{APIGEE_GROUP}/v1alpha2", "apigeeenvironments"),
        Kind("ApigeeTelemetry", f"{APIGEE_GROUP}/v1alpha2", "apigeetelemetries"),
        Kind("ApigeeRouteConfig", f"{APIGEE_GROUP}/v1alpha1", "apigeerouteconfigs"),
        Kind("ApigeeRoute", f"{APIGEE_GROUP}/v1alpha1", "apigeeroutes"),
        Kind("ApigeeDeployment", f"{APIGEE_GROUP}/v1alpha2", "apigeedeployments"),
    )
}


def storage_version(crd: LiveObject) -> str:
    """The version to read and write: any other asks the conversion webhook, which nobody answers here."""
    return next(str(version["name"]) for version in crd["spec"]["versions"] if version["storage"])


def established(crd: LiveObject | None) -> bool:
    """Whether the API server serves the kind of this definition."""
    conditions = (crd or {}).get("status", {}).get("conditions") or ()
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)
