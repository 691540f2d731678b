"""Where a property lands: render with one value of it and with another, and look what has changed."""

from __future__ import annotations

import fnmatch
import pathlib
import re
import tempfile
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from unittest import mock

import yaml as pyyaml

from apigeectl import yaml
from apigeectl.components.names import env_id, org_id
from apigeectl.components.release_table import Release
from apigeectl.components.render import render_init, render_runtime
from apigeectl.manifests import APIGEE_GROUP, Manifest
from apigeectl.overrides.catalogue import Property, find
from apigeectl.overrides.document import Overrides
from apigeectl.overrides.scope import Scope

Place = tuple[str, str, str]
"""Kind, field and general name; the whole object when the field is empty."""

Objects = dict[tuple[str, str], Any]
"""Objects by kind and general name, their lists turned into maps."""

BASE: dict[str, Any] = {
    "org": "hybrid-example",
    "instanceID": "test-1",
    "gcp.projectID": "some-project",
    "gcp.region": "us-central1",
    "k8sCluster.name": "test-cluster",
    "k8sCluster.region": "us-central1",
    "envs[].name": "test",
    "virtualhosts[].name": "api",
    "virtualhosts[].sslSecret": "certificate",
    "ingressGateways[].name": "main",
    "logger.enabled": True,
    "cassandra.backup.enabled": True,
    "cassandra.restore.enabled": True,
}
"""What every file has: everything that can be rendered is."""

_PROXY = {"host": "proxy", "port": 3128, "scheme": "HTTP", "username": "user", "password": "word"}
_PATHS_OF_CERTIFICATES = {"virtualhosts[].sslSecret": None}

COMPANIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("gcpProjectID", {"gcp.projectID": None}),
    ("gcpRegion", {"gcp.region": None, "k8sCluster.region": None}),
    ("gcp.region", {"k8sCluster.region": None}),
    ("k8sClusterName", {"k8sCluster.name": None}),
    ("*.gsa", {"gcp.workloadIdentity.enabled": True}),
    ("*.gsa.*", {"gcp.workloadIdentity.enabled": True}),
    ("httpProxy.*", {f"httpProxy.{key}": value for key, value in _PROXY.items()}),
    ("envs[[]].httpProxy.*", {f"envs[].httpProxy.{key}": value for key, value in _PROXY.items()}),
    ("kmsEncryptionSecret.*", {"kmsEncryptionSecret.name": "n", "kmsEncryptionSecret.key": "k"}),
    ("kvmEncryptionSecret.*", {"kvmEncryptionSecret.name": "n", "kvmEncryptionSecret.key": "k"}),
    ("virtualhosts[[]].ssl*Path", _PATHS_OF_CERTIFICATES),
    ("virtualhosts[[]].caCertPath", _PATHS_OF_CERTIFICATES),
    ("*.nodeSelector.value", {"{}.nodeSelector.key": "pool"}),
    ("*.replicaCountMin", {"{}.replicaCountMax": 99}),
)
"""By a pattern of paths: what must be set besides a property so that it has an effect; None takes it away, and
{} stands for the section of the property."""

KEY_A, KEY_B = "MDEyMzQ1Njc4OTAxMjM0NQ==", "NTQzMjEwOTg3NjU0MzIxMA=="
VALUES: tuple[tuple[str, tuple[Any, Any]], ...] = (
    ("*EncryptionKey", (KEY_A, KEY_B)),
    ("*EncryptionPath", (KEY_A, KEY_B)),
    ("revision", ("one", "two")),
    ("org", ("hybrid-one", "hybrid-two")),
    ("gcp.federatedWorkloadIdentity.type", ("one", "two")),
    ("*.resources.*.cpu", ("301m", "302m")),
    ("cassandra.backup.cloudProvider", ("GCP", "HYBRID")),
    ("cassandra.restore.cloudProvider", ("GCP", "HYBRID")),
    ("watcher.replicaCountMax", (2, 1)),
    ("watcher.replicaCountMin", (1, 0)),
)
"""Where a property takes only certain values, or only some of them are rendered."""

_BY_TYPE: dict[str, tuple[Any, Any]] = {
    "string": ("{}-a", "{}-b"),
    "path": ("{}-a", "{}-b"),
    "boolean": (False, True),
    "integer": (31, 32),
    "quantity": ("301Mi", "302Mi"),
    "duration": ("31h", "32h"),
    "map": ({"example.com/key": "{}-a"}, {"example.com/key": "{}-b"}),
}
"""{} stands for the property, so that its value is found nowhere but where it lands."""

NAMED = frozenset({"containers", "initContainers", "env", "volumeMounts", "volumes"})
"""Lists whose items have names that are always the same."""


def discover(path: str, release: Release) -> frozenset[Place]:
    """Every place that differs between the one value of a property and the other."""
    before, after = (rendered({path: value}, release) for value in values(path))
    return frozenset(differences(before, after))


def values(path: str) -> tuple[Any, Any]:
    """Two values that are valid for a property and that no default has."""
    entry = property_at(path)
    for pattern, pair in VALUES:
        if fnmatch.fnmatchcase(path, pattern):
            return pair
    if entry.values:
        return entry.values[0], entry.values[-1]
    one, other = _BY_TYPE["map" if entry.free_form else entry.type]
    return _of(one, path), _of(other, path)


def _of(value: Any, path: str) -> Any:
    if isinstance(value, dict):
        return {key: _of(item, path) for key, item in value.items()}
    slug = re.sub(r"[^a-z]+", "-", path.lower()).strip("-")
    return value.replace("{}", slug) if isinstance(value, str) else value


def property_at(path: str) -> Property:
    """The entry of the catalogue."""
    entry = find(path)
    assert entry is not None
    return entry


def companions(path: str) -> dict[str, Any]:
    """What must be set besides a property so that it has an effect."""
    section = path.split(".nodeSelector", maxsplit=1)[0].removesuffix(".replicaCountMin")
    found: dict[str, Any] = {}
    for pattern, others in COMPANIONS:
        if fnmatch.fnmatchcase(path, pattern):
            found |= {other.replace("{}", section): value for other, value in others.items()}
    return found


def rendered(given: Mapping[str, Any], release: Release) -> Objects:
    """The objects of a file with these properties and what they need."""
    with tempfile.TemporaryDirectory() as name, mock.patch.object(yaml, "load_all", _load_all):
        folder = pathlib.Path(name)
        sample = Overrides(folder / "overrides.yaml", "", assembled(given, folder))
        initial = render_init(sample, release, cwd=folder)
        return named(
            (*initial.manifests, *render_runtime(sample, release, Scope(), cwd=folder).manifests), sample
        )


@lru_cache(maxsize=1024)
def _load_all(text: str) -> list[Any]:
    """Most pieces do not change from one property to the next, and parsing takes the most time."""
    return list(pyyaml.load_all(text, Loader=getattr(pyyaml, "CSafeLoader", pyyaml.SafeLoader)))


def assembled(given: Mapping[str, Any], folder: pathlib.Path) -> dict[str, Any]:
    """The data of a file; values of path properties become files."""
    flat = dict(BASE)
    for path in given:
        flat |= companions(path)
    for number, (path, value) in enumerate(given.items()):
        flat[path] = value
        if property_at(path).type == "path":
            flat[path] = f"file-{number}"
            (folder / flat[path]).write_text(str(value))
    data: dict[str, Any] = {}
    for path, value in flat.items():
        if value is not None:
            _put(data, path.split("."), value)
    return data


def _put(data: dict[str, Any], parts: list[str], value: Any) -> None:
    part, rest = parts[0], parts[1:]
    key = part.removesuffix("[]")
    if part.endswith("[]"):
        items = data.setdefault(key, [{} if rest else value])
        if rest:
            _put(items[0], rest, value)
    elif rest:
        _put(data.setdefault(key, {}), rest, value)
    elif isinstance(value, dict):
        data[key] = {**data.get(key, {}), **value}
    else:
        data[key] = value


def named(manifests: tuple[Manifest, ...], sample: Overrides) -> Objects:
    """Manifests by kind and name. There is one object of each kind of the operator, so that the kind is enough."""
    found = {
        (one.kind, "" if one.group == APIGEE_GROUP else general(one.name, sample)): _maps(one.body, sample)
        for one in manifests
    }
    assert len(found) == len(manifests)
    return found


def general(text: str, sample: Overrides) -> str:
    """A name or variable, whatever the organization and its parts are called."""
    if text == sample.namespace or text.endswith(f"-{sample.namespace}"):
        return f"{text.removesuffix(sample.namespace)}<namespace>"
    if text == sample.string("controllerNamespace"):
        return "<controllerNamespace>"
    org, env, host = sample.org, sample.env_names[0], sample.virtualhosts[0]["name"]
    upper = org.upper().replace("-", "_")
    for own, word in (
        (env_id(org, env), "<ENVID>"),
        (org_id(org), "<ORGID>"),
        (f"{upper}_{env.upper().replace('-', '_')}_", "<ORG>_<ENV>_"),
        (f"{upper}_", "<ORG>_"),
        (f"{org}-{host}", "<org>-<virtualhost>"),
    ):
        text = text.replace(own, word)
    return text


def _maps(value: Any, sample: Overrides, key: str = "") -> Any:
    """Lists become maps: by name or type where items have one, else by their number."""
    if isinstance(value, list):
        labels = (_label(item, number, key, sample) for number, item in enumerate(value))
        return {f"[{label}]": _maps(item, sample) for label, item in zip(labels, value, strict=True)}
    if isinstance(value, dict):
        return {key: _maps(item, sample, key) for key, item in value.items()}
    return value


def _label(item: Any, number: int, key: str, sample: Overrides) -> str:
    if isinstance(item, dict):
        if key in NAMED:
            return general(item["name"], sample)
        if isinstance(item.get("type"), str):
            return str(item.get("pods", {}).get("metric", {}).get("name") or item["type"])
    if isinstance(item, str) and item.startswith("--"):
        return item.partition("=")[0]
    return "" if number == 0 else str(number)


def differences(before: Objects, after: Objects) -> Iterator[Place]:
    """Every place where two sets of objects differ."""
    for kind, name in sorted({*before, *after}):
        one, other = before.get((kind, name)), after.get((kind, name))
        if one is None or other is None:
            yield kind, "", name
        else:
            yield from ((kind, field, name) for field in _changed(one, other, ""))


def _changed(one: Any, other: Any, place: str) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in {**one, **other}:
            if key in one and key in other:
                yield from _changed(one[key], other[key], _under(place, key))
            else:
                yield _under(place, key)
    elif one != other or type(one) is not type(other):
        yield place


def fields(objects: Objects) -> dict[Place, Any]:
    """Every field of every object by its place."""
    found: dict[Place, Any] = {}

    def visit(value: Any, kind: str, place: str, name: str) -> None:
        found[kind, place, name] = value
        for key, item in value.items() if isinstance(value, dict) else ():
            visit(item, kind, _under(place, key), name)

    for (kind, name), body in objects.items():
        visit(body, kind, "", name)
    return found


def _under(place: str, key: str) -> str:
    return f"{place}{key}" if key.startswith("[") else f"{place}.{key}" if place else key
