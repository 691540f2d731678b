"""apigeectl explain."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated

import typer

from apigeectl.cli import options
from apigeectl.cli.console import Console
from apigeectl.errors import ExitCode, UsageError


def register(app: typer.Typer, name: str) -> None:
    app.command(name, short_help="Say what a property or a code means.")(explain)


def explain(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="[PROPERTY|CODE|WORDS]",
            help="A property, such as connectAgent.replicaCountMin, a code, such as connect-property-off or CON-01, or the "
            "words of a log or of another tool, in quotes.",
            show_default=False,
        ),
    ] = "",
    output: options.OutputOption = options.Output.TEXT,
) -> int:
    """Say what a property of the overrides file means and where it lands, or what to do about a code.

    Of a group of properties, such as connectAgent, all that stand in it; without an argument, everything there is.
    Of words such as "another operation (install/upgrade/rollback) is in progress" the known problem behind them.
    For a property in a list, envs.name, envs[].name and envs[0].name are all understood.
    """
    from apigeectl.cli.hints import sections

    codes = sections()
    as_json = output is options.Output.JSON
    if not subject:
        _index(codes, as_json=as_json)
    elif subject in codes:
        _code(subject, codes[subject], as_json=as_json)
    elif subject.upper() in _known():
        _problem(subject.upper(), as_json=as_json)
    elif code := _given_away(subject):
        _problem(code, as_json=as_json)
    else:
        _property(subject, codes, as_json=as_json)
    return ExitCode.OK


def _index(codes: Mapping[str, str], *, as_json: bool) -> None:
    from apigeectl.actions.explain import tops
    from apigeectl.cli.explanations import listed

    properties = tops()
    if as_json:
        names = [each.path for each in properties]
        every = [*codes, *_known()]
        Console().json_line({**_HEAD, "kind": "Index", "properties": names, "codes": every})
        return
    words = "\n".join(f"  {code}" for code in codes)
    problems = "\n".join(f"  {code}  {title}" for code, title in _known().items())
    Console().data(
        f"Properties:\n{listed(properties, _width())}\n\nCodes:\n{words}\n\nKnown problems:\n{problems}"
    )


def _code(code: str, text: str, *, as_json: bool) -> None:
    if as_json:
        Console().json_line({**_HEAD, "kind": "Code", "code": code, "text": text})
    else:
        Console().data(text)


def _known() -> Mapping[str, str]:
    """The known problems of installations: code and title."""
    from apigeectl.diagnosis.catalogue import PROBLEMS

    return {code: each.title for code, each in PROBLEMS.items()}


def _given_away(words: str) -> str:
    """The code of the known problem that several words, from a log or of another tool, give away; "" when none."""
    if " " not in words.strip():
        return ""
    from apigeectl.diagnosis.answers import problem_in

    found = problem_in(words)
    return found.code if found else ""


def _problem(code: str, *, as_json: bool) -> None:
    from apigeectl.cli import known_problems
    from apigeectl.diagnosis.catalogue import PROBLEMS

    if as_json:
        Console().json_line(known_problems.as_json(PROBLEMS[code]))
    else:
        Console().data(known_problems.as_text(PROBLEMS[code]))


def _property(typed: str, codes: Mapping[str, str], *, as_json: bool) -> None:
    from apigeectl.actions.explain import explanation
    from apigeectl.cli import explanations

    explained = explanation(typed)
    if explained is None:
        raise _unknown(typed, codes)
    if as_json:
        Console().json_line(explanations.as_json(explained))
    else:
        Console().data(explanations.as_text(explained, _width()))


def _unknown(typed: str, codes: Mapping[str, str]) -> UsageError:
    from apigeectl.overrides.catalogue import corrected

    if " " in typed.strip():
        words = typed if len(typed) <= _QUOTED else f"{typed[:_QUOTED]}..."
        return UsageError(
            f'no known problem shows in "{words}"', hint="give one line, in quotes, as it was printed"
        )
    close = [] if len(typed) >= 100 else get_close_matches(typed, codes, 1, 0.8)
    close = close or (_close_codes(typed) if _CODE.match(typed) else [])
    guess = close[0] if close else corrected(typed)
    hint = f'did you mean "{guess}"?' if guess else "apigeectl explain lists all that can be explained"
    return UsageError(f'there is no property and no code "{typed}"', hint=hint)


def _close_codes(typed: str) -> list[str]:
    padded = f"{typed[:3].upper()}-{int(typed[3:].lstrip('-')):02}"  # KUB-2 is KUB-02, and not KUB-12
    return [padded] if padded in _known() else get_close_matches(typed.upper(), _known(), 1, 0.8)


def _width() -> int | None:
    """None off a terminal, where lines can be as long as they are."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


_QUOTED = 60
_CODE = re.compile(r"[A-Za-z]{3}-?\d{1,3}$")
_HEAD = {"apiVersion": "apigeectl/v1"}
