"""What the questions before an installation may look at: the cluster, the release and what would be applied."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from typing import Any, Protocol

from apigeectl.errors import Forbidden, NotFound
from apigeectl.manifests import LiveObject, Manifest, ObjectRef

CRD_GROUP = "apiextensions.k8s.io"


class Cluster(Protocol):
    """What preflight asks of a cluster. Nothing of it writes: dry runs and reviews only."""

    def server_version(self) -> Mapping[str, Any]: ...
    def serves(self, group: str, kind: str, version: str | None = None) -> bool: ...
    def get(self, ref: ObjectRef, version: str | None = None) -> LiveObject | None: ...
    def list(
        self, group: str, kind: str, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> list[LiveObject]: ...
    def apply(self, manifest: Manifest, *, dry_run: bool = False, force: bool = False) -> LiveObject: ...
    def create(self, manifest: Manifest) -> LiveObject: ...


@dataclass(frozen=True)
class Fitness:
    """A cluster, and what is to be installed in it. Answers are remembered, so that each is asked for once."""

    cluster: Cluster
    release: str
    api_versions: Mapping[str, str]
    installation: str
    namespace: str
    operator_namespace: str
    storage_class: str
    manifests: Sequence[Manifest]
    reach: Callable[[str], None] | None = None
    """Asks whether an image registry answers, by its host; None: nobody wants to know."""
    cert_manager_namespace: str = "cert-manager"
    setting: Callable[[str], Any] = lambda path: None
    """What the overrides file says at a path; None where it says nothing."""

    @cached_property
    def nodes(self) -> list[LiveObject]:
        """Those that take new pods."""
        return [
            node for node in self.cluster.list("", "Node") if not node.get("spec", {}).get("unschedulable")
        ]

    @cached_property
    def definitions(self) -> dict[str, LiveObject]:
        """Every CustomResourceDefinition by its name."""
        found = self.cluster.list(CRD_GROUP, "CustomResourceDefinition")
        return {str(one["metadata"]["name"]): one for one in found}

    @cached_property
    def lives(self) -> dict[ObjectRef, LiveObject]:
        """The objects that stand where ours are to be, as far as they may be looked at."""
        return {ref: live for ref, live in self._looks if live}

    @cached_property
    def hidden(self) -> tuple[ObjectRef, ...]:
        """Objects that may stand there: nobody lets us look."""
        return tuple(ref for ref, live in self._looks if live is None)

    @cached_property
    def registries(self) -> tuple[str, ...]:
        """The hosts that images are pulled from."""
        images = (image for manifest in self.manifests for image in _images(manifest.body))
        return tuple(sorted({image.partition("/")[0] for image in images if "/" in image}))

    @cached_property
    def _looks(self) -> tuple[tuple[ObjectRef, LiveObject | None], ...]:
        """Each object with what it is now: nothing where it does not exist, None where it may not be read."""
        return tuple((manifest.ref, self._look(manifest.ref)) for manifest in self.manifests)

    def _look(self, ref: ObjectRef) -> LiveObject | None:
        try:
            return self.cluster.get(ref) or {}
        except NotFound:
            return {}  # a kind that is not served has no objects
        except Forbidden:
            return None

    def server_time(self, manifest: Manifest) -> datetime | None:
        """The clock of the API server, from a dry run of something new; to the second."""
        stamp = self.cluster.apply(manifest, dry_run=True)["metadata"].get("creationTimestamp")
        return (
            datetime.strptime(str(stamp), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
            if stamp
            else None
        )


def _images(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get("image"), str):
            yield value["image"]
        for item in value.values():
            yield from _images(item)
    elif isinstance(value, list):
        for item in value:
            yield from _images(item)


def numbers(version: str) -> tuple[int, ...]:
    """The first three numbers of a version, however it is written; none of a text without any."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
