"""cert-manager: issuers and certificates are ready, every certificate gets its Secret, and webhooks its CA."""

from __future__ import annotations

import base64
from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.keys import Certificate, self_signed
from apigeectl.sandbox.operator.world import World, condition_true, timestamp

_INJECT_FROM = "cert-manager.io/inject-ca-from"


class CertManager:
    """Makes one throw-away certificate a run and puts it into every Secret: nobody here checks names."""

    def __init__(self) -> None:
        self._made: Certificate | None = None

    def reconcile(self, world: World) -> None:
        """Whatever is not ready yet becomes ready."""
        if not world.serves("Certificate"):
            return
        for kind in ("ClusterIssuer", "Issuer"):
            for issuer in world.all(kind):
                _make_ready(world, kind, issuer, "signing CA ready")
        for certificate in world.all("Certificate"):
            if not condition_true(certificate, "Ready") and world.waited(certificate, "issue", 0.2):
                self._issue(world, certificate)
                _make_ready(
                    world, "Certificate", certificate, "Certificate is up to date and has not expired"
                )

        for kind in (
            "MutatingWebhookConfiguration",
            "ValidatingWebhookConfiguration",
            "CustomResourceDefinition",
        ):
            for live in world.all(kind):
                self._inject(world, kind, live)

    def _inject(self, world: World, kind: str, live: LiveObject) -> None:
        named = (live["metadata"].get("annotations") or {}).get(_INJECT_FROM, "")
        certificate = world.get("Certificate", *named.split("/", 1)) if "/" in named else None
        if certificate and condition_true(certificate, "Ready"):
            self._made = self._made or self_signed("apigeectl sandbox")
            patch = _trusting(live, base64.b64encode(self._made.certificate.encode()).decode())
            if patch:
                world.patch(kind, live, patch)

    def _issue(self, world: World, certificate: LiveObject) -> None:
        self._made = self._made or self_signed("apigeectl sandbox")
        data = {
            "tls.crt": self._made.certificate,
            "tls.key": self._made.key,
            "ca.crt": self._made.certificate,
        }
        name = certificate["spec"].get("secretName") or certificate["metadata"]["name"]
        body = {
            "metadata": {
                "name": name,
                "namespace": certificate["metadata"]["namespace"],
                "annotations": {"cert-manager.io/certificate-name": certificate["metadata"]["name"]},
            },
            "type": "kubernetes.io/tls",
            "data": {key: base64.b64encode(text.encode()).decode() for key, text in data.items()},
        }
        world.create("Secret", body)


def _trusting(live: LiveObject, authority: str) -> dict[str, Any]:
    """A patch that gives each webhook its CA; empty when all have one."""
    conversion = (live.get("spec", {}).get("conversion") or {}).get("webhook")
    if conversion and not conversion["clientConfig"].get("caBundle"):
        return {"spec": {"conversion": {"webhook": {"clientConfig": {"caBundle": authority}}}}}
    webhooks = live.get("webhooks") or []
    if all(webhook["clientConfig"].get("caBundle") for webhook in webhooks):
        return {}
    return {
        "webhooks": [
            {**hook, "clientConfig": {**hook["clientConfig"], "caBundle": authority}} for hook in webhooks
        ]
    }


def _make_ready(world: World, kind: str, live: LiveObject, message: str) -> None:
    generation = live["metadata"].get("generation", 1)
    known = (live.get("status", {}).get("conditions") or [{}])[0]
    if condition_true(live, "Ready") and known.get("observedGeneration") == generation:
        return
    condition = {
        "type": "Ready",
        "status": "True",
        "reason": "Ready",
        "message": message,
        "observedGeneration": generation,
        "lastTransitionTime": timestamp(),
    }
    world.patch_status(kind, live, {"conditions": [condition]})
