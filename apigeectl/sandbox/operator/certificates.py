"""cert-manager: issuers and certificates are ready, and every certificate gets its Secret."""

from __future__ import annotations

import base64

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.keys import Certificate, self_signed
from apigeectl.sandbox.operator.world import World, condition_true, timestamp


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
