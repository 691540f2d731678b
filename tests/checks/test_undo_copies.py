from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from apigeectl.checks.model import Outcome, Result
from apigeectl.checks.undo_copies import no_property_was_lost
from tests.checks.fakes import FakeOrganizations, FakeOverrides, forbidden, organization, site

NOW = {"features_mart_connect_enabled": "true"}


@pytest.fixture(autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder / "apigeectl"


def keep(folder: Path, when: str, body: Any, org: str = "acme") -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{org}.undo-{when}.json").write_text(body if isinstance(body, str) else json.dumps(body))


def asked(folder: Path, organizations: FakeOrganizations | None = None) -> Outcome:
    overrides = FakeOverrides(file=folder / "overrides.yaml")
    return no_property_was_lost(
        site(overrides=overrides, organizations=organizations or FakeOrganizations(organization(**NOW)))
    )


def test_without_a_copy_there_is_nothing_to_compare_with(tmp_path: Path):
    assert asked(tmp_path).result is Result.PASSED


def test_a_property_that_is_gone_is_named_and_where_its_value_is_kept(tmp_path: Path):
    keep(tmp_path, "20260101T000000Z", organization(**NOW, features_monetization_enabled="true"))

    found = asked(tmp_path)

    assert found.result is Result.WARNED
    assert (
        found.message == "features.monetization.enabled gone since acme.undo-20260101T000000Z.json (CON-09)"
    )
    assert str(tmp_path) in found.details[0]


def test_another_value_is_no_loss(tmp_path: Path):
    keep(tmp_path, "20260101T000000Z", organization(features_mart_connect_enabled="false"))

    assert asked(tmp_path).result is Result.PASSED


def test_only_the_newest_copy_counts_wherever_it_lies(tmp_path: Path, state: Path):
    keep(tmp_path, "20250101T000000Z", organization(features_old="true"))
    keep(tmp_path, "20260101T000000Z", organization(features_old="true"))
    keep(state, "20260101T000000Z-2", organization(**NOW))

    assert asked(tmp_path).result is Result.PASSED


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"properties": {"property": ["x"]}}', '"text"'])
def test_a_copy_that_cannot_be_read_is_passed_over(tmp_path: Path, damaged: str):
    keep(tmp_path, "20260101T000000Z", damaged)
    keep(tmp_path, "20250101T000000Z", organization(features_lost="true"))

    assert "features.lost" in asked(tmp_path).message


def test_copies_of_other_organizations_are_left_alone(tmp_path: Path):
    keep(tmp_path, "20260101T000000Z", organization(features_lost="true"), org="acme.undo-x")
    keep(tmp_path, "20260101T000000Z", organization(features_lost="true"), org="other")

    assert asked(tmp_path).result is Result.PASSED


def test_without_the_organization_nothing_is_said(tmp_path: Path):
    keep(tmp_path, "20260101T000000Z", organization(features_lost="true"))

    assert asked(tmp_path, FakeOrganizations(forbidden())).result is Result.SKIPPED
