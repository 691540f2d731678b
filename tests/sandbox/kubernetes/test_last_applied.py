"""kubectl alone: client-side apply hands over to server-side apply."""

from __future__ import annotations

import json

from tests.sandbox.kubernetes.client import APPLY, MAPS, MERGE, Client, Reply, config_map

ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"
PATH = f"{MAPS}/a"


def applied_by_the_client(api: Client) -> None:
    written = config_map("a", data={"x": "1"})
    annotated = {
        **written,
        "metadata": {**written["metadata"], "annotations": {ANNOTATION: json.dumps(written)}},
    }
    api.post(MAPS, annotated, fieldManager="kubectl-client-side-apply")


def apply(api: Client, manager: str, value: str) -> Reply:
    body = config_map("a", data={"x": value})
    return api.ask("PATCH", PATH, body, APPLY, fieldManager=manager, fieldValidation="Strict")


def test_kubectl_takes_over_what_is_still_as_applied_and_renews_the_annotation(api: Client):
    applied_by_the_client(api)
    reply = apply(api, "kubectl", "<2>")

    assert (reply.status, reply.body["data"]) == (200, {"x": "<2>"})
    text = reply.body["metadata"]["annotations"][ANNOTATION]
    assert text.endswith("\n")
    assert "\\u003c2\\u003e" in text
    assert json.loads(text)["data"] == {"x": "<2>"}


def test_what_was_edited_since_is_a_conflict(api: Client):
    applied_by_the_client(api)
    api.ask("PATCH", PATH, {"data": {"x": "by hand"}}, MERGE, fieldManager="kubectl-patch")

    reply = apply(api, "kubectl", "2")
    assert (reply.status, reply.message) == (
        409,
        'Apply failed with 1 conflict: conflict with "kubectl-patch" using v1: .data.x',
    )


def test_another_manager_gets_a_conflict_and_leaves_the_annotation_alone(api: Client):
    applied_by_the_client(api)
    before = api.get(PATH).body["metadata"]["annotations"]

    assert apply(api, "helm", "2").status == 409
    assert apply(api, "helm", "1").body["metadata"]["annotations"] == before
