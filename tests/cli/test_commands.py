"""Commands as typed, without a cluster."""

import json

import pytest

from apigeectl.cli.app import COMMANDS

MINIMAL = """\
org: acme
instanceID: acme-1
gcp: {projectID: acme, region: us-central1}
k8sCluster: {name: c, region: us-central1}
envs:
- name: test
virtualhosts:
- name: group
  sslSecret: tls
"""


@pytest.fixture
def overrides(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "overrides.yaml"
    file.write_text(MINIMAL)
    return file


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_help_on_stdout(apigeectl, command):
    for argv in ([command, "--help"], ["help", command], [command, "-h"]):
        done = apigeectl(*argv)

        assert done.code == 0
        assert done.out.startswith(f"Usage: apigeectl {command}")
        assert done.err == ""


@pytest.mark.parametrize("argv", [[], ["help"], ["--help"]])
def test_help_lists_the_commands(apigeectl, argv):
    done = apigeectl(*argv)

    assert done.code == 0
    assert all(f"  {command}" in done.out for command in COMMANDS if command != "diagnostic")


def test_encode_prints_a_heading_and_the_names_to_stderr_udca_last(apigeectl):
    done = apigeectl("encode", "--org", "hybrid-example")

    assert done.out == ""
    assert done.err.splitlines() == [
        "List of ApigeeDeployments are:",
        "  apigee-connect-agent-hybrid-example-6a82f8a",
        "  apigee-mart-hybrid-example-6a82f8a",
        "  apigee-watcher-hybrid-example-6a82f8a",
        "  apigee-udca-hybrid-example-6a82f8a",
    ]


def test_encode_of_an_environment_prints_runtime_synchronizer_udca(apigeectl):
    done = apigeectl("encode", "--org=hybrid-example", "--env=example-env")

    assert [line.split("-")[1] for line in done.err.splitlines()[1:]] == ["runtime", "synchronizer", "udca"]


def test_encode_without_an_organization_is_a_usage_error(apigeectl):
    assert apigeectl("encode").code == 2


def test_diagnostic_says_politely_that_it_is_not_offered(apigeectl):
    done = apigeectl("diagnostic", "-f", "overrides.yaml")

    assert (done.code, done.out) == (1, "")
    assert "does not offer" in done.err


def test_an_unknown_command_is_a_usage_error_with_a_suggestion(apigeectl):
    done = apigeectl("aply")

    assert done.code == 2
    assert 'did you mean "apply"?' in done.err


def test_an_unknown_flag_is_a_usage_error(apigeectl):
    assert apigeectl("apply", "--nonsense").code == 2


def test_a_client_dry_run_prints_nothing_to_stdout_and_needs_no_cluster(apigeectl, overrides):
    done = apigeectl("apply", "--dry-run", "-f", str(overrides))

    assert (done.code, done.out) == (0, "")


def test_a_client_dry_run_says_which_release_it_rendered_and_why(apigeectl, overrides):
    assert "because --release says so" in apigeectl("apply", "--dry-run", "--release", "1.8").err


def test_print_yaml_prints_manifests_and_nothing_else_to_stdout(apigeectl, overrides):
    from apigeectl.yaml import load_all

    done = apigeectl("apply", "--dry-run=client", "--print-yaml", "-f", str(overrides))

    assert {document["kind"] for document in load_all(done.out)} >= {
        "ApigeeOrganization",
        "ApigeeEnvironment",
    }


def test_scope_flags_add_up(apigeectl, overrides):
    from apigeectl.yaml import load_all

    done = apigeectl("apply", "--datastore", "--redis", "--dry-run", "--print-yaml")

    kinds = {document["kind"] for document in load_all(done.out)}
    assert {"ApigeeDatastore", "ApigeeRedis"} <= kinds
    assert "ApigeeOrganization" not in kinds


def test_an_environment_that_the_file_does_not_have_stops_with_a_suggestion(apigeectl, overrides):
    done = apigeectl("apply", "--env", "tset", "--dry-run")

    assert done.code == 2
    assert "test" in done.err


def test_a_wrong_file_stops_with_exit_3_and_every_problem(apigeectl, overrides):
    overrides.write_text(MINIMAL.replace("org: acme\n", "") + "instanceID: other\n")

    done = apigeectl("apply", "--dry-run")

    assert (done.code, done.out) == (3, "")
    assert "overrides.yaml:" in done.err
    assert "error:" in done.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("- a\n- b\n", "list"),
        ("apiVersion: v1\nkind: ConfigMap\n", "ConfigMap"),
        ("a: [1\n", "overrides.yaml"),
    ],
)
def test_a_file_that_is_no_overrides_file_gets_one_clear_message(apigeectl, overrides, text, words):
    overrides.write_text(text)

    done = apigeectl("apply", "--dry-run")

    assert done.code == 3
    assert words in done.err
    assert "Traceback" not in done.err


def test_a_missing_file_is_named(apigeectl, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    done = apigeectl("apply")

    assert done.code == 3
    assert "overrides.yaml" in done.err


def test_validate_as_json_is_versioned(apigeectl, overrides):
    done = apigeectl("validate", "-o", "json")

    document = json.loads(done.out)
    assert done.code == 0
    assert (document["apiVersion"], document["kind"]) == ("apigeectl/v1", "Problems")


def test_validate_strict_turns_warnings_into_errors(apigeectl, overrides):
    overrides.write_text(MINIMAL + "nonsense: 1\n")

    assert apigeectl("validate").code == 0
    assert apigeectl("validate", "--strict").code == 3


def test_no_cluster_is_one_message_that_names_the_next_step(apigeectl, overrides, tmp_path):
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
        "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\n"
        "users: [{name: u, user: {token: secret-token}}]\n"
        "contexts: [{name: c, context: {cluster: c, user: u}}]\n"
    )

    done = apigeectl("check-ready", "--kubeconfig", str(kubeconfig))

    assert (done.code, done.out) == (1, "")
    assert "127.0.0.1:1" in done.err
    assert "hint:" in done.err
    assert "secret-token" not in done.err


def test_a_context_that_does_not_exist_is_named(apigeectl, overrides, tmp_path):
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text("apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\n")

    done = apigeectl("check-ready", "--kubeconfig", str(kubeconfig), "--context", "nowhere")

    assert done.code == 2
    assert "nowhere" in done.err
