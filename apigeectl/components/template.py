"""The home of Jinja: templates in, plain text out, and no value can leave its place.

Every `{{ value }}` becomes one line of JSON text, which YAML reads as exactly that value: a string in quotes
with everything unusual escaped, a number, or a list or map in flow form.
"""

from __future__ import annotations

import json
import math
import pathlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import (
    ChoiceLoader,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from apigeectl.errors import InstallerError, UsageError

SUFFIX = ".yaml.j2"
_LONGEST_IMPLICIT_KEY = 1000
"""YAML readers give up on longer keys unless a question mark announces them."""


class UnspeakableText(InstallerError):
    """Text that no Kubernetes object can carry."""


class Templates:
    """The shipped templates, with a folder of the user's laid over them file by file."""

    def __init__(self, overlay: pathlib.Path | None = None) -> None:
        if overlay is not None and not overlay.is_dir():
            raise UsageError(f"The templates folder {overlay} does not exist.")
        self._overlay = overlay
        self._environment = _environment(overlay)

    def render(self, name: str, context: Mapping[str, Any]) -> str:
        """The text of one template, such as `mart/mart.yaml.j2`."""
        try:
            return self._environment.get_template(name).render(context)
        except TemplateSyntaxError as error:
            place = f"{error.filename or error.name or name}, line {error.lineno}"
            raise InstallerError(f"{place}: {error.message}") from error
        except TemplateNotFound as error:
            raise InstallerError(f"The template {error.name} does not exist; {name} needs it.") from error
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise InstallerError(f"{_place(error, name)}: {_reason(error)}") from error

    def where(self, name: str) -> str:
        """The file that a template name means."""
        return self._environment.get_template(name).filename or name

    def unused(self) -> tuple[str, ...]:
        """Templates of the overlay that replace nothing: a shipped one has another name."""
        if self._overlay is None:
            return ()
        shipped = shipped_folder()
        names = (path.relative_to(self._overlay) for path in sorted(self._overlay.rglob(f"*{SUFFIX}")))
        return tuple(name.as_posix() for name in names if not (shipped / name).is_file())


@cache
def _environment(overlay: pathlib.Path | None) -> SandboxedEnvironment:
    """It keeps the templates that it has compiled."""
    folders = [folder for folder in (overlay, shipped_folder()) if folder is not None]
    return SandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def shipped_folder() -> pathlib.Path:
    """Inside the installed package, or beside it in a checkout."""
    package = pathlib.Path(__file__).parents[1]
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


def flow(value: Any) -> str:
    """A value as one line that every YAML reader takes for the same value."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if value is None or isinstance(value, (bool, int)):
        return json.dumps(value)
    if isinstance(value, float):
        return _float(value)
    raise TypeError(f"a {type(value).__name__} has no form in YAML")


def _finalize(value: Any) -> Markup:
    if isinstance(value, Markup):
        return value
    if isinstance(value, StrictUndefined):
        str(value)  # raises, with the name of what is missing
    return Markup(flow(value))  # noqa: S704  # the very place where values are made safe


def _quoted(value: str) -> str:
    encoded = json.dumps(value)
    if value.isascii():
        return encoded.replace("\x7f", "\\u007f")
    return '"' + "".join(_escaped(character) for character in value) + '"'


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x80:
        return json.dumps(character)[1:-1].replace("\x7f", "\\u007f")
    if 0xD800 <= code <= 0xDFFF:
        raise UnspeakableText(
            f"A value holds half of a character (U+{code:04X}), which no Kubernetes object can carry.",
            hint="Look for \\u escapes in the overrides file.",
        )
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _key(key: Any) -> str:
    quoted = _quoted(key if isinstance(key, str) else json.dumps(key))
    return quoted if len(quoted) < _LONGEST_IMPLICIT_KEY else f"? {quoted} "


def _float(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    return {math.inf: ".inf", -math.inf: "-.inf"}.get(value) or repr(value)


def _place(error: BaseException, name: str) -> str:
    """The innermost template line of the traceback, which Jinja rewrites to the lines of the templates."""
    place, step = name, error.__traceback__
    while step:
        if step.tb_frame.f_code.co_filename.endswith(SUFFIX):
            place = f"{step.tb_frame.f_code.co_filename}, line {step.tb_lineno}"
        step = step.tb_next
    return place


def _reason(error: BaseException) -> str:
    """Jinja's own words name variables only; other messages could quote a value."""
    return str(error) if isinstance(error, (TemplateError, TypeError)) else type(error).__name__
