"""What is deployed where in an organization, and the names that exist there."""

from __future__ import annotations

import shlex
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from apigeectl.deployments.judgement import Mark, judge
from apigeectl.deployments.model import Deployment, read_deployment
from apigeectl.deployments.near import suggestion
from apigeectl.errors import Forbidden, InstallerError, NoCredentials, NotFound, Unauthorized, Unreachable

AT_ONCE = 32
"""Threads that ask for states: enough to reach the rate limit when an answer takes a third of a second."""


class Reading(Protocol):
    """What is asked of the management plane."""

    @property
    def org(self) -> str: ...
    def environments(self) -> tuple[str, ...]: ...
    def names(self, *, shared_flows: bool = False) -> tuple[str, ...]: ...
    def revisions(self, name: str, *, shared_flows: bool = False) -> tuple[str, ...]: ...
    def everywhere(self, *, shared_flows: bool = False) -> list[dict[str, Any]]: ...
    def in_environment(self, environment: str, *, shared_flows: bool = False) -> list[dict[str, Any]]: ...
    def of_one(self, environment: str, name: str, *, shared_flows: bool = False) -> list[dict[str, Any]]: ...
    def status(
        self, environment: str, name: str, revision: str, *, shared_flows: bool = False
    ) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows are wanted; empty means all."""

    environments: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    shared_flows: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One proxy in one environment. `environment` is empty for a proxy that none of the selected ones has."""

    proxy: str
    environment: str
    revision: str = ""
    since: int | None = None
    base_paths: tuple[str, ...] = ()
    mark: Mark | None = None
    """None until the state was asked for, and when the answer failed."""

    @property
    def deployed(self) -> bool:
        return bool(self.revision)


@dataclass(frozen=True)
class Listing:
    """The rows by proxy, and what could not be read."""

    environments: tuple[str, ...]
    """Those that could be read."""
    rows: tuple[Row, ...]
    problems: tuple[InstallerError, ...] = ()


def listing(plane: Reading, wanted: Selection) -> Listing:
    """At most one request an environment, none for states. One that may not be read leaves the others."""
    environments = wanted.environments or plane.environments()
    wished = _wished(plane, wanted)
    problems: list[InstallerError] = []
    rows: list[Row] = []
    seen: list[str] = []
    for environment, answer in _asked(plane, environments, wanted):
        if isinstance(answer, InstallerError):
            problems.append(answer)
            continue
        seen.append(environment)
        # one deployed a moment ago may not be in the older list of names
        rows += (_row(found) for found in answer if found.proxy in wished or not wanted.proxies)
    rows += _missing(rows, wished, seen)
    order = {name: index for index, name in enumerate(environments)}
    rows.sort(key=lambda row: (row.proxy, order.get(row.environment, -1), row.revision.zfill(10)))
    return Listing(tuple(seen), tuple(rows), tuple(problems))


def states(
    plane: Reading, rows: Iterable[Row], now: Callable[[], float], *, shared_flows: bool = False
) -> Iterator[tuple[Row, InstallerError | None]]:
    """The same rows in their order, with marks; one whose state could not be read comes with the error."""

    def ask(row: Row) -> tuple[Row, InstallerError | None]:
        if not row.deployed:
            return _marked(row, Mark.NOT_DEPLOYED), None
        try:
            body = plane.status(row.environment, row.proxy, row.revision, shared_flows=shared_flows)
        except NotFound:  # undeployed meanwhile
            return Row(row.proxy, row.environment, mark=Mark.NOT_DEPLOYED), None
        except (Unreachable, Unauthorized, NoCredentials):
            raise
        except InstallerError as error:
            return row, error
        found = read_deployment(body)
        return _marked(row, judge(found, now()).mark, found.base_paths), None

    waiting: deque[Future[tuple[Row, InstallerError | None]]] = deque()
    pool = ThreadPoolExecutor(AT_ONCE, "states")
    try:
        for row in rows:
            waiting.append(pool.submit(ask, row))
            if len(waiting) >= 2 * AT_ONCE:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def deployed_in(plane: Reading, environment: str, proxy: str) -> tuple[Deployment, ...]:
    """The deployed revisions of one proxy, without states; InstallerError with the nearest name for an unknown one."""
    try:
        found = plane.of_one(environment, proxy)
    except NotFound:
        require_environment(plane, environment)
        require_proxy(plane, proxy)
        return ()
    if not found:
        require_proxy(plane, proxy)
    return tuple(read_deployment(body) for body in found)


def revisions_of(plane: Reading, proxy: str, *, shared_flows: bool = False) -> tuple[str, ...]:
    """The revisions that exist; InstallerError with the nearest name for an unknown proxy or shared flow."""
    try:
        return plane.revisions(proxy, shared_flows=shared_flows)
    except NotFound:
        require_proxy(plane, proxy, shared_flows=shared_flows)
        raise


def require_environment(plane: Reading, environment: str) -> None:
    """Raise InstallerError when the organization has no such environment, and that can be seen."""
    try:
        known = plane.environments()
    except Forbidden:
        return  # an account of one environment need not see the organization
    require(environment, known, f"organization {plane.org} has no environment", "environments")


def require_proxy(plane: Reading, proxy: str, *, shared_flows: bool = False) -> None:
    """Raise InstallerError when the organization has no such proxy, or shared flow."""
    what, plural = ("shared flow", "shared flows") if shared_flows else ("API proxy", "API proxies")
    names = plane.names(shared_flows=shared_flows)
    require(proxy, names, f"organization {plane.org} has no {what}", plural)


def require(name: str, known: Iterable[str], message: str, what: str) -> None:
    """Raise InstallerError with the nearest of the known names."""
    names = list(known)
    if name not in names:
        raise InstallerError(f"{message} {name}", hint=suggestion(name, names, what))


def command(org: str, verb: str, proxy: str, *more: str) -> str:
    """A command to paste, complete wherever the name of the organization came from."""
    return shlex.join(["apigeectl", "deployments", verb, proxy, *more, "--org", org])


def _wished(plane: Reading, wanted: Selection) -> frozenset[str]:
    """The names that get rows: those that were named and exist, or all."""
    for name in wanted.proxies:
        revisions_of(plane, name, shared_flows=wanted.shared_flows)
    return frozenset(wanted.proxies or plane.names(shared_flows=wanted.shared_flows))


def _asked(
    plane: Reading, environments: Sequence[str], wanted: Selection
) -> list[tuple[str, list[Deployment] | InstallerError]]:
    """Each environment with what is deployed there; of a single proxy no more is asked for."""
    if not wanted.environments and len(wanted.proxies) != 1:
        with suppress(Forbidden):  # an account may see environments, and not all that the organization has
            return list(_everywhere(plane, environments, shared_flows=wanted.shared_flows))

    def bodies(environment: str) -> list[dict[str, Any]]:
        if len(wanted.proxies) == 1:
            return plane.of_one(environment, wanted.proxies[0], shared_flows=wanted.shared_flows)
        return plane.in_environment(environment, shared_flows=wanted.shared_flows)

    def ask(environment: str) -> list[Deployment] | InstallerError:
        try:
            return [read_deployment(body) for body in bodies(environment)]
        except (Unreachable, Unauthorized, NoCredentials):
            raise
        except InstallerError as error:
            if isinstance(error, (NotFound, Forbidden)):
                require_environment(plane, environment)
            return error

    with ThreadPoolExecutor(4, "environments") as pool:
        return list(zip(environments, pool.map(ask, environments), strict=True))


def _everywhere(
    plane: Reading, environments: Sequence[str], *, shared_flows: bool
) -> Iterator[tuple[str, list[Deployment]]]:
    """All of the organization in one request."""
    found: dict[str, list[Deployment]] = {}
    for body in plane.everywhere(shared_flows=shared_flows):
        deployment = read_deployment(body)
        found.setdefault(deployment.environment, []).append(deployment)
    for environment in environments:
        yield environment, found.get(environment, [])


def _row(found: Deployment) -> Row:
    return Row(found.proxy, found.environment, found.revision, found.started, found.base_paths)


def _missing(rows: Sequence[Row], wished: Iterable[str], seen: Sequence[str]) -> Iterator[Row]:
    """A row for each proxy and environment without a deployment."""
    there = {(row.proxy, row.environment) for row in rows}
    for name in wished:
        for environment in seen:
            if (name, environment) not in there:
                yield Row(name, environment)


def _marked(row: Row, mark: Mark, base_paths: tuple[str, ...] = ()) -> Row:
    return Row(row.proxy, row.environment, row.revision, row.since, base_paths or row.base_paths, mark)
