"""The home of ruamel.yaml: compose with positions, read many, write what kubectl reads back unchanged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import Node
from ruamel.yaml.representer import SafeRepresenter

from apigeectl.errors import InstallerError

__all__ = ["Node", "YAMLSyntaxError", "compose", "dump", "load_all"]


class YAMLSyntaxError(InstallerError):
    """Text that is not YAML. Line and column count from 1; 0 when the parser names no place."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def compose(text: str) -> Node | None:
    """The node graph of a one-document text, every node with its start_mark; None when empty.

    Nothing is constructed, so no tag can create an object. Aliases are the same Node object.
    """
    reader = YAML(typ="rt", pure=True)
    try:
        node: Node | None = reader.compose(StringIO(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = " ".join(part for part in (error.context, error.problem) if part)
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise YAMLSyntaxError(words, line, column) from error
    except (YAMLError, ValueError) as error:
        raise YAMLSyntaxError(str(error).splitlines()[0]) from error
    return node


def load_all(text: str) -> list[Any]:
    """Every document of a text as plain values, read safely; empty documents are left out."""
    reader = YAML(typ="safe")
    try:
        return [document for document in reader.load_all(text) if document is not None]
    except MarkedYAMLError as error:
        mark = error.problem_mark
        raise YAMLSyntaxError(
            error.problem or "not YAML", *((mark.line + 1, mark.column + 1) if mark else (0, 0))
        ) from error
    except (YAMLError, ValueError) as error:
        raise YAMLSyntaxError(str(error).splitlines()[0]) from error


def dump(documents: Iterable[Mapping[str, Any]]) -> str:
    """Multi-document YAML in the order given; every string that a YAML 1.1 reader would take for
    something else (`yes`, `on`, `012`, `1e3`, `0x1`, `12:30`) is quoted."""
    writer = YAML(typ="safe")
    writer.Representer = _QuotingRepresenter
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # its default is None
    writer.width = 1_000_000
    writer.allow_unicode = True
    out = StringIO()
    for document in documents:
        out.write("---\n")
        writer.dump(document, out)
    return out.getvalue()


_PLAIN = re.compile(r"[A-Za-z./][A-Za-z0-9 ./_\-+@]*(?<! )\Z")
"""Strings that no YAML reader can take for anything but a string, save the words below."""

_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", ".inf", ".nan", "~"})
_NUMBERLIKE = re.compile(r"[-+.]?[0-9]|[-+]?\.(inf|nan)", re.IGNORECASE)


class _QuotingRepresenter(SafeRepresenter):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(representer: _QuotingRepresenter, text: str) -> Any:
    plain = _PLAIN.match(text) and text.lower() not in _WORDS and not _NUMBERLIKE.match(text)
    return representer.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_QuotingRepresenter.add_representer(str, _represent_text)
