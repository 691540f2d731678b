"""The steps every command begins with: read the file, judge it, choose the release."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from apigeectl.components.releases import Release, choose
from apigeectl.errors import APIError, Unreachable
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
    """A file that may be acted on: what it says, what is odd about it, and what it is rendered for."""

    overrides: Overrides
    scope: Scope
    problems: tuple[Problem, ...]
    release: Release
    release_reason: str


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

    The cluster is reached only for a file without errors, and only when nothing else decides the release.
    """
    overrides, problems = judge(file, scope, release=release, cwd=cwd, check_files=check_files)
    if errors(problems):
        raise OverridesInvalid(overrides.file, overrides.text, problems)
    chosen, reason = choose(release, environ, overrides, _installed_version(cluster))
    return Prepared(overrides, scope, problems, chosen, reason)


def _strict(problem: Problem) -> Problem:
    if problem.severity is not Severity.WARNING:
        return problem
    return replace(problem, severity=Severity.ERROR)


def _installed_version(cluster: Callable[[], Cluster] | None) -> Callable[[], str | None]:
    """The hybrid version of the operator that runs in the cluster; None when none does or nobody can say."""

    def ask() -> str | None:
        if cluster is None:
            return None
        for namespace in ("apigee-system", "apigee"):  # the runtime namespace from 1.13 on
            try:
                live = cluster().get(ObjectRef("apps", "Deployment", namespace, OPERATOR_DEPLOYMENT))
            except (APIError, Unreachable):
                return None
            if live:
                return _manager_tag(live)
        return None

    return ask


def _manager_tag(live: LiveObject) -> str | None:
    containers = live.get("spec", {}).get("template", {}).get("spec", {}).get("containers", [])
    images = [c.get("image", "") for c in containers if c.get("name") == "manager"]
    return images[0].rpartition(":")[2] or None if images else None
