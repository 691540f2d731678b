"""Every known problem, by its code."""

from __future__ import annotations

from collections.abc import Mapping

from apigeectl.diagnosis.model import Problem
from apigeectl.diagnosis.problems import cluster, connect, identity, resources, runtime, tools, webhooks

MODULES = (connect, identity, webhooks, resources, runtime, cluster, tools)

PROBLEMS: Mapping[str, Problem] = {each.code: each for module in MODULES for each in module.PROBLEMS}
"""In the order of the page."""

GROUPS: Mapping[str, str] = {
    "CON": "Apigee Connect and MART",
    "IAM": "identities and permissions at Google",
    "CFG": "the overrides file, keys and Secrets",
    "WEB": "webhooks and certificates",
    "CRD": "definitions",
    "RES": "resources that do not move on",
    "CAS": "Cassandra",
    "RUN": "runtime and deployments of proxies",
    "ING": "ingress",
    "TEL": "metrics and logs",
    "NET": "proxies and egress",
    "KUB": "ordinary trouble of Kubernetes",
    "HLM": "left by Helm",
    "GCP": "the organization at Google",
    "UPG": "releases",
}


def problem(code: str) -> Problem:
    """The problem with a code; KeyError when there is none."""
    return PROBLEMS[code]
