"""Rules about the form of texts: addresses, hosts, labels, regions, times, and what nobody filled in."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from apigeectl.overrides.catalogue import is_secret
from apigeectl.overrides.findings import Case, Entry, Finding, shown, warning
from apigeectl.overrides.position import dotted
from apigeectl.overrides.problems import Severity


def bad_duration(case: Case) -> Iterator[Finding]:
    for entry in case.entries:
        if entry.property is None or entry.property.type != "duration" or not isinstance(entry.value, str):
            continue
        if not _DURATION.fullmatch(entry.value):
            yield _finding(entry, "is no length of time", "write a number and its unit, such as 48h or 5s")


def bad_email(case: Case) -> Iterator[Finding]:
    """The Google service accounts of Workload Identity."""
    for entry in _texts(case):
        if entry.path[-1] != "gsa" and entry.path[-2:-1] != ("gsa",):
            continue
        if not _SERVICE_ACCOUNT.fullmatch(entry.value) and not is_placeholder(entry.value):
            hint = "write NAME@PROJECT.iam.gserviceaccount.com"
            yield _finding(entry, "is no e-mail address of a service account", hint)


def bad_host(case: Case) -> Iterator[Finding]:
    for entry in _filled_in(case, *_HOSTS):
        if is_host(entry.value):
            continue
        hint = None
        if "://" in entry.value:
            hint = "leave out the scheme, which has a property of its own"
        elif _HOST_AND_PORT.fullmatch(entry.value):
            hint = "leave out the port, which has a property of its own"
        yield _finding(entry, "is no host name and no IP address", hint)
    for entry in _filled_in(case, "connectAgent.server"):
        if not _HOST_AND_PORT.fullmatch(entry.value):
            yield _finding(entry, "is no host with a port", "Google's is apigeeconnect.googleapis.com:443")
    for entry in _filled_in(case, "ingressGateways[].svcLoadBalancerIP"):
        if not _is_ip_address(entry.value):
            yield _finding(entry, "is no IP address", "the address that the load balancer shall have")


def bad_label(case: Case) -> Iterator[Finding]:
    """Keys that Kubernetes refuses are errors; with a value that it refuses no node is ever found."""
    for entry in case.named("key", "value"):
        if "nodeSelector" not in entry.path[-3:-1] or not isinstance(entry.value, str):
            continue
        if entry.path[-1] == "key":
            yield from _label_key(entry, entry.value)
        elif not _LABEL_VALUE.fullmatch(entry.value):
            yield _finding(entry, "is no value of a label", _LABEL_HINT)
    for entry in case.entries:
        if entry.property and len(entry.path) > 1 and str(entry.path[-2]) in _ANNOTATIONS:
            yield from _label_key(entry, str(entry.path[-1]), at_key=True)


def bad_region(case: Case) -> Iterator[Finding]:
    """The region of a cluster elsewhere has any name, but a zone is always a mistake."""
    for entry in _filled_in(case, "gcp.region", "gcpRegion", "k8sCluster.region"):
        zone = _ZONE.fullmatch(entry.value)
        if zone:
            yield _finding(entry, "is a zone, no region", f"write {zone[1]}")
        elif entry.path != ("k8sCluster", "region") and not _REGION.fullmatch(entry.value):
            yield _finding(entry, "is no region of Google Cloud", "regions look like us-central1")


def bad_schedule(case: Case) -> Iterator[Finding]:
    for entry in _filled_in(case, "cassandra.backup.schedule"):
        if not _CRON.fullmatch(entry.value.strip()):
            hint = 'five fields: minute, hour, day, month, weekday, such as "0 2 * * *"'
            yield _finding(entry, "is no cron schedule", hint)
    for entry in case.of("cassandra.restore.snapshotTimestamp"):
        if entry.value is not None and not re.fullmatch(r"[0-9]{14}", str(entry.value)):
            hint = "fourteen digits: year, month, day, hour, minute, second"
            yield _finding(entry, "is no time of a snapshot", hint)


def bad_url(case: Case) -> Iterator[Finding]:
    for entry in _filled_in(case, "contractProvider"):
        if not _CONTROL_PLANE.fullmatch(entry.value):
            hint = "https://apigee.googleapis.com, with data residency https://LOCATION-apigee.googleapis.com"
            yield _finding(entry, "is no address of Google's control plane", hint)
    for entry in _filled_in(case, "metrics.proxyURL", "logger.proxyURL"):
        if not _URL.fullmatch(entry.value):
            yield _finding(entry, "is no URL", "write http://HOST:PORT")
    for entry in (*case.of("hub"), *case.named("url")):
        if isinstance(entry.value, str) and "://" in entry.value:
            yield _finding(entry, "is no name of an image or registry", "leave out the scheme")


def placeholder(case: Case) -> Iterator[Finding]:
    """What templates and the documentation leave to the user to replace."""
    for entry in _texts(case):
        found = entry.property
        if found is None or found.free_form or found.values or not found.documented or is_secret(entry.path):
            continue
        if entry.path[-1] not in _WITH_VARIABLES and is_placeholder(entry.value):
            yield _finding(entry, "looks like a placeholder", "replace it with a value of your own")


def is_placeholder(text: str) -> bool:
    """Whether it looks like something that was meant to be replaced."""
    return len(text) <= _LONGEST_PLACEHOLDER and _PLACEHOLDER.search(text) is not None


def is_host(text: str) -> bool:
    return _is_ip_address(text) or (len(text) <= 253 and _HOST.fullmatch(text) is not None)


_DURATION = re.compile(r"([0-9]+(\.[0-9]+)?(ns|us|ms|[smhdwy]))+", re.ASCII)
_SERVICE_ACCOUNT = re.compile(r"[a-z0-9-]+@[a-z0-9.:-]+\.gserviceaccount\.com", re.ASCII)
_HOST = re.compile(
    r"[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?)*\.?",
    re.ASCII,
)
_HOST_AND_PORT = re.compile(r"[-.a-zA-Z0-9]+:[0-9]{1,5}|\[[0-9a-fA-F:]+\]:[0-9]{1,5}", re.ASCII)
_REGION = re.compile(r"[a-z]+-[a-z]+[0-9]+", re.ASCII)
_ZONE = re.compile(r"([a-z]+-[a-z]+[0-9]+)-[a-z]", re.ASCII)
_FIELD = r"[0-9*/,A-Za-z?#L-]+"
_CRON = re.compile(
    rf"{_FIELD}(\s+{_FIELD}){{4}}|@(yearly|annually|monthly|weekly|daily|midnight|hourly)", re.ASCII
)
_CONTROL_PLANE = re.compile(r"https://([a-z0-9-]+-)?apigee\.googleapis\.com/?", re.ASCII)
_URL = re.compile(r"https?://[^\s/]+\S*", re.ASCII)

_LABEL_NAME = r"[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?"
_PREFIX = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_LABEL_KEY = re.compile(rf"({_PREFIX}/)?{_LABEL_NAME}", re.ASCII)
_LABEL_VALUE = re.compile(rf"({_LABEL_NAME})?", re.ASCII)
_LABEL_HINT = "at most 63 letters, digits, -, _ and ., with a letter or digit at both ends"
_ANNOTATIONS = frozenset({"annotations", "svcAnnotations"})

_HOSTS = (
    "httpProxy.host",
    "envs[].httpProxy.host",
    "cassandra.multiRegionSeedHost",
    "cassandra.externalSeedHost",
    "cassandra.backup.server",
    "cassandra.restore.server",
)
_WITH_VARIABLES = frozenset({"accessLogFormat", "accessLogFile"})
"""Texts in which a program replaces something, so that it may look like a placeholder."""

_LONGEST_PLACEHOLDER = 300
_PLACEHOLDER = re.compile(
    r"\$\{?[A-Za-z_][A-Za-z0-9_]*\}?"
    r"|\$\(\w+\)"
    r"|<[^<>]+>"
    r"|\{\{.*\}\}"
    r"|\b(YOUR|MY)[_-][A-Z0-9_-]+"
    r"|(?i:\byour[_-][a-z0-9_-]+|\bchange[_-]?me\b|\breplace[_-]?me\b)"
    r"|\A[A-Z][A-Z0-9]*(_[A-Z0-9]+)+\Z"
    r"|\A(foo|bar|TODO|TBD|FIXME|xxx+|XXX+)\Z",
    re.ASCII | re.DOTALL,
)


def _texts(case: Case) -> Iterator[Entry]:
    for entry in case.entries:
        if isinstance(entry.value, str) and entry.value and entry.property is not None:
            yield entry


def _filled_in(case: Case, *patterns: str) -> Iterator[Entry]:
    """The texts at these properties; a placeholder is one problem, and what it looks like no other."""
    for entry in case.of(*patterns):
        if isinstance(entry.value, str) and entry.value and not is_placeholder(entry.value):
            yield entry


def _label_key(entry: Entry, key: str, *, at_key: bool = False) -> Iterator[Finding]:
    if not _LABEL_KEY.fullmatch(key):
        sure = entry.property is not None and entry.property.sure
        message = f"{dotted(entry.path)}: {shown(entry.path, key)} is no key of a label or annotation"
        hint = f"a domain and / may stand before it; {_LABEL_HINT}"
        severity = Severity.ERROR if sure else Severity.WARNING
        yield Finding(severity, entry.path, message, hint, at_key=at_key)


def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _finding(entry: Entry, problem: str, hint: str | None = None) -> Finding:
    return warning(entry.path, f"{dotted(entry.path)}: {shown(entry.path, entry.value)} {problem}", hint)
