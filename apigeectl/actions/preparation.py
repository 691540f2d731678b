"""The steps every command begins with: read the file, judge it, choose the release."""

from __future__ import annotations

import functools
import gc
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from apigeectl.components.release_table import version_numbers
from apigeectl.components.releases import RELEASE_VARIABLE, Release, choose
from apigeectl.errors import APIError, Unauthorized, UsageError
from apigeectl.manifests import LiveObject, ObjectRef
from apigeectl.overrides import catalogue
from apigeectl.overrides.catalogue import release_number
from apigeectl.overrides.document import Overrides
from apigeectl.overrides.load import load
from apigeectl.overrides.merge import merge
from apigeectl.overrides.problems import OverridesInvalid, Problem, Severity, errors
from apigeectl.overrides.rules import FileCheck, validate
from apigeectl.overrides.scope import Scope
from apigeectl.overrides.silence import silenced

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
    file: Path | Sequence[Path],
    scope: Scope,
    *,
    release: str | None,
    cwd: Path,
    environ: Mapping[str, str] = os.environ,
    check_files: bool = True,
    strict: bool = False,
) -> tuple[Overrides, tuple[Problem, ...]]:
    """The file, or several merged in their order, and everything that is wrong; the caller decides what stops.

    The release is that of the flag, else that of the environment, else any. Raises UsageError for a scope that the file does
    not have, OverridesInvalid for text that cannot be read.
    """
    named = _judged_release(release or environ.get(RELEASE_VARIABLE))
    overrides = _read(file)
    problems = _problems(overrides, scope, named, cwd if check_files else None)
    if strict:
        problems = tuple(_strict(problem) for problem in problems)
    return overrides, problems


def prepare(
    file: Path | Sequence[Path],
    scope: Scope,
    *,
    release: str | None,
    environ: Mapping[str, str],
    cwd: Path,
    cluster: Callable[[], Cluster] | None = None,
    check_files: bool = True,
) -> Prepared:
    """Read the file, choose the release and judge for it; raises OverridesInvalid when the file has errors.

    The cluster is reached only for a file without errors. It may decide the release, and warns of an older one.
    """
    named = _judged_release(release or environ.get(RELEASE_VARIABLE))
    overrides = _read(file)  # once: it may be a pipe

    def judged(judged_release: str | None) -> tuple[Problem, ...]:
        problems = _problems(overrides, scope, judged_release, cwd if check_files else None)
        if errors(problems):
            raise OverridesInvalid(overrides.files, overrides.text, problems)
        return problems

    problems = judged(named)
    installed = functools.cache(_installed_version(cluster, overrides.namespace))
    chosen, reason = choose(release, environ, overrides, installed)
    if not named:
        problems = judged(chosen.version)
    return Prepared(overrides, scope, problems, chosen, reason, tuple(_downgrade(chosen, installed())))


def _read(file: Path | Sequence[Path]) -> Overrides:
    files = [file] if isinstance(file, Path) else list(file)
    with uncollected():
        return merge([load(each, tolerant=True) for each in files])


def _problems(
    overrides: Overrides, scope: Scope, release: str | None, cwd: Path | None
) -> tuple[Problem, ...]:
    """What is wrong, silenced or not; without a working directory, the files named are left alone."""
    with uncollected():
        scope.check(overrides)
        problems = validate(overrides, scope, release, files=FileCheck(cwd))
        complete = len(overrides.files.starts) == 1 and cwd is not None and scope.everything
        return silenced(problems, overrides.silences, complete=complete)


@contextmanager
def uncollected() -> Iterator[None]:
    """Without garbage collection: nodes and places make no cycles, and looking for some doubles the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _judged_release(text: str | None) -> str | None:
    """Every release that the documentation describes can be judged for, also those that are not rendered."""
    if not text:
        return None
    known = [release_number(at) for each in catalogue.properties() for at in (each.since, each.until) if at]
    first, last = min(known), max(known)
    if not _RELEASE.fullmatch(text) or not first <= release_number(text) <= last:
        raise UsageError(
            f'there is no hybrid release "{text}" to judge for',
            hint="known releases: {}.{} to {}.{}".format(*first, *last),
        )
    return text


_RELEASE = re.compile(r"v?\d{1,3}(\.\d{1,3}){1,2}", re.ASCII)


def _strict(problem: Problem) -> Problem:
    if problem.severity is not Severity.WARNING or problem.silenced is not None:
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


def _installed_version(
    cluster: Callable[[], Cluster] | None, runtime_namespace: str
) -> Callable[[], str | None]:
    """The hybrid version of the operator that runs in the cluster; None when none does or nobody can say."""

    def ask() -> str | None:
        if cluster is None:
            return None
        for namespace in ("apigee-system", runtime_namespace):  # the latter from 1.13 on
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
