from __future__ import annotations

import re
from pathlib import Path

import pytest

from apigeectl.checks.connect import CHECKS, PROBE
from apigeectl.checks.hints import Hint
from apigeectl.checks.model import Check, Outcome, Result, failed, outcomes, passed, skipped
from apigeectl.checks.repairs import first_broken
from apigeectl.checks.site import Site
from apigeectl.errors import NoCredentials, NotFound, ServiceFailure, Unauthorized, Unreachable
from tests.checks.fakes import (
    AGENT_POD,
    CONNECTED,
    DENIED,
    KEY,
    LISTENING,
    MART_POD,
    NOBODY,
    ORGANIZATION,
    FakeAccounts,
    FakeConnection,
    FakeOrganizations,
    FakeOverrides,
    FakePolicies,
    FakeServices,
    forbidden,
    organization,
    pod,
    secret,
    site,
    with_key,
)

TITLES = [check.title for check in CHECKS]
READABLE = "the organization can be read"
ACTIVE = "the organization is active"
HYBRID = "the organization is a hybrid one"
PROJECT = "the organization belongs to the file's project"
API = "the Apigee Connect API is on"
ACCOUNT = "the agent's account exists"
VALID = "the agent's key is valid"
ROLE = "the agent's account may connect"
PROPERTY = "features.mart.connect.enabled is true"
WANTED = "the overrides file wants the agent"
CLUSTER = "the cluster answers"
STORED = "the cluster has the file's key"
PODS = "the agent's pods are ready"
FLAGS = "the agent runs for this cluster"
TETHERS = "the agent holds streams"
STREAMS = "Apigee Connect lists this cluster"
MART = "MART is called by the agent"


THEIRS = 'I0719 11:00:00.0 1 main.go:50] "cluster_name": theirs\n' + LISTENING


def asked(title: str, **parts: object) -> Outcome:
    check = CHECKS[TITLES.index(title)]
    ((_, outcome),) = outcomes([check], site(**parts))  # type: ignore[arg-type]
    return outcome


def org(body: object) -> FakeOrganizations:
    return FakeOrganizations(body)  # type: ignore[arg-type]


def test_a_connected_installation_passes_every_question(tmp_path: Path):
    found = [outcome for _, outcome in outcomes(CHECKS, site(overrides=with_key(tmp_path)))]

    assert [outcome.result for outcome in found] == [Result.PASSED] * len(CHECKS)
    assert found[0] == passed("robot@p (key file k.json)")
    assert found[TITLES.index(STREAMS)] == passed("4 streams by Apigee Connect")


def test_titles_are_unique_and_say_the_good_answer():
    assert len(set(TITLES)) == len(TITLES)
    verbs = re.compile(r"\b(is|are|can|holds|wants|belongs|knows|may|has|runs|lists|exists|answers)\b")
    assert all(verbs.search(title) for title in TITLES)


def test_without_organization_property_or_agent_nothing_is_healthy():
    assert {check.essential for check in CHECKS} == {"", "organization", "property", "agent"}


@pytest.mark.parametrize("hint", Hint)
def test_a_hint_is_a_kebab_case_code(hint):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", hint.value)


def test_without_credentials_google_is_skipped_and_the_cluster_still_asked():
    found = dict(
        zip(
            TITLES,
            [one for _, one in outcomes(CHECKS, site(credentials=NOBODY, connections=[NOBODY]))],
            strict=True,
        )
    )

    assert found[TITLES[0]].hint is Hint.GOOGLE_CREDENTIALS
    assert found[TITLES[0]].details == ("log in",)
    assert {found[title].result for title in (READABLE, ACTIVE, API, ACCOUNT, PROPERTY)} == {Result.SKIPPED}
    assert found[PODS].result is Result.PASSED
    assert found[STREAMS].message == "2 streams by the agents' logs"


def test_an_organization_that_may_not_be_seen_fails_for_it_may_not_exist():
    refused = forbidden("denied (or it may not exist)")
    assert asked(READABLE, organizations=org(refused)) == failed(
        "denied (or it may not exist)", hint=Hint.ORGANIZATION_UNREADABLE, details=["ask for it"]
    )
    for title in (ACTIVE, HYBRID, PROJECT, PROPERTY):
        assert asked(title, organizations=org(refused)) == skipped("the organization could not be read")


def test_a_token_that_google_does_not_accept_leads_to_the_credentials():
    error = Unauthorized("organization acme: no", status=401, hint="log in again")
    outcome = asked(READABLE, organizations=org(error))

    assert outcome == failed(error.message, hint=Hint.GOOGLE_CREDENTIALS, details=["log in again"])


def test_an_organization_that_is_not_there_fails():
    outcome = asked(READABLE, organizations=org(NotFound("organization acme: not found", status=404)))

    assert (outcome.result, outcome.hint) == (Result.FAILED, Hint.ORGANIZATION_UNREADABLE)


def test_an_unreachable_google_fails_with_its_cause():
    outcome = asked(READABLE, organizations=org(Unreachable("apigee.googleapis.com: connection timed out")))

    assert "connection timed out" in outcome.message
    assert outcome.hint is None


def test_an_organization_in_the_making_fails():
    outcome = asked(ACTIVE, organizations=org({**ORGANIZATION, "state": "CREATING"}))

    assert (outcome.message, outcome.hint) == ("CREATING", Hint.ORGANIZATION_NOT_ACTIVE)


def test_another_kind_of_organization_ends_the_questions():
    found = list(outcomes(CHECKS, site(organizations=org({**ORGANIZATION, "runtimeType": "CLOUD"}))))

    assert len(found) == TITLES.index(HYBRID) + 1
    assert found[-1][1].hint is Hint.ORGANIZATION_NOT_HYBRID


def test_another_project_than_the_files_fails():
    outcome = asked(PROJECT, overrides=FakeOverrides(project_id="q"))

    assert (outcome.message, outcome.hint) == ("the file says q, Apigee says p", Hint.ORGANIZATION_PROJECT)


def test_the_mapping_tells_the_project_when_the_organization_does_not():
    body = {key: value for key, value in CONNECTED.items() if key != "projectId"}

    assert asked(PROJECT, organizations=org(body), overrides=FakeOverrides(project_id="")) == passed("mapped")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (ORGANIZATION, "absent"),
        (organization(features_mart_connect_enabled="false"), "false"),
        (organization(features_mart_connect_enabled="True"), "True"),
        (organization(features_mart_connect_enabled=""), "empty"),
    ],
)
def test_a_property_that_is_not_true_fails(body, message):
    outcome = asked(PROPERTY, organizations=org(body))

    assert (outcome.result, outcome.message, outcome.hint) == (
        Result.FAILED,
        message,
        Hint.CONNECT_PROPERTY_OFF,
    )


def test_the_misspelt_twin_is_shown_and_does_not_count():
    outcome = asked(PROPERTY, organizations=org(organization(features_mart_apigee_connect_enabled="true")))

    assert outcome.result is Result.FAILED
    assert outcome.details[0].startswith('features.mart.apigee.connect.enabled is "true"')


def test_a_file_without_the_stanza_is_warned_about_and_one_that_switches_it_off_fails():
    assert asked(WANTED, overrides=FakeOverrides({})).result is Result.WARNED
    off = asked(WANTED, overrides=FakeOverrides({"connectAgent": {"enabled": False}}))

    assert (off.result, off.hint) == (Result.FAILED, Hint.CONNECT_AGENT_OFF)


def test_no_agent_pod_fails():
    outcome = asked(PODS, pods=[MART_POD])

    assert (outcome.result, outcome.hint) == (Result.FAILED, Hint.CONNECT_AGENT_MISSING)


def test_a_pod_of_another_organization_is_not_ours():
    foreign = pod("agent-9")
    foreign["metadata"]["labels"]["org"] = "other"

    assert asked(PODS, pods=[foreign, MART_POD]).hint is Hint.CONNECT_AGENT_MISSING


def test_a_pod_that_is_not_ready_says_why():
    outcome = asked(PODS, pods=[AGENT_POD, pod("agent-2", ready=False), MART_POD])

    assert outcome.message == "1 of 2 not ready"
    assert "ImagePullBackOff" in outcome.details[0]
    assert outcome.hint is Hint.CONNECT_AGENT_NOT_READY


def test_a_pod_on_its_way_out_is_not_counted():
    leaving = pod("agent-2", ready=False, deletionTimestamp="2026-01-01T00:00:00Z")
    outcome = asked(PODS, pods=[AGENT_POD, leaving, MART_POD])

    assert outcome.result is Result.PASSED
    assert "seven minutes" in outcome.details[0]


@pytest.mark.parametrize(
    "where", [{("agent-1", False): DENIED}, {("agent-1", False): "", ("agent-1", True): DENIED}]
)
def test_an_agent_that_is_refused_gets_the_remedy(where):
    crashing = pod("agent-1", ready=True, restarts=3)
    outcome = asked(PODS, pods=[crashing, MART_POD], logs={**where, ("mart-1", False): ""})

    assert (outcome.result, outcome.hint) == (Result.FAILED, Hint.CONNECT_AGENT_DENIED)
    assert "PermissionDenied" in outcome.details[0]


def remedy(**parts: object) -> str:
    looked_at = site(**parts)  # type: ignore[arg-type]
    denied = failed("refused", hint=Hint.CONNECT_AGENT_DENIED)
    broken = first_broken(looked_at, [(CHECKS[TITLES.index(PODS)], denied)])
    assert broken is not None
    return " ".join(broken.commands)


def test_the_remedy_names_the_account_of_the_key_file(tmp_path: Path):
    (tmp_path / "mart.json").write_text('{"client_email": "mart@p.iam.gserviceaccount.com"}')
    data = {"connectAgent": {"serviceAccountPath": "./mart.json"}}

    words = remedy(overrides=FakeOverrides(data, file=tmp_path / "overrides.yaml"))
    assert "--member serviceAccount:mart@p.iam.gserviceaccount.com --role" in words


@pytest.mark.parametrize(
    "data",
    [{"connectAgent": {"gsa": "agent@p"}}, {"gcp": {"workloadIdentity": {"gsa": "agent@p"}}}],
    ids=["its own", "everybody's"],
)
def test_the_remedy_names_the_account_of_workload_identity(data: dict[str, object]):
    overrides = FakeOverrides(data, workload_identity=True)

    assert "--member serviceAccount:agent@p --role" in remedy(overrides=overrides)


@pytest.mark.parametrize("content", ["", "[]", "no JSON", '{"client_email": 7}', None], ids=str)
def test_an_account_that_nobody_here_knows_has_a_place_to_fill_in(tmp_path: Path, content: str | None):
    if content is not None:
        (tmp_path / "mart.json").write_text(content)
    data = {"connectAgent": {"serviceAccountPath": str(tmp_path / "mart.json")}}

    assert "--member serviceAccount:ACCOUNT --role" in remedy(overrides=FakeOverrides(data), objects={})


def test_a_refusal_of_an_earlier_run_does_not_count_once_the_agent_listens():
    logs = {("agent-1", False): LISTENING, ("agent-1", True): DENIED, ("mart-1", False): ""}

    assert asked(PODS, pods=[pod("agent-1", restarts=3), MART_POD], logs=logs).result is Result.PASSED


def test_no_right_to_see_pods_is_named():
    outcome = asked(PODS, pods=forbidden('pods is forbidden: User "u" cannot list resource "pods"'))

    assert outcome.result is Result.SKIPPED
    assert "cannot list" in outcome.details[0]


def test_a_cluster_that_does_not_answer_fails_with_its_cause():
    gone = Unreachable('context "c": connection refused', hint="is it up?")

    assert asked(CLUSTER, cluster=gone) == failed(gone.message, details=["is it up?"])
    for title in (STORED, PODS, FLAGS, TETHERS, MART):
        assert asked(title, cluster=gone) == skipped("the cluster does not answer")
    assert asked(STREAMS, cluster=gone, connections=[NOBODY]).result is Result.SKIPPED


def test_streams_of_our_cluster_are_summed_and_others_are_shown():
    listed = (
        FakeConnection("ours", "r", 1),
        FakeConnection("ours", "r", 2),
        FakeConnection("theirs", "s", 9),
    )
    outcome = asked(STREAMS, connections=[listed])

    assert outcome == passed("3 streams by Apigee Connect", details=["theirs/s holds 9"])


def test_streams_under_another_clusters_name_are_explained():
    outcome = asked(STREAMS, connections=[(FakeConnection("ours", "elsewhere", 4),)])

    assert (outcome.result, outcome.hint) == (Result.FAILED, Hint.CONNECT_OTHER_CLUSTER)
    assert outcome.message == "Apigee Connect knows other clusters, but not ours/r"


def test_no_stream_at_all_fails():
    for listed in ((), (FakeConnection("ours", "r", 0),)):
        outcome = asked(STREAMS, connections=[listed])
        assert (outcome.message, outcome.hint) == ("no streams by Apigee Connect", Hint.CONNECT_NO_STREAMS)


def test_without_the_right_to_list_the_agents_log_decides():
    outcome = asked(STREAMS, connections=[forbidden("no list")])

    assert outcome.result is Result.PASSED
    assert outcome.message == "2 streams by the agents' logs"
    assert "apigeeconnect.connections.list" in outcome.details[0]


def test_without_either_right_the_question_is_skipped():
    outcome = asked(STREAMS, connections=[forbidden("no list")], pods=forbidden("no pods"))

    assert outcome.result is Result.SKIPPED
    assert "apigeeconnect.connections.list" in outcome.message
    assert outcome.details == ("no list",)


def test_an_api_that_is_off_is_said_instead_of_reading_logs():
    outcome = asked(STREAMS, connections=[forbidden("API is off", "SERVICE_DISABLED")])

    assert (outcome.result, outcome.hint) == (Result.FAILED, Hint.CONNECT_API_DISABLED)


def test_mart_that_was_not_called_yet_is_a_warning():
    outcome = asked(MART, logs={("agent-1", False): LISTENING, ("mart-1", False): "started"})

    assert (outcome.result, outcome.hint) == (Result.WARNED, Hint.CONNECT_MART_NOT_CALLED)


def test_no_mart_at_all_fails():
    assert asked(MART, pods=[AGENT_POD]) == failed("there is no MART pod", hint=Hint.CONNECT_MART_MISSING)


def test_each_thing_is_asked_once():
    organizations = FakeOrganizations()
    list(outcomes(CHECKS, site(organizations=organizations)))

    assert organizations.gets == 1


def test_an_api_that_is_off_fails_and_one_that_may_not_be_seen_names_the_permission():
    off = asked(API, services=FakeServices(on=False))
    unseen = asked(API, services=FakeServices(on=forbidden()))

    assert (off.result, off.hint) == (Result.FAILED, Hint.CONNECT_API_DISABLED)
    assert unseen.result is Result.SKIPPED
    assert "serviceusage.services.get" in unseen.message


@pytest.mark.parametrize(
    ("account", "words", "hint"),
    [
        (NotFound("gone", status=404), "does not exist", Hint.CONNECT_ACCOUNT_MISSING),
        ({"disabled": True}, "is disabled", Hint.CONNECT_ACCOUNT),
    ],
    ids=["gone", "disabled"],
)
def test_an_account_that_is_gone_or_disabled_fails(tmp_path: Path, account: object, words: str, hint: Hint):
    outcome = asked(ACCOUNT, overrides=with_key(tmp_path), accounts=FakeAccounts(account))  # type: ignore[arg-type]

    assert (outcome.result, outcome.hint) == (Result.FAILED, hint)
    assert words in outcome.message


def test_a_revoked_key_fails_with_googles_words_and_their_cause(tmp_path: Path):
    revoked = NoCredentials("no token: Invalid JWT Signature", details=["the key was deleted"])
    outcome = asked(VALID, overrides=with_key(tmp_path), held=[revoked])

    assert outcome == failed(revoked.message, hint=Hint.CONNECT_KEY, details=revoked.details)


def test_a_key_of_another_project_is_said(tmp_path: Path):
    outcome = asked(VALID, overrides=with_key(tmp_path, {**KEY, "project_id": "q"}))

    assert outcome.details == ("a key of project q; it needs the role on project p",)


def test_a_refused_key_says_whose_project_it_is_of_and_nothing_about_our_own_login(tmp_path: Path):
    refused = NoCredentials("no token", hint="name a key file in GOOGLE_APPLICATION_CREDENTIALS, or log in")
    outcome = asked(VALID, overrides=with_key(tmp_path, {**KEY, "project_id": "q"}), held=[refused])

    assert outcome.details == ("a key of project q; it needs the role on project p",)


def test_a_key_that_is_refused_for_the_clock_is_not_blamed(tmp_path: Path):
    late = NoCredentials(
        "no token: short-lived token", details=["the clock of this machine is off by minutes"]
    )

    assert asked(VALID, overrides=with_key(tmp_path), held=[late]).hint is Hint.CLOCKS


def test_a_key_file_that_is_not_here_is_a_warning_and_its_secret_still_tells_the_account(tmp_path: Path):
    overrides = with_key(tmp_path)
    (tmp_path / "mart.json").unlink()
    outcome = asked(VALID, overrides=overrides)

    assert (outcome.result, outcome.hint) == (Result.WARNED, Hint.CONNECT_KEY)
    assert outcome.message.startswith("./mart.json is not here")
    assert asked(ACCOUNT, overrides=overrides) == passed(KEY["client_email"])


def test_a_file_that_is_no_key_fails_and_the_account_is_that_of_the_cluster(tmp_path: Path):
    overrides = with_key(tmp_path, {"type": "nonsense"})
    broken = asked(VALID, overrides=overrides)

    assert (broken.result, broken.hint) == (Result.FAILED, Hint.CONNECT_KEY)
    assert asked(ACCOUNT, overrides=overrides) == passed(KEY["client_email"])
    assert "there is no file to compare with" in asked(STORED, overrides=overrides).message


@pytest.mark.parametrize("title", [API, ACCOUNT, ROLE])
def test_an_api_that_is_only_asked_and_is_off_breaks_no_link(tmp_path: Path, title: str):
    disabled = forbidden("IAM API is off", "SERVICE_DISABLED")
    outcome = asked(
        title,
        overrides=with_key(tmp_path),
        services=FakeServices(on=disabled),
        accounts=FakeAccounts(disabled),
        held=[disabled],
    )

    assert outcome == skipped("could not be asked: IAM API is off", details=["ask for it"])


def test_an_apigee_api_that_is_off_is_the_broken_link_and_says_how_to_switch_it_on():
    disabled = org(forbidden("Apigee API is off", "SERVICE_DISABLED"))
    outcome = asked(READABLE, organizations=disabled)
    broken = first_broken(site(), [(CHECKS[1], outcome)])

    assert outcome.result is Result.FAILED
    assert broken is not None
    assert broken.cause == "ask for it"


def test_an_api_that_was_switched_on_a_moment_ago_does_not_pass_before_it_answers():
    outcome = asked(API, connections=[forbidden("off", "SERVICE_DISABLED")])

    assert (outcome.result, outcome.hint) == (Result.FAILED, Hint.CONNECT_API_DISABLED)
    assert "was switched on" in outcome.message
    assert asked(API, connections=[forbidden("no list")]).result is Result.PASSED


@pytest.mark.parametrize("title", [API, ACCOUNT])
def test_a_token_that_google_does_not_accept_is_told_once(title: str):
    unknown = org(Unauthorized("no", status=401))

    assert asked(title, organizations=unknown) == skipped("Google does not accept the token")


def test_a_key_of_another_component_is_pointed_out_before_its_account_is_given_a_role(tmp_path: Path):
    outcome = asked(
        ROLE,
        overrides=with_key(tmp_path, {**KEY, "client_email": "watcher@p"}),
        held=[()],
    )

    assert f"holds a key of {KEY['client_email']}: is the file's key the right one?" in outcome.details[-1]


def test_a_role_is_asked_for_as_the_agents_account(tmp_path: Path):
    overrides = with_key(tmp_path)

    assert asked(ROLE, overrides=overrides).message.endswith("asked as this account")
    lacking = asked(ROLE, overrides=overrides, held=[()])
    assert (lacking.result, lacking.hint) == (Result.FAILED, Hint.CONNECT_ROLE)


def test_without_its_key_the_role_is_looked_for_in_the_policy():
    overrides = FakeOverrides({"connectAgent": {"gsa": "agent@p"}}, workload_identity=True)

    def role(held: object) -> Outcome:
        return asked(ROLE, overrides=overrides, policies=FakePolicies(held))  # type: ignore[arg-type]

    assert role(True).result is Result.PASSED
    assert role(False).result is Result.WARNED
    assert "getIamPolicy" in role(forbidden()).message


@pytest.mark.parametrize(
    ("objects", "words"),
    [
        ({}, "does not exist"),
        ({"Secret": {"data": {"client_secret.json": ""}}}, "holds no key"),
        ({"Secret": {"data": {"client_secret.json": "%%%"}}}, "holds no key"),
        ({"Secret": secret({**KEY, "client_email": "other@p"})}, "of other@p, the file"),
    ],
    ids=["missing", "empty", "damaged", "another"],
)
def test_a_secret_that_is_not_the_files_key_fails(tmp_path: Path, objects: object, words: str):
    outcome = asked(STORED, overrides=with_key(tmp_path), objects=objects)

    assert (outcome.result, outcome.hint) == (Result.FAILED, Hint.CONNECT_STORED_KEY)
    assert words in outcome.message


def test_a_secret_of_the_users_own_is_looked_at_under_its_name():
    overrides = FakeOverrides({"connectAgent": {"serviceAccountRef": "mine"}})

    assert asked(STORED, overrides=overrides).message.startswith("mine holds a key of")


def test_an_agent_of_another_cluster_fails_by_its_flags_and_else_by_what_was_applied():
    theirs = {"ApigeeOrganization": {"spec": {"clusterName": "theirs"}}}
    logged = asked(FLAGS, logs={("agent-1", False): THEIRS}, objects=theirs)
    applied = asked(FLAGS, objects=theirs)

    assert logged.message == 'cluster_name is "theirs", the file says "ours"'
    assert (logged.hint, applied.hint) == (Hint.CONNECT_AGENT_FLAGS,) * 2


def test_an_agent_that_was_not_replaced_since_the_file_was_applied_needs_no_apply():
    outcome = asked(FLAGS, logs={("agent-1", False): THEIRS})

    assert (outcome.result, outcome.hint) == (Result.FAILED, Hint.CONNECT_AGENT_STALE)


def test_one_agent_of_another_cluster_is_found_among_others():
    ours = THEIRS.replace("theirs", "ours")
    outcome = asked(
        FLAGS,
        pods=[AGENT_POD, pod("agent-2"), MART_POD],
        logs={("agent-1", False): ours, ("agent-2", False): THEIRS},
    )

    assert 'cluster_name is "theirs", the file says "ours"' in (outcome.message, *outcome.details)


def test_an_agent_that_gets_no_token_is_not_refused_but_has_a_bad_key():
    line = (
        "F0719 11:00:00.0 1 tether.go:29] failed to register stream with Apigee Connect, got 'Unauthenticated': rpc "
        "error: code = Unauthenticated desc = transport: oauth2: cannot fetch token: 400 Bad Request"
    )
    outcome = asked(PODS, pods=[pod("agent-1", ready=False)], logs={("agent-1", False): line})

    assert (outcome.result, outcome.hint) == (Result.FAILED, Hint.CONNECT_AGENT_KEY)


def test_streams_are_counted_by_pod():
    outcome = asked(TETHERS, pods=[AGENT_POD, pod("agent-2"), MART_POD])

    assert outcome == passed("2 in 2 pods", details=["agent-1: 2", "agent-2: 0"])


def test_an_agent_that_cannot_reach_google_says_so():
    line = 'E0719 11:00:00.0 1 x.go:1] connection error: desc = "transport: Error while dialing: i/o timeout"'
    outcome = asked(TETHERS, logs={("agent-1", False): line})

    assert outcome.hint is Hint.CONNECT_AGENT_CUT_OFF
    assert "i/o timeout" in outcome.message
    assert outcome.details == ("agent-1: 0",)


def test_a_probe_says_how_long_marts_answer_took_or_why_there_is_none():
    for developed, result in (
        (3, Result.PASSED),
        (ServiceFailure("no connections", status=503), Result.FAILED),
    ):
        organizations = FakeOrganizations(developed=developed)
        ((_, outcome),) = outcomes([PROBE], site(organizations=organizations))
        assert outcome.result is result


def test_the_first_broken_link_is_explained_with_its_repair(tmp_path: Path):
    looked_at = site(overrides=with_key(tmp_path), services=FakeServices(on=False), pods=[])
    broken = first_broken(looked_at, outcomes(CHECKS, looked_at))

    assert broken is not None
    assert broken.title == API
    assert broken.commands[0] == f"apigeectl connect setup -f {tmp_path}/overrides.yaml"
    assert "--project p" in broken.commands[1]


@pytest.mark.parametrize(
    ("stanza", "commands"),
    [
        (
            {},
            [
                f"gcloud iam service-accounts keys create {{folder}}/mart.json --iam-account {KEY['client_email']}",
                "apigeectl connect setup -f {folder}/overrides.yaml",
            ],
        ),
        (
            {"serviceAccountRef": "mine"},
            [
                f"gcloud iam service-accounts keys create key.json --iam-account {KEY['client_email']}",
                "kubectl -n apigee create secret generic mine --from-file=client_secret.json=key.json",
            ],
        ),
    ],
    ids=["file", "secret"],
)
def test_a_new_key_is_brought_to_where_the_pods_look(
    tmp_path: Path, stanza: dict[str, str], commands: list[str]
):
    broken = first_broken(
        site(overrides=with_key(tmp_path, **stanza)), [(CHECKS[0], failed("no", hint=Hint.CONNECT_AGENT_KEY))]
    )

    assert broken is not None
    (command,) = broken.commands
    assert [part.split(" --dry-run")[0] for part in command.split(" && ")] == [
        part.format(folder=tmp_path) for part in commands
    ]


@pytest.mark.parametrize(
    ("source", "command"),
    [
        ("access token file t", "gcloud auth print-access-token > t"),
        ("key file k.json", "gcloud iam service-accounts keys create k.json --iam-account robot@p"),
        (
            "variable CLOUDSDK_AUTH_ACCESS_TOKEN",
            "export CLOUDSDK_AUTH_ACCESS_TOKEN=$(gcloud auth print-access-token)",
        ),
        ("application default login /home/me/adc.json", "gcloud auth application-default login"),
    ],
)
def test_refused_credentials_are_renewed_where_they_came_from(source: str, command: str):
    broken = first_broken(site(source=source), [(CHECKS[0], failed("no", hint=Hint.GOOGLE_CREDENTIALS))])

    assert broken is not None
    assert broken.commands == (command,)


def test_a_broken_link_without_a_page_of_its_own_is_explained_by_its_own_advice():
    away = Unreachable("context demo: connection refused", hint="is the cluster up?")
    looked_at = site(cluster=away)
    broken = first_broken(looked_at, outcomes([CHECKS[TITLES.index(CLUSTER)]], looked_at))

    assert broken is not None
    assert (broken.cause, broken.commands) == ("is the cluster up?", ())


@pytest.mark.parametrize("hint", sorted({check.hint for check in CHECKS}, key=lambda hint: hint.value))
def test_every_link_that_can_fail_has_a_repair(hint: Hint):
    looked_at = site()
    broken = first_broken(looked_at, [(CHECKS[0], failed("no", hint=hint))])

    assert broken is not None
    assert broken.cause or hint is Hint.CONNECT_MART_NOT_CALLED


@pytest.mark.parametrize("check", [*CHECKS, PROBE], ids=lambda check: check.title)
def test_every_link_is_on_the_page_about_the_chain(check: Check[Site]):
    page = Path(__file__).parents[2] / "docs" / "connect.md"

    assert f"\n| {check.title} " in page.read_text()
