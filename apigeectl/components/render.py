"""From the overrides file to manifests."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apigeectl import yaml
from apigeectl.components.backup import backup_warnings
from apigeectl.components.datastore import datastore_pieces, redis_pieces
from apigeectl.components.environment import environment_pieces
from apigeectl.components.ingress import virtual_host_pieces
from apigeectl.components.init import INIT_WARNING, ca_pieces, init_pieces
from apigeectl.components.mapping import without_effect
from apigeectl.components.organization import organization_pieces
from apigeectl.components.piece import Inputs, Piece
from apigeectl.components.platform import ANY_PLATFORM, Platform
from apigeectl.components.release_table import Release
from apigeectl.components.releases import assumptions
from apigeectl.components.secrets import SecretValues
from apigeectl.components.settings import Settings
from apigeectl.components.sources import Sources, StoredSecrets
from apigeectl.components.telemetry import telemetry_pieces
from apigeectl.errors import InstallerError
from apigeectl.manifests import (
    COMPONENT_LABEL,
    FIELD_MANAGER,
    MANAGED_BY_LABEL,
    ORGANIZATION_LABEL,
    Manifest,
    ObjectRef,
)
from apigeectl.overrides.document import Overrides
from apigeectl.overrides.scope import Scope

if TYPE_CHECKING:
    from apigeectl.components.template import Templates


@dataclass(frozen=True)
class Rendering:
    """What an overrides file becomes, in the order in which the original applied it."""

    manifests: tuple[Manifest, ...]
    warnings: tuple[str, ...] = ()


def render_runtime(
    overrides: Overrides,
    release: Release,
    scope: Scope,
    *,
    cwd: pathlib.Path,
    stored: StoredSecrets | None = None,
    replace: frozenset[str] = frozenset(),
    templates: pathlib.Path | None = None,
) -> Rendering:
    """The objects of a scope. `stored` is what the cluster has of `protected_secret_names`, None when nobody asked."""
    settings = Settings(overrides, release)
    sources = Sources(overrides, cwd, stored, replace)
    return _render(
        settings,
        sources,
        _runtime_pieces(settings, scope),
        templates,
        labels={ORGANIZATION_LABEL: settings.org_id},
        warnings=(
            *(backup_warnings(settings) if scope.wants_datastore() else ()),
            *_without_effect(settings),
        ),
    )


def render_init(
    overrides: Overrides,
    release: Release,
    *,
    cwd: pathlib.Path,
    stored: StoredSecrets | None = None,
    replace: frozenset[str] = frozenset(),
    templates: pathlib.Path | None = None,
    ca_exists: bool = False,
    platform: Platform = ANY_PLATFORM,
) -> Rendering:
    """What must stand before the runtime. With `ca_exists` the certificate authority is left as it is."""
    settings = Settings(overrides, release)
    sources = Sources(overrides, cwd, stored, replace)
    pieces = (*init_pieces(settings, platform), *(() if ca_exists else ca_pieces(settings)))
    return _render(settings, sources, pieces, templates, labels={}, warnings=(INIT_WARNING,))


def runtime_refs(overrides: Overrides, release: Release, scope: Scope) -> tuple[ObjectRef, ...]:
    """The names of what `render_runtime` renders; no file is read."""
    return _refs(_runtime_pieces(Settings(overrides, release), scope))


def init_refs(overrides: Overrides, release: Release) -> tuple[ObjectRef, ...]:
    """The names of what `render_init` renders, save the certificate authority, which outlives it."""
    return _refs(init_pieces(Settings(overrides, release)))


def _runtime_pieces(settings: Settings, scope: Scope) -> Iterator[Piece]:
    """In the order in which the original applied them."""
    if scope.wants_datastore():
        yield from datastore_pieces(settings)
    if scope.wants_redis():
        yield from redis_pieces(settings)
    if scope.wants_org():
        yield from organization_pieces(settings)
    for env in scope.wanted_envs(settings.overrides):
        yield from environment_pieces(settings, env)
    if scope.wants_telemetry():
        yield from telemetry_pieces(settings)
    if scope.wants_virtualhosts():
        yield from virtual_host_pieces(settings)


def _refs(pieces: Iterable[Piece]) -> tuple[ObjectRef, ...]:
    return tuple(dict.fromkeys(ref for piece in pieces for ref in piece.refs))


def _render(
    settings: Settings,
    sources: Sources,
    pieces: Iterable[Piece],
    folder: pathlib.Path | None,
    *,
    labels: Mapping[str, str],
    warnings: Iterable[str],
) -> Rendering:
    from apigeectl.components.template import Templates

    templates = Templates(folder)
    inputs = Inputs(settings, sources, SecretValues(sources))
    manifests: dict[ObjectRef, Manifest] = {}
    for piece in pieces:
        text = templates.render(piece.template, piece.values(inputs))
        for manifest in _manifests(piece, text, templates, labels):
            manifests.setdefault(manifest.ref, manifest)
    sources.check()
    inputs.secrets.check()
    notes = (
        *warnings,
        *inputs.secrets.warnings(),
        *assumptions(settings.release),
        *(f"The template {name} replaces none of the shipped templates." for name in templates.unused()),
    )
    return Rendering(tuple(manifests.values()), notes)


def _manifests(
    piece: Piece, text: str, templates: Templates, labels: Mapping[str, str]
) -> Iterator[Manifest]:
    """The documents of a rendered template: exactly the objects that the piece promised."""
    place = templates.where(piece.template)
    replaced = templates.replaced()
    suspects = [f"replaced by yours: {file}" for file in replaced if place not in replaced]
    try:
        documents = [_without_nulls(document) for document in yaml.load_all(text)]
        manifests = [
            Manifest(_labelled(document, piece.component, labels), piece.component) for document in documents
        ]
        refs = tuple(manifest.ref for manifest in manifests)
    except yaml.YAMLSyntaxError as error:
        raise InstallerError(
            f"{place} renders no YAML: {error.message}, line {error.line} of the result.", details=suspects
        ) from error
    except (TypeError, KeyError, AttributeError) as error:
        raise InstallerError(
            f"{place} renders something that is no Kubernetes object.", details=suspects
        ) from error
    if refs != piece.refs:
        raise InstallerError(
            f"{place} does not render the objects it stands for.",
            details=[f"expected: {_listed(piece.refs)}", f"rendered: {_listed(refs)}", *suspects],
            hint="A template may change everything but kind, namespace and name of its objects.",
        )
    yield from manifests


def _labelled(body: dict[str, Any], component: str, labels: Mapping[str, str]) -> dict[str, Any]:
    metadata = body["metadata"]
    ours = {MANAGED_BY_LABEL: FIELD_MANAGER, COMPONENT_LABEL: component, **labels}
    return body | {"metadata": metadata | {"labels": {**metadata.get("labels", {}), **ours}}}


def _without_nulls(value: Any) -> Any:
    """In a template, a key whose value is null is a key left out; so is a map with nothing but such keys."""
    if isinstance(value, list):
        return [item for item in map(_without_nulls, value) if item is not None]
    if not isinstance(value, dict):
        return value
    kept = {key: _without_nulls(item) for key, item in value.items()}
    kept = {key: item for key, item in kept.items() if item is not None}
    return kept if kept or not value else None


_FEW = 8


def _without_effect(settings: Settings) -> Iterator[str]:
    """What the file sets and this release does not have."""
    paths = without_effect(settings.overrides.data, settings.release.minor)
    if paths:
        more = f" and {len(paths) - _FEW} more" if len(paths) > _FEW else ""
        shown = ", ".join(paths[:_FEW])
        yield f"In hybrid {settings.release.version} these properties have no effect: {shown}{more}."


def _listed(refs: Iterable[ObjectRef]) -> str:
    return ", ".join(map(str, refs)) or "nothing"
