from __future__ import annotations

from typing import Any

import pytest

from apigeectl.checks.capacity import ANY_NODE, demands, offered, quantity
from apigeectl.manifests import Manifest

POOL = ("pool", "runtime")


def resource(**components: Any) -> Manifest:
    return Manifest(
        {
            "apiVersion": "apigee.cloud.google.com/v1alpha3",
            "kind": "ApigeeEnvironment",
            "metadata": {"name": "test", "namespace": "apigee"},
            "spec": {"components": components},
        }
    )


def component(*, cpu: str, memory: str = "0", affinity: Any = None, **more: Any) -> dict[str, Any]:
    containers = [
        {"name": "one", "resources": {"requests": {"cpu": cpu, "memory": memory}}},
        {"name": "sidecar"},
    ]
    return {"containers": containers, "nodeAffinity": affinity or {}, **more}


def node(labels: dict[str, str], cpu: str, memory: str) -> dict[str, Any]:
    return {
        "metadata": {"name": "n", "labels": labels},
        "status": {"allocatable": {"cpu": cpu, "memory": memory}},
    }


@pytest.mark.parametrize(
    ("written", "number"),
    [("500m", 0.5), ("2", 2), (1, 1), ("0.5", 0.5), ("1Ki", 1024), ("1k", 1000), ("512Mi", 512 * 1024**2), ("1.5Gi", 1.5 * 1024**3), (None, 0), ("much", 0)],
)  # fmt: skip
def test_quantities_are_numbers(written: Any, number: float):
    assert quantity(written) == pytest.approx(number)


def test_requests_count_as_often_as_the_autoscaler_begins_with():
    (demand,) = demands(
        [resource(runtime=component(cpu="500m", memory="1Gi", autoScaler={"minReplicas": 4}))]
    )

    assert (demand.pods, demand.cpu, demand.memory) == (4, 2.0, 4 * 1024**3)


def test_components_are_summed_up_by_the_nodes_they_go_to():
    expression = {"matchExpressions": [{"key": "pool", "operator": "In", "values": ["runtime"]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [expression]}}
    preferred = {
        "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "preference": expression}]
    }

    found = demands(
        [
            resource(
                runtime=component(cpu="1", affinity=required),
                udca=component(cpu="2", affinity=preferred),
                mart=component(cpu="4"),
            )
        ]
    )

    assert {one.label: (one.cpu, one.required) for one in found} == {
        POOL: (3.0, True),
        ANY_NODE: (4.0, False),
    }


def test_only_nodes_with_the_label_offer_something():
    nodes = [node({"pool": "runtime"}, "4", "8Gi"), node({"pool": "data"}, "16", "64Gi")]

    matching, cpu, memory = offered(nodes, POOL)

    assert (len(matching), cpu, memory) == (1, 4.0, 8 * 1024**3)


def test_every_node_offers_something_to_pods_that_go_anywhere():
    assert offered([node({}, "4", "8Gi"), node({}, "1", "1Gi")], ANY_NODE)[1] == 5.0
