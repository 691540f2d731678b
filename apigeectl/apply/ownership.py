"""Whose an object and its fields are: what may be taken over, and what is left alone."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from apigeectl.errors import Conflict, FieldConflict, Refused
from apigeectl.manifests import FIELD_MANAGER, ORGANIZATION_LABEL, LiveObject, Manifest, ObjectRef

ORIGINAL_MANAGERS = frozenset(
    {
        ("kubectl-client-side-apply", "Update"),  # the original called kubectl apply
        ("before-first-apply", "Update"),  # what the API server calls the same before it knew managers
        ("kubectl", "Apply"),  # init's second step called kubectl apply --server-side
        ("kubectl-last-applied", "Apply"),  # left by kubectl when it went from the one to the other
        (FIELD_MANAGER, "Update"),  # the original's own binary
    }
)
"""Field managers that the original apigeectl left. Helm's is none of them: it is still at work."""

INSTALLERS = ORIGINAL_MANAGERS | {("helm", "Update"), ("helm", "Apply")}
"""Field managers of other ways to install the same; they let go when an installation is adopted."""

FORCE_UPDATE = ".release.forceUpdate"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

Managers = frozenset[tuple[str, str]]
"""Names of field managers, each with the operation by which it wrote."""

_ORGANIZATIONS_OWN = frozenset({"ApigeeOrganization", "ApigeeEnvironment", "ApigeeRouteConfig"})
"""Kinds whose name carries the organization; the others may be shared by several in one namespace."""


class Patching(Protocol):
    """What migrating an object needs of a cluster."""

    def get(self, ref: ObjectRef, version: str | None = None) -> LiveObject | None: ...
    def patch(self, ref: ObjectRef, patch: list[Any], *, content_type: str) -> LiveObject: ...


def check_owner(ref: ObjectRef, live: LiveObject, organization: str) -> None:
    """Refuse to touch what another installation of ours wrote."""
    owner = _organization(live)
    if organization and owner and owner != organization and ref.kind in _ORGANIZATIONS_OWN:
        raise Refused(
            f"{ref} belongs to the installation of {owner}, not to {organization}",
            hint="is this the right overrides file, and the right namespace?",
        )


def first_owner(manifest: Manifest, live: LiveObject) -> str:
    """The other installation that wrote a shared object first; empty when there is none."""
    wanted = manifest.body["metadata"].get("labels") or {}
    owner = _organization(live)
    return "" if wanted.get(ORGANIZATION_LABEL) in (None, owner) else owner


def with_label_of(manifest: Manifest, owner: str) -> Manifest:
    """The manifest as the owner would write its label, so that only other differences show."""
    body = copy.deepcopy(dict(manifest.body))
    body["metadata"]["labels"][ORGANIZATION_LABEL] = owner
    return Manifest(body, manifest.component)


def refuse_to_change(ref: ObjectRef, fields: Sequence[str], owner: str) -> Refused:
    """The error for a shared object that another installation wrote otherwise."""
    shown = ", ".join(fields[:_SHOWN])
    return Refused(
        f"{ref} belongs to the installation of {owner}, and this file would change it: "
        f"{shown}{f' and {len(fields) - _SHOWN} more' if len(fields) > _SHOWN else ''}",
        hint="change what installations share in the overrides file of its owner; apply the rest of this one by "
        "scope: --org, --all-envs, --settings virtualhosts",
    )


_SHOWN = 5


def is_ours(live: LiveObject) -> bool:
    """Whether apigeectl itself wrote the object, whatever its labels say."""
    return any(entry.get("manager") == FIELD_MANAGER for entry in _entries(live))


def holders(live: LiveObject, managers: Managers = ORIGINAL_MANAGERS) -> tuple[str, ...]:
    """Which of these field managers still hold fields of an object."""
    return tuple(dict.fromkeys(str(entry["manager"]) for entry in _entries(live) if _is_of(entry, managers)))


def may_take(conflict: FieldConflict) -> bool:
    """The field belongs to the original, or is the one that the operator always sets back."""
    return conflict.field == FORCE_UPDATE or (conflict.manager, conflict.operation) in ORIGINAL_MANAGERS


def refuse(ref: ObjectRef, conflicts: Iterable[FieldConflict]) -> Conflict:
    """The error that names the fields that others hold, and who."""
    held = [conflict for conflict in conflicts if not may_take(conflict)]
    count = "a field belongs" if len(held) == 1 else f"{len(held)} fields belong"
    by_helm = all((one.manager, one.operation) in INSTALLERS for one in held)
    error = Conflict(
        f"{ref}: {count} to another manager",
        status=409,
        reason="Conflict",
        details=[_belonging(one) for one in held],
        hint=ADOPT if by_helm else FORCE,
    )
    error.conflicts = tuple(held)
    return error


def told_of(conflicts: Iterable[FieldConflict]) -> str:
    """The same as one sentence."""
    return ", ".join(_belonging(one) for one in conflicts)


def _belonging(conflict: FieldConflict) -> str:
    return f"{conflict.field.lstrip('.')} belongs to {conflict.manager}"


ADOPT = "apigeectl adopt takes over what Helm installed, once you have seen what it would change"
FORCE = (
    "apigeectl diff shows what they hold; --force-conflicts takes them over; or let the other manager go, or drop them "
    "from the file"
)


def force_update_was_reset(manifest: Manifest, live: LiveObject) -> bool:
    """The operator has carried out the last change and set release.forceUpdate back."""
    asked = (manifest.body.get("release") or {}).get("forceUpdate")
    return bool(asked) and (live.get("release") or {}).get("forceUpdate") is False


def without_force_update(manifest: Manifest) -> Manifest:
    """The manifest as it looks once the operator has carried it out."""
    release = {key: value for key, value in manifest.body["release"].items() if key != "forceUpdate"}
    body = {key: value for key, value in manifest.body.items() if key != "release"}
    return Manifest({**body, "release": release} if release else body, manifest.component)


def migrate(
    cluster: Patching, ref: ObjectRef, live: LiveObject, managers: Managers = ORIGINAL_MANAGERS
) -> None:
    """Let other managers go after an apply of ours, so that what leaves the file really vanishes.

    Its copy of the last applied manifest goes too: nobody keeps it up to date, and it shows Secrets.
    """
    found: LiveObject | None = live
    for attempt in range(_ATTEMPTS):
        if found is None or not holders(found, managers):
            return
        try:
            cluster.patch(ref, _migration(found, managers), content_type="application/json-patch+json")
        except Conflict:  # changed meanwhile, most likely its status
            if attempt == _ATTEMPTS - 1:
                raise
            found = cluster.get(ref)
        else:
            return


_ATTEMPTS = 5


def _migration(live: LiveObject, managers: Managers) -> list[dict[str, Any]]:
    metadata = live["metadata"]
    kept = [entry for entry in metadata.get("managedFields") or () if not _is_of(entry, managers)]
    # The resource version makes the server refuse when somebody else wrote in between.
    operations = [
        {"op": "replace", "path": "/metadata/managedFields", "value": kept},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]},
    ]
    if LAST_APPLIED in (metadata.get("annotations") or {}):
        path = LAST_APPLIED.replace("~", "~0").replace("/", "~1")
        operations.append({"op": "remove", "path": f"/metadata/annotations/{path}"})
    return operations


def _is_of(entry: Mapping[str, Any], managers: Managers) -> bool:
    who = (str(entry.get("manager")), str(entry.get("operation")))
    return who in managers and not entry.get("subresource")


def _entries(live: LiveObject) -> Iterable[Mapping[str, Any]]:
    return live["metadata"].get("managedFields") or ()


def _organization(live: LiveObject) -> str:
    return str((live["metadata"].get("labels") or {}).get(ORGANIZATION_LABEL) or "")
