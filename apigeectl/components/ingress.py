"""The way in: ingress gateways, part of the organization, and an ApigeeRouteConfig for each virtual host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apigeectl.components import names
from apigeectl.components.piece import Inputs, Piece, custom_resource, file_secret
from apigeectl.components.scheduling import with_own_maximum
from apigeectl.components.settings import Settings
from apigeectl.components.values import mapping, merged, text, text_map, texts, whole
from apigeectl.components.workload import Workload, workload
from apigeectl.errors import OverridesError

_APIGEE_GATEWAY, _MESH_GATEWAY = "apigee-ingressgateway", "istio-ingressgateway"
_TLS_VERSIONS = {"AUTO": "TLS_AUTO", "1.0": "TLSV1_0", "1.1": "TLSV1_1", "1.2": "TLSV1_2", "1.3": "TLSV1_3"}


def gateways(inputs: Inputs) -> list[Workload]:
    """The ingress gateways of the organization, in the order of the file."""
    written = inputs.settings.overrides.get("ingressGateways")
    items = written if isinstance(written, list) else []
    return [_gateway(inputs, item) for item in items if isinstance(item, Mapping)]


def virtual_host_pieces(settings: Settings) -> Iterator[Piece]:
    """For each virtual host the Secrets of its certificate, then its ApigeeRouteConfig."""
    seen: set[str] = set()
    written_hosts = settings.overrides.get("virtualhosts")
    for index, written in enumerate(written_hosts if isinstance(written_hosts, list) else ()):
        name = text(mapping(written).get("name"))
        if name and name not in seen:
            seen.add(name)
            yield from _VirtualHost(settings, index, name, mapping(written)).pieces()


def _gateway(inputs: Inputs, written: Mapping[str, Any]) -> Workload:
    shared = inputs.settings.section("apigeeIngressGateway")
    own = merged(mapping(inputs.settings.overrides.get("apigeeIngressGateway")), written)
    section = with_own_maximum(merged(shared, written), own)
    service = {
        "annotations": text_map(section.get("svcAnnotations")),
        "type": text(section.get("svcType")),
        "loadBalancerIP": text(section.get("svcLoadBalancerIP")),
    }
    return workload(
        inputs,
        section,
        "apigee-asm-ingress",
        user=inputs.settings.security_context,
        own={"name": text(section.get("name")), "service": service if any(service.values()) else None},
    )


class _VirtualHost:
    def __init__(self, settings: Settings, index: int, name: str, written: Mapping[str, Any]) -> None:
        self.settings = settings
        self.path = f"virtualhosts[{index}]"
        self.name = names.virtual_host(settings.org, name)
        self.written = written

    def pieces(self) -> Iterator[Piece]:
        if not self.written.get("sslSecret"):
            yield from self._certificate()
        yield custom_resource("virtualhosts", "ApigeeRouteConfig", self.settings, self.name, self._values)

    @property
    def selector(self) -> dict[str, str]:
        """The labels of the gateway pods. Since the mesh is gone, no labels mean Apigee's own gateway."""
        mesh = self.settings.release.anthos_service_mesh
        return text_map(self.written.get("selector")) or {"app": _MESH_GATEWAY if mesh else _APIGEE_GATEWAY}

    @property
    def secret_namespace(self) -> str:
        """A gateway reads certificates from its own namespace only."""
        behind_mesh = self.settings.release.anthos_service_mesh and self.selector.get("app") == _MESH_GATEWAY
        return names.GATEWAY_MESH_NAMESPACE if behind_mesh else self.settings.namespace

    def _certificate(self) -> Iterator[Piece]:
        properties = {"cert": "sslCertPath", "key": "sslKeyPath", "cacert": "caCertPath"}
        files = {
            key: (f"{self.path}.{name}", written)
            for key, name in properties.items()
            if (written := text(self.written.get(name)))
        }
        if files:
            yield file_secret("virtualhosts", self.secret_namespace, self.name, files)
        if "cacert" in files:
            name = f"{self.name}-cacert"
            yield file_secret("virtualhosts", self.secret_namespace, name, {"cacert": files["cacert"]})

    def _values(self, inputs: Inputs) -> Mapping[str, Any]:
        release = self.settings.release
        has_files = any(self.written.get(key) for key in ("sslCertPath", "sslKeyPath"))
        timeout = self.written.get("requestTimeout") if release.has_request_timeout else None
        return {
            "selector": self.selector,
            "connect_timeout": whole(self.written.get("connectTimeout")) or 300,
            "request_timeout": whole(timeout),
            "additional_gateways": texts(self.written.get("additionalGateways")),
            "tls_mode": text(self.written.get("tlsMode")) or "SIMPLE",
            "tls_secret": self._in_place(
                text(self.written.get("sslSecret")) or (self.name if has_files else None)
            ),
            "min_tls": self._tls_version("minTLSProtocolVersion"),
            "max_tls": self._tls_version("maxTLSProtocolVersion"),
            "cipher_suites": texts(self.written.get("cipherSuites")) if release.has_cipher_suites else None,
        }

    def _in_place(self, secret: str | None) -> str | None:
        """Early releases say where the mesh looks for certificates, unless the file does."""
        prefix = "" if secret and "/" in secret else self.settings.release.tls_secret_prefix
        return f"{prefix}{secret}" if secret else None

    def _tls_version(self, key: str) -> str | None:
        """Up to 1.2 one pair held for all virtual hosts."""
        written = text(self.written.get(key)) or self.settings.overrides.string(f"ingress.{key}") or None
        if written and written not in _TLS_VERSIONS:
            raise OverridesError(
                f"{self.path}.{key} is no TLS version.", hint=f"It may be one of {', '.join(_TLS_VERSIONS)}."
            )
        return _TLS_VERSIONS[written] if written else None
