from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from apigeectl.actions.accounts import validate
from apigeectl.actions.preparation import Prepared
from apigeectl.components.releases import release
from apigeectl.errors import Forbidden, InstallerError, NoCredentials, Unreachable
from apigeectl.overrides.load import parse
from apigeectl.overrides.scope import Scope

FILE = """
org: acme
gcp: {projectID: p}
connectAgent: {serviceAccountPath: mart.json}
mart: {serviceAccountPath: mart.json}
udca: {serviceAccountPath: udca.json}
watcher: {serviceAccountPath: watcher.json}
metrics: {serviceAccountPath: metrics.json}
logger: {enabled: true, serviceAccountPath: logger.json}
envs:
- name: test
  serviceAccountPaths: {runtime: runtime.json, synchronizer: synchronizer.json, udca: udca.json}
- name: prod
  serviceAccountPaths: {runtime: runtime.json, synchronizer: synchronizer.json, udca: udca.json}
"""
EVERYTHING = Scope()
GRANTED = {
    "mart": ["apigeeconnect.endpoints.connect"],
    "udca": ["apigee.environments.getDataLocation"],
    "watcher": [
        "apigee.instances.reportStatus",
        "apigee.ingressconfigs.get",
        "apigee.canaryevaluations.create",
        "apigee.canaryevaluations.get",
        "apigee.operations.get",
        "apigee.operations.list",
    ],
    "metrics": ["monitoring.timeSeries.create"],
    "synchronizer": ["apigee.environments.get", "apigee.environments.manageRuntime"],
}


@dataclass
class FakeIam:
    """What is granted to whom, on the project and on environments; and who asked."""

    granted: dict[str, Any] = field(default_factory=lambda: dict(GRANTED))
    on_environments: dict[tuple[str, str], Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    projects: set[str] = field(default_factory=set)

    def probe(self, key: Path) -> FakePermissions:
        self.asked.append(key.stem)
        return FakePermissions(self, key.stem)


@dataclass
class FakePermissions:
    iam: FakeIam
    account: str

    def on_project(self, project: str, wanted: Collection[str]) -> frozenset[str]:
        self.iam.projects.add(project)
        return _held(self.iam.granted.get(self.account, []), wanted)

    def on_environment(self, org: str, environment: str, wanted: Collection[str]) -> frozenset[str]:
        assert org == "acme"
        return _held(self.iam.on_environments.get((self.account, environment), []), wanted)


def _held(granted: Any, wanted: Collection[str]) -> frozenset[str]:
    if isinstance(granted, InstallerError):
        raise granted
    return frozenset(granted) & frozenset(wanted)


@pytest.fixture(autouse=True)
def keys(tmp_path: Path) -> Path:
    for account in (*GRANTED, "logger", "runtime"):
        key = {"type": "service_account", "client_email": f"apigee-{account}@p.iam.gserviceaccount.com"}
        (tmp_path / f"{account}.json").write_text(json.dumps(key))
    return tmp_path


@pytest.fixture
def validated(keys: Path) -> Any:
    """Validates a file (FILE by default) in a scope and gives the warnings."""

    def run(iam: FakeIam, text: str = FILE, scope: Scope = EVERYTHING) -> list[str]:
        overrides = parse(text, keys / "overrides.yaml")
        prepared = Prepared(overrides, scope, (), release("1.10"), "")
        return [said.text for said in validate(prepared, iam.probe, keys) if said.warning]

    return run


def without(*accounts: str) -> FakeIam:
    return FakeIam({name: granted for name, granted in GRANTED.items() if name not in accounts})


def test_accounts_with_their_permissions_pass_without_a_word(validated):
    iam = FakeIam()

    assert validated(iam) == []
    assert iam.projects == {"p"}


def test_every_key_file_is_asked_once_and_only_those_of_components_with_a_permission_to_check(validated):
    iam = FakeIam()
    validated(iam)

    assert sorted(iam.asked) == ["mart", "metrics", "synchronizer", "udca", "watcher"]


@pytest.mark.parametrize(
    ("scope", "asked"),
    [
        (Scope(org=True), ["mart", "udca", "watcher"]),
        (Scope(envs=("test",)), ["synchronizer", "udca"]),
        (Scope(telemetry=True), ["metrics"]),
        (Scope(datastore=True, redis=True, virtualhosts=True), []),
    ],
    ids=["org", "env", "telemetry", "the rest"],
)
def test_only_the_components_of_the_scope_are_asked(validated, scope, asked):
    iam = FakeIam()
    validated(iam, scope=scope)

    assert sorted(iam.asked) == asked


@pytest.mark.parametrize(
    ("line", "left_out"),
    [
        ("connectAgent: {enabled: false, serviceAccountPath: mart.json}", "mart"),
        ("metrics: {enabled: false, serviceAccountPath: metrics.json}", "metrics"),
        ("watcher: {serviceAccountRef: my-secret, serviceAccountPath: watcher.json}", "watcher"),
        ("watcher: {serviceAccountPath: not-there.json}", "watcher"),
    ],
    ids=["connect off", "metrics off", "a Secret", "missing"],
)
def test_a_key_file_that_is_not_deployed_is_not_asked(validated, line, left_out):
    iam = FakeIam()
    component = line.partition(":")[0]
    lines = [line if each.startswith(f"{component}:") else each for each in FILE.splitlines()]
    validated(iam, "\n".join(lines))

    assert left_out not in iam.asked
    assert len(iam.asked) == 4


@pytest.mark.parametrize(
    "switch", ["validateServiceAccounts: false", "gcp: {projectID: p, workloadIdentity: {enabled: true}}"]
)
def test_the_switch_and_workload_identity_ask_nobody(validated, switch):
    iam = without("mart")

    assert validated(iam, FILE.replace("gcp: {projectID: p}", "") + switch) == []
    assert iam.asked == []


def test_an_account_that_lacks_its_permission_stops_with_the_originals_words(validated):
    with pytest.raises(InstallerError) as caught:
        validated(without("mart"))

    assert caught.value.message == (
        'invalid ConnectAgent service account. service account "apigee-mart@p.iam.gserviceaccount.com" '
        "lacks apigeeconnect.endpoints.connect on project p"
    )
    assert caught.value.hint == (
        "gcloud projects add-iam-policy-binding p "
        "--member serviceAccount:apigee-mart@p.iam.gserviceaccount.com --role roles/apigeeconnect.Agent"
    )
    assert "validateServiceAccounts: false" in caught.value.details[-1]


def test_all_that_is_lacking_is_named_at_once_in_the_originals_order(validated):
    with pytest.raises(InstallerError) as caught:
        validated(FakeIam({"watcher": GRANTED["watcher"][1:]}))

    error = caught.value
    lines = [error.message, *error.details[:-1]]
    assert [line.partition(" service")[0] for line in lines] == [
        "invalid ConnectAgent",
        "invalid UDCA",
        "invalid Apigee Runtime Agent",
        "invalid Synchronizer",
        "invalid UDCA",
        "invalid Synchronizer",
        "invalid UDCA",
        "invalid Metrics",
    ]
    assert "lacks apigee.instances.reportStatus on project p" in lines[2]
    assert lines[3].endswith("on project p and environment test")
    assert str(error.hint).count("gcloud projects add-iam-policy-binding") == 5


def test_synchronizer_and_udca_may_have_their_role_on_the_environments_only(validated):
    iam = without("synchronizer", "udca")
    iam.on_environments = {
        (account, env): GRANTED[account] for account in ("synchronizer", "udca") for env in ("test", "prod")
    }

    assert validated(iam) == []


def test_a_role_on_another_environment_does_not_count(validated):
    iam = without("synchronizer")
    iam.on_environments = {("synchronizer", "test"): GRANTED["synchronizer"]}

    with pytest.raises(InstallerError, match=r"invalid Synchronizer .* environment prod$") as caught:
        validated(iam)
    assert len(caught.value.details) == 1


def test_who_cannot_be_asked_is_warned_about_with_the_way_out_and_stops_nothing(validated):
    off = Forbidden("project p: the API is off", status=403, reason="SERVICE_DISABLED", hint="enable it")

    assert validated(FakeIam({**GRANTED, "mart": off})) == [
        "service accounts not validated: ConnectAgent: project p: the API is off (enable it)"
    ]


def test_a_key_that_gets_no_token_stops_with_the_originals_words_and_the_cause(validated):
    revoked = NoCredentials("no token: Invalid JWT Signature", details=["the key was deleted"])
    with pytest.raises(InstallerError) as caught:
        validated(FakeIam({**GRANTED, "mart": revoked}))

    assert caught.value.message == (
        'invalid ConnectAgent service account. service account "apigee-mart@p.iam.gserviceaccount.com" cannot be used: '
        "no token: Invalid JWT Signature (the key was deleted)"
    )
    assert str(caught.value.hint).startswith("gcloud iam service-accounts keys create ")


def test_each_account_is_announced_in_the_originals_words_and_order(keys):
    prepared = Prepared(parse(FILE, keys / "overrides.yaml"), EVERYTHING, (), release("1.10"), "")

    assert [said.text for said in validate(prepared, FakeIam().probe, keys)] == [
        f'Validating "{component}" IAM permissions against project "p"'
        for component in (
            "ConnectAgent",
            "UDCA",
            "Apigee Runtime Agent",
            "Synchronizer",
            "UDCA",
            "Synchronizer",
            "UDCA",
            "Metrics",
        )
    ]


def test_without_a_way_to_google_there_is_one_line(validated):
    (warning,) = validated(FakeIam({name: Unreachable(f"{name}.json: no answer") for name in GRANTED}))

    assert "ConnectAgent, UDCA, Apigee Runtime Agent, Synchronizer, Metrics: mart.json: no answer" in warning


def test_an_environment_that_cannot_be_asked_is_no_refusal_and_hides_none(validated):
    iam = without("mart", "synchronizer")
    iam.on_environments = {("synchronizer", env): Unreachable("timed out") for env in ("test", "prod")}
    warnings: list[str] = []

    with pytest.raises(InstallerError, match="invalid ConnectAgent"):
        warnings += validated(iam)
    iam.granted["mart"] = GRANTED["mart"]
    assert validated(iam) == ["service accounts not validated: Synchronizer: timed out"]


def test_an_account_for_everything_is_asked_once_for_all_and_judged_for_each(validated):
    iam = FakeIam({"mart": [*GRANTED["mart"], *GRANTED["udca"], *GRANTED["synchronizer"]]})
    text = FILE
    for account in ("udca", "watcher", "metrics", "synchronizer"):
        text = text.replace(f"{account}.json", "mart.json")

    with pytest.raises(InstallerError, match="invalid Apigee Runtime Agent") as caught:
        validated(iam, text)
    assert iam.asked == ["mart"]
    assert [line.partition(" service")[0] for line in caught.value.details[:-1]] == ["invalid Metrics"]
