"""The JSONPath of printer columns: fields, indexes, [*] and [?(@.a=="b")]."""

from __future__ import annotations

import re
from typing import Any

_STEP = re.compile(
    r"""\.(?P<name>[^.\[\]\\]+(?:\\.[^.\[\]\\]*)*)
      | \[(?P<index>-?\d+)\]
      | \[(?P<all>\*)\]
      | \[['"](?P<quoted>[^'"]+)['"]\]
      | \[\?\(\s*@\.(?P<field>[^\s=!]+)\s*(?P<operator>==|!=)\s*(?P<value>[^)]*?)\s*\)\]""",
    re.VERBOSE,
)


def find(live: Any, path: str) -> list[Any]:
    """Everything the path leads to; nothing when the path is beyond us."""
    values, at = [live], 0
    text = path.strip("{}")
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None:
            return []
        at = step.end()
        values = [found for value in values for found in _follow(value, step)]
    return [value for value in values if value is not None]


def _follow(value: Any, step: re.Match[str]) -> list[Any]:
    name = step["name"] or step["quoted"]
    if name:
        name = name.replace("\\.", ".")
        if name == "*":
            return list(value.values()) if isinstance(value, dict) else []
        return [value[name]] if isinstance(value, dict) and name in value else []
    if not isinstance(value, list):
        return []
    if step["index"]:
        index = int(step["index"])
        return [value[index]] if -len(value) <= index < len(value) else []
    if step["all"]:
        return value
    wanted = step["value"].strip("'\"")
    return [item for item in value if _matches(item, step["field"], step["operator"], wanted)]


def _matches(item: Any, field: str, operator: str, wanted: str) -> bool:
    found = item
    for name in field.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    text = str(found).lower() if isinstance(found, bool) else str(found)
    return (text == wanted) == (operator == "==")
