"""Flags that several commands share, as dataclasses: one parameter of a command, many options on the line."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_type_hints


def flat(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command as typer needs it: each parameter that is a dataclass opened into its fields."""
    parts = inspect.signature(command, eval_str=True).parameters
    parameters = [option for part in parts.values() for option in _options(part)]

    def call(**values: Any) -> Any:
        return command(**{name: _filled(part, values) for name, part in parts.items()})

    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {one.name: one.annotation for one in parameters}
    call.__doc__, call.__name__ = command.__doc__, command.__name__
    return call


def _is_group(annotation: Any) -> bool:
    return isinstance(annotation, type) and dataclasses.is_dataclass(annotation)


def _options(part: inspect.Parameter) -> Iterator[inspect.Parameter]:
    if not _is_group(part.annotation):
        yield part.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        return
    for field in _fields(part.annotation):
        yield from _options(field)


def _fields(group: Any) -> Iterator[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    for field in dataclasses.fields(group):  # a group's own default is that of its fields
        default = inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default
        yield inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hints[field.name]
        )


def _filled(part: inspect.Parameter, values: Mapping[str, Any]) -> Any:
    if not _is_group(part.annotation):
        return values[part.name]
    return part.annotation(**{field.name: _filled(field, values) for field in _fields(part.annotation)})
