"""The Apigee API: deploying, undeploying, change reports, and what the runtime reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from apigeectl.sandbox.google.control_plane import ControlPlane, Place
from apigeectl.sandbox.google.proxies import PROXIES, SERVICE, SHARED_FLOWS
from apigeectl.sandbox.google.rollout import Outcome, Rollout
from apigeectl.sandbox.google.wire import Asked, GoogleError, Route

_CONFLICT = "CONFLICTING_DEPLOYMENT"
_PRECONDITION = "type.googleapis.com/google.rpc.PreconditionFailure"


class Deployments:
    """Every deployment of one organization."""

    def __init__(
        self,
        organization: str,
        environments: Sequence[str],
        groups: Sequence[str],
        plane: ControlPlane,
        instance: str,
    ) -> None:
        self._organization = organization
        self._environments = tuple(environments)
        self._groups = tuple(groups)
        self._plane = plane
        self._instance = instance

    def routes(self) -> tuple[Route, ...]:
        """Lists, one, deploy, undeploy; change reports exist for proxies only."""
        stem = "/v1/organizations/{organization}"
        both = ("sharedFlows",)
        lists = (
            Route("GET", f"{stem}/deployments", self._list, _may("list"), both, SERVICE),
            Route(
                "GET",
                f"{stem}/environments/{{environment}}/deployments",
                self._list,
                _may("list"),
                both,
                SERVICE,
            ),
        )
        return (*lists, *self._routes_of(PROXIES), *self._routes_of(SHARED_FLOWS))

    def _routes_of(self, collection: str) -> tuple[Route, ...]:
        one = f"/v1/organizations/{{organization}}/{collection}/{{name}}"
        here = f"/v1/organizations/{{organization}}/environments/{{environment}}/{collection}/{{name}}"
        exact = f"{here}/revisions/{{revision}}/deployments"
        sequenced = ("sequencedRollout",) if collection == PROXIES else ()
        deploy = ("override", "serviceAccount", *sequenced)
        found: list[tuple[str, str, Callable[[Asked, str], Any], str, tuple[str, ...]]] = [
            ("GET", f"{one}/deployments", self._of_one, "list", ()),
            ("GET", f"{one}/revisions/{{revision}}/deployments", self._of_one, "list", ()),
            ("GET", f"{here}/deployments", self._of_one, "list", ()),
            ("GET", exact, self._status, "get", ()),
            ("POST", exact, self._deploy, "create", deploy),
            ("DELETE", exact, self._undeploy, "delete", sequenced),
        ]
        if collection == PROXIES:
            found += [
                ("POST", f"{exact}:generateDeployChangeReport", self._deploy_report, "create", ("override",)),
                ("POST", f"{exact}:generateUndeployChangeReport", self._undeploy_report, "delete", ()),
            ]
        return tuple(
            Route(verb, path, _bound(handler, collection), _may(may), query, SERVICE)
            for verb, path, handler, may, query in found
        )

    def _list(self, asked: Asked) -> dict[str, Any]:
        collection = SHARED_FLOWS if asked.first("sharedFlows") == "true" else PROXIES
        return self._listed(asked, collection, lambda place: True)

    def _of_one(self, asked: Asked, collection: str) -> dict[str, Any]:
        name, revision = asked.path["name"], asked.path.get("revision")
        self._plane.proxies.find(collection, name, revision)
        return self._listed(asked, collection, lambda place: place.name == name)

    def _listed(self, asked: Asked, collection: str, wanted: Callable[[Place], bool]) -> dict[str, Any]:
        environment, revision = asked.path.get("environment"), asked.path.get("revision")
        self._check(asked)
        bodies = [
            self._body(place)
            for place in self._plane.places(collection)
            if environment in (None, place.environment) and wanted(place)
        ]
        found = [body for body in bodies if revision in (None, body["revision"])]
        return {"deployments": found} if found else {}

    def _status(self, asked: Asked, collection: str) -> dict[str, Any]:
        place = self._deployed(asked, collection)
        return self._body(place) | self._reports(place)

    def _deploy(self, asked: Asked, collection: str) -> dict[str, Any]:
        place = self._place(asked, collection)
        if violations := self._violations(asked, place):
            details = {"@type": _PRECONDITION, "violations": violations}
            raise GoogleError(400, "deployment validations failed", details, status="FAILED_PRECONDITION")
        change = self._plane.deployed(place)
        if change is None or change.revision != asked.path["revision"]:
            self._plane.change(place, asked.path["revision"], asked.first("serviceAccount"))
        return self._body(place)

    def _undeploy(self, asked: Asked, collection: str) -> dict[str, Any]:
        self._plane.change(self._deployed(asked, collection), None)
        return {}

    def _deploy_report(self, asked: Asked, collection: str) -> dict[str, Any]:
        place = self._place(asked, collection)
        report: dict[str, Any] = {}
        if violations := self._violations(asked, place):
            report["validationErrors"] = {"violations": violations}
        if conflicts := self._route_conflicts(place):
            report["routingConflicts"] = conflicts
        before = self._plane.deployed(place)
        path = self._plane.proxies.find(collection, place.name).base_path
        after = _routed(place, asked.path["revision"], path)
        if before is None or before.revision != asked.path["revision"]:
            change = {"toDeployment": after, "environmentGroup": self._groups[0] if self._groups else ""}
            if before is not None and before.revision:
                change["fromDeployment"] = _routed(place, before.revision, path)
            report["routingChanges"] = [change]
        return report

    def _undeploy_report(self, asked: Asked, collection: str) -> dict[str, Any]:
        place = self._deployed(asked, collection)
        path = self._plane.proxies.find(collection, place.name).base_path
        gone = {"fromDeployment": _routed(place, asked.path["revision"], path)}
        return {"routingChanges": [gone | {"environmentGroup": group} for group in self._groups[:1]]}

    def _violations(self, asked: Asked, place: Place) -> list[dict[str, str]]:
        change = self._plane.deployed(place)
        found = []
        if change and change.revision != asked.path["revision"] and asked.first("override") != "true":
            text = "Only one revision can be deployed at a time, use the override flag to replace."
            found.append((self._resource(place, str(change.revision)), text))
        path = self._plane.proxies.find(place.collection, place.name).base_path
        for other in self._plane.places(PROXIES):
            same = other.environment == place.environment and other.name != place.name
            if same and path and self._plane.proxies.find(PROXIES, other.name).base_path == path:
                resource = self._resource(other, str(self._change(other).revision))
                text = f'Existing deployment of "{resource}" contains conflicting base paths: [{path}].'
                found.append((resource, text))
        return [{"type": _CONFLICT, "subject": subject, "description": text} for subject, text in found]

    def _route_conflicts(self, place: Place) -> list[dict[str, Any]]:
        if "deployments=route-conflict" not in self._plane.faults:
            return []
        path = self._plane.proxies.find(place.collection, place.name).base_path
        other = Place(PROXIES, f"other-{place.environment}", f"older-{place.name}")
        group = self._groups[0] if self._groups else ""
        words = (
            f"base path {path} is served by {other.name} in {other.environment}, which was deployed before"
        )
        return [
            {
                "environmentGroup": group,
                "description": words,
                "conflictingDeployment": _routed(other, "1", path),
            }
        ]

    def _body(self, place: Place) -> dict[str, Any]:
        change = self._change(place)
        body = {
            "environment": place.environment,
            "apiProxy": place.name,
            "revision": str(change.revision),
            "deployStartTime": _milliseconds(change.at),
        }
        if change.service_account:
            body["serviceAccount"] = f"projects/-/serviceAccounts/{change.service_account}"
        if self._old_style:
            return body | {"basePath": "/"}
        return body | {"proxyDeploymentType": "STANDARD"} if place.collection == PROXIES else body

    def _reports(self, place: Place) -> dict[str, Any]:
        now, rollout = self._plane.clock(), self._plane.rollout(place)
        if self._old_style:
            return {"pods": [_pod_status(rollout, index, now) for index in range(len(rollout.pods))]}
        revision = str(self._change(place).revision)
        told = [rollout.told(pod, now) for pod in rollout.pods]
        reports = [rollout.report(pod, now) for pod in rollout.pods]
        failed = [
            pod.name
            for pod, report in zip(rollout.pods, reports, strict=True)
            if report and report.outcome is Outcome.FAILED
        ]
        state = "ERROR" if failed else "READY" if all(each == revision for each in told) else "PROGRESSING"
        body: dict[str, Any] = {"state": state}
        if failed:
            body["errors"] = [{"code": 9, "message": _failure(place.name, revision, name)} for name in failed]
        if conflicts := self._route_conflicts(place):
            body["routeConflicts"] = conflicts
        if instance := self._instance_status(place, told, now):
            body["instances"] = [instance]
        return body

    def _instance_status(self, place: Place, told: Sequence[str | None], now: float) -> dict[str, Any]:
        revisions = sorted({each for each in told if each}, key=int, reverse=True)
        if all(pod.silent for pod in self._plane.pods(place.environment)):
            return {}
        status: dict[str, Any] = {"instance": self._instance}
        if revisions:
            status["deployedRevisions"] = [
                {"revision": each, "percentage": 100 * told.count(each) // len(told)} for each in revisions
            ]
        path = self._plane.proxies.find(place.collection, place.name).base_path
        routed = self._plane.routed(place, now)
        if path and any(routed):
            share = 100 * sum(routed) // len(routed)
            status["deployedRoutes"] = [
                {"basepath": path, "envgroup": group, "environment": place.environment, "percentage": share}
                for group in self._groups
            ]
        return status

    @property
    def _old_style(self) -> bool:
        return "deployments=pod-reports" in self._plane.faults

    def _change(self, place: Place) -> Any:
        return self._plane.deployed(place)

    def _deployed(self, asked: Asked, collection: str) -> Place:
        place = self._place(asked, collection)
        change = self._plane.deployed(place)
        if change is None or change.revision != asked.path["revision"]:
            resource = self._resource(place, asked.path["revision"])
            raise GoogleError(404, f"generic::not_found: {resource} is not deployed")
        return place

    def _place(self, asked: Asked, collection: str) -> Place:
        self._check(asked)
        self._plane.proxies.find(collection, asked.path["name"], asked.path["revision"])
        return Place(collection, asked.path["environment"], asked.path["name"])

    def _check(self, asked: Asked) -> None:
        name, environment = asked.path["organization"], asked.path.get("environment")
        if name != self._organization:
            raise GoogleError(403, f"Permission denied on resource organization {name} (or it may not exist)")
        if environment is not None and environment not in self._environments:
            raise GoogleError(404, f"resource organizations/{name}/environments/{environment} not found")

    def _resource(self, place: Place, revision: str) -> str:
        stem = f"organizations/{self._organization}/environments/{place.environment}"
        return f"{stem}/{place.collection}/{place.name}/revisions/{revision}"


def _bound(handler: Callable[[Asked, str], Any], collection: str) -> Callable[[Asked], Any]:
    return lambda asked: handler(asked, collection)


def _may(verb: str) -> str:
    return f"apigee.deployments.{verb}"


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))


def _routed(place: Place, revision: str, path: str) -> dict[str, str]:
    return {"apiProxy": place.name, "revision": revision, "environment": place.environment, "basepath": path}


def _failure(name: str, revision: str, pod: str) -> str:
    return f"{pod}: revision {revision} of {name} cannot be loaded: policy SpikeArrest-1 has no rate"


def _pod_status(rollout: Rollout, index: int, now: float) -> Mapping[str, str]:
    """A pod as runtimes before 1.3 reported it; the heartbeat is separate from what it says of a deployment."""
    pod, change = rollout.pods[index], rollout.changes[-1]
    report = rollout.report(pod, now)
    status = {
        "podName": pod.name,
        "appVersion": "self",
        "podStatus": "active",
        "podStatusTime": _milliseconds(now),
    }
    if report is None:
        return status | {"deploymentStatus": "pending"}
    told = {
        "deploymentStatus": report.outcome.value,
        "deploymentStatusTime": _milliseconds(report.at),
        "deploymentTime": _milliseconds(pod.handled(change.at)),
    }
    if report.outcome is Outcome.FAILED:
        words = "Deployment Failed: policy SpikeArrest-1 has no rate"
        return status | told | {"statusCode": "500", "statusCodeDetails": words}
    return status | told | {"statusCode": "200"}
