"""No string can leave its place, whatever the user or an attacker writes into the overrides file."""

from __future__ import annotations

import base64
import pathlib
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote

import pytest
import yaml as pyyaml

from apigeectl import yaml
from apigeectl.components.mapping import landings
from apigeectl.components.releases import release
from apigeectl.components.render import Rendering, render_init, render_runtime
from apigeectl.overrides.catalogue import Property, properties
from apigeectl.overrides.document import Overrides
from apigeectl.overrides.scope import Scope
from tests.components.discovery import Objects, Place, differences, fields, property_at, rendered
from tests.components.mapping_table import batches
from tests.components.samples import overrides

NEW = release("1.10")
BENIGN = "benign"
HOSTILE = [
    "a\nb: c\n---\nkind: Secret",
    "\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: evil}\n",
    "key: value # comment",
    "{{ 7 * 7 }}{% raw %}",
    "{% include 'init/ca.yaml.j2' %}",
    "\"', }] ][{ '",
    "nul\x00bell\x07escape\x1bdel\x7f",
    "!!python/object/apply:os.system ['true']",
    "--- ",
    "...",
    "&anchor *alias",
    "next\x85line\u2028separator\u2029end\ufeff",
    "\U0001f4a9 ünï \uffff",
    "\\n\\x00\\",
    "null",
    "yes",
    "1e3",
    "0x1F",
    "<b>&amp;</b>",
    "? x",
    "x" * 5000,
]
FIXED = ("Path", "keyfile", "keyFile", "EncryptionKey", "TLSProtocolVersion", "axHashSaltSecret")
"""Ends of properties whose values are checked before they are rendered, or that leave others unused."""


@pytest.mark.parametrize("workload_identity", [False, True])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_string_in_every_property_stays_a_value(hostile: str, workload_identity: bool) -> None:
    rendered = render_all(filled(hostile, workload_identity))

    assert [shape(body) for body in rendered] == benign_shape(workload_identity)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_string_survives_printing(hostile: str) -> None:
    rendered = [manifest.body for manifest in runtime(filled(hostile, workload_identity=False)).manifests]

    assert yaml.load_all(yaml.dump(rendered)) == rendered


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_string_arrives_unchanged(hostile: str) -> None:
    sample = filled(hostile, workload_identity=False)
    found = {manifest.kind: manifest.body for manifest in runtime(sample).manifests}
    agent = found["ApigeeOrganization"]["spec"]["components"]["connectAgent"]

    assert agent["annotations"][hostile] == hostile
    assert agent["containers"][0]["env"][0]["value"] == hostile
    assert agent["appServiceAccountSecretName"] == hostile
    assert found["ApigeeRouteConfig"]["spec"]["selector"][hostile] == hostile
    assert found["ApigeeEnvironment"]["spec"]["name"] == hostile


SINK = "nul\x00 a: b # c\n'\"}]{{ x }}{% raw %}\\ \U0001f4a9 !!python/object:os &a *b\n---\n- yes\n...\n"
"""A bit of everything that has a meaning in YAML, in a template or to a program in C."""


@pytest.mark.parametrize("hostile", [SINK, "yes", "0x1F", "{{ x }}", "x" * 10_000], ids=range(5))
def test_a_hostile_string_is_in_the_field_of_its_property_and_in_no_other(hostile: str) -> None:
    """Each field is what it is with a harmless string, with the hostile one in its place."""
    for texts in texts_together():
        harmless = harmlessly(texts)
        found = rendered({path: f"{hostile}{number}" for number, path in enumerate(texts)}, NEW)
        landed = {(one.kind, one.field, one.name) for path in texts for one in landings(path, NEW.minor)}

        assert set(differences(harmless, found)) == landed
        before, after = fields(harmless), fields(found)
        assert {place: decoded(after[place], place) for place in landed} == {
            place: decoded(before[place], place).replace(BENIGN, hostile) for place in landed
        }


@cache
def texts_together() -> list[tuple[str, ...]]:
    """The properties that take any text, as many at a time as do not touch each other's fields."""
    together = [
        tuple(path for path in paths if is_text(path) and not path.endswith(FIXED))
        for paths in batches(NEW.minor)
    ]
    return [paths for paths in together if paths]


def is_text(path: str) -> bool:
    return property_at(path).type == "string" and path not in ELSEWHERE


@cache
def harmlessly(paths: tuple[str, ...]) -> Objects:
    return rendered({path: f"{BENIGN}{number}" for number, path in enumerate(paths)}, NEW)


ELSEWHERE = frozenset(
    {
        *("org", "namespace", "envs[].name", "controllerNamespace", "virtualhosts[].name", "revision"),
        *("httpProxy.password", "istiod.accessLogFile", "istiod.accessLogFormat"),
    }
)
"""What becomes part of names, which are hashed or cut, or stands in another notation inside a field."""


def decoded(value: Any, place: Place) -> str:
    """The text of a field; what Secrets hold is encoded, and a user in the URL of a proxy is quoted."""
    kind, field, _ = place
    if field.endswith("[http_proxy].value"):
        return unquote(value)
    secret = kind == "Secret" and field.startswith("data.")
    return base64.b64decode(value).decode() if secret else str(value)


def test_kubectl_and_pyyaml_read_the_same_objects(tmp_path: pathlib.Path) -> None:
    """All properties at once, save those that name objects, which kubectl refuses by itself."""
    sample = filled(SINK, workload_identity=False)
    named = {"org": "x-org", "namespace": "ns", "controllerNamespace": "ops", "revision": "r"}
    data = {**sample.data, **named}
    data["envs"][0]["name"] = data["virtualhosts"][0]["name"] = "e"
    bodies = render_all(Overrides(sample.file, "", data))
    printed = yaml.dump(bodies)
    (tmp_path / "all.yaml").write_text(printed)
    (tmp_path / "kustomization.yaml").write_text("resources: [all.yaml]\n")

    kubectl = subprocess.run(
        [shutil.which("kubectl") or pytest.skip("kubectl is not installed"), "kustomize", tmp_path],
        capture_output=True,
        text=True,
        check=True,
    )

    assert list(pyyaml.safe_load_all(printed)) == bodies
    assert by_name(pyyaml.safe_load_all(kubectl.stdout)) == by_name(bodies)


def by_name(bodies: Iterable[Mapping[str, Any]]) -> dict[tuple[str, ...], Any]:
    return {
        (body["kind"], body["metadata"].get("namespace", ""), body["metadata"]["name"]): body
        for body in bodies
    }


def test_the_filling_reaches_most_properties() -> None:
    assert len(list(_leaves(filled(BENIGN, workload_identity=False).data))) > 500


def render_all(sample: Overrides) -> list[Mapping[str, Any]]:
    init = render_init(sample, NEW, cwd=pathlib.Path())
    return [manifest.body for manifest in (*init.manifests, *runtime(sample).manifests)]


@cache
def benign_shape(workload_identity: bool) -> list[Any]:
    return [shape(body) for body in render_all(filled(BENIGN, workload_identity))]


def runtime(sample: Overrides) -> Rendering:
    return render_runtime(sample, NEW, Scope(), cwd=pathlib.Path())


def shape(value: Any) -> Any:
    """A value without its texts: what is a map, a list, a scalar, and where."""
    if isinstance(value, dict):
        return [shape(item) for item in value.values()]
    if isinstance(value, list):
        return (len(value), [shape(item) for item in value])
    return type(value).__name__


def filled(text: str, workload_identity: bool) -> Overrides:
    """Overrides with every property of the catalogue set to a text; switches are on."""
    data: dict[str, Any] = {}
    for entry in properties():
        if not entry.path.endswith(FIXED):
            _place(data, entry.path.split("."), _filling(entry, text))
    data["gcp"] |= {"workloadIdentity": {"enabled": workload_identity, "gsa": text}}
    data["gcp"]["workloadIdentityEnabled"] = workload_identity
    data["cassandra"]["auth"] = {"admin": {"username": text, "password": text}}
    data["redis"]["auth"] = {"password": text}
    sample = overrides("org: x")
    return Overrides(sample.file, "", data)


def _filling(entry: Property, text: str) -> Any:
    if entry.type == "boolean":
        return True
    if entry.type == "map" or entry.free_form:
        return {text: text}
    return [text] if entry.type == "list" else text


def _place(data: dict[str, Any], parts: list[str], value: Any) -> None:
    part, rest = parts[0], parts[1:]
    key = part.removesuffix("[]")
    if part.endswith("[]"):
        items = data.setdefault(key, [{} if rest else value])
        if rest and isinstance(items[0], dict):
            _place(items[0], rest, value)
    elif not rest:
        data.setdefault(key, value)
    elif isinstance(below := data.setdefault(key, {}), dict):
        _place(below, rest, value)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value
