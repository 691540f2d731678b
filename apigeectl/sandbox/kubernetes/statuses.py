"""The Status bodies with which the API says no, worded as a real kube-apiserver words them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from apigeectl.sandbox.kubernetes.kinds import Kind


class Refusal(Exception):
    """The request is answered with this Status instead of an object."""

    def __init__(
        self, code: int, reason: str, message: str, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.body = failure(code, reason, message, details)


def failure(code: int, reason: str, message: str, details: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A Status of a failure."""
    body: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    body["message"] = message
    if reason:
        body["reason"] = reason
    if details is not None:
        body["details"] = dict(details)
    body["code"] = code
    return body


def success(kind: Kind, name: str, uid: str) -> dict[str, Any]:
    """What a DELETE is answered with when the object is gone at once."""
    details = {**_named(kind, name), "uid": uid}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


def bad_request(message: str) -> Refusal:
    return Refusal(400, "BadRequest", message)


def unauthorized() -> Refusal:
    return Refusal(401, "Unauthorized", "Unauthorized")


def unknown_path() -> Refusal:
    return Refusal(404, "NotFound", "the server could not find the requested resource", {})


def not_found(kind: Kind, name: str) -> Refusal:
    return Refusal(404, "NotFound", f'{kind.resource} "{name}" not found', _named(kind, name))


def method_not_allowed() -> Refusal:
    message = "the server does not allow this method on the requested resource"
    return Refusal(405, "MethodNotAllowed", message, {})


def not_acceptable() -> Refusal:
    message = "406: Not Acceptable\n\nAvailable representations: application/json"
    return Refusal(406, "NotAcceptable", message, {})


def already_exists(kind: Kind, name: str) -> Refusal:
    return Refusal(409, "AlreadyExists", f'{kind.resource} "{name}" already exists', _named(kind, name))


def conflict(kind: Kind, name: str, why: str = "") -> Refusal:
    why = why or "the object has been modified; please apply your changes to the latest version and try again"
    message = f'Operation cannot be fulfilled on {kind.resource} "{name}": {why}'
    return Refusal(409, "Conflict", message, _named(kind, name))


def precondition_failed(kind: Kind, name: str, what: str, sent: str, recorded: str, perhaps: str) -> Refusal:
    message = (
        f'Operation cannot be fulfilled on {kind.kind_and_group} "{name}": the {what} in the precondition ({sent}) '
        f"does not match the {what} in record ({recorded}). The object might have been {perhaps}"
    )
    details = {**_named(kind, name), "kind": kind.kind}
    return Refusal(409, "Conflict", message, details)


def forbidden(kind: Kind, name: str, why: str, details: Mapping[str, Any] | None = None) -> Refusal:
    message = f'{kind.resource} "{name}" is forbidden: {why}'
    return Refusal(403, "Forbidden", message, {**_named(kind, name), **(details or {})})


def expired(message: str) -> Refusal:
    return Refusal(410, "Expired", message)


def unsupported_media_type(accepted: Iterable[str]) -> Refusal:
    listed = ", ".join(accepted)
    message = f"the body of the request was in an unknown format - accepted media types include: {listed}"
    return Refusal(415, "UnsupportedMediaType", message)


def invalid(kind_name: str, group: str, name: str, causes: Iterable[tuple[str, str, str]]) -> Refusal:
    """422; each cause is (field, reason, message)."""
    listed = [{"reason": reason, "message": message, "field": field} for field, reason, message in causes]
    sentences = list(dict.fromkeys(f"{cause['field']}: {cause['message']}" for cause in listed))
    what = sentences[0] if len(sentences) == 1 else f"[{', '.join(sentences)}]"
    full = f"{kind_name}.{group}" if group else kind_name
    details: dict[str, Any] = {"name": name} if name else {}
    if group:
        details["group"] = group
    details |= {"kind": kind_name} if kind_name else {}
    return Refusal(422, "Invalid", f'{full} "{name}" is invalid: {what}', {**details, "causes": listed})


def invalid_option(options: str, field: str, reason: str, message: str) -> Refusal:
    """422 for a query parameter or a field of DeleteOptions."""
    return invalid(options, "meta.k8s.io", "", [(field, reason, message)])


def unsupported_value(options: str, field: str, value: str, supported: Iterable[str]) -> Refusal:
    known = ", ".join(f'"{one}"' for one in supported)
    return invalid_option(
        options, field, "FieldValueNotSupported", f"Unsupported value: {value}: supported values: {known}"
    )


def too_large_version(version: int, current: int) -> Refusal:
    details = {
        "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        "retryAfterSeconds": 1,
    }
    message = f"Timeout: Too large resource version: {version}, current: {current}"
    return Refusal(504, "Timeout", message, details)


def not_implemented(what: str) -> Refusal:
    """501: a real API server can do it, this one will not pretend to."""
    return Refusal(501, "NotImplemented", f"the sandbox does not implement {what}", {})


def _named(kind: Kind, name: str) -> dict[str, Any]:
    details = {"name": name} if name else {}
    return {**details, **({"group": kind.group} if kind.group else {}), "kind": kind.plural}
