"""Service Usage: which APIs are on in the project, and the operations that switch them."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any

from apigeectl.sandbox.google.accounts import Project
from apigeectl.sandbox.google.wire import Asked, GoogleError, Route, error_info, only_fields, page

CONNECT_SERVICE = "apigeeconnect.googleapis.com"
SERVICES = {
    "apigee.googleapis.com": "Apigee API",
    CONNECT_SERVICE: "Apigee Connect API",
    "cloudresourcemanager.googleapis.com": "Cloud Resource Manager API",
    "compute.googleapis.com": "Compute Engine API",
    "container.googleapis.com": "Kubernetes Engine API",
    "iam.googleapis.com": "Identity and Access Management (IAM) API",
    "iamcredentials.googleapis.com": "IAM Service Account Credentials API",
    "logging.googleapis.com": "Cloud Logging API",
    "monitoring.googleapis.com": "Cloud Monitoring API",
    "pubsub.googleapis.com": "Cloud Pub/Sub API",
    "serviceusage.googleapis.com": "Service Usage API",
}
"""What is on in a project where Apigee hybrid runs, with titles."""

OTHERS = {
    "bigquery.googleapis.com": "BigQuery API",
    "dns.googleapis.com": "Cloud DNS API",
    "gkeconnect.googleapis.com": "GKE Connect API",
    "gkehub.googleapis.com": "GKE Hub API",
    "storage.googleapis.com": "Cloud Storage API",
}
"""What could be on."""

_TITLES = SERVICES | OTHERS
_SWITCHING_SECONDS = 1.0
_MOST = 20


@dataclass(frozen=True)
class _Operation:
    """Switches APIs on or off at a moment of the monotonic clock."""

    due: float
    kind: str  # the response's type
    names: tuple[str, ...]
    on: bool = True


class Services:
    """The APIs of the project. Many threads may ask and switch."""

    def __init__(
        self, project: Project, *, speed: float, disabled: frozenset[str] = frozenset(), delay: float = 0.0
    ) -> None:
        """`delay` is how many seconds an API that was switched on still refuses."""
        self._project = project
        self._seconds = _SWITCHING_SECONDS * speed
        self._delay = delay
        self._on = {name: name in SERVICES and name not in disabled for name in _TITLES}
        self._usable_at: dict[str, float] = {}
        self._operations: dict[str, _Operation] = {}
        self._pending: set[str] = set()
        self._lock = threading.Lock()

    def enabled(self, service: str) -> bool:
        """Whether an API is on, and others know it by now."""
        self._finish_due()
        return self._on.get(service, False) and self._usable_at.get(service, 0.0) <= time.monotonic()

    def require(self, service: str) -> None:
        """Refuse as Google does while an API is off."""
        if not self.enabled(service):
            number, title = self._project.number, _TITLES.get(service, service)
            where = f"https://console.developers.google.com/apis/api/{service}/overview?project={number}"
            message = (
                f"{title} has not been used in project {number} before or it is disabled. Enable it by visiting "
                f"{where} then retry. If you enabled this API recently, wait a few minutes for the action to "
                "propagate to our systems and retry."
            )
            about = {"consumer": f"projects/{number}", "activationUrl": where, "serviceTitle": title}
            raise GoogleError(403, message, error_info("SERVICE_DISABLED", service=service, **about))

    def routes(self) -> tuple[Route, ...]:
        """Service Usage's methods."""
        stem = "/v1/projects/{project}/services"
        read, on, off = (f"serviceusage.services.{verb}" for verb in ("get", "enable", "disable"))
        listing = ("filter", "pageSize", "pageToken")
        return (
            Route("GET", stem, self._list, "serviceusage.services.list", listing),
            Route("GET", f"{stem}:batchGet", self._batch_get, read, ("names",)),
            Route("POST", f"{stem}:batchEnable", self._batch_enable, on),
            Route("GET", f"{stem}/{{service}}", self._get, read),
            Route("POST", f"{stem}/{{service}}:enable", self._enable, on),
            Route("POST", f"{stem}/{{service}}:disable", self._disable, off),
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
        return {"services": [self._service(name) for name in _known(names)]}

    def _get(self, asked: Asked) -> dict[str, Any]:
        self._finish_due()
        return self._service(*_known([asked.path["service"]]))

    def _enable(self, asked: Asked) -> dict[str, Any]:
        only_fields(asked.body, ())
        return self._start("EnableServiceResponse", [asked.path["service"]])

    def _batch_enable(self, asked: Asked) -> dict[str, Any]:
        names = only_fields(asked.body, ("serviceIds",)).get("serviceIds") or []
        if not 0 < len(names) <= _MOST:
            raise GoogleError(400, f"Between 1 and {_MOST} services can be enabled at once.")
        return self._start("BatchEnableServicesResponse", names)

    def _disable(self, asked: Asked) -> dict[str, Any]:
        only_fields(asked.body, ("disableDependentServices", "checkIfServiceHasUsage"))
        return self._start("DisableServiceResponse", [asked.path["service"]], on=False)

    def _start(self, kind: str, names: list[str], *, on: bool = True) -> dict[str, Any]:
        operation = _Operation(time.monotonic() + self._seconds, kind, _known(names), on)
        self._finish_due()
        if on and all(self._on.get(name) for name in names):
            return self._done("noop.DONE_OPERATION", operation)
        name = f"acf.{uuid.uuid4()}"
        with self._lock:
            self._operations[name] = operation
            self._pending.add(name)
        return {"name": f"operations/{name}"}

    def _operation(self, asked: Asked) -> dict[str, Any]:
        name = asked.path["operation"]
        operation = self._operations.get(name)
        if operation is None:
            raise GoogleError(404, f"operation {name} not found")
        if operation.due > time.monotonic():
            return {"name": f"operations/{name}"}
        self._finish_due()
        return self._done(name, operation)

    def _finish_due(self) -> None:
        """Do what operations have to do by now, once each."""
        now = time.monotonic()
        with self._lock:
            for name in [name for name in self._pending if self._operations[name].due <= now]:
                self._pending.remove(name)
                operation = self._operations[name]
                self._on |= dict.fromkeys(operation.names, operation.on)
                self._usable_at |= dict.fromkeys(operation.names, operation.due + self._delay)

    def _done(self, name: str, operation: _Operation) -> dict[str, Any]:
        services = [self._service(each) for each in operation.names]
        many = operation.kind.startswith("Batch")
        response = {
            "@type": f"type.googleapis.com/google.api.serviceusage.v1.{operation.kind}",
            **({"services": services} if many else {"service": services[0]}),
        }
        return {"name": f"operations/{name}", "done": True, "response": response}

    def _service(self, name: str) -> dict[str, Any]:
        number = self._project.number
        return {
            "name": f"projects/{number}/services/{name}",
            "parent": f"projects/{number}",
            "config": {"name": name, "title": _TITLES.get(name, name)},
            "state": "ENABLED" if self._on.get(name) else "DISABLED",
        }


def _known(names: list[str]) -> tuple[str, ...]:
    if unknown := [name for name in names if not name.endswith(".googleapis.com")]:
        raise GoogleError(403, f"Not found or permission denied for service(s): {', '.join(unknown)}.")
    return tuple(names)
