"""The home of Jinja: templates in, plain text out, and no value can leave its place.

Every `{{ value }}` becomes one line of JSON text, which YAML reads as exactly that value: a string in quotes
with everything unusual escaped, a number, or a list or map in flow form.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import stat
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

import jinja2
from jinja2 import BytecodeCache, ChoiceLoader, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from jinja2.exceptions import TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from apigeectl.components.flow import flow
from apigeectl.components.overlay import LIMITS, Limits, Overlay, TooLong
from apigeectl.errors import InstallerError

SUFFIX = ".yaml.j2"


class Templates:
    """The shipped templates, with a folder of the user's laid over them file by file.

    An overlay is foreign code: it renders in a process of its own, which ends where the limits do.
    """

    def __init__(self, overlay: pathlib.Path | None = None, *, limits: Limits = LIMITS) -> None:
        self._overlay = Overlay(overlay, shipped_folder(), limits) if overlay else None

    def render(self, name: str, context: Mapping[str, Any]) -> str:
        """The text of one template, such as `mart/mart.yaml.j2`."""
        if self._overlay:
            return self._overlay.render(name, context)
        return rendered(_shipped(), name, context)

    def where(self, name: str) -> str:
        """The file that a template name means."""
        return str(self._overlay.file(name) if self._overlay else shipped_folder() / name)

    def unused(self) -> tuple[str, ...]:
        """Templates of the overlay that replace nothing: a shipped one has another name."""
        return tuple(name.as_posix() for name in self._overlaid() if not (shipped_folder() / name).is_file())

    def replaced(self) -> tuple[str, ...]:
        """Files of the overlay that stand for shipped ones."""
        folder = self._overlay.folder if self._overlay else pathlib.Path()
        return tuple(str(folder / name) for name in self._overlaid() if (shipped_folder() / name).is_file())

    def _overlaid(self) -> list[pathlib.Path]:
        if self._overlay is None:
            return []
        folder = self._overlay.folder
        return [path.relative_to(folder) for path in sorted(folder.rglob(f"*{SUFFIX}"))]


def rendered(templates: ImmutableSandboxedEnvironment, name: str, context: Mapping[str, Any]) -> str:
    """The text of a template. Raises InstallerError with the file and the line of a mistake."""
    try:
        return templates.get_template(name).render(context)
    except TemplateSyntaxError as error:
        place = f"{error.filename or error.name or name}, line {error.lineno}"
        raise InstallerError(f"{place}: {error.message}") from error
    except TemplateNotFound as error:
        raise InstallerError(f"The template {error.name} does not exist; {name} needs it.") from error
    except _MISTAKES as error:
        raise InstallerError(f"{_place(error, name)}: {_reason(error)}") from error


def environment(
    folders: Sequence[pathlib.Path], *, compiled: BytecodeCache | None = None
) -> ImmutableSandboxedEnvironment:
    """Jinja as our templates need it; a template comes from the first of the folders that has it."""
    return ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([_Folder(folder) for folder in folders]),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=compiled,
    )


def shipped_folder() -> pathlib.Path:
    """Inside the installed package, or beside it in a checkout."""
    package = pathlib.Path(__file__).parents[1]
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


@cache
def _shipped() -> ImmutableSandboxedEnvironment:
    """It keeps the templates that it has compiled."""
    folder = _cache_folder()
    return environment([shipped_folder()], compiled=_Compiled(folder) if folder else None)


class _Folder(FileSystemLoader):
    """Templates of one folder; a link that leads out of it leads nowhere."""

    def __init__(self, folder: pathlib.Path) -> None:
        super().__init__(folder)
        self._folder = folder.resolve()

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, Any]:
        text, file, fresh = super().get_source(environment, template)
        if not pathlib.Path(file).resolve().is_relative_to(self._folder):
            raise TemplateError(f"{file} is a link that leads out of {self._folder}")
        return text, file, fresh


class _Compiled(BytecodeCache):
    """Compiled templates from run to run, as Python keeps its modules.

    What is read back is executed, so the folder must be one that nobody else can write to.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder

    def get_source_checksum(self, source: str) -> str:
        made_by = f"{jinja2.__version__} {sys.version} {_OPTIONS} {source}"
        return hashlib.sha256(made_by.encode()).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError), (self._folder / bucket.checksum).open("rb") as file:
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
                bucket.write_bytecode(file)
            os.replace(file.name, self._folder / bucket.checksum)


_OPTIONS = "trim lstrip autoescape strict"
"""What `environment` says and compiled templates depend on; to be changed along with it."""


def _cache_folder() -> pathlib.Path | None:
    """A folder that is ours alone; None where there can be none."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    try:
        folder = pathlib.Path(base).expanduser() / "apigeectl" / "templates"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder if _only_ours(folder, 0o077) and _only_ours(folder.parent, 0o022) else None
    except (OSError, RuntimeError):  # no home, or none that can be written to
        return None


def _only_ours(folder: pathlib.Path, others: int) -> bool:
    """Whether a folder, no link to one, is the user's own and gives others none of these rights."""
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & others


def _finalize(value: Any) -> Markup:
    if isinstance(value, Markup):
        return value
    if isinstance(value, StrictUndefined):
        str(value)  # raises, with the name of what is missing
    return Markup(flow(value))  # noqa: S704  # the very place where values are made safe


_MISTAKES = (
    TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    RecursionError,
    MemoryError,
    TooLong,
)


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
    if isinstance(error, (TemplateError, TypeError, TooLong)):
        return str(error)
    return _REASONS.get(type(error), type(error).__name__)


_REASONS: Mapping[type[BaseException], str] = {
    MemoryError: "needs more memory than a template may have",
    RecursionError: "includes or calls itself without end",
}
