"""The home of YAML: compose with positions, read many, write what kubectl reads back unchanged."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml as pyyaml  # type: ignore[import-untyped]

from apigeectl.node_graph import Composer, Mark, Node, Places, YAMLLimitError, YAMLSyntaxError, from_one

CParser = getattr(pyyaml, "CLoader", None) and pyyaml.cyaml.CParser
"""libyaml, of which the reader of the original is a translation into Go; None where it is not built in."""

__all__ = ["Mark", "Node", "YAMLLimitError", "YAMLSyntaxError", "compose", "dump", "load_all"]


def compose(text: str, *, max_depth: int = 1000, max_nodes: int = 1_000_000) -> Node | None:
    """The node graph of a text with one document that is not empty; None when there is none.

    Nothing is constructed, so no tag can create an object, and nothing recurses. Raises YAMLLimitError as soon as a limit
    is passed, keys and values counted alike, aliases once.
    """
    composer = Composer(Places(text), max_depth, max_nodes)
    try:
        for event in _events(text):
            composer.take(event)
    except pyyaml.MarkedYAMLError as error:
        raise _syntax_error(error, composer) from error
    except (pyyaml.YAMLError, ValueError) as error:
        raise YAMLSyntaxError(str(error).splitlines()[0]) from error
    return composer.root


def load_all(text: str) -> list[Any]:
    """Every document of a text as plain values, read safely and as kubectl reads it; empty documents are left out."""
    try:
        return [document for document in pyyaml.load_all(text, Loader=_Reader) if document is not None]
    except pyyaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise YAMLSyntaxError(error.problem or "not YAML", *place) from error
    except (pyyaml.YAMLError, ValueError) as error:
        raise YAMLSyntaxError(str(error).splitlines()[0]) from error


class _Reader(getattr(pyyaml, "CSafeLoader", pyyaml.SafeLoader)):  # type: ignore[misc]
    """Scalars as Go's reader takes them: no dates, no numbers to the base of sixty, exponents without a point."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """A map; a key that stands in it twice is an error, as it is for kubectl."""
        seen = set()
        for key, _ in node.value:
            if key.id == "scalar" and (key.tag, key.value) in seen:
                raise pyyaml.MarkedYAMLError(
                    problem=f'found duplicate key "{key.value}"', problem_mark=key.start_mark
                )
            seen.add((key.tag, key.value) if key.id == "scalar" else id(key))
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


_OTHERWISE_IN_GO = frozenset({f"tag:yaml.org,2002:{name}" for name in ("timestamp", "int", "float", "value")})
_Reader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _OTHERWISE_IN_GO]
    for first, resolvers in pyyaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Reader.add_implicit_resolver(
    "tag:yaml.org,2002:int",
    re.compile(r"[-+]?(?:0b[0-1_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)\Z"),
    list("-+0123456789"),
)
_Reader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(
        r"(?:[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
    ),
    list("-+0123456789."),
)


def dump(documents: Iterable[Mapping[str, Any]]) -> str:
    """Multi-document YAML in the order given; every string that a YAML 1.1 reader would take for
    something else (`yes`, `on`, `012`, `1e3`, `0x1`, `12:30`) is quoted."""
    # By hand: an installation of hundreds of environments would spend half its time in a library.
    return "".join("\n".join(["---", *_block(document), ""]) for document in documents)


_PLAIN = re.compile(r"(?!\.\.\.)[A-Za-z./][A-Za-z0-9 ./_\-+@]*(?<! )\Z")
"""Strings that no YAML reader can take for anything but a string, save the words below."""

_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", ".inf", ".nan", "~"})
_NUMBERLIKE = re.compile(r"[-+.]?[0-9]|[-+]?\.(inf|nan)", re.IGNORECASE)
_UNPRINTABLE = re.compile("[\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_LONGEST_IMPLICIT_KEY = 128
"""Readers need a question mark before longer ones."""


def _block(value: Any) -> list[str]:
    """The lines of a value, as if it stood at the left margin."""
    if isinstance(value, Mapping) and value:
        return [line for key, item in value.items() for line in _entry(_scalar(key), item)]
    if isinstance(value, (list, tuple)) and value:
        return [line for item in value for line in _indented("- ", _block(item))]
    return [_scalar(value)]


def _entry(key: str, value: Any) -> list[str]:
    lines = _block(value)
    if len(key) > _LONGEST_IMPLICIT_KEY:
        return [f"? {key}", *_indented(": ", lines)]
    if isinstance(value, Mapping) and value:
        return [f"{key}:", *(f"  {line}" for line in lines)]
    if isinstance(value, (list, tuple)) and value:
        return [f"{key}:", *lines]
    return [f"{key}: {lines[0]}"]


def _indented(first: str, lines: list[str]) -> list[str]:
    return [first + lines[0], *(f"  {line}" for line in lines[1:])]


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return _float(value)
    if value is None or isinstance(value, (bool, int)):
        return json.dumps(value)
    if isinstance(value, (Mapping, list, tuple)):
        return "{}" if isinstance(value, Mapping) else "[]"
    raise TypeError(f"a {type(value).__name__} has no form in YAML")


def _text(text: str) -> str:
    if _PLAIN.match(text) and text.lower() not in _WORDS and not _NUMBERLIKE.match(text):
        return text
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _float(number: float) -> str:
    if not math.isfinite(number):
        return ".nan" if math.isnan(number) else ".inf" if number > 0 else "-.inf"
    digits = repr(number)
    return digits if "." in digits else digits.replace("e", ".0e")  # YAML 1.1 wants the point


def _events(text: str) -> Iterator[Any]:
    if CParser is None:
        for event in pyyaml.parse(text, Loader=pyyaml.SafeLoader):
            _refuse_half_characters(event)
            yield event
        return
    parser = CParser(text)
    while (event := parser.get_event()) is not None:
        yield event


def _refuse_half_characters(event: Any) -> None:
    """What libyaml refuses by itself; no encoding can write it."""
    if _SURROGATE.search(getattr(event, "value", None) or ""):
        raise pyyaml.MarkedYAMLError(
            "while scanning a quoted scalar",
            None,
            "found invalid Unicode character escape code",
            event.start_mark,
        )


_SURROGATE = re.compile("[\ud800-\udfff]")


def _syntax_error(error: Any, composer: Composer) -> YAMLSyntaxError:
    words = " ".join(part for part in (error.context, error.problem) if part)
    problem, context = (
        from_one(composer.place(mark)) if mark else None for mark in (error.problem_mark, error.context_mark)
    )
    last = composer.last
    quoted = last is not None and last.style in ("'", '"') and last.start_mark.line < last.end_mark.line
    quote = from_one(last.start_mark) if last and quoted else None
    return YAMLSyntaxError(words, *(problem or context or (0, 0)), context=context, quote=quote)
