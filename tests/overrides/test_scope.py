from __future__ import annotations

import pytest

from apigeectl.errors import UsageError
from apigeectl.overrides.scope import Scope
from tests.overrides.samples import bare

FILE = bare({"org": "o", "envs": [{"name": "test"}, {"name": "prod"}, {"name": "prod"}, {}, "x"]})


def test_no_flag_means_everything() -> None:
    scope = Scope()
    assert scope.everything
    assert scope.wants_org() and scope.wants_datastore() and scope.wants_redis()  # noqa: PT018
    assert scope.wants_telemetry() and scope.wants_virtualhosts() and scope.wants_all_envs()  # noqa: PT018
    assert scope.wanted_envs(FILE) == ("test", "prod")


def test_flags_add_up() -> None:
    scope = Scope(org=True, envs=("prod",))
    assert not scope.everything
    assert (scope.wants_org(), scope.wants_datastore(), scope.wants_virtualhosts()) == (True, False, False)
    assert scope.wanted_envs(FILE) == ("prod",)


def test_all_environments_include_the_named_ones() -> None:
    assert Scope(all_envs=True, envs=("prod",)).wanted_envs(FILE) == ("test", "prod")


def test_another_scope_wants_no_environment() -> None:
    assert Scope(redis=True).wanted_envs(FILE) == ()


@pytest.mark.parametrize(
    ("names", "scope"),
    [
        (["cassandra"], Scope(datastore=True)),
        (["logger", "metrics"], Scope(telemetry=True)),
        (["mart"], Scope(org=True)),
        (["runtime"], Scope(all_envs=True, virtualhosts=True)),
        (["synchronizer"], Scope(all_envs=True)),
        (["udca"], Scope(all_envs=True)),
        (["cassandra, mart"], Scope(datastore=True, org=True)),
        (["cassandra,mart"], Scope(datastore=True, org=True)),
    ],
)
def test_the_components_of_1_2_are_scopes(names: list[str], scope: Scope) -> None:
    assert Scope.from_components(names) == scope


@pytest.mark.parametrize(
    ("name", "hint"), [("cassandr", 'did you mean "cassandra"?'), ("zzz", "known components: ")]
)
def test_an_unknown_component_is_refused_with_a_suggestion(name: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        Scope.from_components([name])
    assert hint in str(refused.value.hint)


@pytest.mark.parametrize(
    ("name", "hint"), [("tset", 'did you mean "test"?'), ("qqqq", "known environments: test, prod")]
)
def test_an_environment_that_the_file_lacks_stops_with_a_suggestion(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f'no environment "{name}"') as refused:
        Scope(envs=(name,)).check(FILE)
    assert hint in str(refused.value.hint)


def test_virtual_hosts_that_the_file_lacks_stop() -> None:
    with pytest.raises(UsageError, match="no virtual hosts"):
        Scope(virtualhosts=True).check(FILE)


def test_a_scope_that_the_file_has_passes() -> None:
    Scope(envs=("test",), virtualhosts=True).check(
        bare({"envs": [{"name": "test"}], "virtualhosts": [{"name": "v"}]})
    )
