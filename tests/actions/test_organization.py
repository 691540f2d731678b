from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from apigeectl.actions.organization import validate
from apigeectl.actions.preparation import Prepared
from apigeectl.components.releases import release
from apigeectl.errors import Forbidden, InstallerError, NoCredentials, NotFound, Unreachable
from apigeectl.overrides.load import parse
from apigeectl.overrides.scope import Scope

FILE = """
org: acme
gcp: {projectID: p}
envs:
- name: test
  serviceAccountPaths: {synchronizer: sync.json}
virtualhosts:
- name: group
  hostAliases: [a.example.com]
"""
ORGANIZATION = {"name": "acme", "projectId": "p", "environments": ["test", "prod"]}
EVERYTHING = Scope()
SYNC = "sync@p.iam.gserviceaccount.com"


@dataclass(frozen=True)
class Group:
    name: str
    hostnames: tuple[str, ...] = ("a.example.com",)


def _or_raise(answer: Any) -> Any:
    if isinstance(answer, InstallerError):
        raise answer
    return answer


@dataclass
class Google:
    body: Any = field(default_factory=lambda: ORGANIZATION)
    seen: Any = ("acme",)
    all_groups: Any = (Group("group"),)
    identities: Any = (SYNC,)

    def get(self, org: str) -> dict[str, Any]:
        return _or_raise(self.body)

    def names(self) -> tuple[str, ...]:
        return _or_raise(self.seen)

    def groups(self, org: str) -> tuple[Group, ...]:
        return _or_raise(self.all_groups)

    def authorized(self, org: str) -> tuple[str, ...]:
        return _or_raise(self.identities)


@pytest.fixture
def validated(tmp_path: Path) -> Any:
    (tmp_path / "sync.json").write_text(json.dumps({"client_email": SYNC}))

    def run(google: Google, text: str = FILE, scope: Scope = EVERYTHING) -> tuple[list[str], list[str]]:
        prepared = Prepared(parse(text, tmp_path / "o.yaml"), scope, (), release("1.10"), "")
        said = list(validate(prepared, google, google, tmp_path))
        return [one.text for one in said if not one.warning], [one.text for one in said if one.warning]

    return run


def refusal(validated: Any, google: Google, text: str = FILE) -> InstallerError:
    with pytest.raises(InstallerError) as caught:
        validated(google, text)
    assert "validateOrg: false" in caught.value.details[-1]
    return caught.value


def test_what_fits_passes_with_the_originals_two_lines(validated):
    assert validated(Google()) == (
        ["validating GCP and Apigee org settings", 'Validating organization "acme" exists in project "p"'],
        [],
    )


def test_the_files_own_property_switches_it_off(validated):
    assert validated(Google(Unreachable("no")), FILE + "validateOrg: false\n") == ([], [])


def test_an_organization_of_another_project_stops_it(validated):
    error = refusal(validated, Google({**ORGANIZATION, "projectId": "q"}))

    assert error.message == (
        'organization "acme" does not exist in project "p": it belongs to project "q" (gcp.projectID)'
    )


def test_an_environment_and_a_group_that_do_not_exist_are_named_together(validated):
    error = refusal(validated, Google({**ORGANIZATION, "environments": []}, all_groups=(Group("other"),)))

    assert error.message == 'environment "test" does not exist in organization "acme", which has none'
    assert error.details[0].endswith('of its name in organization "acme", which has other')


def test_only_environments_of_the_scope_count(validated):
    assert validated(Google({**ORGANIZATION, "environments": []}), scope=Scope(org=True))[1] == []


def test_a_host_name_that_the_group_lacks_is_a_warning(validated):
    (warning,) = validated(Google(all_groups=(Group("group", ("b.example.com",)),)))[1]

    assert warning == 'environment group "group" lacks the host names a.example.com; it has b.example.com'


def test_a_synchronizer_without_authorization_is_warned_about_with_our_command(validated):
    (warning,) = validated(Google(identities=("other@p",)))[1]

    assert f'synchronizer account "{SYNC}" is not authorized in organization "acme"' in warning
    assert "apigeectl sync-authorization add -f" in warning


DENIED = Forbidden("organization acme: denied (or it may not exist)", status=403, hint="ask")


@pytest.mark.parametrize(
    "google",
    [Google(DENIED, seen=("other", "third")), Google(NotFound("no", status=404), seen=())],
    ids=["sees others", "not found"],
)
def test_an_organization_that_is_not_there_stops_it(validated, google: Google):
    error = refusal(validated, google)

    assert error.message == 'organization "acme" does not exist, or this account may not see it'
    assert error.details[1].startswith("this account sees")


@pytest.mark.parametrize(
    ("google", "words"),
    [
        (Google(DENIED, seen=()), "organization not validated: organization acme: denied"),
        (Google(DENIED, seen=DENIED), "organization not validated"),
        (Google(NoCredentials("nobody", hint="log in")), "organization not validated: nobody (log in)"),
        (Google(all_groups=DENIED), "groups not validated"),
        (Google(identities=Unreachable("timed out")), "synchronizers not validated: timed out"),
    ],
    ids=["sees none", "may not list", "nobody", "groups", "synchronizers"],
)
def test_what_cannot_be_seen_is_one_warning_with_the_way_out(validated, google: Google, words: str):
    (warning,) = validated(google)[1]

    assert warning.startswith(words)
    assert "validateOrg: false" in warning


def test_a_google_that_does_not_answer_is_left_to_the_caller(validated):
    with pytest.raises(Unreachable):
        validated(Google(Unreachable("no such host")))
