"""What a rule looks at, and what it says."""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from apigeectl.overrides import catalogue
from apigeectl.overrides.catalogue import Property, release_number
from apigeectl.overrides.document import Overrides, lookup
from apigeectl.overrides.paths import FileLookup, resolve
from apigeectl.overrides.position import Path
from apigeectl.overrides.problems import Severity
from apigeectl.overrides.scope import Scope

T = TypeVar("T")


@dataclass(frozen=True)
class FileCheck:
    """The working directory from which the files named are looked up; None: they are left alone."""

    cwd: pathlib.Path | None

    def lookup(self, overrides_file: pathlib.Path, written: str) -> FileLookup | None:
        return None if self.cwd is None else resolve(overrides_file, written, self.cwd)


@dataclass(frozen=True)
class Finding:
    """A problem before it knows its code and its place in the text."""

    severity: Severity
    path: Path
    message: str
    hint: str | None = None
    at_key: bool = False
    related: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Entry:
    """One key or list item of the file with what the catalogue says about it; None: unknown."""

    path: Path
    value: Any
    property: Property | None


@dataclass(frozen=True)
class Case:
    """One file judged for one command: the part in scope, the release, the files on disk."""

    overrides: Overrides
    scope: Scope
    release: tuple[int, int] | None
    files: FileCheck

    @classmethod
    def judging(cls, overrides: Overrides, scope: Scope, release: str | None, files: FileCheck) -> Case:
        return cls(overrides, scope, release_number(release) if release else None, files)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Everything in the file, except what stands below an unknown key."""
        return tuple(_entries(self.overrides.data, ()))

    @cached_property
    def _by_key(self) -> Mapping[str | int, Sequence[Entry]]:
        found: dict[str | int, list[Entry]] = {}
        for entry in self.entries:
            if entry.property is not None:
                found.setdefault(entry.path[-1], []).append(entry)
        return found

    def named(self, *keys: str) -> Iterator[Entry]:
        """The known properties and groups whose last key is one of these."""
        for key in keys:
            yield from self._by_key.get(key, ())

    def of(self, *patterns: str) -> Iterator[Entry]:
        """Those at these paths of the catalogue: `envs[].name`."""
        for pattern in patterns:
            for entry in self.named(pattern.rpartition(".")[2]):
                if entry.property and entry.property.path == pattern:
                    yield entry

    @cached_property
    def _answers(self) -> dict[Any, Any]:
        return {}

    def once(self, ask: Callable[[Case], T]) -> T:
        """The answer to a question about the whole case, which is asked only the first time."""
        if ask not in self._answers:
            self._answers[ask] = ask(self)
        answer: T = self._answers[ask]
        return answer

    def at(self, path: Path) -> Any:
        return lookup(self.overrides.data, path)

    def has(self, path: Path) -> bool:
        """Given in the file, and not empty: what the original's templates count as given."""
        return self.at(path) not in (None, "", [], {})

    def at_least(self, release: tuple[int, int]) -> bool:
        """Judged for this release or a newer one; a file without a release counts as a new one."""
        return self.release is None or self.release >= release

    def up_to(self, release: tuple[int, int]) -> bool:
        """Judged for this release or an older one, and that is certain."""
        return self.release is not None and self.release <= release

    def known_since(self, release: tuple[int, int]) -> bool:
        """Judged for this release or a newer one, and that is certain."""
        return self.release is not None and self.release >= release

    @cached_property
    def wanted_envs(self) -> frozenset[str]:
        return frozenset(self.scope.wanted_envs(self.overrides))

    def wants_env(self, env: Mapping[str, Any]) -> bool:
        name = env.get("name")
        return isinstance(name, (str, int)) and str(name) in self.wanted_envs

    @cached_property
    def connect_is_on(self) -> bool:
        """Up to 1.2 Apigee Connect had to be switched on; since 1.3 it is the default."""
        enabled = self.at(("connectAgent", "enabled"))
        return enabled if isinstance(enabled, bool) else self.at_least((1, 3))

    @property
    def has_connect_agent(self) -> bool:
        """The agent comes with the organization, unless the file switches Connect off."""
        return self.scope.wants_org() and self.connect_is_on

    def holds_environment(self, path: Path) -> bool:
        """Whether what stands below `envs[i]` belongs to the part in scope."""
        env = self.at(path[:2])
        return isinstance(env, Mapping) and self.wants_env(env)

    @cached_property
    def identity_without_keys(self) -> bool:
        """Pods speak to Google without key files or key Secrets."""
        federated = self.at(("gcp", "federatedWorkloadIdentity", "enabled"))
        return self.overrides.workload_identity or federated is True


def error(path: Path, message: str, hint: str | None = None, **more: Any) -> Finding:
    return Finding(Severity.ERROR, path, message, hint, **more)


def warning(path: Path, message: str, hint: str | None = None, **more: Any) -> Finding:
    return Finding(Severity.WARNING, path, message, hint, **more)


def info(path: Path, message: str, hint: str | None = None, **more: Any) -> Finding:
    return Finding(Severity.INFO, path, message, hint, **more)


def shown(path: Path, value: Any) -> str:
    """A value as a message may show it: short, on one line, and never a secret."""
    if catalogue.is_secret(path) or holds_password(value):
        return "this value"
    if isinstance(value, Mapping):
        return "a map"
    if isinstance(value, list):
        return "a list"
    words = json.dumps(value, ensure_ascii=False)
    return words if len(words) <= 80 else f"{words[:77]}..."


def holds_password(value: Any) -> bool:
    """Whether it is an address with a user and a password before the host."""
    return isinstance(value, str) and "@" in value and _USER_INFO.search(value[:_LONGEST_ADDRESS]) is not None


_LONGEST_ADDRESS = 2000
_USER_INFO = re.compile(r"(?://|\A)[^/@\s:]*:[^/@\s]+@")


def text_at(case: Case, *path: str | int) -> str:
    """A text of the file; empty when there is none, or something else."""
    value = case.at(path)
    return value if isinstance(value, str) else ""


def items(data: Any, key: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The maps in one of the file's lists, with their paths."""
    values = data.get(key) if isinstance(data, Mapping) else None
    for index, item in enumerate(values if isinstance(values, list) else ()):
        if isinstance(item, Mapping):
            yield (key, index), item


def _entries(value: Any, path: Path) -> Iterator[Entry]:
    pairs: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(value, Mapping):
        pairs = iter(value.items())
    elif isinstance(value, list):
        pairs = iter(enumerate(value))
    for key, below in pairs:
        here = (*path, key)
        found = catalogue.find(here)
        yield Entry(here, below, found)
        if found is not None and _has_its_shape(below, found):
            yield from _entries(below, here)


def _has_its_shape(value: Any, found: Property) -> bool:
    """Below a list written as a map every key would seem unknown; its type is the one problem."""
    shape = {"map": Mapping, "list": list, "any": (Mapping, list)}.get(found.type, ())
    return isinstance(value, shape)  # type: ignore[arg-type]  # mypy joins the values to object
