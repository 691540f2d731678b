"""The examples of docs/reference/problems.md: for each code a file that shows it, and the repaired one."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from apigeectl.overrides.position import Position
from apigeectl.overrides.problems import Severity
from tests.overrides.samples import GOOD, STYLE_1_2

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "problems.md"

SEVERITIES = {"An error": Severity.ERROR, "A warning": Severity.WARNING, "A remark": Severity.INFO}


@dataclass(frozen=True)
class Example:
    """One section of the page. The fragments are the first lines of whole files, so that places are the page's."""

    code: str
    severity: Severity
    place: Position | None
    release: str
    broken: str
    repaired: str


def sections() -> dict[str, str]:
    """By code, the text of its section."""
    _, *parts = re.split(r"^## (.+)\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def examples() -> list[Example]:
    return [_example(code, text) for code, text in sections().items()]


def whole(fragment: str, release: str) -> str:
    """The fragment, and the sections of a good file that it does not have."""
    base = STYLE_1_2 if release == "1.2" else GOOD
    own = set(re.findall(r"^([A-Za-z]\w*):", fragment, re.MULTILINE))
    blocks = re.findall(r"^\w+:.*\n(?:[ -].*\n)*", base, re.MULTILINE)
    return fragment + "".join(block for block in blocks if own and block.partition(":")[0] not in own)


_EXAMPLE = re.compile(
    r"^(?P<severity>An error|A warning|A remark) in "
    r"(?:the file as a whole|line (?P<line>\d+), column (?P<column>\d+))"
    r"(?:, judged for hybrid (?P<release>1\.\d+))?:\n\n(?P<broken>(?: {4}.*\n|\n)+)"
    r"Repaired:\n\n(?P<repaired>(?: {4}.*\n|\n)+)\Z",
    re.MULTILINE,
)


def _example(code: str, text: str) -> Example:
    found = _EXAMPLE.search(text if text.endswith("\n\n") else text + "\n")
    assert found, f"the section {code} ends without an example and its repair"
    return Example(
        code,
        SEVERITIES[found["severity"]],
        Position(int(found["line"]), int(found["column"])) if found["line"] else None,
        found["release"] or "1.10",
        textwrap.dedent(found["broken"]).rstrip("\n") + "\n",
        textwrap.dedent(found["repaired"]).rstrip("\n") + "\n",
    )
