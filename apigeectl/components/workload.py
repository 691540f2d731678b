"""One component as its template sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apigeectl.components import scheduling
from apigeectl.components.identity import Identity
from apigeectl.components.piece import Inputs
from apigeectl.components.settings import pull_policy
from apigeectl.components.values import mapping, quantities, text_map


@dataclass(frozen=True)
class Workload:
    """The values of one component. What is None is left out of the manifest."""

    version: str | None
    image: str
    pull_policy: str
    key_secret: str | None = None
    service_account: str | None = None
    annotations: Mapping[str, str] | None = None
    node_affinity: Mapping[str, Any] | None = None
    node_affinity_required: bool | None = None
    tolerations: Any = None
    host_network: bool | None = None
    security_context: Mapping[str, Any] | None = None
    auto_scaler: Mapping[str, Any] | None = None
    config_override: Mapping[str, str] | None = None
    resources: Mapping[str, Any] | None = None
    liveness_probe: Mapping[str, Any] | None = None
    readiness_probe: Mapping[str, Any] | None = None
    own: Mapping[str, Any] = field(default_factory=dict)
    """What only this component has, under the names that its template uses."""


def workload(
    inputs: Inputs,
    section: Mapping[str, Any],
    image: str,
    *,
    identity: Identity | None = None,
    pools: tuple[str, ...] = (scheduling.RUNTIME_POOL,),
    user: Mapping[str, Any] | None = None,
    env: Mapping[str, Any] | None = None,
    **better: Any,
) -> Workload:
    """What every component has in common, read from its section; `better` is what its caller knows better.

    `user` is the security context of a component that does not run as its image says, `env` the environment
    of the file that it belongs to.
    """
    settings = inputs.settings
    identity = identity or Identity()
    seccomp = settings.seccomp_profile(section, mapping(env))
    required = settings.release.has_node_affinity_flag and scheduling.node_affinity_required(settings)
    values: dict[str, Any] = {
        "version": settings.version,
        "image": settings.image(section, image),
        "pull_policy": pull_policy(section),
        "key_secret": identity.secret,
        "service_account": identity.account,
        "annotations": text_map(
            {**mapping(section.get("annotations")), **identity.annotations(settings, inputs.sources)}
        ),
        "node_affinity": scheduling.node_affinity(settings, *pools, own=section.get("nodeSelector")),
        "node_affinity_required": True if required else None,
        "tolerations": section.get("tolerations") or None,
        "host_network": True if section.get("hostNetwork") is True else None,
        "security_context": {**(user or {}), **({"seccompProfile": seccomp} if seccomp else {})} or None,
        "auto_scaler": scheduling.autoscaler(inputs, section) or None,
        "config_override": text_map(section.get("cwcAppend")),
        "resources": quantities(section.get("resources")),
        "liveness_probe": mapping(section.get("livenessProbe")) or None,
        "readiness_probe": mapping(section.get("readinessProbe")) or None,
    }
    return Workload(**(values | better))
