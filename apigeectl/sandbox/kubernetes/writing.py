"""create, update and patch: from what was sent to what is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes import (
    admission,
    assigned,
    bodies,
    deletion,
    go_json,
    last_applied,
    managed_fields,
    reading,
)
from apigeectl.sandbox.kubernetes import schema as schemas
from apigeectl.sandbox.kubernetes.control_plane import ControlPlane, now
from apigeectl.sandbox.kubernetes.field_validation import known_fields
from apigeectl.sandbox.kubernetes.managed_fields import Writer
from apigeectl.sandbox.kubernetes.messages import APPLY_PATCH, Answer, Call, Headers, Target, WriteOptions
from apigeectl.sandbox.kubernetes.negotiation import form, in_version
from apigeectl.sandbox.kubernetes.patch import PatchError, json_patch, merge_patch, strategic_merge
from apigeectl.sandbox.kubernetes.statuses import (
    Refusal,
    already_exists,
    bad_request,
    unsupported_media_type,
)


def create(plane: ControlPlane, target: Target, call: Call) -> Answer:
    options = WriteOptions.read(call)
    sent, warnings = known_fields(plane, target, bodies.sent_object(call, target), options)
    schema = plane.schema(target.kind, target.version)
    with plane.store.lock:
        new = admission.newborn(plane, target, sent)
        named = Target(target.kind, target.version, target.namespace, new["metadata"]["name"])
        new = schemas.default(new, schema) if schema else new
        new = managed_fields.update(None, new, _writer(named, options, "Update"), schema)
        stored = _commit_new(plane, named, new, options)
    return _answer(plane, target, call, stored, 201, warnings)


def replace(plane: ControlPlane, target: Target, call: Call) -> Answer:
    options = WriteOptions.read(call)
    sent, warnings = known_fields(plane, target, bodies.sent_object(call, target), options)
    admission.check_place(target, sent)
    with plane.store.lock:
        live = reading.existing(plane, target)
        admission.check_replacement(target, live, sent)
        stored = update(plane, target, live, sent, options)
    return _answer(plane, target, call, stored, 200, warnings)


def patch(plane: ControlPlane, target: Target, call: Call) -> Answer:
    options = WriteOptions.read(call)
    if call.content_type == APPLY_PATCH:
        return _apply(plane, target, call, options)
    change = _patcher(plane, target, call)
    with plane.store.lock:
        live = reading.existing(plane, target)
        sent, warnings = known_fields(plane, target, _patched(change, live), options, patched=True)
        admission.check_place(target, sent)
        admission.check_patched_metadata(target, live, sent)
        stored = update(plane, target, live, sent, options)
    return _answer(plane, target, call, stored, 200, warnings)


def patched(plane: ControlPlane, target: Target, call: Call, document: LiveObject) -> LiveObject:
    """A document that is no stored object (a Scale) after the patch of the call."""
    return _patched(_patcher(plane, target, call), document)


def update(
    plane: ControlPlane, target: Target, live: LiveObject, sent: LiveObject, options: WriteOptions
) -> LiveObject:
    """Store what a PUT or a patch made of a live object; the caller holds the store's lock."""
    schema = plane.schema(target.kind, target.version)
    new = admission.carried_over(target, live, sent)
    new = schemas.default(new, schema) if schema else new
    new = managed_fields.update(live, new, _writer(target, options, "Update"), schema)
    return _commit(plane, target, live, new, options)


def _apply(plane: ControlPlane, target: Target, call: Call, options: WriteOptions) -> Answer:
    config = _applied_config(target, call)
    schema = plane.schema(target.kind, target.version)
    if schema is None:  # with a schema, the merge itself finds what does not fit
        known_fields(plane, target, config, options)
    writer = _writer(target, options, "Apply")
    with plane.store.lock:
        found = plane.store.get(target.kind.key, target.namespace, target.name)
        live = in_version(found, target) if found else None
        admission.check_apply(plane, target, live, config)
        bare = _without_version(config)
        try:
            merged = last_applied.apply(live, bare, writer, schema, force=options.force)
        except managed_fields.ApplyConflict as clash:
            raise Refusal(409, "Conflict", clash.message, {"causes": clash.causes}) from None
        except managed_fields.ApplyInvalid as mismatch:
            raise Refusal(500, "", mismatch.message) from None
        if live is None:
            merged = admission.newborn(plane, target, merged)
            return _answer(plane, target, call, _commit_new(plane, target, merged, options), 201)
        managers = merged["metadata"].get("managedFields")
        new = admission.carried_over(target, live, merged)
        new["metadata"]["managedFields"] = managers
        return _answer(plane, target, call, _commit(plane, target, live, new, options), 200)


def _commit_new(plane: ControlPlane, target: Target, new: LiveObject, options: WriteOptions) -> LiveObject:
    admission.check(plane, target, None, new)
    if plane.store.get(target.kind.key, target.namespace, target.name):
        raise already_exists(target.kind, target.name)
    new = assigned.at_creation(plane, target.kind, new)
    return new if options.dry_run else plane.store.put(target.kind.key, new)


def _commit(
    plane: ControlPlane, target: Target, live: LiveObject, new: LiveObject, options: WriteOptions
) -> LiveObject:
    new = assigned.at_update(target.kind, live, new)
    admission.check(plane, target, live, new)
    if admission.same(live, new):
        return live
    new = admission.raise_generation(target, live, new)
    if options.dry_run:
        return new
    if deletion.is_over(target.kind, new):
        return plane.store.remove(target.kind.key, new)
    return plane.store.put(target.kind.key, new)


def _applied_config(target: Target, call: Call) -> LiveObject:
    config = bodies.parsed(call.body)
    if not isinstance(config, dict):
        what = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal into an object"
        raise bad_request(f"error decoding YAML: {what}")
    group, _, version = str(config.get("apiVersion", "")).rpartition("/")
    if (config.get("kind"), config.get("apiVersion")) != (target.kind.kind, target.api_version):
        raise bad_request(f"invalid object type: {group}/{version}, Kind={config.get('kind', '')}")
    if "managedFields" in (config.get("metadata") or {}):
        raise bad_request("metadata.managedFields must be nil")
    return {**config, "metadata": config.get("metadata") or {}}


def _patcher(plane: ControlPlane, target: Target, call: Call) -> Callable[[LiveObject], Any]:
    patches: dict[str, Callable[[LiveObject, Any], Any]] = {
        "application/json-patch+json": json_patch,
        "application/merge-patch+json": merge_patch,
    }
    if not target.kind.custom:
        patches["application/strategic-merge-patch+json"] = lambda live, body: strategic_merge(
            live, body, plane.schema(target.kind, target.version) or schemas.ANYTHING
        )
    if call.content_type not in patches:
        if call.content_type.endswith("patch+json"):
            raise unsupported_media_type((*patches, APPLY_PATCH))
        raise Refusal(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
    try:
        body = go_json.loads(call.body)
    except go_json.NotJSON as problem:
        strategic = call.content_type == "application/strategic-merge-patch+json"
        raise bad_request(f"{'' if strategic else 'error decoding patch: '}{problem}") from None
    if call.content_type == "application/json-patch+json" and not isinstance(body, list):
        raise bad_request(
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
        )
    change = patches[call.content_type]
    return lambda live: change(live, body)


def _patched(change: Callable[[LiveObject], Any], live: LiveObject) -> LiveObject:
    try:
        result: LiveObject = change(live)
        if not isinstance(result, dict) or not isinstance(result.get("metadata") or {}, dict):
            raise PatchError("not an object")
    except PatchError:
        raise Refusal(
            422, "Invalid", "the server rejected our request due to an error in our request", {}
        ) from None
    return {**result, "metadata": result.get("metadata") or {}}


def _writer(target: Target, options: WriteOptions, operation: Any) -> Writer:
    return Writer(
        manager=options.manager,
        operation=operation,
        api_version=target.api_version,
        subresource=target.subresource,
        time="" if target.subresource == "scale" else now(),  # a real server leaves it out there
    )


def _without_version(config: LiveObject) -> LiveObject:
    metadata = {key: value for key, value in config["metadata"].items() if key != "resourceVersion"}
    return {**config, "metadata": metadata}


def _answer(
    plane: ControlPlane, target: Target, call: Call, live: LiveObject, status: int, warnings: Headers = ()
) -> Answer:
    answer = reading.shown(plane, target, call, in_version(live, target), form(call.accept), status)
    return Answer(answer.body, answer.status, answer.content_type, warnings) if warnings else answer
