"""The steps every command begins with: read the file, judge it, choose the release."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from apigeectl.components.release_table import version_numbers
from apigeectl.components.releases import Release, choose
from apigeectl.errors import APIError, Unauthorized
from apigeectl.manifests import LiveObject, ObjectRef
from apigeectl.overrides.document import Overrides
from apigeectl.overrides.load import load
from apigeectl.overrides.problems import OverridesInvalid, Problem, Severity, errors
from apigeectl.overrides.rules import FileCheck, validate
from apigeectl.overrides.scope import Scope

OPERATOR_DEPLOYMENT = "apigee-controller-manager"


class Cluster(Protocol):
    """What preparing asks of a cluster."""

    def get(self, ref: ObjectRef, version: str | None = None) -> LiveObject | None: ...


@dataclass(frozen=True)
class Prepared:
    """A file that may be acted on: what it says, what is odd about it, and what it is rendered for.

    Notes are sentences that warn of what the file alone does not show.
    """

    overrides: Overrides
    scope: Scope
    problems: tuple[Problem, ...]
    release: Release
    release_reason: str
    notes: tuple[str, ...] = ()


def judge(
    file: Path,
    scope: Scope,
    *,
    release: str | None,
    cwd: Path,
    check_files: bool = True,
    strict: bool = False,
) -> tuple[Overrides, tuple[Problem, ...]]:
    """The file and everything that is wrong with it; the caller decides what stops.

    Raises UsageError for a scope that the file does not have, OverridesInvalid for text that cannot be read.
    """
    overrides = load(file)
    scope.check(overrides)
    problems = validate(overrides, scope, release, files=FileCheck(cwd if check_files else None))
    if strict:
        problems = tuple(_strict(problem) for problem in problems)
    return overrides, problems


def prepare(
    file: Path,
    scope: Scope,
    *,
    release: str | None,
    environ: Mapping[str, str],
    cwd: Path,
    cluster: Callable[[], Cluster] | None = None,
    check_files: bool = True,
) -> Prepared:
    """Read and judge the file and choose the release; raises OverridesInvalid when the file has errors.

    The cluster is reached only for a file without errors. It may decide the release, and warns of an older one.
    """
    overrides, problems = judge(file, scope, release=release, cwd=cwd, check_files=check_files)
    if errors(problems):
        raise OverridesInvalid(overrides.file, overrides.text, problems)
    installed = functools.cache(_installed_version(cluster))
    chosen, reason = choose(release, environ, overrides, installed)
    return Prepared(overrides, scope, problems, chosen, reason, tuple(_downgrade(chosen, installed())))


def _strict(problem: Problem) -> Problem:
    if problem.severity is not Severity.WARNING:
        return problem
    return replace(problem, severity=Severity.ERROR)


def _downgrade(chosen: Release, installed: str | None) -> Iterator[str]:
    running = _VERSION.match(installed or "")
    if running and version_numbers(running[1]) > version_numbers(chosen.version):
        yield (
            f"the cluster runs hybrid {running[1]}, and {chosen.version} is older: "
            "init and apply take the operator, its rights and all images back to it"
        )


_VERSION = re.compile(r"v?(\d{1,3}\.\d{1,3}\.\d{1,3})", re.ASCII)


def _installed_version(cluster: Callable[[], Cluster] | None) -> Callable[[], str | None]:
    """The hybrid version of the operator that runs in the cluster; None when none does or nobody can say."""

    def ask() -> str | None:
        if cluster is None:
            return None
        for namespace in ("apigee-system", "apigee"):  # the runtime namespace from 1.13 on
            try:
                live = cluster().get(ObjectRef("apps", "Deployment", namespace, OPERATOR_DEPLOYMENT))
            except Unauthorized:
                raise
            except APIError:
                return None  # it may not be read, or is not served: what must be known is asked later
            if live:
                return _manager_tag(live)
        return None

    return ask


def _manager_tag(live: LiveObject) -> str | None:
    containers = live.get("spec", {}).get("template", {}).get("spec", {}).get("containers", [])
    images = [c.get("image", "") for c in containers if c.get("name") == "manager"]
    return images[0].rpartition(":")[2] or None if images else None
