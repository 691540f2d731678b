"""`python -m tests.fuzz 10000`: validate mutated real-looking files; each ends with exit 0 or 3, never anything else.

A case is its number alone, so `python -m tests.fuzz --case 4711` shows one again.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from apigeectl.cli.app import run

ROOT = Path(__file__).parents[1]
CORPUS = tuple(file.read_text(encoding="utf-8") for file in sorted((ROOT / "overrides").glob("*.yaml")))

WORDS = (
    "yes on off ~ null .nan -.inf 012 0x1F 1e3 1_000 12:30 2021-02-03 - : ? | > & * ! % @ ` [ ] { } , # '' \"\" << "
    "&a *a !!str !!python/object:os.system --- ... {{x}} ${X} é 日本 \u2028 \x85 \x07 \ufeff \t \r 99999999999999999999"
).split(" ")
KEYS = "org envs name virtualhosts mart connectAgent gcp redis auth password cassandra replicaCount resources sslCertPath".split()
FLAGS = (
    ["--strict"],
    ["--skip-files"],
    ["--org"],
    ["--all-envs"],
    ["--datastore", "--redis"],
    ["--telemetry"],
    *(["--release", f"1.{minor}"] for minor in range(1, 17)),
)

Lines = list[str]


@dataclass(frozen=True)
class Case:
    """One file, sometimes over another one, and how it is judged."""

    text: bytes
    base: str | None
    flags: tuple[str, ...]


def case(number: int) -> Case:
    """The case of this number, always the same."""
    chance = random.Random(number)
    lines = chance.choice(CORPUS).split("\n")
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        lines = chance.choice(_MUTATIONS)(chance, lines or [""])
    content = chance.choice(("\n", "\n", "\n", "\r\n", "\r")).join(lines).encode("utf-8", "surrogatepass")
    if chance.random() < 0.1:
        content = _bytes_changed(chance, content)
    flags = [word for group in chance.sample(FLAGS, chance.randrange(3)) for word in group]
    base = chance.choice(CORPUS) if chance.random() < 0.1 else None
    return Case(content, base, ("-o", chance.choice(("text", "json", "sarif", "github")), *flags))


def outcome(number: int, folder: Path) -> str | None:
    """What is wrong with how the case ended; None when nothing is."""
    now = case(number)
    file = folder / "overrides.yaml"
    file.write_bytes(now.text)
    below = folder / "base.yaml"
    below.write_text(now.base or "", encoding="utf-8")
    files = ["-f", str(below), "-f", str(file)] if now.base else ["-f", str(file)]
    out, err = io.StringIO(), io.StringIO()
    begun = time.process_time()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(["validate", *files, *now.flags])
    taken = time.process_time() - begun
    if code not in (0, 3) or "a defect in apigeectl" in err.getvalue():
        return f"exit {code}: {err.getvalue()}"
    if taken > 2:
        return f"took {taken:.1f} s"
    if now.flags[1] in ("json", "sarif"):
        json.loads(out.getvalue())
    return None


def _line_lost(chance: random.Random, lines: Lines) -> Lines:
    index = chance.randrange(len(lines))
    return lines[:index] + lines[index + 1 :]


def _line_twice(chance: random.Random, lines: Lines) -> Lines:
    return _inserted(chance, lines, chance.choice(lines))


def _lines_moved(chance: random.Random, lines: Lines) -> Lines:
    start, end = sorted(chance.randrange(len(lines) + 1) for _ in range(2))
    rest = lines[:start] + lines[end:]
    place = chance.randrange(len(rest) + 1)
    return rest[:place] + lines[start:end] + rest[place:]


def _indented_otherwise(chance: random.Random, lines: Lines) -> Lines:
    return _changed(chance, lines, lambda line: chance.choice((" ", "  ", "\t", "    ")) + line)


def _less_indented(chance: random.Random, lines: Lines) -> Lines:
    return _changed(chance, lines, lambda line: line[1:] if line.startswith(" ") else line)


def _value_replaced(chance: random.Random, lines: Lines) -> Lines:
    return _changed(chance, lines, lambda line: line.partition(":")[0] + ": " + chance.choice(WORDS))


def _key_replaced(chance: random.Random, lines: Lines) -> Lines:
    def change(line: str) -> str:
        key, colon, value = line.partition(":")
        return key[: len(key) - len(key.lstrip(" -"))] + chance.choice((*KEYS, *WORDS)) + colon + value

    return _changed(chance, lines, change)


def _word_inserted(chance: random.Random, lines: Lines) -> Lines:
    def change(line: str) -> str:
        place = chance.randrange(len(line) + 1)
        return line[:place] + chance.choice(WORDS) + line[place:]

    return _changed(chance, lines, change)


def _character_lost(chance: random.Random, lines: Lines) -> Lines:
    def change(line: str) -> str:
        place = chance.randrange(len(line) + 1)
        return line[:place] + line[place + 1 :]

    return _changed(chance, lines, change)


def _cut_off(chance: random.Random, lines: Lines) -> Lines:
    return lines[: chance.randrange(len(lines) + 1)]


def _another_file_inserted(chance: random.Random, lines: Lines) -> Lines:
    other = chance.choice(CORPUS).split("\n")
    start = chance.randrange(len(other))
    return _inserted(chance, lines, *other[start : start + 10])


def _silenced(chance: random.Random, lines: Lines) -> Lines:
    comment = (
        "# apigeectl: ignore=" + chance.choice(("unknown-key", "wrong-type,missing", "x", "")) + " -- why"
    )
    return _inserted(chance, lines, comment)


_MUTATIONS: tuple[Callable[[random.Random, Lines], Lines], ...] = (
    _line_lost,
    _line_twice,
    _lines_moved,
    _indented_otherwise,
    _less_indented,
    _value_replaced,
    _key_replaced,
    _word_inserted,
    _character_lost,
    _cut_off,
    _another_file_inserted,
    _silenced,
)


def _changed(chance: random.Random, lines: Lines, change: Callable[[str], str]) -> Lines:
    index = chance.randrange(len(lines))
    return [*lines[:index], change(lines[index]), *lines[index + 1 :]]


def _inserted(chance: random.Random, lines: Lines, *more: str) -> Lines:
    index = chance.randrange(len(lines) + 1)
    return [*lines[:index], *more, *lines[index:]]


def _bytes_changed(chance: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randrange(1, 4)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def main() -> int:
    """Run them all; the exit code is 1 when one ended badly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=10_000)
    parser.add_argument("--case", type=int)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.case is not None:
            sys.stdout.write(case(given.case).text.decode("utf-8", "backslashreplace"))
            print(
                f"\n{' '.join(case(given.case).flags)}: {outcome(given.case, Path(folder)) or 'as it should be'}"
            )
            return 0
        bad = {n: wrong for n in range(given.count) if (wrong := outcome(n, Path(folder)))}
    for number, wrong in bad.items():
        print(f"case {number}: {wrong}")
    print(f"{given.count} cases, {len(bad)} ended badly")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
