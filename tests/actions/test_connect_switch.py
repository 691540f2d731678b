from __future__ import annotations

import itertools
import json
import stat
from pathlib import Path

import pytest

from apigeectl.actions.connect_switch import Switch, disable, enable, goodbye, served_elsewhere
from apigeectl.errors import NotFound, Refused, WaitTimeout
from tests.checks.fakes import (
    CONNECTED,
    DENIED,
    ORGANIZATION,
    PROPERTY,
    FakeConnection,
    FakeOrganizations,
    FakeOverrides,
    forbidden,
    pod,
    site,
)

INGRESS = {"hostAlias": "mart.example.com", "sslCertPath": "c.pem", "sslKeyPath": "k.pem"}


def off() -> FakeOrganizations:
    return FakeOrganizations(dict(ORGANIZATION))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def switched(done: Switch) -> tuple[str, str | None, str | None, bool]:
    return done.organization, done.before, done.after, done.changed


def test_enable_switches_the_property_while_a_stream_is_open():
    organizations = off()

    assert switched(enable(site(organizations=organizations))) == ("acme", None, "true", True)
    assert organizations.sets == [("acme", PROPERTY, "true")]


@pytest.mark.parametrize(
    "listed", [(), (FakeConnection("theirs", "r", 5),), (FakeConnection("ours", "r", 0),)]
)
def test_enable_refuses_while_no_stream_of_this_cluster_is_open(listed):
    organizations = off()
    with pytest.raises(Refused, match="no agent of cluster ours holds a stream") as caught:
        enable(site(organizations=organizations, connections=[listed]))

    assert "--yes" in str(caught.value.hint)
    assert organizations.sets == []


def test_enable_goes_on_without_a_stream_when_told_so():
    organizations = off()

    assert enable(site(organizations=organizations, connections=[()]), yes=True).changed
    assert len(organizations.sets) == 1


def test_enable_refuses_when_streams_cannot_be_seen():
    organizations = off()
    with pytest.raises(Refused, match="cannot be seen") as caught:
        enable(site(organizations=organizations, connections=[forbidden()], pods=forbidden()))

    assert "--yes" in str(caught.value.hint)
    assert organizations.sets == []


def test_enable_names_the_refusal_in_the_agents_log():
    crashing = pod("agent-1", restarts=2)
    with pytest.raises(Refused) as caught:
        enable(
            site(organizations=off(), connections=[()], pods=[crashing], logs={("agent-1", False): DENIED})
        )

    assert "PermissionDenied" in caught.value.details[0]


def test_enable_changes_nothing_that_is_on_and_asks_for_no_stream():
    organizations = FakeOrganizations(CONNECTED)

    assert enable(site(organizations=organizations, connections=[()])) == Switch(
        "acme", "true", "true", changed=False
    )
    assert organizations.sets == []


def ingress() -> FakeOverrides:
    return FakeOverrides({"mart": INGRESS})


def test_disable_switches_the_property_off():
    organizations = FakeOrganizations(CONNECTED)
    done = disable(site(organizations=organizations, overrides=ingress()))

    assert switched(done) == ("acme", "true", "false", True)


@pytest.mark.parametrize(
    "mart", [None, {"hostAlias": "m"}, {"hostAlias": "m", "sslCertPath": "c"}, {"sslSecret": "s"}]
)
def test_disable_refuses_while_the_mart_ingress_is_not_set_up(mart):
    organizations = FakeOrganizations(CONNECTED)
    overrides = FakeOverrides({"mart": mart})
    with pytest.raises(Refused, match="no MART ingress") as caught:
        disable(site(organizations=organizations, overrides=overrides))

    assert "--yes" in str(caught.value.hint)
    assert organizations.sets == []
    assert disable(site(organizations=organizations, overrides=overrides), yes=True).changed


def test_disable_writes_nothing_into_an_organization_that_never_had_it():
    organizations = off()

    assert disable(site(organizations=organizations)) == Switch("acme", None, None, changed=False)
    assert organizations.sets == []


def test_disable_lets_the_services_refusal_through():
    with pytest.raises(NotFound):
        disable(site(organizations=FakeOrganizations(NotFound("no such", status=404))))


def test_other_clusters_that_hold_streams_are_known():
    listed = (
        FakeConnection("ours", "r", 4),
        FakeConnection("theirs", "s", 2),
        FakeConnection("idle", "s", 0),
    )

    assert served_elsewhere(site(connections=[listed])) == ("theirs/s",)
    assert served_elsewhere(site(connections=[forbidden()])) == ()


def test_the_organization_as_it_was_is_kept_in_a_file_that_only_its_owner_reads(tmp_path: Path):
    organizations = FakeOrganizations({**ORGANIZATION, "unknown": {"ü": [1]}, "properties": {}})
    done = enable(site(organizations=organizations, overrides=FakeOverrides(file=tmp_path / "o.yaml")))

    assert done.undo is not None
    assert done.undo.parent == tmp_path
    assert stat.S_IMODE(done.undo.stat().st_mode) == 0o600
    assert json.loads(done.undo.read_text()) == organizations.body


def test_copies_never_replace_each_other(tmp_path: Path):
    overrides = FakeOverrides({"mart": INGRESS}, file=tmp_path / "o.yaml")
    for _ in range(3):
        disable(site(organizations=FakeOrganizations(CONNECTED), overrides=overrides))

    assert len(list(tmp_path.glob("acme.undo-*.json"))) == 3


def test_a_folder_that_nobody_may_write_to_is_left_for_the_users_own(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    done = enable(site(organizations=off(), overrides=FakeOverrides(file=tmp_path / "o.yaml")))

    assert done.undo is not None
    assert done.undo.parent == tmp_path / "state" / "apigeectl"


def test_what_others_changed_at_the_same_time_is_passed_on():
    organizations = FakeOrganizations(dict(ORGANIZATION), others=("field description was changed",))

    assert enable(site(organizations=organizations)).others == ("field description was changed",)


def test_a_goodbye_waits_for_agents_that_are_going_and_shows_the_time():
    leaving = pod("agent-1", deletionTimestamp="2026-01-01T00:00:00Z")
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    with pytest.raises(WaitTimeout, match="after 12 s agent-1"):
        seen = []
        for each in goodbye(site(pods=[leaving]), wait=12, clock=lambda: now[0], sleep=sleep):
            seen.append(each.seconds)
    assert (seen[0], seen[-1]) == (0.0, 12.0)
    assert max(after - before for before, after in itertools.pairwise(seen)) <= 5.0


@pytest.mark.parametrize(
    ("ends", "words"),
    [(True, "longer than seven minutes"), (False, "the operator has not taken the agent away")],
)
def test_agents_that_were_taken_down_are_waited_for_before_they_begin_to_go(ends, words):
    ending = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if ends else {}
    agents = site(pods=[pod("agent-1", **ending)])

    with pytest.raises(WaitTimeout, match="after 0 s agent-1 is still there") as caught:
        list(goodbye(agents, taken_down=True, wait=0, sleep=pytest.fail))
    assert words in str(caught.value.hint)


def test_nobody_is_waited_for_while_nobody_goes():
    assert list(goodbye(site(), sleep=pytest.fail)) == []
