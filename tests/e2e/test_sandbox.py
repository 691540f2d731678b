"""The commands as typed, in the sandbox: from nothing to a connected installation and back."""

from __future__ import annotations

import sys

from tests.e2e.conftest import REPOSITORY, Script


def test_one_file_becomes_a_running_connected_installation_and_goes_again(in_sandbox: Script):
    done = in_sandbox(f"sh {REPOSITORY}/tests/e2e/demo.sh")

    assert done.returncode == 0, done.stderr
    assert done.stderr.count("All containers are ready.\n") == 2
    assert "features.mart.connect.enabled of organization hybrid-demo was absent and is true" in done.stderr
    assert "the agent holds streams: 4" in done.stdout
    assert "20 unchanged\n" in done.stderr
    assert "encryption-keys skipped" in done.stderr


def test_nothing_of_the_original_commands_reaches_stdout(in_sandbox: Script):
    done = in_sandbox("apigeectl init && apigeectl check-ready --wait=60 && apigeectl apply --datastore")

    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_apply_before_init_says_that_init_comes_first(in_sandbox: Script):
    done = in_sandbox("apigeectl apply")

    assert (done.returncode, done.stdout) == (1, "")
    assert "run apigeectl init" in done.stderr


def test_check_ready_before_init_is_not_ready(in_sandbox: Script):
    done = in_sandbox("apigeectl check-ready")

    assert (done.returncode, done.stdout) == (1, "")
    assert "All containers are ready" not in done.stderr


def test_connect_enable_refuses_while_no_agent_holds_a_stream_and_yes_goes_on(in_sandbox: Script):
    done = in_sandbox(
        "apigeectl connect enable; echo $?; apigeectl connect enable --yes && apigeectl connect disable --yes"
    )

    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
    assert "hint: apply with --org" in done.stderr
    assert "was true and is false" in done.stderr


def test_a_bundle_without_definitions_says_what_to_do(in_sandbox: Script):
    done = in_sandbox("apigeectl init", "--fault", "crd-missing")

    assert done.returncode == 1
    assert "--bundle DIR" in done.stderr


def test_a_foreign_kubeconfig_is_refused_inside_the_sandbox(in_sandbox: Script):
    done = in_sandbox("apigeectl check-ready --kubeconfig /dev/null")

    assert done.returncode == 1
    assert "points out of it" in done.stderr


def test_the_exit_code_is_that_of_the_command(in_sandbox: Script):
    assert in_sandbox("exit 7").returncode == 7


def test_what_kubectl_applied_is_adopted_without_a_change_of_its_fields(in_sandbox: Script):
    strip = (
        "import sys; from apigeectl import yaml; docs = [*yaml.load_all(sys.stdin.read())]; "
        "[doc['metadata'].pop('labels', None) for doc in docs]; print(yaml.dump(docs))"
    )
    done = in_sandbox(
        f'apigeectl init && apigeectl apply --dry-run --print-yaml | {sys.executable} -c "{strip}" > all.yaml && '
        "kubectl apply -f all.yaml && apigeectl adopt --yes && apigeectl diff --exit-code && apigeectl adopt && "
        "apigeectl history && kubectl get apigeeorganization -n apigee -o json --show-managed-fields"
    )

    assert done.returncode == 0, done.stderr
    assert "1 created, 19 configured\n" in done.stderr
    assert "there is nothing to adopt" in done.stderr
    assert "adopt    1." in done.stdout
    assert "kubectl-client-side-apply" not in done.stdout
