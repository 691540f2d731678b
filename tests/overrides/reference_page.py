"""docs/reference/overrides.md, written from the catalogue. `pytest tests/overrides --update` renews the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from apigeectl.cli.explanations import default_words, release_words, required_words, short, type_words
from apigeectl.overrides import catalogue
from apigeectl.overrides.catalogue import Property

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "overrides.md"

HEAD = """\
# Properties of an overrides file

Every property that hybrid 1.1 to 1.16 knows. This page is written from the catalogue with which `apigeectl validate` judges a file;
`apigeectl explain PROPERTY` prints the same at a terminal, and where a property lands in the cluster.

- `[]` stands for any item of a list.
- A default followed by another one in parentheses: the first is what is installed, the second what Google's reference of properties says.
- Releases are those that document a property; older ones may know it already. `?` marks what is known from samples and charts only.

## In an editor

Editors that use yaml-language-server (Visual Studio Code with its YAML extension, Neovim, Emacs and others) complete and check an
overrides file as it is typed. Keep the schema beside the file, and name it in the first line of the file:

    apigeectl schema > overrides.schema.json

    # yaml-language-server: $schema=./overrides.schema.json

`apigeectl schema --release 1.10` has only what that release takes. The schema knows shapes and values; what properties have to do with
each other, and with files on disk, only `apigeectl validate` knows.
"""


def page() -> str:
    tops = [catalogue.find(name) for name in catalogue.children("")]
    singles = [each for each in tops if each and not catalogue.children(each.path)]
    groups = [each for each in tops if each and catalogue.children(each.path)]
    parts = [HEAD, _section("At the top of the file", "", singles)]
    parts += [_section(f"`{each.path}`", each.description, list(_leaves(each.path))) for each in groups]
    return "\n".join(parts)


def _section(title: str, words: str, properties: list[Property]) -> str:
    rows = ["| property | type | default | releases | meaning |", "| --- | --- | --- | --- | --- |"]
    rows += [_row(each) for each in properties]
    return "\n".join([f"## {title}", "", *([words, ""] if words else []), *rows, ""])


def _leaves(path: str) -> Iterator[Property]:
    for name in catalogue.children(path):
        below = f"{path}[]" if name == "[]" else f"{path}.{name}"
        found = catalogue.find(below)
        if found and not (
            catalogue.children(below) and found.type in ("map", "list") and not found.free_form
        ):
            yield found
        yield from _leaves(below)


def _row(found: Property) -> str:
    releases = release_words(found) + ("" if found.sure else " ?")
    cells = (f"`{found.path}`", type_words(found), default_words(found), releases.strip(), _meaning(found))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _meaning(found: Property) -> str:
    parts = [found.description, found.note]
    if words := required_words(found):
        parts.append(f"Required {words}.")
    for title, paths in (
        ("Not together with", found.exclusive_with),
        ("Together with", found.required_with),
        ("Replaced by", (found.replaced_by,) if found.replaced_by else ()),
    ):
        if paths:
            parts.append(f"{title} {', '.join(_named(path) for path in paths)}.")
    if found.deprecated_in:
        parts.append(f"Deprecated since {short(found.deprecated_in)}.")
    return " ".join(part for part in parts if part)


def _named(path: str) -> str:
    return f"`{path}`" if catalogue.find(path) else path
