from __future__ import annotations

import pytest

from apigeectl.components import names
from apigeectl.components.names import encode_env, encode_org, env_id, org_id


@pytest.mark.parametrize(
    ("org", "expected"),
    [
        ("hybrid-example", "hybrid-example-6a82f8a"),
        ("apigee-hybrid-378710", "apigee-hybrid-3-97e66ab"),
        ("ci-cloud-spanner-c06d", "ci-cloud-spanne-660f3fb"),
        ("apigee-hw", "apigee-hw-02a578b"),
        ("anthos-bm-example5", "anthos-bm-examp-b7f9175"),
        ("srinandans-hybrid", "srinandans-hybr-cb84b88"),
        ("anthos-vm-example1", "anthos-vm-examp-c01972f"),
        ("h-apigee-project-3", "h-apigee-projec-d3e5f13"),
        ("rg-hybrid", "rg-hybrid-b7d3b9c"),
        ("claup-apigee-hybrid-desa", "claup-apigee-hy-ecaf627"),
    ],
)
def test_orgid_is_the_one_that_installations_have(org: str, expected: str) -> None:
    assert org_id(org) == expected


@pytest.mark.parametrize(
    ("org", "env", "expected"),
    [
        ("hybrid-example", "example-env", "hybrid-example-example-env-9e87e2d"),
        ("apigee-hybrid-378710", "test1", "apigee-hybrid-3-test1-51c9cd4"),
        ("apigee-hybrid-378710", "test2", "apigee-hybrid-3-test2-5a04239"),
        ("apigee-hybrid-378710", "dev", "apigee-hybrid-3-dev-6d01bb4"),
        ("ci-cloud-spanner-c06d", "dev", "ci-cloud-spanne-dev-da008e1"),
        ("apigee-hw", "dev", "apigee-hw-dev-e8f1e25"),
        ("anthos-bm-example5", "test", "anthos-bm-examp-test-deb4c56"),
        ("srinandans-hybrid", "prod1", "srinandans-hybr-prod1-1d0dc5e"),
        ("srinandans-hybrid", "prod2", "srinandans-hybr-prod2-8dd9313"),
        ("h-apigee-project-3", "eval", "h-apigee-projec-eval-ca4e00c"),
        ("acme-hybrid-prod", "test", "acme-hybrid-pro-test-4538e44"),
    ],
)
def test_envid_is_the_one_that_installations_have(org: str, env: str, expected: str) -> None:
    assert env_id(org, env) == expected


def test_long_names_that_begin_alike_stay_apart() -> None:
    assert env_id("org", "a-very-long-environment-1") != env_id("org", "a-very-long-environment-2")


def test_encode_names_the_deployments_of_an_organization_with_udca_last() -> None:
    assert encode_org("hybrid-example") == (
        "apigee-connect-agent-hybrid-example-6a82f8a",
        "apigee-mart-hybrid-example-6a82f8a",
        "apigee-watcher-hybrid-example-6a82f8a",
        "apigee-udca-hybrid-example-6a82f8a",
    )


def test_encode_names_the_deployments_of_an_environment_in_the_original_order() -> None:
    assert encode_env("hybrid-example", "example-env") == (
        "apigee-runtime-hybrid-example-example-env-9e87e2d",
        "apigee-synchronizer-hybrid-example-example-env-9e87e2d",
        "apigee-udca-hybrid-example-example-env-9e87e2d",
    )


def test_variables_are_upper_case_with_underscores() -> None:
    assert names.env_variable("acme-prod", "test", "KVM", "KEY") == "ACME_PROD_TEST_KVM_KEY"
