from __future__ import annotations

from typing import Any

import pytest

from tests.overrides.samples import bare


@pytest.mark.parametrize(
    ("data", "path", "value"),
    [
        ({"a": {"b": 1}}, "a.b", 1),
        ({"envs": [{"name": "x"}]}, "envs[0].name", "x"),
        ({"envs": [{"name": "x"}]}, "envs[1].name", "default"),
        ({"a": None}, "a", "default"),
        ({"a": False}, "a", False),
        ({"a": "text"}, "a.b", "default"),
        ({"a": {"x.y": 1}}, 'a["x.y"]', 1),
    ],
)
def test_get_follows_a_dotted_path_and_takes_null_for_absent(data: Any, path: str, value: Any) -> None:
    assert bare(data).get(path, "default") == value


@pytest.mark.parametrize(
    ("data", "name", "value"),
    [
        ({"org": "o"}, "org", "o"),
        ({"org": 123}, "org", "123"),
        ({"org": ["o"]}, "org", ""),
        ({}, "namespace", "apigee"),
        ({"namespace": "other"}, "namespace", "other"),
        ({"gcp": {"projectID": "new"}, "gcpProjectID": "old"}, "project_id", "new"),
        ({"gcpProjectID": "old"}, "project_id", "old"),
        ({"k8sClusterName": "old"}, "cluster_name", "old"),
        ({"k8sCluster": {"region": "r"}, "gcp": {"region": "g"}}, "cluster_region", "r"),
        ({"gcpRegion": "old"}, "cluster_region", "old"),
        ({"envs": {"name": "x"}}, "envs", ()),
        ({"envs": [{"name": "x"}, 1]}, "envs", ({"name": "x"},)),
        ({"envs": [{"name": "x"}, {"name": None}]}, "env_names", ("x",)),
        ({"virtualhosts": [{"name": "v"}]}, "virtualhosts", ({"name": "v"},)),
        ({}, "workload_identity", False),
        ({"gcp": {"workloadIdentityEnabled": True}}, "workload_identity", True),
        ({"gcp": {"workloadIdentity": {"enabled": True}}}, "workload_identity", True),
        ({"gcp": {"workloadIdentity": {"enabled": "true"}}}, "workload_identity", True),
        ({"gcp": {"workloadIdentity": {"enabled": False}}}, "workload_identity", False),
    ],
)
def test_the_file_answers_the_common_questions(data: Any, name: str, value: Any) -> None:
    assert getattr(bare(data), name) == value


def test_the_repr_shows_no_content() -> None:
    assert "secret" not in repr(bare({"redis": {"auth": {"password": "secret"}}}))
