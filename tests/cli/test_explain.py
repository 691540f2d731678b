from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from apigeectl.components import mapping
from apigeectl.components.mapping import Landing

Run = Callable[..., Any]


@pytest.fixture
def landed(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[Landing, ...]]:
    """Where properties land, for this test."""
    table: dict[str, tuple[Landing, ...]] = {}
    monkeypatch.setattr(mapping, "landings", lambda path: table.get(path, ()))
    monkeypatch.setattr(mapping, "reason", lambda path: "" if path in table else f"{path} has no place")
    return table


def test_a_property_is_explained(apigeectl: Run, landed: dict[str, tuple[Landing, ...]]) -> None:
    landed["connectAgent.replicaCountMin"] = (
        Landing("ApigeeOrganization", "spec.components.connectAgent.autoScaler.minReplicas"),
    )
    result = apigeectl("explain", "connectAgent.replicaCountMin")

    assert result == (
        0,
        """\
connectAgent.replicaCountMin
  How many pods of the Connect agent there are at least; no more than
  replicaCountMax.

  type           whole number, at least 1
  default        1
  releases       1.2 and newer

  lands in
    ApigeeOrganization
      spec.components.connectAgent.autoScaler.minReplicas
""",
        "",
    )


def test_fields_are_listed_below_their_objects_with_their_releases(
    apigeectl: Run, landed: dict[str, tuple[Landing, ...]]
) -> None:
    landed["kmsEncryptionKey"] = (
        Landing("Secret", "data.kms", "<ORGID>-encryption-keys"),
        Landing("Job", "", until=(1, 9)),
        Landing("Secret", "data.old", "<ORGID>-encryption-keys", since=(1, 7)),
    )
    out = apigeectl("explain", "kmsEncryptionKey").out

    assert out.endswith(
        """
  lands in
    Secret <ORGID>-encryption-keys
      data.kms
      data.old  (1.7 and newer)
    Job  (1.0 to 1.9)
"""
    )


def test_where_a_property_lands_in_very_many_places_the_first_are_listed(
    apigeectl: Run, landed: dict[str, tuple[Landing, ...]]
) -> None:
    landed["org"] = tuple(Landing("Secret", f"data.a{number}") for number in range(45))
    out = apigeectl("explain", "org").out

    assert out.endswith("      data.a9\n    and in 35 more places; -o json has them all\n")


def test_what_is_not_rendered_says_why(apigeectl: Run, landed: dict[str, tuple[Landing, ...]]) -> None:
    assert "  not applied    validateOrg has no place\n" in apigeectl("explain", "validateOrg").out


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("connectAgent.serviceAccountPath", "excludes       connectAgent.serviceAccountRef"),
        ("connectAgent.serviceAccountPath", "required       when no other credentials are given"),
        ("kmsEncryptionSecret.name", "together with  kmsEncryptionSecret.key"),
        ("kmsEncryptionKey", "default        that of defaults.org.kmsEncryptionKey"),
        ("runtime.image.tag", "default        that of the release"),
        ("connectAgent.logLevel", "default        ERROR (Google's reference: INFO)"),
        ("gcpProjectID", "replaced by    gcp.projectID"),
        ("gcpProjectID", "deprecated     since 1.2"),
        ("gcp.projectID", "replaces       gcpProjectID"),
        ("envs[0].name", "required       always"),
        ("envs.name", "type           text, at most 32 characters"),
        ("virtualhosts.routingRules.paths", "releases       only 1.2"),
        ("virtualhosts.additionalGateways", "type           list of: text"),
        ("orgScopedUDCA", "releases       1.8 to 1.15"),
        ("udca.env", "releases       up to 1.15"),
        ("redis.auth.secret", "releases       1.9.1 and newer"),
        ("httpProxy.port", "type           whole number, 1 to 65535"),
        ("watcher.replicaCountMax", "type           whole number, only 1"),
        ("redis.annotations", "type           map with keys of your choice"),
        ("redis.annotations", "known from     samples and charts, not from Google's reference"),
    ],
)
def test_the_facts_of_a_property_are_listed(apigeectl: Run, typed: str, line: str) -> None:
    assert f"  {line}\n" in apigeectl("explain", typed).out


def test_the_properties_of_a_group_are_listed_one_a_line(apigeectl: Run) -> None:
    lines = apigeectl("explain", "k8sCluster").out.splitlines()

    assert lines[-2:] == [
        "  name    Name of the cluster.",
        "  region  Google Cloud region in which the cluster stands, or the nearest one.",
    ]


def test_the_properties_of_a_lists_items_are_listed(apigeectl: Run) -> None:
    out = apigeectl("explain", "imagePullSecrets").out

    assert out.startswith("imagePullSecrets\n")
    assert out.endswith("  name  Name of a Secret of type dockerconfigjson in the namespace.\n")


def test_lines_end_where_the_terminal_does(apigeectl: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    listed = apigeectl("explain", "connectAgent").out.splitlines()[5:]

    assert max(map(len, listed)) <= 80
    assert any(line.endswith(" ...") for line in listed)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("runtime.envVars.MY_OWN", "A key of your choice."),
        ("mart.livenessProbe.httpGet", "Kubernetes knows this key"),
    ],
)
def test_a_key_that_others_know_is_explained_as_such(apigeectl: Run, typed: str, says: str) -> None:
    assert says in apigeectl("explain", typed).out


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("conectAgent.replicaCuntMin", 'did you mean "connectAgent.replicaCountMin"?'),
        ("projectID", 'did you mean "gcp.projectID"?'),
        ("connect-property-of", 'did you mean "connect-property-off"?'),
        ("KUB-2", 'did you mean "KUB-02"?'),
        ("kub3", 'did you mean "KUB-03"?'),
        ("unknown-ky", 'did you mean "unknown-key"?'),
        ("qqqq", "apigeectl explain lists all that can be explained"),
    ],
)
def test_a_misspelt_subject_gets_a_guess(apigeectl: Run, typed: str, hint: str) -> None:
    result = apigeectl("explain", typed)

    assert (result.code, result.out) == (2, "")
    assert result.err == f'error: there is no property and no code "{typed}"\nhint: {hint}\n'


@pytest.mark.parametrize("code", ["connect-property-off", "unknown-key"])
def test_a_code_of_a_hint_or_a_problem_prints_its_section(apigeectl: Run, code: str) -> None:
    result = apigeectl("explain", code)

    assert result.code == 0
    assert len(result.out) > 100


def test_without_a_subject_all_properties_and_codes_are_listed(apigeectl: Run) -> None:
    out = apigeectl("explain").out

    assert "\n  connectAgent " in out
    assert "\n  connect-property-off\n" in out
    assert "\n  unknown-key\n" in out


def test_a_property_is_data_on_request(apigeectl: Run, landed: dict[str, tuple[Landing, ...]]) -> None:
    landed["kmsEncryptionKey"] = (
        Landing("Secret", "data.kms", "<ORGID>-encryption-keys", since=(1, 7), until=(1, 9)),
        Landing("ApigeeOrganization", "spec.key"),
    )
    document = json.loads(apigeectl("explain", "kmsEncryptionKey", "-o", "json").out)

    assert (document["apiVersion"], document["kind"]) == ("apigeectl/v1", "Property")
    assert document["path"] == "kmsEncryptionKey"
    assert document["defaultFrom"] == "defaults.org.kmsEncryptionKey"
    assert document["exclusiveWith"] == ["kmsEncryptionPath", "kmsEncryptionSecret"]
    assert document["landsIn"] == [
        {
            "kind": "Secret",
            "name": "<ORGID>-encryption-keys",
            "field": "data.kms",
            "since": "1.7",
            "until": "1.9",
        },
        {"kind": "ApigeeOrganization", "field": "spec.key"},
    ]
    assert "children" not in document


def test_codes_and_the_index_are_data_on_request(apigeectl: Run) -> None:
    code = json.loads(apigeectl("explain", "unknown-key", "-o", "json").out)
    index = json.loads(apigeectl("explain", "-o", "json").out)

    assert (code["kind"], code["code"]) == ("Code", "unknown-key")
    assert index["kind"] == "Index"
    assert "connectAgent" in index["properties"]
    assert {"unknown-key", "connect-property-off"} <= set(index["codes"])


class TestKnownProblems:
    def test_symptom_cause_proof_and_remedy_are_said(self, apigeectl: Run) -> None:
        out = apigeectl("explain", "KUB-02").out

        assert (
            out
            == """\
KUB-02: an image cannot be pulled
  symptom  A container waits in ErrImagePull, ImagePullBackOff or
           InvalidImageName.
  cause    The hub, the tag or the pull secret is wrong, or the mirror does not
           have the image.
  proof
    kubectl -n NAMESPACE describe pod POD
    apigeectl images -f FILE
  remedy   Put the image into the mirror, or correct hub, image tag or
           imagePullSecrets, and apply.
  wait     a wait ends with exit code 1 when it lasts 3 minutes
  seen in  event; object
"""
        )

    def test_small_letters_do(self, apigeectl: Run) -> None:
        assert apigeectl("explain", "kub-02") == apigeectl("explain", "KUB-02")

    def test_one_that_nothing_shows_says_why(self, apigeectl: Run) -> None:
        said = " ".join(apigeectl("explain", "IAM-07").out.split())

        assert "seen in nothing that apigeectl looks at. Google's answers do not say how long" in said

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            ("Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress", "HLM-01"),
            ("  Back-off pulling image \u2018hub/x:1\u2019; Error: ImagePullBackOff", "KUB-02"),
            ('{"msg":"User \\"m\\" cannot patch resource \\"apigeetelemetries/finalizers\\""}', "RES-09"),
        ],
    )
    def test_words_give_one_away(self, apigeectl: Run, words: str, code: str) -> None:
        assert apigeectl("explain", words) == apigeectl("explain", code)
        assert json.loads(apigeectl("explain", words, "-o", "json").out)["code"] == code

    def test_words_that_nobody_knows_are_told_as_such(self, apigeectl: Run) -> None:
        done = apigeectl("explain", "all is well " * 10)

        assert done.code == 2
        assert done.err.startswith('error: no known problem shows in "all is well')
        assert len(done.err.splitlines()[0]) < 110

    def test_a_code_that_is_near_is_proposed(self, apigeectl: Run) -> None:
        done = apigeectl("explain", "KUB-99")

        assert done.code == 2
        assert 'did you mean "KUB-0' in done.err

    def test_json_has_the_same(self, apigeectl: Run) -> None:
        document = json.loads(apigeectl("explain", "KUB-02", "-o", "json").out)

        assert document["kind"] == "Problem"
        assert document["wait"] == {"course": "stop", "minutes": 3}
        assert document["seenIn"] == ["event", "condition"]

    def test_the_index_lists_them(self, apigeectl: Run) -> None:
        assert "  CON-01  Apigee Connect refuses the agent\n" in apigeectl("explain").out
        assert "CON-01" in json.loads(apigeectl("explain", "-o", "json").out)["codes"]
