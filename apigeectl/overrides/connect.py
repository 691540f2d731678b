"""Rules about Apigee Connect, which makes the MART ingress superfluous."""

from __future__ import annotations

from collections.abc import Iterator

from apigeectl.overrides.findings import Case, Finding, info, warning
from apigeectl.overrides.position import dotted


def placement(case: Case) -> Iterator[Finding]:
    """Advice of the Connect procedure; the order of keys has no meaning to any reader of YAML."""
    order = list(case.overrides.data)
    if "k8sCluster" not in order or "connectAgent" not in order:
        return
    if order.index("connectAgent") != order.index("k8sCluster") + 1:
        message = "connectAgent does not directly follow k8sCluster, as Google's procedure asks."
        yield warning(
            ("connectAgent",), message, "It works here too; move it to follow the procedure.", at_key=True
        )


def disabled(case: Case) -> Iterator[Finding]:
    path = ("connectAgent", "enabled")
    if case.at(path) is False:
        message = (
            "Apigee Connect is switched off: the management plane reaches MART through its ingress only."
        )
        yield info(path, message, "Set it to true unless the MART ingress is set up.")


def ignored_mart_ingress(case: Case) -> Iterator[Finding]:
    if not case.connect_is_on:
        return
    for name in ("hostAlias", "sslCertPath", "sslKeyPath", "sslSecret"):
        path = ("mart", name)
        if case.has(path):
            yield info(path, f"{dotted(path)} has no effect while Apigee Connect is on.", at_key=True)
