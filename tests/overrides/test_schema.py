from __future__ import annotations

import json
import pathlib
from typing import Any

import jsonschema
import pytest

from apigeectl.overrides import catalogue
from apigeectl.overrides.catalogue import Property
from apigeectl.overrides.load import load, parse
from apigeectl.overrides.schema import RELEASES, json_schema
from tests.overrides.samples import GOOD, STYLE_1_2

REPOSITORY = pathlib.Path(__file__).parents[2]
EXAMPLES = sorted((REPOSITORY / "overrides").glob("*.yaml"))


def complaints(text: str, release: str | None = None) -> list[str]:
    """As an editor shows them: where, and what about."""
    data = parse(text, pathlib.Path("overrides.yaml")).data
    return [error.json_path for error in validator(release).iter_errors(plain(data))]


def validator(release: str | None) -> jsonschema.protocols.Validator:
    return jsonschema.Draft7Validator(json_schema(release))


def plain(data: Any) -> Any:
    return json.loads(json.dumps(data))


@pytest.mark.parametrize("release", [None, *RELEASES])
def test_the_schema_is_one(release: str | None) -> None:
    schema = json_schema(release)

    jsonschema.Draft7Validator.check_schema(schema)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_every_example_file_fits(file: pathlib.Path) -> None:
    assert list(validator(None).iter_errors(plain(load(file).data))) == []


@pytest.mark.parametrize(
    ("text", "release"), [(GOOD, None), (GOOD, "1.10"), (STYLE_1_2, None), (STYLE_1_2, "1.2")]
)
def test_a_good_file_fits(text: str, release: str | None) -> None:
    assert complaints(text, release) == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("conectAgent: {}", "$"),
        ("mart: {url: a}", "$.mart"),
        ("redis: {replicaCount: three}", "$.redis.replicaCount"),
        ("redis: {replicaCount: 0}", "$.redis.replicaCount"),
        ("redis: []", "$.redis"),
        ("runtime: {tolerations: {key: a}}", "$.runtime.tolerations"),
        ("runtime: {resources: {requests: {cpu: 500 m}}}", "$.runtime.resources.requests.cpu"),
        ("runtime: {image: {pullPolicy: always}}", "$.runtime.image.pullPolicy"),
        ("logger: {enabled: maybe}", "$.logger.enabled"),
        ("httpProxy: {host: a, port: 70000}", "$.httpProxy.port"),
        ("revision: V1", "$.revision"),
        ("hub: [a]", "$.hub"),
    ],
)
def test_a_mistake_is_shown_where_it_stands(change: str, place: str) -> None:
    assert complaints(GOOD + change + "\n") == [place]


@pytest.mark.parametrize(
    ("line", "instead", "release", "places"),
    [
        ("org: hybrid-example\n", "", None, ["$"]),
        ("org: hybrid-example\n", "org:\n", None, ["$.org"]),
        ("  - name: test\n", "  - gsa: {}\n", None, ["$.envs[0]"]),
        ("instanceID: instance-1\n", "", "1.10", ["$"]),
        ("instanceID: instance-1\n", "", "1.2", []),
        ("instanceID: instance-1\n", "", None, []),
    ],
)
def test_what_a_release_needs_must_be_there(
    line: str, instead: str, release: str | None, places: list[str]
) -> None:
    assert complaints(GOOD.replace(line, instead), release) == places


@pytest.mark.parametrize(
    "written",
    [
        "redis: {replicaCount: '3'}",
        "runtime: {resources: {requests: {cpu: 1, memory: 1Gi}}}",
        "logger: {enabled: yes}",
        "logger: {enabled: 'off'}",
        "revision: 1160",
        "cassandra:",
        "runtime: {livenessProbe: {httpGet: {port: 1}}}",
        "runtime: {annotations: {a.b/c: d}, envVars: {A: b}}",
        "ingress: {minTLSProtocolVersion: 1.2}",
    ],
)
def test_what_an_installation_takes_fits(written: str) -> None:
    assert complaints(GOOD + written + "\n") == []


SAMPLES: dict[str, Any] = {
    "string": "a",
    "path": "./a",
    "duration": "48h",
    "integer": 1,
    "quantity": "500m",
    "boolean": True,
    "map": {"a": "b"},
}


@pytest.mark.parametrize("each", catalogue.properties()[::5], ids=lambda each: each.path)
def test_every_property_takes_its_type_and_its_default_and_nothing_else(each: Property) -> None:
    judge = jsonschema.Draft7Validator(part(ANY_RELEASE, each.path))
    good = each.values or (SAMPLES[each.type],)

    assert all(judge.is_valid(value) for value in good)
    assert each.default is None or judge.is_valid(each.default)
    assert judge.is_valid(None) != each.required
    assert not judge.is_valid([])
    assert judge.is_valid({}) == (each.type == "map")


ANY_RELEASE = json_schema()


def part(schema: dict[str, Any], path: str) -> dict[str, Any]:
    """The schema of what stands at a path."""
    for name in path.replace("[]", ".[]").split("."):
        schema = schema["items"] if name == "[]" else schema["properties"][name]
    return schema


def test_a_release_lacks_what_it_lost_and_tells_what_came_later() -> None:
    old, new, any_release = (json_schema(release)["properties"] for release in ("1.2", "1.16", None))

    assert "istio" in old
    assert "istio" not in new
    assert "routingRules" not in new["virtualhosts"]["items"]["properties"]
    assert "Documented from hybrid 1.16.0 on" in old["guardrails"]["description"]
    assert "deprecated" not in new["guardrails"]
    assert any_release["istio"]["description"].endswith("Known up to hybrid 1.2.")
    assert new["gcpProjectID"]["description"].endswith("Replaced by gcp.projectID.")
    assert new["gcpProjectID"]["deprecated"]


def test_an_editor_can_show_what_a_property_does_and_its_default() -> None:
    port = json_schema()["properties"]["cassandra"]["properties"]["port"]

    assert port["description"] == "Port on which Cassandra takes clients."
    assert port["default"] == 9042
