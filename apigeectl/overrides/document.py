"""The overrides file as it was written: plain data, and the place of every key and value."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from apigeectl.overrides.position import Files, Path, Position, dotted, parse_dotted
from apigeectl.overrides.problems import Problem

if TYPE_CHECKING:
    from apigeectl.overrides.silence import Silence

__all__ = ["Overrides", "Path", "Position", "Written", "dotted", "lookup", "parse_dotted"]


class Written(NamedTuple):
    """A scalar before any YAML reader interpreted it."""

    text: str
    plain: bool
    """Neither quoted nor a block scalar, so that a reader may take it for a number or a boolean."""


@dataclass(frozen=True)
class Overrides:
    """One user's file, or several merged, frozen. No default is filled in: what is absent there is absent here."""

    file: pathlib.Path
    """The last one when several were merged."""
    text: str = field(repr=False)
    data: Mapping[str, Any] = field(repr=False)
    keys: Mapping[Path, Position] = field(default_factory=dict, repr=False)
    values: Mapping[Path, Position] = field(default_factory=dict, repr=False)
    raw: Mapping[Path, Written] = field(default_factory=dict, repr=False)
    problems: tuple[Problem, ...] = field(default=(), repr=False)
    """What the reading itself found: a key written twice, for example."""
    silences: tuple[Silence, ...] = field(default=(), repr=False)
    merged: Files | None = field(default=None, repr=False)
    """The files that were merged, in their order; None for a single one."""

    @property
    def files(self) -> Files:
        """What to ask for the file and the line of a position."""
        return self.merged or Files.of(self.file)

    def get(self, dotted_path: str, default: Any = None) -> Any:
        """The value at `connectAgent.replicaCountMin` or `envs[0].name`; the default when absent or null."""
        found = lookup(self.data, parse_dotted(dotted_path))
        return default if found is None else found

    def string(self, dotted_path: str, default: str = "") -> str:
        """The same as text, as the original would have printed it; the default for a map or a list."""
        return _text(self.get(dotted_path), default)

    @property
    def org(self) -> str:
        return self.string("org")

    @property
    def namespace(self) -> str:
        return self.string("namespace") or "apigee"

    @property
    def project_id(self) -> str:
        return self.string("gcp.projectID") or self.string("gcpProjectID")

    @property
    def cluster_name(self) -> str:
        return self.string("k8sCluster.name") or self.string("k8sClusterName")

    @property
    def cluster_region(self) -> str:
        return self.string("k8sCluster.region") or self.string("gcpRegion") or self.string("gcp.region")

    @property
    def envs(self) -> tuple[Mapping[str, Any], ...]:
        return _mappings(self.get("envs"))

    @property
    def env_names(self) -> tuple[str, ...]:
        names = (_text(env.get("name"), "") for env in self.envs)
        return tuple(name for name in names if name)

    @property
    def virtualhosts(self) -> tuple[Mapping[str, Any], ...]:
        return _mappings(self.get("virtualhosts"))

    @property
    def workload_identity(self) -> bool:
        """On GKE the pods' own accounts speak to Google; no key file is read then."""
        spellings = ("gcp.workloadIdentity.enabled", "gcp.workloadIdentityEnabled")
        return any(self.string(spelling) == "true" for spelling in spellings)

    def nearest_position(self, path: Path) -> Position | None:
        """Where the path stands or, for something missing, where the nearest map around it begins."""
        for length in range(len(path), 0, -1):
            position = self.keys.get(path[:length])
            if position:
                return position
        return self.values.get(())

    def file_of(self, path: Path) -> pathlib.Path:
        """The file that has the last word about a path, from whose folder a relative name in it leads on."""
        position = self.values.get(path)
        return self.files.locate(position).file if position else self.file


def lookup(data: Any, path: Path) -> Any:
    """The value at a path of plain data, None when the way ends earlier."""
    for part in path:
        if isinstance(part, int):
            if not isinstance(data, list) or part >= len(data):
                return None
            data = data[part]
        elif isinstance(data, Mapping):
            data = data.get(part)
        else:
            return None
    return data


def _mappings(value: Any) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(value, list):
        return ()
    return tuple(item for item in value if isinstance(item, Mapping))


def _text(value: Any, default: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    return default
