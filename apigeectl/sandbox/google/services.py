"""Service Usage: which APIs are on in the project."""

from __future__ import annotations

import time
import uuid
from typing import Any

from apigeectl.sandbox.google.accounts import Project
from apigeectl.sandbox.google.wire import Asked, GoogleError, Route, error_info, only_fields, page

CONNECT_SERVICE = "apigeeconnect.googleapis.com"
_ON = (
    "apigee.googleapis.com",
    CONNECT_SERVICE,
    "cloudresourcemanager.googleapis.com",
    "compute.googleapis.com",
    "container.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "serviceusage.googleapis.com",
)
_ENABLING_SECONDS = 1.0


class Services:
    """The APIs of the project, and the operations that switch them on."""

    def __init__(self, project: Project, *, speed: float, disabled: frozenset[str] = frozenset()) -> None:
        self._project = project
        self._delay = _ENABLING_SECONDS * speed
        self._on = {name: name not in disabled for name in _ON}
        self._operations: dict[str, tuple[float, tuple[str, ...], bool]] = {}

    def enabled(self, service: str) -> bool:
        """Whether an API is on."""
        self._finish_due()
        return self._on.get(service, False)

    def require(self, service: str) -> None:
        """Refuse as Google does while an API is off."""
        if not self.enabled(service):
            number = self._project.number
            where = f"https://console.developers.google.com/apis/api/{service}/overview?project={number}"
            message = (
                f"{service} has not been used in project {number} before or it is disabled. Enable it by visiting "
                f"{where} then retry. If you enabled this API recently, wait a few minutes for the action to "
                "propagate to our systems and retry."
            )
            info = error_info(
                "SERVICE_DISABLED", service=service, consumer=f"projects/{number}", activationUrl=where
            )
            raise GoogleError(403, message, info)

    def routes(self) -> tuple[Route, ...]:
        """Service Usage's methods."""
        stem = "/v1/projects/{project}/services"
        read, write = "serviceusage.services.get", "serviceusage.services.enable"
        listing = ("filter", "pageSize", "pageToken")
        return (
            Route("GET", stem, self._list, "serviceusage.services.list", listing),
            Route("GET", f"{stem}:batchGet", self._batch_get, read, ("names",)),
            Route("POST", f"{stem}:batchEnable", self._batch_enable, write),
            Route("GET", f"{stem}/{{service}}", self._get, read),
            Route("POST", f"{stem}/{{service}}:enable", self._enable, write),
            Route("GET", "/v1/operations/{operation}", self._operation),
        )

    def _list(self, asked: Asked) -> dict[str, Any]:
        self._finish_due()
        wanted = {"": None, "state:ENABLED": True, "state:DISABLED": False}
        if asked.first("filter") not in wanted:
            raise GoogleError(400, "Only the filters state:ENABLED and state:DISABLED are supported.")
        state = wanted[asked.first("filter")]
        found = [self._service(name) for name, on in sorted(self._on.items()) if state in (None, on)]
        return page(asked, "services", found, size=50, most=200)

    def _batch_get(self, asked: Asked) -> dict[str, Any]:
        self._finish_due()
        names = [name.rpartition("/")[2] for name in asked.query.get("names", ())]
        return {"services": [self._service(name) for name in names]}

    def _get(self, asked: Asked) -> dict[str, Any]:
        self._finish_due()
        return self._service(asked.path["service"])

    def _enable(self, asked: Asked) -> dict[str, Any]:
        only_fields(asked.body, ())
        return self._start((asked.path["service"],), single=True)

    def _batch_enable(self, asked: Asked) -> dict[str, Any]:
        names = only_fields(asked.body, ("serviceIds",)).get("serviceIds") or []
        return self._start(tuple(names), single=False)

    def _start(self, names: tuple[str, ...], *, single: bool) -> dict[str, Any]:
        if unknown := [name for name in names if not name.endswith(".googleapis.com")]:
            raise GoogleError(403, f"Not found or permission denied for service(s): {', '.join(unknown)}.")
        if all(self.enabled(name) for name in names):
            done = {"name": "operations/noop.DONE_OPERATION", "done": True}
            return {**done, "response": self._response(names, single=single)}
        name = f"acf.{uuid.uuid4()}"
        self._operations[name] = (time.monotonic() + self._delay, names, single)
        return {"name": f"operations/{name}"}

    def _operation(self, asked: Asked) -> dict[str, Any]:
        self._finish_due()
        name = asked.path["operation"]
        if name not in self._operations:
            raise GoogleError(404, f"operation {name} not found")
        due, names, single = self._operations[name]
        if due > time.monotonic():
            return {"name": f"operations/{name}"}
        return {"name": f"operations/{name}", "done": True, "response": self._response(names, single=single)}

    def _finish_due(self) -> None:
        for due, names, _ in self._operations.values():
            if due <= time.monotonic():
                self._on |= dict.fromkeys(names, True)

    def _response(self, names: tuple[str, ...], *, single: bool) -> dict[str, Any]:
        kind = "EnableServiceResponse" if single else "BatchEnableServicesResponse"
        enabled = [self._service(name) for name in names]
        body: dict[str, Any] = {"service": enabled[0]} if single else {"services": enabled}
        return {"@type": f"type.googleapis.com/google.api.serviceusage.v1.{kind}", **body}

    def _service(self, name: str) -> dict[str, Any]:
        number = self._project.number
        return {
            "name": f"projects/{number}/services/{name}",
            "parent": f"projects/{number}",
            "config": {"name": name, "title": name.partition(".")[0]},
            "state": "ENABLED" if self._on.get(name) else "DISABLED",
        }
