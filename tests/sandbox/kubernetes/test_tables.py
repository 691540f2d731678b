from __future__ import annotations

from typing import Any

import pytest

from apigeectl.sandbox.kubernetes.columns import age, duration
from apigeectl.sandbox.kubernetes.jsonpath import find
from apigeectl.sandbox.kubernetes.pod_columns import status_of
from tests.sandbox.kubernetes.client import (
    DEPLOYMENTS,
    MAPS,
    PODS,
    TABLE,
    WIDGETS,
    Client,
    config_map,
    definition,
    deployment,
    named,
    pod,
    widget,
)


def shown(api: Client, path: str) -> dict[str, Any]:
    """The last row of a table, by column."""
    table = api.get(path, accept=TABLE).body
    return dict(
        zip(
            (column["name"] for column in table["columnDefinitions"]), table["rows"][-1]["cells"], strict=True
        )
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "<invalid>"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (125, "2m5s"),
        (600, "10m"),
        (3 * 3600 - 1, "179m"),
        (3 * 3600 + 60, "3h1m"),
        (8 * 3600 + 60, "8h"),
        (48 * 3600, "2d"),
        (49 * 3600, "2d1h"),
        (8 * 86400 + 3600, "8d"),
        (3 * 365 * 86400, "3y"),
        (3 * 365 * 86400 + 86400, "3y1d"),
        (9 * 365 * 86400, "9y"),
    ],
)
def test_durations_read_as_kubectl_writes_them(seconds: int, words: str):
    assert duration(seconds) == words


def test_a_time_that_is_none_has_no_age():
    assert (age("yesterday"), age(None)) == ("<invalid>", "<unknown>")


def test_a_row_carries_the_metadata_of_its_object(api: Client):
    api.post(MAPS, config_map(data={"a": "b"}))

    (row,) = api.get(MAPS, accept=TABLE).body["rows"]
    assert row["object"]["kind"] == "PartialObjectMetadata"
    assert row["object"]["metadata"]["name"] == "a"


def test_a_row_carries_the_object_itself_or_nothing_when_asked(api: Client):
    api.post(MAPS, config_map(data={"a": "b"}))

    (whole,) = api.get(MAPS, accept=TABLE, includeObject="Object").body["rows"]
    (bare,) = api.get(MAPS, accept=TABLE, includeObject="None").body["rows"]
    assert whole["object"]["data"] == {"a": "b"}
    assert "object" not in bare


def test_one_object_is_a_table_too(api: Client):
    api.post(MAPS, config_map(data={"a": "b"}))

    assert shown(api, f"{MAPS}/a") == {"Name": "a", "Data": 1, "Age": "0s"}


def test_a_deployment_shows_how_many_are_ready(api: Client):
    api.post(DEPLOYMENTS, deployment(replicas=3))
    api.merge(
        f"{DEPLOYMENTS}/d/status", {"status": {"readyReplicas": 2, "replicas": 3, "updatedReplicas": 1}}
    )

    row = shown(api, DEPLOYMENTS)
    assert (row["Ready"], row["Up-to-date"], row["Available"]) == ("2/3", 1, 0)
    assert (row["Containers"], row["Images"], row["Selector"]) == ("c", "i:1", "app=web")


def test_columns_for_wide_output_have_a_priority(api: Client):
    columns = api.get(PODS, accept=TABLE).body["columnDefinitions"]

    wide = [column["name"] for column in columns if column["priority"]]
    assert wide == ["IP", "Node", "Nominated Node", "Readiness Gates"]


STARTED = {"startedAt": "2026-01-01T00:00:00Z"}
STATES: list[tuple[str, dict[str, Any]]] = [
    ("Pending", {"phase": "Pending"}),
    ("Evicted", {"phase": "Failed", "reason": "Evicted"}),
    ("Running", {"phase": "Running", "containerStatuses": [{"ready": True, "state": {"running": STARTED}}]}),
    (
        "ImagePullBackOff",
        {"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}]},
    ),
    (
        "Completed",
        {"phase": "Succeeded", "containerStatuses": [{"state": {"terminated": {"reason": "Completed"}}}]},
    ),
    ("ExitCode:3", {"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"exitCode": 3}}}]}),
    ("Signal:9", {"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"signal": 9}}}]}),
    ("Init:0/1", {"phase": "Pending", "initContainerStatuses": [{"state": {"running": STARTED}}]}),
    (
        "Init:Error",
        {
            "phase": "Pending",
            "initContainerStatuses": [{"state": {"terminated": {"reason": "Error", "exitCode": 1}}}],
        },
    ),
    (
        "Init:CrashLoopBackOff",
        {
            "phase": "Pending",
            "initContainerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}],
        },
    ),
]


@pytest.mark.parametrize(("word", "status"), STATES, ids=[word for word, _ in STATES])
def test_the_status_of_a_pod_is_one_word(word: str, status: dict[str, Any]):
    spec = {"containers": [{"name": "c"}], "initContainers": [{"name": "i"}]}
    live = {"metadata": {}, "spec": spec, "status": status}

    assert status_of(live) == word
    assert status_of({**live, "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}) == "Terminating"


def test_restarts_tell_when_the_last_one_was(api: Client):
    api.post(PODS, pod(node="n"))
    ended = {"terminated": {"exitCode": 1, "finishedAt": "2020-01-01T00:00:00Z"}}
    status = {"name": "c", "image": "", "imageID": "", "ready": False, "restartCount": 2, "lastState": ended}
    api.merge(f"{PODS}/p/status", {"status": {"containerStatuses": [status]}})

    assert shown(api, PODS)["Restarts"].startswith("2 (")


def test_a_service_shows_its_address_and_ports(api: Client):
    path = "/api/v1/namespaces/default/services"
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 53, "protocol": "UDP"}]
    api.post(path, named("s", spec={"type": "LoadBalancer", "ports": ports, "selector": {"app": "web"}}))

    row = shown(api, path)
    assert (row["Type"], row["External-IP"], row["Selector"]) == ("LoadBalancer", "<pending>", "app=web")
    assert row["Port(s)"].startswith("80:3")
    assert row["Port(s)"].endswith("/UDP")


def test_custom_columns_show_what_their_paths_find_if_it_fits_the_type(api: Client):
    columns = [
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
        {"name": "Since", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
        {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
        {"name": "Wrong", "type": "integer", "jsonPath": ".metadata.name"},
    ]
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com"
    api.apply(path, definition(additionalPrinterColumns=columns), force="true")
    api.post(WIDGETS, widget(spec={"size": 3}))
    api.merge(f"{WIDGETS}/w/status", {"status": {"conditions": [{"type": "Ready", "status": "True"}]}})

    assert shown(api, WIDGETS) == {"Name": "w", "Size": 3, "Since": "0s", "Ready": "True", "Wrong": None}


def test_without_columns_a_custom_resource_shows_its_age(api: Client):
    api.post(WIDGETS, widget())

    assert shown(api, WIDGETS) == {"Name": "w", "Age": "0s"}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".a.b", [1]),
        (".list[0].n", ["x"]),
        (".list[-1].n", ["y"]),
        (".list[*].n", ["x", "y"]),
        ('.list[?(@.n=="y")].v', [2]),
        (".list[?(@.n!='y')].v", [1]),
        (".dotted\\.name", ["d"]),
        (".absent.b", []),
        (".list[9]", []),
        ("$$", []),
    ],
)
def test_json_paths_find(path: str, found: list[Any]):
    live = {"a": {"b": 1}, "list": [{"n": "x", "v": 1}, {"n": "y", "v": 2}], "dotted.name": "d"}

    assert find(live, path) == found
