from __future__ import annotations

import pytest

from apigeectl.clients.connect import Connection, Connections
from apigeectl.errors import Forbidden, ServiceFailure
from tests.clients.google_api import google_refusal, session
from tests.clients.loopback import Loopback, Received, Reply


def entry(cluster: str, **more: int) -> dict[str, object]:
    where = {"name": cluster, "region": "r"}
    return {"endpoint": "projects/123/endpoints/apigee_mart", "cluster": where, **more}


def test_all_pages_are_read():
    def answer(request: Received) -> Reply:
        if request.query.get("pageToken") == "2":
            return Reply({"connections": [entry("b")], "nextPageToken": ""})
        return Reply({"connections": [entry("a", streamCount=4)], "nextPageToken": "2"})

    with Loopback(answer) as server:
        found = Connections(session(server.url)[0]).list("p")

    endpoint = "projects/123/endpoints/apigee_mart"
    assert found == (Connection(endpoint, "a", "r", 4), Connection(endpoint, "b", "r", 0))
    assert server.asked() == ["GET /v1/projects/p/endpoints/apigee_mart/connections"] * 2
    assert [r.query for r in server.received] == [
        {"pageSize": "1000"},
        {"pageSize": "1000", "pageToken": "2"},
    ]


def test_a_list_that_turns_in_a_circle_ends():
    def answer(request: Received) -> Reply:
        return Reply({"nextPageToken": "b" if request.query.get("pageToken") == "a" else "a"})

    with (
        Loopback(answer) as server,
        pytest.raises(ServiceFailure, match="connections of project p: the pages"),
    ):
        Connections(session(server.url)[0]).list("p")
    assert len(server.received) == 3


def test_nothing_connected_is_an_empty_object():
    with Loopback(lambda _: Reply({})) as server:
        assert Connections(session(server.url)[0]).list("p") == ()


def test_a_missing_right_is_forbidden():
    refusal = google_refusal(403, "PERMISSION_DENIED", "Permission 'apigeeconnect.connections.list' denied")
    with Loopback(lambda _: refusal) as server, pytest.raises(Forbidden, match=r"connections of project p"):
        Connections(session(server.url)[0]).list("p")
