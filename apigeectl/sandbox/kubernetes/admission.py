"""What is checked and settled before an object is stored: place, name, metadata, namespace, generation."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Iterator
from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes import definitions, rules
from apigeectl.sandbox.kubernetes import schema as schemas
from apigeectl.sandbox.kubernetes.control_plane import ControlPlane, now
from apigeectl.sandbox.kubernetes.kinds import DEFINITIONS, NAMESPACES, Kind
from apigeectl.sandbox.kubernetes.messages import Target
from apigeectl.sandbox.kubernetes.statuses import (
    Refusal,
    bad_request,
    conflict,
    forbidden,
    invalid,
    not_found,
)

_SYSTEM_FIELDS = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink")


def newborn(plane: ControlPlane, target: Target, sent: LiveObject) -> LiveObject:
    """What was sent as a new object: in its place, named, and with the metadata of its birth."""
    kind, metadata = target.kind, sent["metadata"]
    if metadata.get("resourceVersion"):
        raise Refusal(500, "", "resourceVersion should not be set on objects to be created")
    if metadata.get("namespace", target.namespace) not in ("", target.namespace):
        raise _wrong_namespace()
    name = metadata.get("name") or _generated(metadata)
    check_namespace(plane, kind, target.namespace, name)
    kept = {key: value for key, value in metadata.items() if key not in (*_SYSTEM_FIELDS, "generation")}
    born = {
        **kept,
        "name": name,
        **({"namespace": target.namespace} if kind.namespaced else {}),
        "uid": str(uuid.uuid4()),
        "creationTimestamp": now(),
        **({"generation": 1} if kind.generation else {}),
    }
    born.pop("resourceVersion", None)
    return {key: value for key, value in {**sent, "metadata": born}.items() if not _hidden(target, key)}


def check_namespace(plane: ControlPlane, kind: Kind, namespace: str, name: str) -> None:
    """New objects need a namespace that exists and is not on its way out."""
    if not namespace:
        return
    phase = plane.namespace_phase(namespace)
    if phase is None:
        raise not_found(NAMESPACES, namespace)
    if phase == "Terminating":
        message = f"namespace {namespace} is being terminated"
        cause = {"reason": "NamespaceTerminating", "message": message, "field": "metadata.namespace"}
        why = f"unable to create new content in namespace {namespace} because it is being terminated"
        raise forbidden(kind, name, why, {"causes": [cause]})


def check_place(target: Target, sent: LiveObject) -> None:
    """An object sent to a path with a name must be of that name and namespace."""
    name = sent["metadata"].get("name")
    if not name:
        raise bad_request(
            f"the name of the object ({target.name} based on URL) was undeterminable: name must be provided"
        )
    if name != target.name:
        raise bad_request(
            f"the name of the object ({name}) does not match the name on the URL ({target.name})"
        )
    if sent["metadata"].get("namespace", target.namespace) not in ("", target.namespace):
        raise _wrong_namespace()


def check_replacement(target: Target, live: LiveObject, sent: LiveObject) -> None:
    """The uid and resourceVersion of a PUT are preconditions."""
    kind, metadata = target.kind, sent["metadata"]
    uid = metadata.get("uid")
    if uid and uid != live["metadata"]["uid"]:
        raise conflict(
            kind,
            target.name,
            f"Precondition failed: UID in precondition: {uid}, UID in object meta: {live['metadata']['uid']}",
        )
    version = metadata.get("resourceVersion")
    if not version and (kind.custom or kind.key == DEFINITIONS.key):
        raise invalid(
            kind.plural,  # not its kind: that is how a real server says it
            kind.group,
            target.name,
            [
                (
                    "metadata.resourceVersion",
                    "FieldValueInvalid",
                    "Invalid value: 0x0: must be specified for an update",
                )
            ],
        )
    check_version(target, live, version)


def check_patched_metadata(target: Target, live: LiveObject, patched: LiveObject) -> None:
    metadata = patched["metadata"]
    check_version(target, live, metadata.get("resourceVersion"))
    uid = metadata.get("uid")
    if uid and uid != live["metadata"]["uid"]:
        cause = ("metadata.uid", "FieldValueInvalid", f'Invalid value: "{uid}": field is immutable')
        raise invalid(target.kind.kind, target.kind.group, target.name, [cause, cause])


def check_apply(plane: ControlPlane, target: Target, live: LiveObject | None, config: LiveObject) -> None:
    """Place and preconditions of an apply; a new object also needs its namespace."""
    check_place(target, config)
    metadata = config["metadata"]
    if live is None:
        if metadata.get("uid"):
            why = (
                f"uid mismatch: the provided object specified uid {metadata['uid']}, "
                "and no existing object was found"
            )
            raise conflict(target.kind, target.name, why)
        if target.subresource:
            raise not_found(target.kind, target.name)
        check_namespace(plane, target.kind, target.namespace, target.name)
        return
    check_patched_metadata(target, live, config)


def carried_over(target: Target, live: LiveObject, sent: LiveObject) -> LiveObject:
    """What was sent, with everything from the live object that this path cannot change."""
    if target.subresource == "status":
        merged = {key: value for key, value in live.items() if key != "status"}
        if "status" in sent:
            merged["status"] = sent["status"]
        managers = sent["metadata"].get("managedFields")
        return {**merged, "metadata": {**live["metadata"], "managedFields": managers}}
    old = live["metadata"]
    metadata = {key: value for key, value in sent["metadata"].items() if key not in _SYSTEM_FIELDS}
    metadata |= {key: old[key] for key in (*_SYSTEM_FIELDS, "generation", "resourceVersion") if key in old}
    metadata |= {key: old[key] for key in ("name", "namespace", "generateName") if key in old}
    result = {key: value for key, value in sent.items() if not _hidden(target, key)}
    if "status" in live and _hidden(target, "status"):
        result["status"] = live["status"]
    return {**result, "apiVersion": sent.get("apiVersion", live["apiVersion"]), "metadata": metadata}


def check(plane: ControlPlane, target: Target, live: LiveObject | None, new: LiveObject) -> None:
    """Everything that makes an object invalid, in one answer."""
    problems = [*_metadata_problems(target, live, new)]
    if target.kind.key == DEFINITIONS.key:
        problems += definitions.problems(new)
    schema = plane.schema(target.kind, target.version)
    if schema is not None:
        problems += [(cause.field, cause.reason, cause.message) for cause in schemas.validate(new, schema)]
    problems += rules.problems(target.kind, live, new)
    if problems:
        raise invalid(target.kind.kind, target.kind.group, new["metadata"].get("name", ""), problems)


def same(live: LiveObject, new: LiveObject) -> bool:
    """Whether a write would change nothing but the times of managedFields."""
    return _timeless(live) == _timeless(new)


def raise_generation(target: Target, live: LiveObject, new: LiveObject) -> LiveObject:
    kind = target.kind
    if not kind.generation or target.subresource == "status":
        return new
    if kind.generation == "*":
        changed = _outside_metadata(kind, live) != _outside_metadata(kind, new)
    else:
        changed = live.get(kind.generation) != new.get(kind.generation)
    if (kind.group, kind.kind) == ("apps", "Deployment"):
        changed = changed or live["metadata"].get("annotations") != new["metadata"].get("annotations")
    if not changed:
        return new
    generation = live["metadata"].get("generation", 0) + 1
    return {**new, "metadata": {**new["metadata"], "generation": generation}}


def _outside_metadata(kind: Kind, live: LiveObject) -> dict[str, Any]:
    hidden = ("metadata", "apiVersion", *(("status",) if kind.status else ()))
    return {key: value for key, value in live.items() if key not in hidden}


def _hidden(target: Target, field: str) -> bool:
    """The main path neither takes nor loses the status of kinds that have the subresource."""
    return field == "status" and target.kind.status and target.subresource != "status"


def _timeless(live: LiveObject) -> LiveObject:
    entries = live["metadata"].get("managedFields") or []
    bare = [{key: value for key, value in entry.items() if key != "time"} for entry in entries]
    return {**live, "metadata": {**live["metadata"], "managedFields": bare}}


def check_version(target: Target, live: LiveObject, version: str | None) -> None:
    if not version:
        return
    if not str(version).isdigit():
        raise Refusal(500, "", f'strconv.ParseUint: parsing "{version}": invalid syntax')
    if version != live["metadata"]["resourceVersion"]:
        raise conflict(target.kind, target.name)


def _wrong_namespace() -> Refusal:
    return bad_request(
        "the namespace of the provided object does not match the namespace sent on the request"
    )


def _generated(metadata: dict[str, Any]) -> str:
    prefix = metadata.get("generateName")
    if not prefix:
        return ""
    letters = "".join(secrets.choice("bcdfghjklmnpqrstvwxz2456789") for _ in range(5))
    return f"{prefix[:58]}{letters}"


_SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_DNS_LABELS = frozenset({"namespaces"})
_FREE_NAMES = frozenset({"clusterroles", "clusterrolebindings", "roles", "rolebindings"})


def _metadata_problems(
    target: Target, live: LiveObject | None, new: LiveObject
) -> Iterator[tuple[str, str, str]]:
    metadata = new["metadata"]
    for reference in metadata.get("ownerReferences") or ():
        yield from _reference_problems(reference)
    if live is None:
        yield from _name_problems(target.kind, metadata.get("name", ""))
    elif live["metadata"].get("deletionTimestamp"):
        added = sorted(set(metadata.get("finalizers") or ()) - set(live["metadata"].get("finalizers") or ()))
        if added:
            listed = ", ".join(f'"{one}"' for one in added)
            why = "no new finalizers can be added if the object is being deleted, found new finalizers"
            cause = "metadata.finalizers", "FieldValueForbidden", f"Forbidden: {why} []string{{{listed}}}"
            yield from (cause, cause)


def _reference_problems(reference: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    for part, word in (("apiVersion", "version"), ("kind", "kind"), ("name", "name"), ("uid", "uid")):
        if not reference.get(part):
            message = f'Invalid value: "": {word} must not be empty'
            yield f"metadata.ownerReferences.{part}", "FieldValueInvalid", message


def _name_problems(kind: Kind, name: str) -> Iterator[tuple[str, str, str]]:
    if not name:
        yield "metadata.name", "FieldValueRequired", "Required value: name or generateName is required"
    elif kind.plural in _FREE_NAMES:
        return
    elif kind.plural in _DNS_LABELS:
        if len(name) > 63 or not re.fullmatch(_LABEL, name):
            yield "metadata.name", "FieldValueInvalid", f'Invalid value: "{name}": {_LABEL_RULE}'
    elif len(name) > 253 or not re.fullmatch(_SUBDOMAIN, name):
        yield "metadata.name", "FieldValueInvalid", f'Invalid value: "{name}": {_SUBDOMAIN_RULE}'


_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    f"start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)
_LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
    "end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    f"'{_LABEL}')"
)
