from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from apigeectl.overrides.load import parse
from apigeectl.overrides.merge import merge
from apigeectl.overrides.problems import Problem, Severity
from apigeectl.overrides.rules import FileCheck, validate
from apigeectl.overrides.scope import Scope
from tests.overrides.material import certificate, key, key_file, private_pem
from tests.overrides.samples import EVERYTHING, GOOD

MART = GOOD.replace("mart:\n  serviceAccountPath: sa.json", "mart:\n  serviceAccountPath: mart.json")
WITH_TLS = GOOD.replace("    sslSecret: certificate\n", "    sslCertPath: tls.pem\n    sslKeyPath: tls.key\n")


CERTIFICATE = certificate("host", "issuer")
PRIVATE_KEY = private_pem("host")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path, "sa.json", key_file())
    put(tmp_path, "tls.pem", CERTIFICATE)
    put(tmp_path, "tls.key", PRIVATE_KEY)
    return tmp_path


def put(folder: Path, name: str, text: str | bytes, mode: int = 0o600) -> None:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode("latin-1"))
    (folder / name).chmod(mode)


def judge(
    folder: Path, text: str, scope: Scope = EVERYTHING, release: str | None = "1.10.3"
) -> tuple[Problem, ...]:
    return validate(parse(text, folder / "overrides.yaml"), scope, release, files=FileCheck(folder))


def one(problems: tuple[Problem, ...]) -> Problem:
    (problem,) = problems
    return problem


def test_files_that_are_as_they_should_be_are_no_problem(folder: Path) -> None:
    assert judge(folder, WITH_TLS) == ()


def test_a_missing_file_lists_every_place_that_was_tried(folder: Path) -> None:
    problem = one(judge(folder, WITH_TLS.replace("tls.pem", "./certs/none.pem")))
    assert (problem.code, problem.severity) == ("missing-file", Severity.ERROR)
    assert problem.path == ("virtualhosts", 0, "sslCertPath")
    assert f"tried {folder}/certs/none.pem, {folder.parent}/certs/none.pem" in problem.message


def test_a_directory_in_place_of_a_file_is_said(folder: Path) -> None:
    (folder / "keys").mkdir()
    problem = one(judge(folder, WITH_TLS.replace("tls.key", "keys")))
    assert (problem.code, f"is a directory: {folder}/keys" in problem.message) == ("missing-file", True)


def test_an_empty_file_is_said(folder: Path) -> None:
    (folder / "tls.key").write_text("")
    assert "is empty" in one(judge(folder, WITH_TLS)).message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_said(folder: Path) -> None:
    (folder / "tls.key").chmod(0)
    assert "Permission denied" in one(judge(folder, WITH_TLS)).message


def test_files_are_left_alone_when_asked(folder: Path) -> None:
    text = WITH_TLS.replace("sa.json", "none.json")
    assert validate(parse(text, folder / "o.yaml"), Scope(), None, files=FileCheck(None)) == ()


@pytest.mark.parametrize(
    ("scope", "missing"),
    [
        (Scope(datastore=True), set()),
        (Scope(redis=True), set()),
        (Scope(telemetry=True), {"metrics", "logger"}),
        (Scope(org=True), {"connectAgent", "mart", "watcher", "udca", "kmsEncryptionPath"}),
        (Scope(envs=("test",)), {"envs", "udca", "synchronizer", "kmsEncryptionPath"}),
        (Scope(virtualhosts=True), {"virtualhosts"}),
    ],
)
def test_only_the_files_in_scope_are_looked_at(folder: Path, scope: Scope, missing: set[str]) -> None:
    text = (
        WITH_TLS.replace("tls.", "none.")
        .replace("sa.json", "none.json")
        .replace("      synchronizer: none.json\n", "")
    )
    text += "synchronizer: {serviceAccountPath: none}\nlogger: {enabled: true, serviceAccountPath: none}\n"
    text += "kmsEncryptionPath: none\n"
    found = [problem for problem in judge(folder, text, scope) if problem.code == "missing-file"]
    assert {problem.path[0] for problem in found} == missing


@pytest.mark.parametrize(
    "change",
    [
        "gcp: {projectID: p, workloadIdentity: {enabled: true}}",
        "logger: {enabled: false, serviceAccountPath: none}",
        "metrics: {enabled: false, serviceAccountPath: none}",
        "mart: {serviceAccountPath: none, serviceAccountRef: x}",
        "mart: {hostAlias: a, sslCertPath: none, sslKeyPath: none, serviceAccountPath: sa.json}",
        "kvmEncryptionPath: none\nkvmEncryptionSecret: {name: a, key: b}",
        "virtualhosts: [{name: default, sslSecret: a, sslCertPath: none, sslKeyPath: none}]",
        "cassandra: {backup: {enabled: false, keyFile: none, serviceAccountPath: none}}",
        "guardrails: {serviceAccountPath: none}",
    ],
)
def test_files_that_nothing_will_read_need_not_be_there(folder: Path, change: str) -> None:
    text = "org: o\ninstanceID: i\nenvs: [{name: test}]\n" + change + "\n"
    if "workloadIdentity" in change:
        text += "mart: {serviceAccountPath: none}\n"
    assert "missing-file" not in {problem.code for problem in judge(folder, text)}


@pytest.mark.parametrize(
    "change",
    [
        "cassandra: {backup: {enabled: true, serviceAccountPath: none}}",
        "cassandra: {restore: {enabled: true, cloudProvider: HYBRID, keyfile: none}}",
        "logger: {enabled: true, serviceAccountPath: none}",
        "envs: [{name: test, cacheEncryptionPath: none}]",
        "connectAgent: {enabled: false}\nmart: {sslCertPath: none, sslKeyPath: sa.json}",
    ],
)
def test_files_that_will_be_read_must_be_there(folder: Path, change: str) -> None:
    problems = judge(folder, "org: o\ninstanceID: i\n" + change + "\n")
    assert len([problem for problem in problems if problem.code == "missing-file"]) == 1


@pytest.mark.parametrize(
    ("content", "severity", "words"),
    [
        ("not json", Severity.ERROR, "it is not JSON"),
        ("\xff", Severity.ERROR, "it is not JSON"),
        ("[" * 100_000, Severity.ERROR, "it is not JSON"),
        ("[]", Severity.ERROR, 'its type is not "service_account"'),
        ("{}", Severity.ERROR, 'its type is not "service_account"'),
        (key_file(type="authorized_user"), Severity.WARNING, "a user's own credentials"),
        (key_file(type="external_account"), Severity.WARNING, "workload identity federation"),
        (key_file(client_email=None, token_uri=""), Severity.ERROR, "it lacks client_email, token_uri"),
        (key_file(private_key="hunter2"), Severity.ERROR, "its private_key cannot be read"),
        (
            key_file(private_key=PRIVATE_KEY.replace("\n", "\\n")),
            Severity.ERROR,
            "its private_key cannot be read",
        ),
    ],
)
def test_a_file_that_is_no_service_account_key_is_said(
    folder: Path, content: str, severity: Severity, words: str
) -> None:
    put(folder, "bad.json", content)
    problem = one(
        judge(
            folder,
            GOOD.replace("mart:\n  serviceAccountPath: sa.json", "mart:\n  serviceAccountPath: bad.json"),
        )
    )
    assert (problem.code, problem.severity) == ("bad-service-account-key", severity)
    assert words in problem.message
    assert "hunter2" not in problem.message


@pytest.mark.parametrize(
    ("certificate", "key", "words"),
    [
        ("nothing", PRIVATE_KEY, "holds no certificate in PEM form"),
        (CERTIFICATE, "nothing", "holds no private key in PEM form"),
        (PRIVATE_KEY, PRIVATE_KEY, "holds a private key, no certificate"),
        (CERTIFICATE, CERTIFICATE, "holds a certificate, no private key"),
        (CERTIFICATE, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", "is encrypted"),
        (CERTIFICATE, "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n", "is encrypted"),
        (CERTIFICATE.replace("M", "N", 5), PRIVATE_KEY, "holds a damaged certificate"),
        (CERTIFICATE, PRIVATE_KEY.replace("M", "N", 5), "holds a damaged private key"),
    ],
)
def test_a_file_without_the_expected_pem_is_said(
    folder: Path, certificate: str, key: str, words: str
) -> None:
    put(folder, "tls.pem", certificate)
    put(folder, "tls.key", key)
    problem = one(judge(folder, WITH_TLS))
    assert (problem.code, problem.severity) == ("bad-pem", Severity.ERROR)
    assert words in problem.message


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_private_keys_of_every_form_are_taken(folder: Path, form: PrivateFormat) -> None:
    put(folder, "tls.key", key("host").private_bytes(Encoding.PEM, form, NoEncryption()))
    assert judge(folder, WITH_TLS) == ()


@pytest.mark.parametrize(("length", "good"), [(15, False), (16, True), (24, True), (32, True), (33, False)])
def test_encryption_keys_have_one_of_three_lengths_in_files_and_inline(
    folder: Path, length: int, good: bool
) -> None:
    key = base64.b64encode(b"k" * length).decode()
    put(folder, "kms", key + "\n")
    codes = {
        problem.code for problem in judge(folder, f"{GOOD}kmsEncryptionPath: kms\nkvmEncryptionKey: {key}\n")
    }
    assert codes == (set() if good else {"bad-encryption-key"})


def test_a_key_file_of_an_environment_outside_the_scope_is_not_judged(folder: Path) -> None:
    text = GOOD + "    cacheEncryptionKey: '*'\n"
    assert judge(folder, text, Scope(datastore=True)) == ()
    assert judge(folder, text, Scope(envs=("test",))) != ()


def test_a_key_file_that_others_can_read_is_told_once_for_all_of_them(folder: Path) -> None:
    for name in ("sa.json", "tls.key"):
        (folder / name).chmod(0o640)
    problem = one(judge(folder, WITH_TLS))
    assert (problem.code, problem.severity) == ("exposed-file", Severity.WARNING)
    assert problem.path == ("connectAgent", "serviceAccountPath")
    assert '"sa.json" and 1 more key files can be read by other users' in problem.message
    assert len(problem.related) == 1


def test_a_certificate_may_be_read_by_everybody(folder: Path) -> None:
    (folder / "tls.pem").chmod(0o644)
    assert judge(folder, WITH_TLS) == ()


def test_an_account_of_another_project_is_told_with_both_projects(folder: Path) -> None:
    put(folder, "mart.json", key_file(project_id="elsewhere"))
    problem = one(judge(folder, MART))
    assert (problem.code, problem.severity) == ("foreign-service-account", Severity.WARNING)
    assert "of the project elsewhere, not of hybrid-example" in problem.message


@pytest.mark.parametrize(
    ("account", "usual"),
    [
        ("apigee-mart", True),
        ("hybrid-apigee-mart", True),
        ("apigee-non-prod", True),
        ("my-own-account", True),
        ("apigee-synchronizer", False),
        ("acme-apigee-cassandra", False),
    ],
)
def test_the_account_of_another_component_is_told(folder: Path, account: str, usual: bool) -> None:
    put(folder, "mart.json", key_file(account))
    problems = [each for each in judge(folder, MART) if each.code != "connect-account"]
    assert [each.code for each in problems] == ([] if usual else ["unusual-service-account"])


def test_two_files_with_the_key_of_one_account_are_one_account(folder: Path) -> None:
    put(folder, "mart.json", key_file())
    assert judge(folder, MART) == ()


def test_a_class_of_a_secret_provider_makes_key_files_idle(folder: Path) -> None:
    text = "serviceAccountSecretProviderClass: c\n" + GOOD.replace("sa.json", "none.json")
    missing = {each.path[0] for each in judge(folder, text, release="1.12") if each.code == "missing-file"}
    assert missing == {"envs"}


def test_files_that_many_environments_share_are_read_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    path_open = Path.open
    monkeypatch.setattr(
        Path, "open", lambda self, *a, **k: opened.append(self.name) or path_open(self, *a, **k)
    )
    envs = "".join(
        f"  - name: e{number}\n    serviceAccountPaths: {{runtime: sa.json, synchronizer: sa.json}}\n"
        for number in range(20)
    )
    assert judge(folder, WITH_TLS + envs) == ()
    assert sorted(opened) == ["sa.json", "tls.key", "tls.pem"]


def test_one_name_in_two_merged_files_of_different_folders_is_two_files(folder: Path) -> None:
    for name, content in (("one", key_file()), ("two", "no JSON")):
        (folder / name).mkdir()
        put(folder / name, "key.json", content)
    base = parse(GOOD.replace("sa.json", str(folder / "sa.json")), folder / "one" / "overrides.yaml")
    base = merge([base, parse("mart: {serviceAccountPath: key.json}", folder / "one" / "mart.yaml")])
    over = parse("watcher: {serviceAccountPath: key.json}", folder / "two" / "watcher.yaml")

    problem = one(validate(merge([base, over]), EVERYTHING, "1.10.3", files=FileCheck(folder)))

    assert (problem.code, problem.path) == ("bad-service-account-key", ("watcher", "serviceAccountPath"))


@pytest.mark.parametrize("release", ["1.2", "1.3", None])
@pytest.mark.parametrize("enabled", [True, False])
def test_the_key_of_an_agent_is_read_unless_the_agent_is_off(
    folder: Path, release: str | None, enabled: bool
) -> None:
    text = GOOD.replace("connectAgent:\n", f"connectAgent:\n  enabled: {str(enabled).lower()}\n").replace(
        "sa.json", "none.json", 1
    )
    assert text.index("none.json") > text.index("enabled:")

    found = {
        problem.path for problem in judge(folder, text, release=release) if problem.code == "missing-file"
    }

    assert (("connectAgent", "serviceAccountPath") in found) is enabled
