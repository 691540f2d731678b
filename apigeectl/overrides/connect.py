"""Rules about Apigee Connect, which makes the MART ingress superfluous."""

from __future__ import annotations

import os
from collections.abc import Iterator

from apigeectl.overrides.findings import Case, Finding, info, text_at, warning
from apigeectl.overrides.position import Path, dotted
from apigeectl.overrides.service_accounts import email_at


def placement(case: Case) -> Iterator[Finding]:
    """Advice of the Connect procedure; the order of keys has no meaning to any reader of YAML."""
    order = list(case.overrides.data)
    if "k8sCluster" not in order or "connectAgent" not in order:
        return
    if order.index("connectAgent") != order.index("k8sCluster") + 1:
        message = "connectAgent does not directly follow k8sCluster, as Google's Apigee Connect page asks"
        hint = "it works here too; move it to follow the procedure"
        yield warning(("connectAgent",), message, hint, at_key=True)


def disabled(case: Case) -> Iterator[Finding]:
    path = ("connectAgent", "enabled")
    if case.at(path) is False:
        message = "connectAgent.enabled is false: no Connect agent is installed, and the organization is not switched to it"
        hint = "remove it unless the management plane reaches MART through its own ingress"
        yield info(path, message, hint)


def ignored_mart_ingress(case: Case) -> Iterator[Finding]:
    if not case.connect_is_on:
        return
    for name in ("hostAlias", "sslCertPath", "sslKeyPath", "sslSecret"):
        path = ("mart", name)
        if case.has(path):
            message = f"{dotted(path)} has no effect while Apigee Connect is on"
            yield info(path, message, "remove it when Apigee Connect works", at_key=True)


def different_accounts(case: Case) -> Iterator[Finding]:
    """The agent speaks for MART; with an account of its own, that account needs the same roles."""
    if not case.connect_is_on or not case.scope.wants_org():
        return
    for name in ("gsa", "serviceAccountRef", "serviceAccountPath"):
        agent: Path = ("connectAgent", name)
        mart: Path = ("mart", name)
        one, other = text_at(case, *agent), text_at(case, *mart)
        if not one or not other:
            continue
        is_what = "is"
        if name == "serviceAccountPath":
            one, other = os.path.normpath(one), os.path.normpath(other)
            if case.files.cwd is not None:  # two files may hold keys of one account
                one, other, is_what = email_at(case, agent), email_at(case, mart), "is a key of"
        if one and other and one != other:
            message = f"{dotted(agent)} {is_what} {one}, and {dotted(mart)} {is_what} {other}"
            hint = "use MART's account for both, or give the agent's one the role Apigee Connect Agent"
            yield warning(agent, message, hint, related=(mart,))
        return
