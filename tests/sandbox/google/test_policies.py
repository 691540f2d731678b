"""IAM policies: etags, versions, conditions, races, and what they let an account do."""

from __future__ import annotations

import pytest

from apigeectl.sandbox.google.accounts import ADMIN
from apigeectl.sandbox.google.roles import AGENT_ROLE, CONNECT_PERMISSION
from tests.sandbox.google.calls import Caller
from tests.sandbox.google.conftest import caller_of

PROJECT = "/v1/projects/hybrid-demo"
SOMEBODY = ["user:a@example.com"]
CONDITION = {"title": "until summer", "expression": "request.time < timestamp('2030-06-01T00:00:00Z')"}
UDCA = "serviceAccount:apigee-udca@hybrid-demo.iam.gserviceaccount.com"


def policy_of(admin: Caller, version: int = 3, stem: str = PROJECT) -> dict:
    body = {"options": {"requestedPolicyVersion": version}}
    return dict(admin.post(f"{stem}:getIamPolicy", body).body)


def write(admin: Caller, policy: dict, **more):
    return admin.post(f"{PROJECT}:setIamPolicy", {"policy": policy, **more})


def adding(policy: dict, role: str, members: list[str], **more) -> dict:
    return {
        **policy,
        "version": 3,
        "bindings": [*policy["bindings"], {"role": role, "members": members, **more}],
    }


def holds(caller: Caller, permission: str, resource: str = PROJECT) -> bool:
    body = caller.post(f"{resource}:testIamPermissions", {"permissions": [permission]}).body
    return body == {"permissions": [permission]}


@pytest.mark.parametrize("version", ["v1", "v3"])
def test_a_policy_is_written_back_with_its_etag(admin, version):
    stem = f"/{version}/projects/hybrid-demo"
    policy = adding(policy_of(admin, stem=stem), "roles/x", SOMEBODY)

    written = admin.post(f"{stem}:setIamPolicy", {"policy": policy}).body

    assert written["bindings"] == policy["bindings"]
    assert written["etag"] != policy["etag"]


def test_a_lost_race_is_409_and_changes_nothing(admin):
    policy = policy_of(admin)
    write(admin, policy)

    answer = write(admin, {"etag": policy["etag"], "bindings": []})

    assert (answer.status, answer.body["error"]["status"]) == (409, "ABORTED")
    assert policy_of(admin)["bindings"] == policy["bindings"]


def test_without_an_etag_a_policy_is_overwritten(admin):
    write(admin, adding(policy_of(admin), "roles/x", SOMEBODY, condition=CONDITION))

    rest = [binding for binding in policy_of(admin)["bindings"] if "condition" not in binding]
    written = write(admin, {"bindings": rest}).body

    assert (written["version"], written["bindings"]) == (1, rest)


def test_a_condition_needs_version_3_and_shows_in_version_3_only(admin):
    policy = adding(policy_of(admin), "roles/x", SOMEBODY, condition=CONDITION)
    refused = write(admin, policy | {"version": 1})
    written = write(admin, policy)

    assert (refused.status, written.body["version"]) == (400, 3)
    assert policy_of(admin)["bindings"][-1]["condition"] == CONDITION
    old = policy_of(admin, version=1)
    assert old["version"] == 1
    assert old["bindings"][-1]["role"].startswith("roles/x_withcond_")
    assert "condition" not in old["bindings"][-1]


def test_a_policy_without_its_conditions_is_not_taken_back(admin):
    write(admin, adding(policy_of(admin), "roles/x", SOMEBODY, condition=CONDITION))
    before = policy_of(admin)
    old = policy_of(admin, version=1)

    assert write(admin, old).status == 400
    assert write(admin, {**before, "version": 1, "bindings": before["bindings"][:-1]}).status == 400
    assert policy_of(admin) == before


def test_the_same_role_with_and_without_a_condition_are_two_bindings(admin):
    policy = adding(policy_of(admin), "roles/x", SOMEBODY, condition=CONDITION)
    policy = adding(adding(policy, "roles/x", SOMEBODY), "roles/x", [*SOMEBODY, "user:b@example.com"])

    written = write(admin, policy).body["bindings"]

    assert [binding["members"] for binding in written if binding["role"] == "roles/x"] == [
        SOMEBODY,
        [*SOMEBODY, "user:b@example.com"],
    ]


def test_a_binding_with_a_condition_grants_nothing(admin, caller):
    write(admin, adding(policy_of(admin), AGENT_ROLE, [UDCA], condition=CONDITION))

    assert not holds(caller("apigee-udca"), CONNECT_PERMISSION)


def test_audit_configurations_change_only_when_the_mask_names_them(admin):
    audit = [{"service": "apigeeconnect.googleapis.com", "auditLogConfigs": [{"logType": "DATA_READ"}]}]
    policy = {**policy_of(admin), "auditConfigs": audit}
    write(admin, policy)
    assert "auditConfigs" not in policy_of(admin)

    write(admin, {"auditConfigs": audit}, updateMask="auditConfigs")

    assert policy_of(admin)["auditConfigs"] == audit
    assert policy_of(admin)["bindings"] == policy["bindings"]


@pytest.mark.parametrize(
    ("role", "member"),
    [
        ("roles/apigeeconnect.agent", UDCA),
        ("apigeeconnect.Agent", UDCA),
        ("roles/x", "a@example.com"),
        ("roles/x", "serviceAccount:apigee-nobody@hybrid-demo.iam.gserviceaccount.com"),
    ],
)
def test_roles_and_members_that_do_not_exist_are_refused(admin, role, member):
    before = policy_of(admin)

    answer = write(admin, adding(before, role, [member]))

    assert (answer.status, answer.body["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert policy_of(admin) == before


def test_a_deleted_account_may_stay_in_a_policy(admin):
    member = "deleted:serviceAccount:apigee-old@hybrid-demo.iam.gserviceaccount.com?uid=1"

    assert write(admin, adding(policy_of(admin), "roles/x", [member])).status == 200


def test_mart_holds_the_role_of_the_agent_and_may_read_no_policy(caller):
    mart = caller("apigee-mart")

    assert holds(mart, CONNECT_PERMISSION)
    assert mart.post(f"{PROJECT}:getIamPolicy", {}).status == 403


def test_a_permission_that_is_not_held_is_not_echoed(caller):
    assert not holds(caller("apigee-udca"), CONNECT_PERMISSION)


def test_wildcards_cannot_be_asked_for(admin):
    assert admin.post(f"{PROJECT}:testIamPermissions", {"permissions": ["apigeeconnect.*"]}).status == 400


def test_a_role_that_was_taken_away_can_be_granted_again(start):
    google = start("permission-denied")
    admin, mart = caller_of(google, ADMIN), google.project.email("apigee-mart")
    assert "Permission denied on resource '//" in google.refusal("hybrid-demo", mart)

    write(admin, adding(policy_of(admin), AGENT_ROLE, [f"serviceAccount:{mart}"]))

    assert google.refusal("hybrid-demo", mart) is None


def test_a_grant_becomes_true_later_when_google_is_slow(start):
    google = start("permission-denied", "slow-iam")
    google.project.policy._delay = 60.0  # a busy machine must not make a minute of a second
    admin, mart = caller_of(google, ADMIN), caller_of(google, "apigee-mart")
    member = f"serviceAccount:{google.project.email('apigee-mart')}"
    write(admin, adding(policy_of(admin), AGENT_ROLE, [member]))

    assert {"role": AGENT_ROLE, "members": [member]} in policy_of(admin)["bindings"]
    assert not holds(mart, CONNECT_PERMISSION)

    changes = google.project.policy._in_force
    changes[-1] = (0.0, changes[-1][1])  # the minutes are over
    assert holds(mart, CONNECT_PERMISSION)


def test_somebody_else_is_faster_twice(start):
    admin = caller_of(start("stale-etag"), ADMIN)

    statuses = [write(admin, adding(policy_of(admin), "roles/x", SOMEBODY)).status for _ in range(3)]

    assert statuses == [409, 409, 200]
    bindings = policy_of(admin)["bindings"]
    assert {"role": "roles/viewer", "members": ["user:colleague@example.com"]} in bindings
    assert {"role": "roles/x", "members": SOMEBODY} in bindings


ENVIRONMENT = "/v1/organizations/hybrid-demo/environments/test"


def test_an_environment_has_a_policy_of_its_own(admin, caller):
    udca, permission = caller("apigee-udca"), "apigee.environments.manageRuntime"
    assert not holds(udca, permission, ENVIRONMENT)
    policy = admin.get(f"{ENVIRONMENT}:getIamPolicy", **{"options.requestedPolicyVersion": 3}).body

    bindings = [{"role": "roles/apigee.synchronizerManager", "members": [UDCA]}]
    admin.post(f"{ENVIRONMENT}:setIamPolicy", {"policy": {**policy, "bindings": bindings}})

    assert holds(udca, permission, ENVIRONMENT)
    assert not holds(udca, permission)


def test_what_is_held_on_the_project_is_held_on_its_environments(caller):
    assert holds(caller("apigee-synchronizer"), "apigee.environments.manageRuntime", ENVIRONMENT)


def test_on_an_environment_that_does_not_exist_nothing_is_held(admin, caller):
    nowhere = "/v1/organizations/hybrid-demo/environments/nowhere"

    assert not holds(caller("apigee-synchronizer"), "apigee.environments.get", nowhere)
    assert admin.get(f"{nowhere}:getIamPolicy").status == 404
