"""Apigee Connect: the connections that the agents hold, and whom it lets in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from apigeectl.sandbox.google.accounts import Project
from apigeectl.sandbox.google.roles import AGENT_ROLE, CONNECT_PERMISSION
from apigeectl.sandbox.google.services import CONNECT_SERVICE, Services
from apigeectl.sandbox.google.wire import Asked, GoogleError, Route, page


class Stream(Protocol):
    """The streams of one cluster."""

    @property
    def project(self) -> str: ...
    @property
    def cluster(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def count(self) -> int: ...


class Connections:
    """What the agents of the sandbox's cluster have opened."""

    def __init__(
        self,
        project: Project,
        services: Services,
        streams: Callable[[], Sequence[Stream]],
        *,
        home: str | None = None,
    ) -> None:
        """`home` is the project of the organization, when that is another one."""
        self._project = project
        self._services = services
        self._streams = streams
        self._home = home or project.identifier

    def routes(self) -> tuple[Route, ...]:
        """The one method of the service."""
        path = "/v1/projects/{project}/endpoints/{endpoint}/connections"
        permission = "apigeeconnect.connections.list"
        return (Route("GET", path, self._list, permission, ("pageSize", "pageToken"), CONNECT_SERVICE),)

    def refusal(self, project: str, account: str) -> str | None:
        """Why an agent is turned away, None when it is let in. Without a known account all may enter that
        somebody may: with workload identity no e-mail is at hand."""
        if project != self._home:
            return f"Permission denied on resource project {project}."
        policy = self._project.policy
        allowed = policy.may(account, CONNECT_PERMISSION) if account else policy.held_by_anyone(AGENT_ROLE)
        if allowed and self._services.enabled(CONNECT_SERVICE):
            return None
        name = f"//apigeeconnect.googleapis.com/projects/{project}/endpoints/APIGEE_MART"
        return f"Permission denied on resource '{name}' (or it may not exist)."

    def _list(self, asked: Asked) -> dict[str, Any]:
        if asked.path["endpoint"] != "apigee_mart":
            raise GoogleError(400, f"Invalid endpoint {asked.path['endpoint']}.")
        endpoint = f"projects/{self._project.number}/endpoints/apigee_mart"
        connections = []
        for stream in self._streams():
            if stream.project == self._project.identifier:
                cluster = {"name": stream.cluster, "region": stream.region}
                connection: dict[str, Any] = {"endpoint": endpoint, "cluster": cluster}
                connections.append(
                    {**connection, "streamCount": stream.count} if stream.count else connection
                )
        return page(asked, "connections", connections, size=100, most=1000)
