"""The part of an installation that a command touches."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from apigeectl.errors import UsageError
from apigeectl.overrides.document import Overrides


@dataclass(frozen=True)
class Scope:
    """The scope flags of one command line. They add up, and none of them means everything."""

    org: bool = False
    envs: tuple[str, ...] = ()
    all_envs: bool = False
    datastore: bool = False
    redis: bool = False
    telemetry: bool = False
    virtualhosts: bool = False

    @property
    def everything(self) -> bool:
        return self == Scope()

    def wants_org(self) -> bool:
        return self.org or self.everything

    def wants_all_envs(self) -> bool:
        return self.all_envs or self.everything

    def wants_datastore(self) -> bool:
        return self.datastore or self.everything

    def wants_redis(self) -> bool:
        return self.redis or self.everything

    def wants_telemetry(self) -> bool:
        return self.telemetry or self.everything

    def wants_virtualhosts(self) -> bool:
        return self.virtualhosts or self.everything

    def wants_env(self, name: str) -> bool:
        return self.wants_all_envs() or name in self.envs

    def wanted_envs(self, overrides: Overrides) -> tuple[str, ...]:
        """Their names, in the order of the file and each once."""
        return tuple(name for name in dict.fromkeys(overrides.env_names) if self.wants_env(name))

    @classmethod
    def from_components(cls, names: Sequence[str]) -> Scope:
        """The scope that a `-c` list of hybrid 1.2 means; a list may be one text with commas or spaces."""
        scope: dict[str, bool] = {}
        for name in re.split(r"[,\s]+", " ".join(names).strip()):
            if name not in _COMPONENTS:
                raise UsageError(
                    f'there is no component "{name}"',
                    hint=_suggestion(name, tuple(_COMPONENTS), "components"),
                )
            scope |= dict.fromkeys(_COMPONENTS[name], True)
        return cls(**scope)  # type: ignore[arg-type]  # the table names boolean fields only

    def check(self, overrides: Overrides) -> None:
        """Stop when an environment was named, or the virtual hosts asked for, that the file does not have."""
        for name in self.envs:
            if name not in overrides.env_names:
                raise UsageError(
                    f'{overrides.files} has no environment "{name}"',
                    hint=_suggestion(name, overrides.env_names, "environments"),
                )
        if self.virtualhosts and not self.wants_all_envs() and not overrides.virtualhosts:
            raise UsageError(
                f"{overrides.files} has no virtual hosts",
                hint="list them under virtualhosts, each with a name, or leave out --settings virtualhosts",
            )


_COMPONENTS: dict[str, tuple[str, ...]] = {
    "cassandra": ("datastore",),
    "logger": ("telemetry",),
    "mart": ("org",),
    "metrics": ("telemetry",),
    "runtime": ("all_envs", "virtualhosts"),
    "synchronizer": ("all_envs",),
    "udca": ("all_envs",),
}
"""In 1.2 the virtual hosts belonged to the runtime component, and each environment had its own UDCA."""


def _suggestion(name: str, known: Sequence[str], what: str) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f'did you mean "{near[0]}"?'
    return f"known {what}: {', '.join(known)}" if known else f"it has no {what} at all"
