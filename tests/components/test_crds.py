"""The judge itself, on input that is known to be good or bad."""

from __future__ import annotations

import copy
import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from apigeectl.components.releases import release
from apigeectl.components.render import render_runtime
from apigeectl.overrides.scope import Scope
from tests.components.crds import violations
from tests.components.samples import case, write_files


@pytest.fixture
def bodies(tmp_path: pathlib.Path) -> dict[str, Any]:
    sample = case("everything")
    rendering = render_runtime(sample, release("1.8"), Scope(), cwd=write_files(sample, tmp_path))
    return {manifest.kind: copy.deepcopy(dict(manifest.body)) for manifest in rendering.manifests}


def _new_dialect_in_redis(body: Any) -> None:
    scaler = body["spec"]["components"]["redisEnvoy"]["autoScaler"]
    scaler["metrics"][0]["resource"] = {"name": "cpu", "target": {"type": "Utilization"}}


def _arguments(body: Any) -> None:
    body["spec"]["components"]["mart"]["containers"][0]["args"] = ["--fast"]


def _port_as_text(body: Any) -> None:
    body["spec"]["httpForwardProxy"]["port"] = "3128"


def _number_in_config(body: Any) -> None:
    body["spec"]["components"]["mart"]["configOverride"]["threads"] = 12


def _gateways_as_map(body: Any) -> None:
    body["spec"]["components"]["ingressGateways"] = {"main": {}}


def _no_salt(body: Any) -> None:
    del body["spec"]["axHashingSaltRef"]


BAD: list[tuple[str, Callable[[Any], None], str]] = [
    ("ApigeeRedis", _new_dialect_in_redis, "resource.target: unknown field"),
    ("ApigeeOrganization", _arguments, "args: unknown field"),
    ("ApigeeOrganization", _port_as_text, "'3128' is not of type 'integer'"),
    ("ApigeeOrganization", _number_in_config, "12 is not of type 'string'"),
    ("ApigeeOrganization", _gateways_as_map, "is not of type 'array'"),
    ("ApigeeOrganization", _no_salt, "'axHashingSaltRef' is a required property"),
]


@pytest.mark.parametrize(("kind", "spoil", "complaint"), BAD)
def test_bad_input_is_reported(
    bodies: dict[str, Any], kind: str, spoil: Callable[[Any], None], complaint: str
) -> None:
    assert violations(bodies[kind]) == []

    spoil(bodies[kind])

    assert any(complaint in violation for violation in violations(bodies[kind]))
