"""fieldValidation: what becomes of fields that the kind does not have, and of values it cannot hold."""

from __future__ import annotations

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes.control_plane import ControlPlane
from apigeectl.sandbox.kubernetes.decoding import decoding_problem
from apigeectl.sandbox.kubernetes.messages import Headers, Target, WriteOptions
from apigeectl.sandbox.kubernetes.schema import crd_schema, prune
from apigeectl.sandbox.kubernetes.statuses import Refusal, bad_request, invalid


def known_fields(
    plane: ControlPlane, target: Target, body: LiveObject, options: WriteOptions, *, patched: bool = False
) -> tuple[LiveObject, Headers]:
    """The object without unknown fields, and the warnings about them; Strict refuses them instead."""
    schema = plane.schema(target.kind, target.version)
    problem = decoding_problem(body, schema or _METADATA_ONLY)
    if problem:
        raise _undecodable(target, problem, patched=patched)
    if schema is None:
        return body, ()
    pruned, unknown = prune(body, schema)
    if not unknown or options.validation == "Ignore":
        return pruned, ()
    fields = [f'unknown field "{path}"' for path in unknown]
    if options.validation == "Warn":
        return pruned, tuple(("Warning", _warning(field)) for field in fields)
    raise _undecodable(target, f"strict decoding error: {', '.join(fields)}", patched=patched)


_METADATA_ONLY = crd_schema({})
"""For built-in kinds that we have no table of."""


def _undecodable(target: Target, problem: str, *, patched: bool) -> Refusal:
    """A real server shows the whole patched object; ours does not, it may be a Secret."""
    if patched:
        return invalid("", "", "", [("patch", "FieldValueInvalid", f'Invalid value: "...": {problem}')])
    kind = target.kind.kind
    return bad_request(f'{kind} in version "{target.version}" cannot be handled as a {kind}: {problem}')


def _warning(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'299 - "{escaped}"'
