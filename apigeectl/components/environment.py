"""One ApigeeEnvironment for each environment: runtime, synchronizer and UDCA."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from apigeectl.components import names, scheduling
from apigeectl.components.defaults import LATENCY_BUCKETS
from apigeectl.components.identity import Identity, env_identity
from apigeectl.components.organization import (
    authz,
    encryption_variable,
    organization_key_variable,
    schema_readiness,
    udca,
)
from apigeectl.components.piece import Inputs, Piece, custom_resource, identity_pieces, protected_secret
from apigeectl.components.protected import environment_secret
from apigeectl.components.settings import Settings, forward_proxy
from apigeectl.components.values import mapping, merged, text, text_map, whole
from apigeectl.components.workload import Workload, workload


def environment_pieces(settings: Settings, env: str) -> Iterator[Piece]:
    """What the environment refers to, then the ApigeeEnvironment."""
    environment = _Environment(settings, env, settings.env_indices[env])
    for component in ("synchronizer", "udca", "runtime"):
        if component == "udca" and not settings.release.has_udca:
            continue
        yield from identity_pieces(component, settings, environment.identity(component))
    yield protected_secret(
        "environment", settings, environment_secret(settings.overrides, env, environment.index)
    )
    yield custom_resource("environment", "ApigeeEnvironment", settings, environment.id, environment.values)


class _Environment:
    def __init__(self, settings: Settings, name: str, index: int) -> None:
        self.settings = settings
        self.name = name
        self.id = names.env_id(settings.org, name)
        self.index = index
        self.written = mapping(settings.overrides.get("envs", [])[index])

    def identity(self, component: str) -> Identity:
        return env_identity(self.settings, self.written, self.index, component)

    def values(self, inputs: Inputs) -> Mapping[str, Any]:
        return {
            "env": self.name,
            "organization_ref": self.settings.org_id,
            "schema_readiness": schema_readiness(self.settings),
            "runtime": self._runtime(inputs),
            "synchronizer": self._synchronizer(inputs),
            "udca": self._udca(inputs) if self.settings.release.has_udca else None,
        }

    def _own(self, component: str) -> Mapping[str, Any]:
        return mapping(mapping(self.written.get("components")).get(component))

    def _replicas(self, component: str) -> Mapping[str, Any]:
        if not self.settings.release.has_env_replicas:
            return {}
        return self._own(component)

    def _udca(self, inputs: Inputs) -> Workload:
        replicas = self._replicas("udca")
        scaler = scheduling.autoscaler(inputs, self.settings.section("udca"), replicas)
        return udca(inputs, self.identity("udca"), auto_scaler=scaler, env=self.written)

    def _runtime(self, inputs: Inputs) -> Workload:
        section = self._runtime_section()
        own = mapping(self.settings.overrides.get("runtime.cwcAppend"))
        if self.settings.knows("envs[].components.runtime.cwcAppend"):
            own = {**own, **mapping(self._own("runtime").get("cwcAppend"))}
        install_dir = text(section["installDir"])
        return workload(
            inputs,
            section,
            "apigee-runtime",
            identity=self.identity("runtime"),
            env=self.written,
            auto_scaler=scheduling.runtime_autoscaler(inputs, section, self._replicas("runtime")),
            config_override=text_map(
                {**LATENCY_BUCKETS, **_runtime_proxy(self.written.get("httpProxy")), **own}
            ),
            own={
                "waits_for_redis": self.settings.release.has_kind("ApigeeRedis"),
                "env": self._key_variables(),
                "java_policy_path": f"{install_dir}/security",
                "java_policy_secret": f"{self.settings.org}-{self.name}-java-sec-policy",
                "policy_path": f"{install_dir}/policy-secrets",
                "policy_secret": f"{self.settings.org}-{self.name}-policy-secret",
            },
        )

    def _runtime_section(self) -> Mapping[str, Any]:
        """The environment's own memory takes the place of what holds for all environments."""
        section = self.settings.section("runtime")
        if not self.settings.knows("envs[].components.runtime.resources.limits.memory"):
            return section
        return merged(section, {"resources": self._own("runtime").get("resources")})

    def _synchronizer(self, inputs: Inputs) -> Workload:
        section = self.settings.section("synchronizer")
        # The charts read the misspelt one; whoever found that out has it in his file.
        own_interval = self.written.get("pollInterval") or self.written.get("PollInterval")
        poll_interval = own_interval or section["pollInterval"]
        override = {**_synchronizer_proxy(self.settings), **mapping(section.get("cwcAppend"))}
        return workload(
            inputs,
            section,
            "apigee-synchronizer",
            identity=self.identity("synchronizer"),
            user=self.settings.security_context,
            env=self.written,
            auto_scaler=scheduling.autoscaler(inputs, section, self._replicas("synchronizer")),
            config_override=text_map(override),
            own={"poll_interval": whole(poll_interval), "authz": authz(inputs, "synchronizer")},
        )

    def _key_variables(self) -> list[dict[str, Any]]:
        """Always these four, in this order."""
        keys = names.encryption_keys(self.id)
        return [
            organization_key_variable(self.settings, "kms", keys),
            self._own_variable("CACHE", "cacheEncryptionSecret", "cacheEncryptionKey"),
            self._own_variable("KVM", "kvmEncryptionSecret", "envKvmEncryptionKey"),
            organization_key_variable(self.settings, "kvm", keys),
        ]

    def _own_variable(self, kind: str, reference: str, key: str) -> dict[str, Any]:
        variable = names.env_variable(self.settings.org, self.name, kind, "ENCRYPTION_KEY")
        return encryption_variable(variable, names.encryption_keys(self.id), key, self.written.get(reference))


def _runtime_proxy(written: Any) -> dict[str, Any]:
    """The proxy of API traffic. User and password count only together."""
    proxy = forward_proxy(written)
    if proxy is None:
        return {}
    prefix = "conf/http.properties+HTTPClient.proxy"
    override = {
        "conf_http_HTTPClient.use.proxy": "true",
        f"{prefix}.host": proxy.host,
        f"{prefix}.type": proxy.scheme,
        f"{prefix}.port": proxy.port,
    }
    if proxy.username and proxy.password:
        override |= {f"{prefix}.user": proxy.username, f"{prefix}.password": proxy.password}
    return override


def _synchronizer_proxy(settings: Settings) -> dict[str, Any]:
    """The proxy on the way to Google; this one reads its password as base64."""
    proxy = settings.forward_proxy
    if proxy is None:
        return {}
    prefix = "conf_http_client_service_jetty.proxy"
    password = base64.b64encode(proxy.password.encode()).decode() if proxy.password else None
    return {
        f"{prefix}.enabled": "true",
        f"{prefix}.host": proxy.host,
        f"{prefix}.port": proxy.port,
        f"{prefix}.user": proxy.username,
        f"{prefix}.password": password,
    }
