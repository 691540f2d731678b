from __future__ import annotations

from typing import Any

import pytest

from apigeectl.sandbox.kubernetes.protobuf import decode
from apigeectl.sandbox.kubernetes.statuses import Refusal
from tests.sandbox.kubernetes.client import MAPS, Client

PROTOBUF = "application/vnd.kubernetes.protobuf"


def message(*fields: tuple[int, Any]) -> bytes:
    """A message whose fields are bytes, text or numbers below 128."""
    parts = []
    for number, value in fields:
        if isinstance(value, int):
            parts.append(bytes([number << 3, value]))
        else:
            data = value.encode() if isinstance(value, str) else value
            parts.append(bytes([number << 3 | 2, len(data)]) + data)
    return b"".join(parts)


def body(api_version: str, kind: str, raw: bytes) -> bytes:
    return b"k8s\x00" + message((1, message((1, api_version), (2, kind))), (2, raw))


METADATA = message((1, "a"), (2, ""), (11, message((1, "app"), (2, "web"))))


def test_maps_text_and_labels_are_decoded():
    raw = message((1, METADATA), (2, message((1, "k"), (2, "v"))), (4, 1))

    assert decode(body("v1", "ConfigMap", raw)) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a", "labels": {"app": "web"}},
        "data": {"k": "v"},
        "immutable": True,
    }


def test_bytes_of_a_secret_become_base64():
    raw = message((1, METADATA), (2, message((1, "k"), (2, b"\xff\x00"))))

    assert decode(body("v1", "Secret", raw))["data"] == {"k": "/wA="}


def test_repeated_messages_are_lists():
    rule = message((1, "get"), (1, "list"), (2, ""), (3, "pods"))
    raw = message((1, METADATA), (2, rule))

    assert decode(body("rbac.authorization.k8s.io/v1", "Role", raw))["rules"] == [
        {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]}
    ]


def test_quantities_and_numbers_are_decoded():
    quota = message((2, message((1, message((1, "pods"), (2, message((1, "3"))))))))
    port = message((6, message((3, 80))))
    job = message((2, message((6, message((2, message((2, port))))))))

    assert decode(body("v1", "ResourceQuota", quota))["spec"] == {"hard": {"pods": "3"}}
    (container,) = decode(body("batch/v1", "Job", job))["spec"]["template"]["spec"]["containers"]
    assert container["ports"] == [{"containerPort": 80}]


def test_a_kind_without_a_table_is_an_unsupported_media_type():
    with pytest.raises(Refusal) as refused:
        decode(body("apps/v1", "StatefulSet", b""))

    assert refused.value.code == 415


@pytest.mark.parametrize("data", [b"", b"k8s\x00", b"k8s\x00\x0a\x7f", b"{}", b"k8s\x00\x0a"])
def test_what_is_no_message_is_a_bad_request(data: bytes):
    with pytest.raises(Refusal) as refused:
        decode(data)

    assert refused.value.code == 400


def test_an_object_sent_as_protobuf_is_answered_in_json(api: Client):
    reply = api.post(MAPS, body("v1", "ConfigMap", message((1, METADATA))), kind=PROTOBUF)

    assert (reply.status, reply.body["metadata"]["labels"]) == (201, {"app": "web"})


def test_the_holder_of_the_token_may_do_everything(api: Client):
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    spec = message((1, message((2, "get"), (5, "pods"))))

    reply = api.post(
        path, body("authorization.k8s.io/v1", "SelfSubjectAccessReview", message((2, spec))), kind=PROTOBUF
    )
    assert reply.body["status"] == {"allowed": True}
    assert reply.body["spec"] == {"resourceAttributes": {"verb": "get", "resource": "pods"}}
    assert api.post(path, {"spec": {}}).status == 422


def test_the_other_reviews_tell_who_and_what(api: Client):
    rules = api.post(
        "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", {"spec": {"namespace": "default"}}
    )
    whoami = api.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", {})

    assert rules.body["status"]["resourceRules"][0]["verbs"] == ["*"]
    assert "system:masters" in whoami.body["status"]["userInfo"]["groups"]
