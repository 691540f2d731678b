"""Whether cert-manager and the webhooks answer, through which every write of an Apigee resource passes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import Any

from apigeectl.checks.fitness import Fitness, numbers
from apigeectl.checks.hints import Hint
from apigeectl.checks.model import Outcome, failed, passed, skipped
from apigeectl.errors import APIError, Forbidden, InstallerError, NotFound
from apigeectl.manifests import APIGEE_GROUP, LiveObject, Manifest, ObjectRef
from apigeectl.overrides.certificates import valid_until

_WEBHOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def cert_manager_answers(site: Fitness) -> Outcome:
    if not site.cluster.serves("cert-manager.io", "Issuer", "v1"):
        return failed("not installed", hint=Hint.CERT_MANAGER)
    try:
        site.cluster.apply(_issuer(), dry_run=True)
    except Forbidden as error:
        return skipped(error.message)
    except APIError as error:
        return failed(error.message, hint=Hint.CERT_MANAGER, details=error.details)
    rotates = _authority_rotates(site)
    return failed(rotates, hint=Hint.AUTHORITY_ROTATES) if rotates else passed("answers")


def webhooks_have_endpoints(site: Fitness) -> Outcome:
    problems: list[str] = []
    asked = 0
    for kind in _WEBHOOKS:
        for configuration in site.cluster.list("admissionregistration.k8s.io", kind):
            webhooks = [one for one in configuration.get("webhooks") or () if _concerns_us(one)]
            asked += len(webhooks)
            problems += _about_webhooks(site, str(configuration["metadata"]["name"]), webhooks)
    if problems:
        return failed(problems[0], hint=Hint.WEBHOOKS, details=problems[1:])
    return passed(f"{asked} of them" if asked else "none yet")


def _authority_rotates(site: Fitness) -> str:
    """From cert-manager 1.18 on a renewed certificate authority gets a new key, and nothing trusts the old one."""
    try:
        live = site.cluster.get(
            ObjectRef("cert-manager.io", "Certificate", site.cert_manager_namespace, "apigee-ca")
        )
        deployment = site.cluster.get(
            ObjectRef("apps", "Deployment", site.cert_manager_namespace, "cert-manager")
        )
    except InstallerError:
        return ""
    policy = ((live or {}).get("spec", {}).get("privateKey") or {}).get("rotationPolicy")
    if live and policy != "Never" and numbers(_image(deployment).rpartition(":")[2]) >= (1, 18):
        return "answers, and would give the certificate authority apigee-ca a new key"
    return ""


def _image(deployment: LiveObject | None) -> str:
    containers = (deployment or {}).get("spec", {}).get("template", {}).get("spec", {}).get(
        "containers"
    ) or ()
    return str(containers[0].get("image") or "") if containers else ""


def _issuer() -> Manifest:
    metadata = {"name": "apigeectl-preflight", "namespace": "default"}
    return Manifest(
        {
            "apiVersion": "cert-manager.io/v1",
            "kind": "Issuer",
            "metadata": metadata,
            "spec": {"selfSigned": {}},
        }
    )


def _concerns_us(webhook: Any) -> bool:
    return str(webhook.get("name") or "").endswith((APIGEE_GROUP, "cert-manager.io"))


def _about_webhooks(site: Fitness, configuration: str, webhooks: Sequence[Any]) -> Iterator[str]:
    clients = [webhook.get("clientConfig") or {} for webhook in webhooks]
    unsigned = sum(not client.get("caBundle") for client in clients)
    if unsigned:
        yield f"{configuration}: {unsigned} of {len(webhooks)} have no CA bundle"
    bundles = dict.fromkeys(str(client["caBundle"]) for client in clients if client.get("caBundle"))
    for problem in dict.fromkeys(filter(None, map(_about_bundle, bundles))):
        yield f"{configuration}: {problem}"
    services = [client["service"] for client in clients if client.get("service")]
    for namespace, name in dict.fromkeys((str(one["namespace"]), str(one["name"])) for one in services):
        if not _has_endpoints(site, namespace, name):
            yield f"{configuration}: nothing answers behind Service/{namespace}/{name}"


def _about_bundle(bundle: str) -> str:
    try:
        ends = valid_until(base64.b64decode(bundle))
    except binascii.Error:
        ends = None
    if ends is None:
        return "its CA bundle holds no certificate that can be read"
    expired = ends < datetime.now(timezone.utc)
    return f"the certificates of its CA bundle expired on {ends:%Y-%m-%d}" if expired else ""


def _has_endpoints(site: Fitness, namespace: str, name: str) -> bool:
    try:
        live = site.cluster.get(ObjectRef("", "Endpoints", namespace, name))
    except NotFound:
        return True  # a server that no longer serves Endpoints; the dry runs of apply will tell
    return any(subset.get("addresses") for subset in (live or {}).get("subsets") or ())
