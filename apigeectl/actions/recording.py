"""Under which inventory, lease and history a run is recorded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any, TypeVar

from apigeectl import __version__
from apigeectl.actions.preparation import Prepared
from apigeectl.apply import history
from apigeectl.apply.history import Place, Run
from apigeectl.apply.inventory import INIT, Inventory
from apigeectl.components.names import org_id
from apigeectl.components.render import runtime_refs
from apigeectl.manifests import ObjectRef
from apigeectl.overrides import catalogue
from apigeectl.overrides.scope import Scope


def runtime_inventory(prepared: Prepared) -> Inventory:
    """Of what apply writes: one for each organization in a namespace."""
    overrides = prepared.overrides
    return Inventory(
        installation=org_id(overrides.org),
        namespace=overrides.namespace,
        organization=overrides.org,
        release=prepared.release.version,
        parts=_parts(prepared),
    )


PARTS = {
    "org": Scope(org=True),
    "all_envs": Scope(all_envs=True),
    "datastore": Scope(datastore=True),
    "redis": Scope(redis=True),
    "telemetry": Scope(telemetry=True),
    "virtualhosts": Scope(virtualhosts=True),
}
"""The parts of an installation, by the name under which the inventory records what they brought."""


def covered(scope: Scope) -> tuple[str, ...]:
    """The parts that a run covers completely; one environment is not all of them."""
    return tuple(part for part in PARTS if scope.everything or getattr(scope, part))


def _parts(prepared: Prepared) -> dict[ObjectRef, str]:
    return {
        ref: part
        for part, scope in reversed(PARTS.items())  # what several parts bring, the first one keeps
        for ref in runtime_refs(prepared.overrides, prepared.release, scope)
    }


def init_inventory(prepared: Prepared) -> Inventory:
    """Of what init writes, which all organizations share."""
    return Inventory(
        installation=INIT,
        namespace=prepared.release.operator_namespace,
        release=prepared.release.version,
    )


_Item = TypeVar("_Item")


def recorded(
    cluster: history.Cluster,
    prepared: Prepared,
    inventory: Inventory,
    command: str,
    events: Iterator[_Item],
) -> Iterator[_Item]:
    """The events of a run that is written down in the history of its installation."""
    run = Run(
        began="",
        who="",
        command=" ".join([command, *_flags(prepared.scope)]),
        release=prepared.release.version,
        overrides=prepared.overrides.file.name,
        digest=digest(prepared),
        program=__version__,
    )
    return history.recorded(cluster, place(inventory), run, events)


def place(inventory: Inventory) -> Place:
    """Where the history of an installation is kept."""
    return Place(inventory.installation, inventory.namespace)


def runs_of(prepared: Prepared, cluster: history.Cluster) -> tuple[Run, ...]:
    """What is remembered of this installation and of what init brought for it, the newest last."""
    inventories = (init_inventory(prepared), runtime_inventory(prepared))
    runs = [run for inventory in inventories for run in history.load(cluster, place(inventory))]
    return tuple(sorted(runs, key=lambda run: run.began))


def digest(prepared: Prepared) -> str:
    """Of what the overrides say, comments and secrets aside: short passwords could be guessed from a digest."""
    content = json.dumps(_without_secrets(prepared.overrides.data, ()), sort_keys=True, default=str)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _without_secrets(value: Any, path: tuple[str | int, ...]) -> Any:
    if path and catalogue.is_secret(path):
        return None
    if isinstance(value, dict):
        return {str(key): _without_secrets(item, (*path, str(key))) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_secrets(item, (*path, number)) for number, item in enumerate(value)]
    return value


def _flags(scope: Scope) -> Iterator[str]:
    for env in scope.envs:
        yield f"--env {env}"
    for part in PARTS:
        if getattr(scope, part):
            yield "--settings virtualhosts" if part == "virtualhosts" else f"--{part.replace('_', '-')}"
