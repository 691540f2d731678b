"""What only MART knows: developers, their apps and API products, asked for through Apigee Connect."""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from apigeectl.sandbox.google.organizations import require_organization
from apigeectl.sandbox.google.wire import Asked, GoogleError, Route, only_fields, page

NO_CONNECTIONS = (
    "no connections available from the Apigee connect agent(s): refer to documentation to triage further."
)
_SERVICE = "apigee.googleapis.com"
_PRODUCT_FIELDS = (
    "name",
    "displayName",
    "description",
    "approvalType",
    "environments",
    "proxies",
    "apiResources",
    "scopes",
    "attributes",
    "quota",
    "quotaInterval",
    "quotaTimeUnit",
)
_DEVELOPER_FIELDS = ("email", "firstName", "lastName", "userName", "attributes")
_APP_FIELDS = ("name", "apiProducts", "callbackUrl", "keyExpiresIn", "scopes", "attributes", "appFamily")

Act = Callable[[], int]
"""What MART does with a request; the status of its answer."""


class Runtime(Protocol):
    """The runtime plane as the management plane reaches it."""

    def serve(
        self, organization: str, path: str, method: str = "GET", caller: str = "", act: Act = lambda: 200
    ) -> bool:
        """Carry a request through Apigee Connect to MART, which acts; False when nobody can."""


class Mart:
    """The entities of the organization. Many threads may ask and write."""

    def __init__(self, organization: str, runtime: Runtime, switched_on: Callable[[], bool]) -> None:
        """`switched_on` says whether the organization's property leads requests to Apigee Connect."""
        self._organization = organization
        self._runtime = runtime
        self._switched_on = switched_on
        self._lock = threading.Lock()
        self._developers: dict[str, dict[str, Any]] = {}
        self._apps: dict[str, dict[str, Any]] = {}  # by id
        self._products: dict[str, dict[str, Any]] = {}
        first = {
            "email": "developer@example.com",
            "firstName": "Dev",
            "lastName": "Eloper",
            "userName": "dev",
        }
        self._add_developer(first)
        self._add_app("developer@example.com", {"name": "demo-app"})

    def routes(self) -> tuple[Route, ...]:
        """The methods that show whether MART can be reached."""
        stem = "/v1/organizations/{organization}"
        developers, products = f"{stem}/developers", f"{stem}/apiproducts"
        apps = f"{developers}/{{developer}}/apps"
        listing = ("app", "count", "expand", "ids", "includeCompany", "startKey")
        found = (
            ("GET", developers, self._list_developers, "developers.list", listing),
            ("POST", developers, self._create_developer, "developers.create", ()),
            ("GET", f"{developers}/{{developer}}", self._get_developer, "developers.get", ("action",)),
            ("GET", apps, self._list_developer_apps, "developerapps.list", ("count", "expand", "startKey")),
            ("POST", apps, self._create_app, "developerapps.create", ()),
            ("GET", f"{apps}/{{app}}", self._get_developer_app, "developerapps.get", ("entity", "query")),
            ("GET", f"{stem}/apps", self._list_apps, "apps.list", ("expand", "pageSize", "pageToken")),
            ("GET", f"{stem}/apps/{{app}}", self._get_app, "apps.get", ()),
            ("GET", products, self._list_products, "apiproducts.list", ("count", "expand", "startKey")),
            ("POST", products, self._create_product, "apiproducts.create", ()),
            ("GET", f"{products}/{{product}}", self._get_product, "apiproducts.get", ()),
        )
        return tuple(
            Route(verb, path, self._through_connect(verb, path, handler), f"apigee.{may}", query, _SERVICE)
            for verb, path, handler, may, query in found
        )

    def _through_connect(
        self, verb: str, pattern: str, handler: Callable[[Asked], dict[str, Any]]
    ) -> Callable[[Asked], dict[str, Any]]:
        """The handler, for requests that get as far as MART."""

        def handle(asked: Asked) -> dict[str, Any]:
            require_organization(asked, self._organization)
            answers: list[dict[str, Any] | GoogleError] = []

            def act() -> int:
                try:
                    with self._lock:
                        answers.append(handler(asked))
                except GoogleError as error:
                    answers.append(error)
                    return error.code
                return 200

            query = "&".join(f"{name}={value}" for name, values in asked.query.items() for value in values)
            path = pattern.format(**asked.path) + (f"/?{query}" if query else "")
            reached = self._switched_on() and self._runtime.serve(
                self._organization, path, verb, asked.caller, act
            )
            if not reached:
                raise GoogleError(503, NO_CONNECTIONS)
            if isinstance(answers[0], GoogleError):
                raise answers[0]
            return answers[0]

        return handle

    def _list_developers(self, asked: Asked) -> dict[str, Any]:
        return _listed("developer", _counted(asked, self._developers.values()), asked, "email")

    def _get_developer(self, asked: Asked) -> dict[str, Any]:
        return _found(self._developers, asked.path["developer"], "Developer")

    def _create_developer(self, asked: Asked) -> dict[str, Any]:
        body = only_fields(asked.body, _DEVELOPER_FIELDS)
        _require(body, "email", "firstName", "lastName", "userName")
        _refuse_known(self._developers, body["email"], "Developer")
        return self._add_developer(body)

    def _add_developer(self, body: dict[str, Any]) -> dict[str, Any]:
        own = {"developerId": str(uuid.uuid4()), "organizationName": self._organization, "status": "active"}
        self._developers[body["email"]] = {**body, **own, **_moments()}
        return self._developers[body["email"]]

    def _list_developer_apps(self, asked: Asked) -> dict[str, Any]:
        developer = self._get_developer(asked)
        apps = [app for app in self._apps.values() if app["developerId"] == developer["developerId"]]
        return _listed("app", _counted(asked, apps), asked, "name")

    def _get_developer_app(self, asked: Asked) -> dict[str, Any]:
        developer, name = self._get_developer(asked)["developerId"], asked.path["app"]
        apps = {app["name"]: app for app in self._apps.values() if app["developerId"] == developer}
        return _found(apps, name, "App")

    def _create_app(self, asked: Asked) -> dict[str, Any]:
        body = only_fields(asked.body, _APP_FIELDS)
        _require(body, "name")
        for product in body.get("apiProducts") or ():
            _found(self._products, product, "ApiProduct")
        return self._add_app(self._get_developer(asked)["email"], body)

    def _add_app(self, developer: str, body: dict[str, Any]) -> dict[str, Any]:
        products = [
            {"apiproduct": each, "status": "approved"} for each in body.pop("apiProducts", None) or ()
        ]
        credential = {
            "consumerKey": secrets.token_urlsafe(36),
            "consumerSecret": secrets.token_urlsafe(48),
            "apiProducts": products,
            "status": "approved",
        }
        identifier = str(uuid.uuid4())
        self._apps[identifier] = {
            "appId": identifier,
            "developerId": self._developers[developer]["developerId"],
            "status": "approved",
            **body,
            "credentials": [credential],
            **_moments(),
        }
        return self._apps[identifier]

    def _list_apps(self, asked: Asked) -> dict[str, Any]:
        apps = list(self._apps.values())
        if asked.first("expand") != "true":
            apps = [{"appId": app["appId"]} for app in apps]
        return page(asked, "app", apps, size=10_000, most=10_000)

    def _get_app(self, asked: Asked) -> dict[str, Any]:
        return _found(self._apps, asked.path["app"], "App")

    def _list_products(self, asked: Asked) -> dict[str, Any]:
        return _listed("apiProduct", _counted(asked, self._products.values()), asked, "name")

    def _get_product(self, asked: Asked) -> dict[str, Any]:
        return _found(self._products, asked.path["product"], "ApiProduct")

    def _create_product(self, asked: Asked) -> dict[str, Any]:
        body = only_fields(asked.body, _PRODUCT_FIELDS)
        _require(body, "name")
        _refuse_known(self._products, body["name"], "ApiProduct")
        self._products[body["name"]] = {
            "displayName": body["name"],
            "approvalType": "auto",
            **body,
            **_moments(),
        }
        return self._products[body["name"]]


def _counted(asked: Asked, entities: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """No more than `count`, from the entity `startKey` on."""
    found, start = list(entities), asked.first("startKey")
    if start:
        keys = [entity.get("email", entity.get("name")) for entity in found]
        found = found[keys.index(start) :] if start in keys else []
    count = asked.first("count")
    return found[: int(count)] if count.isdigit() else found


def _listed(key: str, entities: list[dict[str, Any]], asked: Asked, name: str) -> dict[str, Any]:
    if asked.first("expand") != "true":
        entities = [{name: entity[name]} for entity in entities]
    return {key: entities} if entities else {}


def _found(entities: dict[str, dict[str, Any]], name: str, kind: str) -> dict[str, Any]:
    if name not in entities:
        raise GoogleError(404, f"{kind} {name} does not exist")
    return entities[name]


def _require(body: dict[str, Any], *names: str) -> None:
    if missing := [name for name in names if not body.get(name)]:
        raise GoogleError(400, f"{missing[0]} is required")


def _refuse_known(entities: dict[str, dict[str, Any]], name: str, kind: str) -> None:
    if name in entities:
        raise GoogleError(409, f"{kind} {name} already exists", status="ALREADY_EXISTS")


def _moments() -> dict[str, str]:
    now = str(int(time.time() * 1000))
    return {"createdAt": now, "lastModifiedAt": now}
