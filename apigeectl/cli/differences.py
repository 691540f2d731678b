"""Differences between the cluster and the file, for people and for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from apigeectl.apply.changes import Action, Change
from apigeectl.apply.compare import Difference
from apigeectl.apply.diff import Fingerprints, shown_differences
from apigeectl.apply.plan import Plan
from apigeectl.cli.console import painted, printable
from apigeectl.manifests import ObjectRef

_MARKS = {Action.CREATE: "+", Action.CONFIGURE: "~", Action.DELETE: "-"}
_STYLES = {"+": "good", "-": "bad", "~": "warning"}
_WIDTH = 100
"""A field that needs more than this is written on two lines."""

_LONGEST = 400
"""Characters of one value that are shown; JSON has all of them."""


def as_text(plan: Plan, fingerprints: Fingerprints, *, color: bool = False, verbose: bool = False) -> str:
    """One block an object: its action, then its fields with what is and what would be. Empty for no difference.

    The fields of a new object are shown only when verbose.
    """

    def paint(text: str, mark: str) -> str:
        return painted(text, _STYLES[mark]) if color else text

    blocks = []
    for change in _differing(plan):
        mark = _MARKS[change.action]
        note = f" ({change.note})" if change.note else ""
        lines = [paint(f"{mark} {printable(str(change.ref))}{note}", mark)]
        if change.action is Action.CONFIGURE or (verbose and change.action is Action.CREATE):
            for field in shown_differences(change, fingerprints):
                lines += [paint(line, sign) for sign, line in _lines(field)]
        blocks.append("\n".join(lines))
    return "\n".join(blocks)


def as_json(plan: Plan, fingerprints: Fingerprints) -> dict[str, Any]:
    """The versioned document of `diff -o json`."""
    return {
        "apiVersion": "apigeectl/v1",
        "kind": "Diff",
        "changes": [
            {
                "object": _named(change.ref),
                "action": change.action.value,
                "note": change.note,
                "fields": [
                    {"path": one.path, "before": one.before, "after": one.after}
                    for one in (
                        [] if change.action is Action.DELETE else shown_differences(change, fingerprints)
                    )
                ],
            }
            for change in _differing(plan)
        ],
        "leftovers": [_named(ref) for ref in plan.leftovers],
    }


def tally(plan: Plan) -> str:
    """How many objects differ."""
    counts = Counter(change.action for change in _differing(plan))
    words = [f"{counts[action]} to {action.value}" for action in Action if counts[action]]
    return ", ".join(words) or "no differences"


def _differing(plan: Plan) -> Iterator[Change]:
    return (change for change in (*plan.changes, *plan.pruned) if change.action.writes)


def _lines(field: Difference) -> Iterator[tuple[str, str]]:
    if field.before is None:
        yield "+", f"    + {field.path}: {_value(field.after)}"
    elif field.after is None:
        yield "-", f"    - {field.path}: {_value(field.before)}"
    else:
        line = f"    ~ {field.path}: {_value(field.before)} -> {_value(field.after)}"
        if len(line) <= _WIDTH:
            yield "~", line
        else:
            yield "~", f"    ~ {field.path}:"
            yield "-", f"        - {_value(field.before)}"
            yield "+", f"        + {_value(field.after)}"


def _value(value: Any) -> str:
    text = value if isinstance(value, str) and value.startswith("(secret ") else _compact(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text)} characters)"


def _compact(value: Any) -> str:
    return printable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _named(ref: ObjectRef) -> dict[str, str]:
    return {"group": ref.group, "kind": ref.kind, "namespace": ref.namespace, "name": ref.name}
