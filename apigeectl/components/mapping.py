"""Where each property of the overrides file lands, and why some land nowhere.

The landings are found, not written down: the tests render every property with one value and with another, and
what differs is kept in `mapping.json`. The reasons are written here.
"""

from __future__ import annotations

import fnmatch
import json
import pathlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

Minor = tuple[int, int]


@dataclass(frozen=True, order=True)
class Landing:
    """A field of a rendered object. Lists are named by their items: `containers[apigee-mart].image`."""

    kind: str
    field: str
    """The whole object when empty."""
    name: str = ""
    """Which object, where a kind has several; in general terms, such as `<ORGID>-encryption-keys`."""
    since: Minor = (1, 0)
    until: Minor = (1, 999)
    """The releases in which it lands there, both ends included."""


def landings(path: str, minor: Minor | None = None) -> tuple[Landing, ...]:
    """Every field that a property of the catalogue reaches; in one release, or in any."""
    found = _table().get(path, ())
    return found if minor is None else tuple(one for one in found if one.since <= minor <= one.until)


def reason(path: str) -> str:
    """Why a property of the catalogue is not rendered; "" when it is."""
    if path in _table():
        return ""
    return next((why for pattern, why in REASONS if fnmatch.fnmatchcase(path, pattern)), "")


def without_effect(data: Mapping[str, Any], minor: Minor) -> tuple[str, ...]:
    """The properties in a file that land somewhere in other releases only; each once, as the catalogue has them."""
    written = dict.fromkeys(_written(data, ""))
    return tuple(path for path in written if not landings(path, minor))


def _written(value: Any, path: str) -> Iterator[str]:
    if path in _table():
        yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _written(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _written(item, f"{path}[]")


@cache
def _table() -> dict[str, tuple[Landing, ...]]:
    content = json.loads(pathlib.Path(__file__).with_name("mapping.json").read_bytes())
    return {path: tuple(_landings(by_releases)) for path, by_releases in content.items()}


def _landings(by_releases: dict[str, list[list[str]]]) -> list[Landing]:
    return [
        Landing(kind, field, name, *map(_minor, releases.split("-")))
        for releases, places in by_releases.items()
        for kind, field, name in places
    ]


def _minor(text: str) -> Minor:
    major, minor = text.split(".")
    return int(major), int(minor)


_CHECK = "a check before applying; no object has it"
_GROUPS = "up to 1.2; since then host names and routes belong to environment groups in the management plane"
_BROUGHT = "up to 1.2, when the installer brought Istio and cert-manager; today they are installed beforehand"
_MART = "up to 1.2, when MART had an ingress of its own; Apigee Connect took its place"
_OPERATOR = "up to 1.1; the operator is set up by `ao` now"
_CHARTS = "a value of Google's Helm charts, not of an overrides file for apigeectl"
_HELM = "of the time when Google installs with Helm alone; the field it sets was not seen"
_UNSEEN = "in no object that the original was seen to render"
_LOGGER = "in no object that the original was seen to render; the operator makes the logger's configuration"
_GRACE = "in no object that the original was seen to render; the operator sets grace periods"

REASONS: tuple[tuple[str, str], ...] = (
    ("certManager.*", _HELM),
    ("istiod.healthCheckUserAgents[[]]", _HELM),
    ("validateOrg", _CHECK),
    ("validateServiceAccounts", _CHECK),
    ("adah.*", _OPERATOR),
    ("adc.*", _OPERATOR),
    ("certmanager*", _BROUGHT),
    ("ingress.*", _BROUGHT),
    ("istio.*", _BROUGHT),
    ("envs[[]].hostAlias*", _GROUPS),
    ("envs[[]].paths.*", _GROUPS),
    ("envs[[]].ssl*", _GROUPS),
    ("virtualhosts[[]].hostAliases*", _GROUPS),
    ("virtualhosts[[]].routingRules*", _GROUPS),
    ("mart.hostAlias", _MART),
    ("mart.ssl*", _MART),
    ("mart.ingress.*", _MART),
    ("cassandra.dnsPolicy", "up to 1.2; `cassandra.hostNetwork` sets the policy now"),
    ("cassandra.ssl*", "up to 1.2; the operator makes Cassandra's certificates now"),
    ("udca.jvmXms", "up to 1.7; " + _UNSEEN),
    ("udca.revision", "up to 1.2; the revision holds for all components now"),
    ("affinity", _CHARTS),
    ("annotations", _CHARTS),
    ("env", _CHARTS),
    ("envgroup", _CHARTS),
    ("tolerations*", _CHARTS),
    ("customAutoscaling.*", _HELM),
    ("enhanceProxyLimits", _HELM),
    ("envs[[]].managementCallsSkipProxy", _HELM),
    ("*serviceAccountSecretProviderClass", _HELM),
    ("gcp.federatedWorkloadIdentity.*", _HELM),
    ("guardrails.*", _HELM),
    ("httpProxy.useForRuntimeManagement", _HELM),
    ("metrics.collector.*", _HELM),
    ("metrics.disablePrometheusPipeline", _HELM),
    ("metrics.envVars", _HELM),
    ("metrics.prometheus.resources.*", _HELM),
    ("newDataPipeline.*", _HELM),
    ("runtime.envVars", _HELM),
    ("watcher.args.enableLeaderElect", _HELM),
    ("envs[[]].kmsEncryption*", "environments have the KMS key of the organization"),
    ("gcp.projectIDRuntime", "whether it moved metrics and logs to another project is not confirmed"),
    ("logger.buffer*", _LOGGER),
    ("logger.flushInterval", _LOGGER),
    ("logger.fluentd.*", _LOGGER),
    ("logger.proxyURL", _LOGGER),
    ("logger.storageMaxChunks", _LOGGER),
    ("*.terminationGracePeriodSeconds", _GRACE),
    ("cassandra.port", _UNSEEN),
    ("cassandra.restore.singleOrgRestore", _UNSEEN),
    ("envs[[]].port", _UNSEEN),
    ("mart.initCheckCF.*", _UNSEEN),
    ("mart.metricsURL", _UNSEEN),
    ("metrics.*.containerPort", _UNSEEN),
    ("metrics.prometheus.args.*", _UNSEEN),
    ("metrics.prometheus.ssl*", _UNSEEN),
    ("metrics.proxyURL", _UNSEEN),
    ("runtime.service.type", _UNSEEN),
    ("udca.dataDir.*", _UNSEEN),
    ("udca.pollingIntervalInSec", _UNSEEN),
)
"""By a pattern of paths; the first one that fits counts."""
