from __future__ import annotations

from apigeectl.actions.connect_connections import listed
from tests.checks.fakes import FakeConnection, site


def test_ours_comes_first_and_others_are_explained():
    others = (
        FakeConnection("theirs", "far", 2),
        FakeConnection("near", "r", 3),
        FakeConnection("ours", "r", 4),
        FakeConnection("ours", "moved", 1),
    )
    found = listed(site(connections=[others]))

    assert [(row.cluster, row.region, row.ours, row.note) for row in found.rows] == [
        ("ours", "r", True, "this file's cluster"),
        ("near", "r", False, "another name in the file's region"),
        ("ours", "moved", False, "same name, and the file says region r"),
        ("theirs", "far", False, "another cluster, as in several regions"),
    ]
    assert found.remarks == ()


def test_what_is_missing_is_said():
    assert listed(site(connections=[()])).remarks == ("no agent of project p holds a stream",)
    (remark,) = listed(site(connections=[(FakeConnection("theirs", "r", 2),)])).remarks
    assert remark.startswith("none is ours/r, the cluster of the file")
    assert listed(site(connections=[(FakeConnection("ours", "r", 0),)])).remarks == (
        "ours/r is known and holds no stream",
    )
