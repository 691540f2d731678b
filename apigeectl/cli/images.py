"""apigeectl images."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apigeectl.cli import options
from apigeectl.cli.flags import FileFlags, ScopeFlags
from apigeectl.cli.groups import flat
from apigeectl.errors import ExitCode

if TYPE_CHECKING:
    from apigeectl.actions.images import Image
    from apigeectl.actions.preparation import Prepared


class Form(str, Enum):
    """How images are listed."""

    TEXT = "text"
    JSON = "json"
    SCRIPT = "script"


def register(app: typer.Typer, name: str) -> None:
    app.command(name, short_help="List the images that an overrides file pulls.")(flat(images))


def images(
    *,
    file: FileFlags,
    scope: ScopeFlags,
    templates: options.Templates = None,
    output: Annotated[
        Form,
        typer.Option("-o", "--output", help="script: a shell script that copies them to another registry."),
    ] = Form.TEXT,
    no_color: options.NoColor = False,
) -> int:
    """List the images that init and apply make the cluster pull; with scope flags, those of that part alone.

    Needs no cluster, no network and no key files.
    A script copies them to the `hub` of the overrides file, or to the registry that is its argument.
    """
    from apigeectl.actions.images import images, mirror_script
    from apigeectl.cli.console import Console
    from apigeectl.cli.task import prepared_for
    from apigeectl.components.releases import assumptions

    console = Console(no_color=no_color)
    prepared = prepared_for(console, file, scope.scope(), None)
    console.say(prepared.release_reason)
    for assumption in assumptions(prepared.release):
        console.warn(assumption)
    found = images(prepared, Path.cwd(), templates)
    if output is Form.JSON:
        console.json_line(_document(prepared, found))
    elif output is Form.SCRIPT:
        console.data(mirror_script(found, prepared.overrides.string("hub").rstrip("/")))
    else:
        console.data("\n".join(one.image for one in found))
    return ExitCode.OK


def _document(prepared: Prepared, found: tuple[Image, ...]) -> dict[str, Any]:
    hub = bool(prepared.overrides.string("hub"))
    return {
        "apiVersion": "apigeectl/v1",
        "kind": "Images",
        "release": prepared.release.version,
        "images": [
            {
                "image": one.image,
                "source": one.source,
                "confirmed": one.confirmed,
                "movedByHub": hub,
                "uses": [
                    {"component": use.component, "container": use.container, "property": use.property or None}
                    for use in one.uses
                ],
            }
            for one in found
        ],
    }
