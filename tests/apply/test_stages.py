from __future__ import annotations

import pytest

from apigeectl.apply.stages import STAGES, stage_number, staged
from apigeectl.manifests import ObjectRef


def ref(kind: str) -> ObjectRef:
    return ObjectRef("", kind, "", "x")


def test_no_kind_is_in_two_stages():
    kinds = [kind for stage in STAGES for kind in stage.kinds]

    assert len(kinds) == len(set(kinds))


def test_every_stage_has_its_own_name_and_a_reason():
    assert len({stage.name for stage in STAGES}) == len(STAGES)
    assert all(stage.reason for stage in STAGES)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Namespace", "Secret"),
        ("CustomResourceDefinition", "ApigeeOrganization"),
        ("ServiceAccount", "Deployment"),
        ("Certificate", "Deployment"),
        ("Deployment", "ValidatingWebhookConfiguration"),
        ("Secret", "ApigeeDatastore"),
        ("ApigeeDatastore", "ApigeeOrganization"),
        ("ApigeeRedis", "ApigeeOrganization"),
        ("ApigeeOrganization", "ApigeeEnvironment"),
        ("ApigeeOrganization", "ApigeeTelemetry"),
        ("ApigeeEnvironment", "ApigeeRouteConfig"),
    ],
)
def test_what_is_referred_to_goes_first(first: str, second: str):
    assert stage_number(ref(first)) < stage_number(ref(second))


def test_a_kind_that_no_stage_names_goes_with_what_is_referred_to():
    assert stage_number(ref("NetworkPolicy")) == stage_number(ref("ConfigMap"))


def test_staged_keeps_the_order_within_a_stage():
    refs = [ref("ApigeeEnvironment"), ref("Secret"), ref("ConfigMap")]

    assert [items for _, items in staged((one, one.kind) for one in refs)] == [
        ("Secret", "ConfigMap"),
        ("ApigeeEnvironment",),
    ]
