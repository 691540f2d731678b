"""A cluster in memory whose containers have written something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apigeectl.errors import Forbidden
from apigeectl.manifests import APIGEE_GROUP, ObjectRef
from apigeectl.readiness.installation import Installation
from tests.apply.fakes import FakeCluster, Request, custom
from tests.diagnosis.samples import container, pod, waiting

ORG = ObjectRef(APIGEE_GROUP, "ApigeeOrganization", "apigee", "acme")
INSTALLATION = Installation("apigee", "apigee", (ORG,), ())
RUNNING = {"state": "running", "lastAppliedGeneration": 1}


class TalkingCluster(FakeCluster):
    def __init__(
        self, *objects: Mapping[str, Any], logs: Mapping[tuple[str, bool], str] | None = None
    ) -> None:
        super().__init__(*objects)
        self.written = dict(logs or {})
        self.read: list[tuple[str, bool]] = []
        self.forbidden_logs = False

    def logs(
        self, namespace: str, pod: str, container: str, *, tail: int | None = None, previous: bool = False
    ) -> str:
        self.read.append((pod, previous))
        if self.forbidden_logs:
            raise Forbidden("pods/log is forbidden", status=403)
        return self.written.get((pod, previous), "")


def organization(**status: Any) -> dict[str, Any]:
    return {**custom("ApigeeOrganization", "acme"), "status": status or {**RUNNING, "state": "creating"}}


def below(owner: Mapping[str, Any]) -> dict[str, Any]:
    metadata = owner["metadata"]
    return {"kind": owner["kind"], "name": metadata["name"], "uid": metadata["uid"], "controller": True}


def chain(name: str, *statuses: dict[str, Any]) -> list[dict[str, Any]]:
    """An organization, its ApigeeDeployment, ReplicaSet and a pod."""
    top = organization()
    top["metadata"]["uid"] = "uid-org"
    deployment = custom("ApigeeDeployment", f"apigee-{name}")
    deployment["metadata"].update(uid="uid-ad", ownerReferences=[below(top)])
    replicas = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"apigee-{name}-1",
            "namespace": "apigee",
            "uid": "uid-rs",
            "ownerReferences": [below(deployment)],
        },
    }
    one = pod(
        f"apigee-{name}-1-a",
        app=f"apigee-{name}",
        status={"phase": "Running", "containerStatuses": list(statuses)},
        ownerReferences=[below(replicas)],
    )
    return [top, deployment, replicas, one]


def no_image() -> list[dict[str, Any]]:
    return chain(
        "mart", container(**waiting("ImagePullBackOff", 'Back-off pulling image "hub/apigee-mart:1"'))
    )


def hidden(*kinds: str):
    """A fault: these kinds may not be read."""

    def refuse(request: Request) -> None:
        if request.ref.kind in kinds:
            raise Forbidden(f"{request.ref.kind} is forbidden", status=403)

    return refuse
