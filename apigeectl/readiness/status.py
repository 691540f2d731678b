"""One live object to ready, progressing, failed, terminating or missing: a pure function and its table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from apigeectl.manifests import APIGEE_GROUP, LiveObject, split_api_version
from apigeectl.readiness import apigee, conditions, pods, workloads
from apigeectl.readiness.model import Readiness, State, ready

__all__ = ["KINDS", "Readiness", "State", "readiness"]

_Judge = Callable[[Mapping[str, Any]], Readiness]

KINDS: Mapping[tuple[str, str], _Judge] = {
    ("", "Namespace"): conditions.namespace,
    ("", "PersistentVolumeClaim"): conditions.volume_claim,
    ("", "Pod"): pods.pod,
    ("apps", "DaemonSet"): workloads.daemon_set,
    ("apps", "Deployment"): workloads.deployment,
    ("apps", "ReplicaSet"): workloads.replica_set,
    ("apps", "StatefulSet"): workloads.stateful_set,
    ("batch", "Job"): workloads.job,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): conditions.definition,
    ("apiregistration.k8s.io", "APIService"): conditions.condition_true("Available"),
    ("cert-manager.io", "Certificate"): conditions.condition_true("Ready"),
    ("cert-manager.io", "ClusterIssuer"): conditions.condition_true("Ready"),
    ("cert-manager.io", "Issuer"): conditions.condition_true("Ready"),
    (APIGEE_GROUP, "ApigeeDatastore"): apigee.resource,
    (APIGEE_GROUP, "ApigeeDeployment"): apigee.resource,
    (APIGEE_GROUP, "ApigeeEnvironment"): apigee.resource,
    (APIGEE_GROUP, "ApigeeOrganization"): apigee.resource,
    (APIGEE_GROUP, "ApigeeRedis"): apigee.resource,
    (APIGEE_GROUP, "ApigeeRoute"): apigee.resource,
    (APIGEE_GROUP, "ApigeeRouteConfig"): apigee.route_config,
    (APIGEE_GROUP, "ApigeeTelemetry"): apigee.resource,
}
"""How each kind is judged; a kind that is not here is ready as soon as it exists."""


def readiness(live: LiveObject | None) -> Readiness:
    """Judge one live object as the cluster returned it; None stands for an absent one."""
    if live is None:
        return Readiness(State.MISSING, "it does not exist")
    if live.get("metadata", {}).get("deletionTimestamp"):
        return Readiness(State.TERMINATING, _what_holds(live))
    group, _ = split_api_version(str(live.get("apiVersion", "")))
    judge = KINDS.get((group, str(live.get("kind", ""))))
    return judge(live) if judge else ready()


def _what_holds(live: LiveObject) -> str:
    finalizers = live["metadata"].get("finalizers") or ()
    return f"it is being deleted; held by {', '.join(finalizers)}" if finalizers else "it is being deleted"
