"""The images that an installation pulls, and which property decides each of them.

Nothing is listed by hand: the manifests are rendered, and rendered again with a mark in place of every image, so that each
mark shows where its property lands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from apigeectl.actions.preparation import Prepared
from apigeectl.components.render import render_init, render_runtime
from apigeectl.manifests import ObjectRef
from apigeectl.overrides.document import Overrides

PROPERTIES = tuple(
    "ao apigeeIngressGateway authz cassandra cassandra.auth cassandra.backup connectAgent istiod "
    "kubeRBACProxy logger mart metrics.adapter metrics.prometheus metrics.sdSidecar mintTaskScheduler "
    "redis redis.envoy runtime synchronizer udca udca.fluentd watcher".split()
)
"""Where an `image` may stand."""

_HUB = "hub.invalid"


@dataclass(frozen=True, order=True)
class Use:
    """A container that runs an image, and the property that decides which one."""

    component: str
    container: str
    property: str


@dataclass(frozen=True)
class Image:
    """An image as it is pulled."""

    image: str
    """In full, with its tag."""
    name: str
    """Its name and tag under a hub, such as apigee-runtime:1.10.3."""
    source: str
    """Where Google, or the file, has it: the same as `image` unless the file moves all of them with `hub`."""
    confirmed: bool
    """Whether the tag was seen in this release."""
    uses: tuple[Use, ...]


def images(prepared: Prepared, cwd: Path, templates: Path | None = None) -> tuple[Image, ...]:
    """Every image that applying the scope makes the cluster pull, sorted; init's, too, when the scope is everything.

    Reads none of the files that the overrides name.
    """
    plain = replace(prepared.overrides, data=_without_files(prepared.overrides.data))
    marked, marks = _marked(plain)
    found = dict(_fields(prepared, plain, cwd, templates))
    shown = dict(_fields(prepared, marked, cwd, templates))
    uses: dict[str, set[Use]] = {}
    names: dict[str, str] = {}
    for place, (image, component, container) in found.items():
        name, _, mark = shown[place][0].rpartition(
            ":"
        )  # an overlay may name an image that no property decides
        uses.setdefault(image, set()).add(Use(component, container, marks.get(mark, "")))
        names[image] = name.rpartition("/")[2]
    return tuple(_image(prepared, image, names[image], uses[image]) for image in sorted(uses))


def mirror_script(found: tuple[Image, ...], hub: str) -> str:
    """A shell script that copies the images to the hub, or to the registry that it is given."""
    target = (
        _quoted(hub)
        if hub
        else '"${1:?usage: sh mirror.sh REGISTRY, then set hub: REGISTRY in the overrides file}"'
    )
    copies = [f"copy {_quoted(image.source)} {_quoted(image.name)}" for image in found]
    return "\n".join([_HEAD.format(hub=target), *copies, ""])


_HEAD = """\
#!/bin/sh
# Copies the images of an Apigee hybrid installation to another registry, with crane, or else with docker.
# COPY=docker, COPY=podman or COPY=crane chooses.
set -eu
hub={hub}
tool=${{COPY:-$(command -v crane >/dev/null 2>&1 && echo crane || echo docker)}}

copy() {{
  echo "$1 -> $hub/$2"
  case $tool in
  *crane) "$tool" copy -- "$1" "$hub/$2" ;;
  *) "$tool" pull -- "$1" && "$tool" tag -- "$1" "$hub/$2" && "$tool" push -- "$hub/$2" ;;
  esac
}}
"""


def _image(prepared: Prepared, image: str, name: str, uses: set[Use]) -> Image:
    tag = image.rpartition(":")[2]
    hub = _hub(prepared.overrides)
    source = f"{prepared.release.registry}/{name}:{tag}" if hub else image
    written = prepared.release.tag(name) != tag
    confirmed = written or name not in prepared.release.unconfirmed_images
    return Image(image, f"{name}:{tag}", source, confirmed, tuple(sorted(uses)))


def _hub(overrides: Overrides) -> str:
    return overrides.string("hub").rstrip("/")


def _fields(
    prepared: Prepared, overrides: Overrides, cwd: Path, templates: Path | None
) -> Iterator[tuple[tuple[ObjectRef, str], tuple[str, str, str]]]:
    """Every image of every object by its place: the image, the component and the container."""
    manifests = render_runtime(
        overrides, prepared.release, prepared.scope, cwd=cwd, templates=templates
    ).manifests
    if prepared.scope.everything:
        manifests += render_init(overrides, prepared.release, cwd=cwd, templates=templates).manifests
    for manifest in manifests:
        for path, image, container in _images_in(manifest.body, ()):
            component = path[2] if path[:2] == ("spec", "components") else manifest.component
            yield (manifest.ref, ".".join(path)), (image, component, container)


def _images_in(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _images_in(item, (*path, str(index)))
    elif isinstance(value, Mapping):
        if isinstance(value.get("image"), str):
            yield path, value["image"], str(value.get("name", ""))
        for key, item in value.items():
            yield from _images_in(item, (*path, key))


def _without_files(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_files(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {key: _without_files(item) for key, item in value.items() if not _NAMES_FILES.search(str(key))}


_NAMES_FILES = re.compile(r"Paths?$|^key[Ff]ile$")
"""How a key ends whose value names a file to read."""


def _marked(overrides: Overrides) -> tuple[Overrides, dict[str, str]]:
    """The overrides with a mark for the tag of every image, and the property behind each mark."""
    gateways = overrides.get("ingressGateways")
    items = range(len(gateways) if isinstance(gateways, list) else 0)
    narrower = ["cassandra.restore", *(f"ingressGateways[{index}]" for index in items)]
    properties = [*PROPERTIES, *(path for path in narrower if overrides.get(f"{path}.image") is not None)]
    marks = {f"mark-{index}": f"{path}.image" for index, path in enumerate(properties)}
    data: Any = {**overrides.data, "hub": _HUB}
    for mark, path in marks.items():
        data = _with(data, re.findall(r"[^.\[\]]+", path), {"tag": mark})
    return replace(overrides, data=data), marks


def _with(value: Any, path: list[str], leaf: Any) -> Any:
    if not path:
        return leaf
    if isinstance(value, list):
        index = int(path[0])
        return [_with(item, path[1:], leaf) if at == index else item for at, item in enumerate(value)]
    below = value if isinstance(value, Mapping) else {}
    return {**below, path[0]: _with(below.get(path[0]), path[1:], leaf)}


def _quoted(text: str) -> str:
    """For a shell, and on one line."""
    return "'" + text.replace("'", "'\\''") + "'"
