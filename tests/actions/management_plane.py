"""A management plane in memory for tests of deployments: what is deployed, and what each revision comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from apigeectl.actions.deployments_status import Site, Times
from apigeectl.errors import InstallerError, NotFound


@dataclass
class FakePlane:
    """`looks` are the answers about a revision, in order, the last one for ever; `written` is what was asked to change."""

    org: str = "acme"
    proxies: dict[str, tuple[str, ...]] = field(default_factory=lambda: {"hello": ("1", "2"), "orders": ()})
    known: tuple[str, ...] = ("test", "prod")
    deployed: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    looks: dict[str, list[dict[str, Any] | InstallerError]] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    undeploy_report_error: InstallerError | None = None
    deploy_errors: list[InstallerError] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    lost: bool = False
    """A deploy that fails reached the management plane all the same."""

    def with_deployed(
        self, revision: str, environment: str = "test", name: str = "hello", **fields: Any
    ) -> FakePlane:
        body = {"environment": environment, "apiProxy": name, "revision": revision, **fields}
        self.deployed.setdefault((environment, name), []).append(body)
        return self

    def environments(self) -> tuple[str, ...]:
        self.asked.append("environments")
        return self.known

    def names(self, *, shared_flows: bool = False) -> tuple[str, ...]:
        self.asked.append("names")
        return tuple(self.proxies)

    def revisions(self, name: str, *, shared_flows: bool = False) -> tuple[str, ...]:
        if name not in self.proxies:
            raise missing(name)
        return self.proxies[name]

    def everywhere(self, *, shared_flows: bool = False) -> list[dict[str, Any]]:
        self.asked.append("everywhere")
        return [body for found in self.deployed.values() for body in found]

    def in_environment(self, environment: str, *, shared_flows: bool = False) -> list[dict[str, Any]]:
        self.asked.append(f"in {environment}")
        if environment not in self.known:
            raise missing(environment)
        return [body for (place, _), found in self.deployed.items() for body in found if place == environment]

    def of_one(self, environment: str, name: str, *, shared_flows: bool = False) -> list[dict[str, Any]]:
        if environment not in self.known or name not in self.proxies:
            raise missing(name)
        return list(self.deployed.get((environment, name), ()))

    def status(
        self, environment: str, name: str, revision: str, *, shared_flows: bool = False
    ) -> dict[str, Any]:
        self.asked.append(f"status {name} {revision} {environment}")
        answers = self.looks.get(revision) or [{"state": "READY"}]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(found, InstallerError):
            raise found
        return {"environment": environment, "apiProxy": name, "revision": revision, **found}

    def deploy(
        self,
        environment: str,
        name: str,
        revision: str,
        *,
        sequenced: bool = False,
        service_account: str = "",
    ) -> dict[str, Any]:
        more = " sequenced" * sequenced + (f" as {service_account}" if service_account else "")
        self.written.append(f"deploy {name} {revision} {environment}{more}")
        if self.deploy_errors and not self.lost:
            raise self.deploy_errors.pop(0)
        self.deployed[environment, name] = []
        self.with_deployed(revision, environment, name)
        if self.deploy_errors:
            raise self.deploy_errors.pop(0)
        return {}

    def undeploy(self, environment: str, name: str, revision: str) -> None:
        self.written.append(f"undeploy {name} {revision} {environment}")
        found = self.deployed.get((environment, name), [])
        self.deployed[environment, name] = [body for body in found if body["revision"] != revision]

    def deploy_report(self, environment: str, name: str, revision: str) -> dict[str, Any]:
        return self.report

    def undeploy_report(self, environment: str, name: str, revision: str) -> dict[str, Any]:
        if self.undeploy_report_error:
            raise self.undeploy_report_error
        return self.report


def missing(name: str) -> NotFound:
    return NotFound(f"{name}: not found", status=404)


@dataclass
class Time:
    """Time passes only in pauses."""

    now: float = 1_700_000_000.0
    pauses: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def times(self) -> Times:
        return Times(lambda: self.now, lambda: self.now, self.sleep)


def site(plane: FakePlane, time: Time | None = None) -> Site:
    return Site(plane, times=(time or Time()).times())


def shares(revision: str, *found: tuple[str, int], state: str = "PROGRESSING") -> dict[str, Any]:
    told = [{"revision": number, "percentage": share} for number, share in found]
    return {"state": state, "instances": [{"instance": "c-r", "deployedRevisions": told}]}


def messages(events: Iterable[object]) -> list[str]:
    """The steps among events."""
    from apigeectl.actions.deployments_switch import Step

    return [event.message for event in events if isinstance(event, Step)]
