from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from apigeectl.clients.apiserver import REPEATS
from apigeectl.clients.kubernetes import Cluster, Expired, KindNotServed, WatchEvent
from apigeectl.errors import Conflict, FieldConflict, Forbidden, Invalid, NotFound, ServiceFailure
from apigeectl.manifests import Manifest, ObjectRef
from tests.clients.api import discovery, kubeconfig, serving, status
from tests.clients.loopback import HANG_UP, Answering, Loopback, Received, Reply

CM = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "a", "namespace": "n"},
    "data": {"x": "1"},
}
REF = ObjectRef("", "ConfigMap", "n", "a")


class Site:
    def __init__(self, server: Loopback, cluster: Cluster, pauses: list[float]) -> None:
        self.server, self.cluster, self.pauses = server, cluster, pauses

    @property
    def requests(self) -> list[Received]:
        return [r for r in self.server.received if r.path not in {"/api", "/apis"}]


@pytest.fixture
def site(tmp_path: Path, tls: tuple[Path, Path]):
    @contextmanager
    def at(answer: Answering) -> Iterator[Site]:
        with Loopback(answer, tls) as server:
            pauses: list[float] = []
            file = kubeconfig(tmp_path / "config", server.url, tls[0])
            cluster = Cluster.connect(kubeconfig=file, request_timeout=5, sleep=pauses.append)
            yield Site(server, cluster, pauses)

    return at


def test_apply_is_a_strict_server_side_apply_under_our_name(site):
    with site(serving(Reply(CM))) as s:
        assert s.cluster.apply(Manifest(CM)) == CM

    (request,) = s.requests
    assert (request.method, request.path) == ("PATCH", "/api/v1/namespaces/n/configmaps/a")
    assert request.query == {"fieldManager": "apigeectl", "fieldValidation": "Strict", "force": "false"}
    assert request.headers["Content-Type"] == "application/apply-patch+yaml"
    assert request.headers["Authorization"] == "Bearer hush-hush"
    assert request.headers["User-Agent"].startswith("apigeectl/")
    assert request.json == CM


def test_apply_passes_dry_run_force_and_manager_on(site):
    with site(serving(Reply(CM))) as s:
        s.cluster.apply(Manifest(CM), dry_run=True, force=True, manager="m")

    assert s.requests[0].query == {
        "fieldManager": "m",
        "fieldValidation": "Strict",
        "force": "true",
        "dryRun": "All",
    }


def test_a_conflict_names_each_field_and_its_manager(site):
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "kubectl-scale" with subresource "scale" using apps/v1',
            "field": ".spec.replicas",
        },
        {"reason": "FieldManagerConflict", "message": 'conflict with "helm"', "field": ".data.x"},
    ]
    answer = status(409, "Conflict", "Apply failed with 2 conflicts", causes=causes)
    with site(serving(answer)) as s, pytest.raises(Conflict) as caught:
        s.cluster.apply(Manifest(CM))

    assert caught.value.conflicts == (
        FieldConflict(".spec.replicas", "kubectl-scale", "Update"),
        FieldConflict(".data.x", "helm", "Apply"),
    )
    assert caught.value.message == "ConfigMap/n/a: 2 fields belong to others"
    assert caught.value.details[1] == ".data.x belongs to helm"


def test_a_lost_optimistic_lock_is_a_conflict_about_no_field(site):
    words = "Operation cannot be fulfilled: the object has been modified"
    with (
        site(serving(status(409, "Conflict", words))) as s,
        pytest.raises(Conflict, match="modified") as caught,
    ):
        s.cluster.replace({**CM, "metadata": {"name": "a", "namespace": "n", "resourceVersion": "1"}})

    assert caught.value.conflicts == ()
    assert s.requests[0].method == "PUT"
    assert s.requests[0].json["metadata"]["resourceVersion"] == "1"


def test_the_causes_of_an_invalid_object_become_details(site):
    causes = [{"reason": "FieldValueRequired", "message": "Required value", "field": "spec.a"}]
    answer = status(422, "Invalid", 'K "a" is invalid: spec.a: Required value', causes=causes)
    with site(serving(answer)) as s, pytest.raises(Invalid) as caught:
        s.cluster.create(Manifest(CM))

    assert caught.value.message == 'ConfigMap/n/a: K "a" is invalid'
    assert caught.value.details == ("spec.a: Required value",)
    assert (s.requests[0].method, s.requests[0].path) == ("POST", "/api/v1/namespaces/n/configmaps")


def test_forbidden_keeps_the_servers_words_and_says_whose_rights_lack(site):
    words = 'configmaps is forbidden: User "u" cannot list resource "configmaps"'
    with site(serving(status(403, "Forbidden", words))) as s, pytest.raises(Forbidden) as caught:
        s.cluster.list("", "ConfigMap", "n")

    assert caught.value.message == f"ConfigMap/n: {words}"
    assert 'context "here"' in str(caught.value.hint)


def test_a_failing_webhook_is_a_service_failure_with_the_servers_words(site):
    words = 'Internal error occurred: failed calling webhook "w": connection refused'
    with (
        site(serving(status(500, "InternalError", words))) as s,
        pytest.raises(ServiceFailure, match="webhook"),
    ):
        s.cluster.apply(Manifest(CM))

    assert len(s.requests) == 1


def test_an_unknown_field_is_invalid_although_the_server_says_500(site):
    words = (
        "failed to create typed patch object (n/a; /v1, Kind=ConfigMap): .dta: field not declared in schema"
    )
    with site(serving(status(500, "", words))) as s, pytest.raises(Invalid, match="not declared"):
        s.cluster.apply(Manifest(CM))


def test_an_answer_that_is_no_status_is_quoted_shortly(site):
    page = Reply("<html>" + "x" * 5000, 502, content_type="text/html")
    with site(serving(page)) as s, pytest.raises(ServiceFailure) as caught:
        s.cluster.get(REF)

    assert caught.value.status == 502
    assert len(caught.value.message) < 300


def test_get_gives_none_for_an_absent_object(site):
    with site(serving(status(404, "NotFound", 'configmaps "a" not found'))) as s:
        assert s.cluster.get(REF) is None


def test_get_of_an_unknown_kind_says_so(site):
    with (
        site(serving(Reply())) as s,
        pytest.raises(KindNotServed, match=r"no kind Nope in g\.example") as caught,
    ):
        s.cluster.get(ObjectRef("g.example", "Nope", "n", "a"))

    assert isinstance(caught.value, NotFound)
    assert s.requests == []


def test_a_path_that_is_gone_since_discovery_is_an_unknown_kind(site):
    answers = discovery(("g.example", "v1", "Thing", "things"))

    def answer(request: Received) -> Reply:
        return answers(request)

    with site(answer) as s:
        assert s.cluster.serves("g.example", "Thing")
        answers = discovery()

        with pytest.raises(KindNotServed):
            s.cluster.get(ObjectRef("g.example", "Thing", "n", "a"))


def test_discovery_is_asked_once(site):
    with site(serving(Reply(CM))) as s:
        for _ in range(3):
            s.cluster.get(REF)

    assert s.server.asked().count("GET /apis") == 1


def test_an_unknown_kind_is_looked_for_again_once_and_not_at_every_call(site):
    with site(serving(Reply())) as s:
        s.cluster.serves("", "ConfigMap")
        for _ in range(3):
            assert not s.cluster.serves("apps", "Deployment")

    assert s.server.asked().count("GET /apis") <= 2


def test_applying_a_definition_forgets_what_was_served(site):
    definition = {"apiVersion": "g/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "d"}}
    known = discovery(("g", "v1", "CustomResourceDefinition", "definitions"), namespaced=False)
    with site(serving(Reply(definition), otherwise=known)) as s:
        s.cluster.apply(Manifest(definition), dry_run=True)
        s.cluster.apply(Manifest(definition))
        assert s.server.asked().count("GET /apis") == 1

        s.cluster.serves("g", "CustomResourceDefinition")

    assert s.server.asked().count("GET /apis") == 2
    assert s.requests[0].path == "/apis/g/v1/definitions/d"


def test_the_first_version_of_a_group_is_preferred_and_another_can_be_asked_for(site):
    known = discovery(("g", "v2", "K", "ks"), ("g", "v1", "K", "ks"))
    with site(serving(Reply({}), otherwise=known)) as s:
        s.cluster.get(ObjectRef("g", "K", "n", "a"))
        s.cluster.get(ObjectRef("g", "K", "n", "a"), version="v1")
        assert not s.cluster.serves("g", "K", "v3")

    assert [r.path for r in s.requests] == ["/apis/g/v2/namespaces/n/ks/a", "/apis/g/v1/namespaces/n/ks/a"]


def test_a_server_without_aggregated_discovery_is_asked_group_by_group(site):
    pages = {
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {
            "kind": "APIGroupList",
            "groups": [
                {
                    "name": "apps",
                    "versions": [{"version": "v1beta1"}, {"version": "v1"}],
                    "preferredVersion": {"version": "v1"},
                }
            ],
        },
        "/api/v1": {"resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True}]},
        "/apis/apps/v1": {
            "resources": [
                {"name": "deployments/scale", "kind": "Scale", "namespaced": True},
                {"name": "deployments", "kind": "Deployment", "namespaced": True},
            ]
        },
        "/apis/apps/v1beta1": {
            "resources": [{"name": "deployments", "kind": "Deployment", "namespaced": True}]
        },
    }
    with site(lambda r: Reply(pages.get(r.path, {"kind": "Deployment"}))) as s:
        assert s.cluster.get(ObjectRef("apps", "Deployment", "n", "d")) == {"kind": "Deployment"}
        assert not s.cluster.serves("apps", "Scale")

    assert "GET /apis/apps/v1/namespaces/n/deployments/d" in s.server.asked()


def test_a_list_follows_all_pages_and_says_what_each_item_is(site):
    pages = serving(
        Reply({"metadata": {"continue": "more"}, "items": [{"metadata": {"name": "a"}}]}),
        Reply({"metadata": {"resourceVersion": "9"}, "items": [{"metadata": {"name": "b"}}]}),
    )
    with site(pages) as s:
        items, version = s.cluster.list_with_version(
            "", "ConfigMap", "n", labels="app=x", fields="metadata.name=y"
        )

    assert version == "9"
    assert [(i["apiVersion"], i["kind"], i["metadata"]["name"]) for i in items] == [
        ("v1", "ConfigMap", "a"),
        ("v1", "ConfigMap", "b"),
    ]
    assert s.requests[1].query == {
        "labelSelector": "app=x",
        "fieldSelector": "metadata.name=y",
        "limit": "500",
        "continue": "more",
    }


def test_a_list_that_expires_between_pages_starts_again_in_one_piece(site):
    pages = serving(
        Reply({"metadata": {"continue": "more"}, "items": [{}]}),
        status(410, "Expired", "too old"),
        Reply({"metadata": {}, "items": [{}, {}]}),
    )
    with site(pages) as s:
        assert len(s.cluster.list("", "ConfigMap")) == 2

    assert "limit" not in s.requests[2].query
    assert s.requests[2].path == "/api/v1/configmaps"


def _events(*events: dict[str, object]) -> Reply:
    return Reply(tuple(json.dumps(event).encode() + b"\n" for event in events))


def test_a_watch_yields_changes_as_they_come_and_ends_with_the_server(site):
    stream = _events(
        {"type": "ADDED", "object": CM}, {"type": "BOOKMARK", "object": {}}, {"type": "DELETED", "object": CM}
    )
    with site(serving(stream)) as s:
        events = list(s.cluster.watch("", "ConfigMap", "n", "5", timeout=0.5))

    assert events == [WatchEvent("ADDED", CM), WatchEvent("DELETED", CM)]
    assert s.requests[0].query == {"watch": "true", "resourceVersion": "5", "timeoutSeconds": "1"}


def test_a_watch_event_may_come_in_pieces(site):
    text = json.dumps({"type": "ADDED", "object": CM}).encode() + b"\n"
    with site(serving(Reply((text[:10], text[10:])))) as s:
        assert len(list(s.cluster.watch("", "ConfigMap", "n", "5", timeout=1))) == 1


@pytest.mark.parametrize(
    "answer",
    [
        status(410, "Expired", "too old resource version"),
        _events({"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old"}}),
    ],
)
def test_a_watch_from_too_long_ago_is_expired(site, answer):
    with site(serving(answer)) as s, pytest.raises(Expired):
        list(s.cluster.watch("", "ConfigMap", "n", "5", timeout=1))


def test_delete_says_whether_there_was_something(site):
    with site(serving(Reply({"kind": "Status"}), status(404, "NotFound", "gone"))) as s:
        assert s.cluster.delete(REF, propagation="Foreground", uid="u1") is True
        assert s.cluster.delete(REF) is False

    assert s.requests[0].json["propagationPolicy"] == "Foreground"
    assert s.requests[0].json["preconditions"] == {"uid": "u1"}


def test_a_patch_goes_to_the_subresource_as_what_it_is(site):
    with site(serving(Reply(CM))) as s:
        s.cluster.patch(REF, {"status": {"a": 1}}, subresource="status", dry_run=True)
        s.cluster.patch(
            REF, [{"op": "remove", "path": "/data/x"}], content_type="application/json-patch+json"
        )

    merge, operations = s.requests
    assert merge.path.endswith("/configmaps/a/status")
    assert merge.query["dryRun"] == "All"
    assert merge.headers["Content-Type"] == "application/merge-patch+json"
    assert operations.headers["Content-Type"] == "application/json-patch+json"
    assert operations.json == [{"op": "remove", "path": "/data/x"}]


def test_logs_are_text_of_one_container(site):
    with site(serving(Reply("one\ntwo\n", content_type="text/plain"))) as s:
        assert s.cluster.logs("n", "p", "c", tail=5, since=60, previous=True) == "one\ntwo\n"

    assert s.requests[0].path == "/api/v1/namespaces/n/pods/p/log"
    assert s.requests[0].query == {
        "container": "c",
        "tailLines": "5",
        "sinceSeconds": "60",
        "previous": "true",
    }


def test_warnings_of_the_server_are_collected_once(site):
    headers = [("Warning", '299 - "old \\"API\\""'), ("Warning", '299 - "two"')]
    with site(serving(Reply(CM, headers=headers))) as s:
        s.cluster.get(REF)
        s.cluster.get(REF)

    assert s.cluster.warnings == ['old "API"', "two"]


@pytest.mark.parametrize(
    "failure", [HANG_UP, status(503, "ServiceUnavailable", "later"), status(429, "TooManyRequests", "x")]
)
def test_reading_and_applying_are_repeated_when_the_server_fails_for_a_moment(site, failure):
    with site(serving(failure, Reply(CM))) as s:
        assert s.cluster.get(REF) == CM
    with site(serving(failure, failure, Reply(CM))) as s:
        assert s.cluster.apply(Manifest(CM)) == CM

    assert len(s.requests) == 3
    assert len(s.pauses) == 2


def test_repeating_ends_and_waits_as_long_as_the_server_asks(site):
    busy = Reply({"kind": "Status", "code": 503, "message": "busy"}, 503, headers=[("Retry-After", "7")])
    with site(serving(busy)) as s, pytest.raises(ServiceFailure, match="busy"):
        s.cluster.get(REF)

    assert s.pauses == [7.0] * REPEATS


def test_a_create_is_not_repeated_because_it_may_have_happened(site):
    with site(serving(HANG_UP)) as s, pytest.raises(Exception, match="connection reset"):
        s.cluster.create(Manifest(CM))

    assert len(s.requests) == 1


def test_values_of_a_secret_are_blotted_out_of_errors(site):
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "n"},
        "data": {"key": "c2VjcmV0LXZhbHVl"},
        "stringData": {"other": "plain-secret"},
    }
    words = "bad: c2VjcmV0LXZhbHVl secret-value plain-secret"
    with site(serving(status(400, "BadRequest", words))) as s, pytest.raises(Invalid) as caught:
        s.cluster.apply(Manifest(secret))

    assert caught.value.message == "Secret/n/s: bad: *** *** ***"
    assert str(caught.value) == caught.value.message


def test_threads_share_a_cluster(site):
    with site(serving(Reply(CM))) as s:
        found: list[object] = []
        threads = [threading.Thread(target=lambda: found.append(s.cluster.get(REF))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert found == [CM] * 8
    assert s.server.asked().count("GET /apis") == 1


def test_more_threads_than_workers_keep_their_connections(site, caplog):
    together = threading.Barrier(12)

    def answer(request: Received) -> Reply:
        if request.path not in {"/api", "/apis"}:
            together.wait(5)
        return serving(Reply(CM))(request)

    with site(answer) as s, ThreadPoolExecutor(12) as pool:
        list(pool.map(s.cluster.get, [REF] * 12))

    assert [record.message for record in caplog.records if "pool is full" in record.message] == []


def test_fields_that_the_definition_lacks_are_named_first(site):
    words = (
        "failed to create typed patch object (n/a; /v1, Kind=ConfigMap): errors:\n  .spec.newer: field not declared "
        "in schema\n  .spec.list[0].x: field not declared in schema"
    )
    with (
        site(serving(status(500, "InternalError", words))) as s,
        pytest.raises(Invalid) as caught,
    ):
        s.cluster.apply(Manifest(CM))

    assert caught.value.message == ("ConfigMap/n/a: spec.newer, spec.list[0].x: field not declared in schema")
    assert len(s.requests) == 1


def test_a_strict_create_names_the_fields_too(site):
    words = 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "spec.x"'
    with (
        site(serving(status(400, "BadRequest", words))) as s,
        pytest.raises(Invalid, match=r"spec\.x: field"),
    ):
        s.cluster.create(Manifest(CM))
