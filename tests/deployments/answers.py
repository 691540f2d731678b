"""Answers of the Apigee API about deployments, cut down to what a test is about."""

from __future__ import annotations

from typing import Any

from apigeectl.deployments.model import Deployment, read_deployment

NOW = 1_700_000_000.0
STARTED = int(NOW * 1000) - 60_000


def milliseconds(seconds_ago: float) -> str:
    return str(int((NOW - seconds_ago) * 1000))


def body(**fields: Any) -> dict[str, Any]:
    return {
        "environment": "test",
        "apiProxy": "hello",
        "revision": "2",
        "deployStartTime": str(STARTED),
        **fields,
    }


def deployment(**fields: Any) -> Deployment:
    return read_deployment(body(**fields))


def instance(
    *shares: tuple[str, int], routes: tuple[tuple[str, int], ...] = (("test", 100),), name: str = "c-r"
):
    return {
        "instance": name,
        "deployedRevisions": [{"revision": revision, "percentage": share} for revision, share in shares],
        "deployedRoutes": [
            {"basepath": "/hello", "envgroup": "group", "environment": environment, "percentage": share}
            for environment, share in routes
        ],
    }


def pod(
    name: str, status: str = "deployed", *, told: float | None = 10, heard: float | None = 5, **more: str
):
    found = {"podName": name, "deploymentStatus": status, "podStatus": "active", "appVersion": "self", **more}
    if told is not None:
        found["deploymentStatusTime"] = milliseconds(told)
    if heard is not None:
        found["podStatusTime"] = milliseconds(heard)
    return found
