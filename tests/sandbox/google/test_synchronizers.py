"""The synchronizer authorization of the organization."""

from __future__ import annotations

from apigeectl.sandbox.google.accounts import ADMIN
from tests.sandbox.google.conftest import caller_of

ORG = "/v1/organizations/hybrid-demo"
OURS = "serviceAccount:apigee-synchronizer@hybrid-demo.iam.gserviceaccount.com"
NEW = "serviceAccount:new@hybrid-other.iam.gserviceaccount.com"


def read(admin):
    return admin.post(f"{ORG}:getSyncAuthorization", {}).body


def write(admin, **body):
    return admin.post(f"{ORG}:setSyncAuthorization", body)


def test_the_list_is_replaced_as_a_whole(admin):
    before = read(admin)
    assert before["identities"] == [OURS]

    written = write(admin, identities=[NEW], etag=before["etag"]).body

    assert written["identities"] == [NEW]
    assert written["etag"] != before["etag"]
    assert read(admin) == written


def test_a_stale_etag_is_refused_and_none_overwrites(admin):
    before = read(admin)
    write(admin, identities=[OURS, NEW], etag=before["etag"])

    assert write(admin, identities=[], etag=before["etag"]).status == 409
    assert read(admin)["identities"] == [OURS, NEW]
    assert "identities" not in write(admin, identities=[]).body


def test_identities_begin_with_their_kind(admin):
    assert write(admin, identities=["new@hybrid-demo.iam.gserviceaccount.com"]).status == 400


def test_somebody_else_is_faster_twice_and_must_not_be_lost(start):
    admin = caller_of(start("stale-etag"), ADMIN)

    answers = [
        write(admin, identities=[*(body := read(admin))["identities"], NEW], etag=body["etag"])
        for _ in range(3)
    ]

    assert [answer.status for answer in answers] == [409, 409, 200]
    assert len(read(admin)["identities"]) == 3


def test_an_organization_that_lets_no_synchronizer_in(start):
    assert "identities" not in read(caller_of(start("sync=unauthorized"), ADMIN))


def test_component_accounts_may_not_change_it(caller):
    assert write(caller("apigee-synchronizer"), identities=[]).status == 403
    assert caller("apigee-org-admin").post("/v1/organizations/other:getSyncAuthorization", {}).status == 403
