"""Where the CustomResourceDefinitions come from: the cluster has them, or a bundle brings them. We own none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from apigeectl.errors import InstallerError
from apigeectl.manifests import APIGEE_GROUP, LiveObject, Manifest, ObjectRef
from apigeectl.yaml import YAMLSyntaxError, load_all

CRD_GROUP = "apiextensions.k8s.io"
CRD_KIND = "CustomResourceDefinition"


class Cluster(Protocol):
    """What finding definitions asks of a cluster."""

    def serves(self, group: str, kind: str, version: str | None = None) -> bool: ...
    def get(self, ref: ObjectRef, version: str | None = None) -> LiveObject | None: ...


@dataclass(frozen=True)
class Definitions:
    """CRDs to apply now, and the names of those that the cluster has and keeps."""

    manifests: tuple[Manifest, ...]
    kept: tuple[str, ...]


def missing_kinds(cluster: Cluster, api_versions: Mapping[str, str]) -> tuple[str, ...]:
    """The kinds, with version, that a release needs and the cluster does not serve."""
    return tuple(
        f"{kind} ({version})"
        for kind, version in api_versions.items()
        if not cluster.serves(APIGEE_GROUP, kind, version)
    )


def find_definitions(
    cluster: Cluster, api_versions: Mapping[str, str], bundle: Path | None, fallbacks: Sequence[Path] = ()
) -> Definitions:
    """The definitions that `init` must bring: none when the cluster serves every kind of the release.

    A definition that the cluster has is never overwritten: it may be newer than the bundle's.
    Raises InstallerError when kinds are missing and no bundle has them.
    """
    missing = missing_kinds(cluster, api_versions)
    if not missing:
        return Definitions((), ())
    folder = bundle or next((path for path in fallbacks if path.is_dir()), None)
    found = tuple(_definitions_in(folder)) if folder else ()
    if not found:
        raise _no_definitions(missing, folder)
    fresh = [crd for crd in found if cluster.get(crd.ref) is None]
    kept = tuple(crd.name for crd in found if crd not in fresh)
    return Definitions(tuple(fresh), kept)


def _definitions_in(folder: Path) -> Iterable[Manifest]:
    if not folder.is_dir():
        raise InstallerError(
            f"--bundle {folder} is not a directory",
            hint="give the folder that an apigeectl or Helm bundle unpacks to",
        )
    for path in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.yml")]):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue  # a bundle holds other things than manifests
        if CRD_KIND not in text:
            continue
        try:
            documents = load_all(text)
        except YAMLSyntaxError:
            continue  # chart templates are no YAML until they are rendered
        for body in documents:
            if isinstance(body, dict) and body.get("kind") == CRD_KIND and _is_apigee(body):
                yield Manifest(body, "definitions")


def _is_apigee(body: Mapping[str, object]) -> bool:
    spec = body.get("spec")
    return isinstance(spec, dict) and spec.get("group") == APIGEE_GROUP


def _no_definitions(missing: Sequence[str], folder: Path | None) -> InstallerError:
    looked = f"{folder} holds none for the group {APIGEE_GROUP}" if folder else "no bundle was given"
    return InstallerError(
        "the cluster does not serve Apigee's custom resources, and there is nothing to install them from",
        details=[f"missing: {', '.join(missing)}", f"bundle: {looked}"],
        hint="the definitions are Google's: give the unpacked apigeectl or Helm bundle of the release with --bundle DIR",
    )
