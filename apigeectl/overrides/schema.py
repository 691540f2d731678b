"""The catalogue as a JSON Schema, draft 7, for editors.

It takes every spelling that `validate` takes without an error of type: `3` and `"3"` for a number, `yes` for true.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from apigeectl.overrides import catalogue
from apigeectl.overrides.catalogue import Property, release_number

Schema = dict[str, Any]

RELEASES = tuple(f"1.{minor}" for minor in range(1, 17))
"""The releases that the catalogue tells apart."""

_WHOLE_NUMBER = "^[-+]?[0-9]+$"
_QUANTITY = r"^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][-+]?[0-9]+)?$"
_TRUE_OR_FALSE = "^([Yy]|[Nn]|[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF|[Tt]rue|TRUE|[Ff]alse|FALSE)$"  # as Go reads YAML 1.1

_SCALARS: dict[str, Schema] = {
    "string": {"type": ["string", "number"]},
    "path": {"type": ["string", "number"]},
    "duration": {"type": ["string", "number"]},
    "integer": {
        "type": ["integer", "string"],
        "pattern": _WHOLE_NUMBER,
        "patternErrorMessage": "A whole number is expected here.",
    },
    "quantity": {
        "type": ["number", "string"],
        "pattern": _QUANTITY,
        "patternErrorMessage": "A quantity is expected here, such as 500m, 2 or 512Mi.",
    },
    "boolean": {
        "type": ["boolean", "string"],
        "pattern": _TRUE_OR_FALSE,
        "patternErrorMessage": "true or false is expected here.",
    },
}


def json_schema(release: str | None = None) -> Schema:
    """For the files of one release, such as "1.10"; without one, for those of any."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"urn:apigeectl:overrides:{release or 'any'}",
        "title": f"Overrides file of Apigee hybrid {release or ''}".rstrip(),
        **_map("", release_number(release) if release else None),
    }


Release = tuple[int, int] | None


def _any(path: str, release: Release) -> Schema:
    """What may stand at a path. A key without a value counts as not given, hence null."""
    found = catalogue.find(path)
    if found is None:
        raise KeyError(path)
    names = catalogue.children(path)
    if names == ("[]",):
        schema: Schema = {"type": "array", "items": _any(f"{path}[]", release)}
    elif names or found.type == "map":
        schema = _map(path, release)
    else:
        schema = _scalar(found)
    return schema if found.required else _or_null(schema) | _words(found, release)


def _map(path: str, release: Release) -> Schema:
    found = catalogue.find(path) if path else None
    children = [
        each
        for name in catalogue.children(path)
        if (each := catalogue.find(f"{path}.{name}" if path else name)) and not _is_gone(each, release)
    ]
    schema: Schema = {
        "type": "object",
        "properties": {each.path.rpartition(".")[2]: _any(each.path, release) for each in children},
    }
    required = [each.path.rpartition(".")[2] for each in children if _is_needed(each, release)]
    if required:
        schema["required"] = required
    if not catalogue.takes_any_key(path) and not (found and found.free_form):
        schema["additionalProperties"] = False
    return schema


def _scalar(found: Property) -> Schema:
    if found.values:
        return {"enum": [each for value in found.values for each in _spellings(value)]}
    schema = dict(_SCALARS[found.type])
    if found.type == "integer":
        limits = {"minimum": found.min, "maximum": found.max}
        schema |= {name: limit for name, limit in limits.items() if limit is not None}
    if found.max_length is not None:
        schema["maxLength"] = found.max_length
    if found.pattern:
        schema["pattern"] = found.pattern
    return schema


def _spellings(value: str) -> Iterable[str | float]:
    """`"1.2"` and 1.2, since who forgets the quotes means the same."""
    return (value, float(value)) if re.fullmatch(r"[0-9]+\.[0-9]", value) else (value,)


def _or_null(schema: Schema) -> Schema:
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    types = schema["type"]
    return {**schema, "type": [*([types] if isinstance(types, str) else types), "null"]}


def _words(found: Property, release: Release) -> Schema:
    """What an editor shows, besides what it checks.

    No deprecationMessage: yaml-language-server makes an error of it.
    """
    past = _past(found, release)
    words = (found.description, found.note, past)
    schema: Schema = {"description": " ".join(each for each in words if each)}
    if found.default is not None:
        schema["default"] = found.default
    return schema | ({"deprecated": True} if past else {})


def _past(found: Property, release: Release) -> str:
    if release and release_number(found.since) > release:
        return f"Documented from hybrid {found.since} on; this release may ignore it."
    successor = f"Replaced by {found.replaced_by}." if found.replaced_by else ""
    if found.until and release is None:
        return f"Known up to hybrid {found.until}. {successor}".rstrip()
    if found.deprecated_in and (release is None or release >= release_number(found.deprecated_in)):
        return f"Deprecated since hybrid {found.deprecated_in}. {successor}".rstrip()
    return successor if not found.sure else ""


def _is_gone(found: Property, release: Release) -> bool:
    return release is not None and found.until != "" and release_number(found.until) < release


def _is_needed(found: Property, release: Release) -> bool:
    """Without a release, what every release needs; in a list or a group, where that is given."""
    if not found.required:
        return False
    return release_number(found.since) <= (release or (1, 0)) or (release is None and "." in found.path)
