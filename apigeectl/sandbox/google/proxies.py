"""API proxies and shared flows with their revisions."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from apigeectl.sandbox.google.wire import Asked, GoogleError, Route

SERVICE = "apigee.googleapis.com"
PROXIES, SHARED_FLOWS = "apis", "sharedflows"


@dataclass(frozen=True)
class Proxy:
    """Revisions stand in the order in which the service happens to list them."""

    name: str
    base_path: str = ""
    revisions: tuple[str, ...] = ("1",)

    @property
    def latest(self) -> str:
        return max(self.revisions, key=int, default="")


HELLO = Proxy("hello", "/hello", ("1", "2"))
ORDERS = Proxy("orders", "/v1/orders", ("1", "10", "2"))
LOGGING = Proxy("request-logging", "", ("1",))


class Proxies:
    """What the organization has to deploy."""

    def __init__(
        self,
        organization: str,
        proxies: Sequence[Proxy] = (HELLO, ORDERS),
        shared_flows: Sequence[Proxy] = (LOGGING,),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._organization = organization
        self._known = {
            PROXIES: {proxy.name: proxy for proxy in proxies},
            SHARED_FLOWS: {flow.name: flow for flow in shared_flows},
        }
        self._created = str(int(clock() * 1000))

    def routes(self) -> tuple[Route, ...]:
        """Reading; bundles cannot be imported."""
        return (*self._routes_of(PROXIES, "proxies"), *self._routes_of(SHARED_FLOWS, "sharedFlows"))

    def add(self, proxy: Proxy) -> None:
        """One more API proxy."""
        self._known[PROXIES][proxy.name] = proxy

    def find(self, collection: str, name: str, revision: str | None = None) -> Proxy:
        """A proxy that has the revision, or a 404."""
        proxy = self._known[collection].get(name)
        resource = f"organizations/{self._organization}/{collection}/{name}"
        if proxy is None:
            raise GoogleError(404, f"generic::not_found: {resource} not found")
        if revision is not None and revision not in proxy.revisions:
            raise GoogleError(404, f"generic::not_found: {resource}/revisions/{revision} not found")
        return proxy

    def _routes_of(self, collection: str, key: str) -> tuple[Route, ...]:
        stem = f"/v1/organizations/{{organization}}/{collection}"
        may = "apigee.proxies" if collection == PROXIES else "apigee.sharedflows"
        query = ("includeRevisions", "includeMetaData")

        def listing(asked: Asked) -> dict[str, Any]:
            whole = asked.first("includeRevisions") == "true"
            found = self._known[collection].values()
            return {key: [self._body(one) if whole else {"name": one.name} for one in found]} if found else {}

        def one(asked: Asked) -> dict[str, Any]:
            return self._body(self.find(collection, asked.path["name"]))

        def revisions(asked: Asked) -> list[str]:
            return list(self.find(collection, asked.path["name"]).revisions)

        def revision(asked: Asked) -> dict[str, Any]:
            return self._revision(
                self.find(collection, asked.path["name"], asked.path["revision"]), asked.path["revision"]
            )

        found = (
            (stem, listing, "list", query),
            (f"{stem}/{{name}}", one, "get", ()),
            (f"{stem}/{{name}}/revisions", revisions, "get", ()),
            (f"{stem}/{{name}}/revisions/{{revision}}", revision, "get", ()),
        )
        return tuple(
            Route("GET", path, handler, f"{may}.{verb}", query, SERVICE)
            for path, handler, verb, query in found
        )

    def _body(self, proxy: Proxy) -> dict[str, Any]:
        times = {"createdAt": self._created, "lastModifiedAt": self._created}
        body: dict[str, Any] = {"name": proxy.name, "metaData": {**times, "subType": "Proxy"}}
        if proxy.revisions:
            body |= {"revision": list(proxy.revisions), "latestRevisionId": proxy.latest}
        return body

    def _revision(self, proxy: Proxy, revision: str) -> dict[str, Any]:
        body: dict[str, Any] = {"name": proxy.name, "revision": revision, "createdAt": self._created}
        return {**body, "basepaths": [proxy.base_path]} if proxy.base_path else body
