"""The program: `apigeectl`, and `python -m apigeectl`."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    argv = sys.argv[1:]
    if argv == ["version"] and _version():
        return
    from apigeectl.cli.app import run

    code = run(argv)
    _settle()
    sys.exit(code)


def _version() -> bool:
    """Scripts ask in loops, and typer would triple what it costs; False leaves the saying why to the rest."""
    from apigeectl.version import version_lines

    try:
        sys.stdout.write("\n".join(version_lines()) + "\n")
        sys.stdout.flush()
    except (OSError, AttributeError):  # no room, no reader, or no stdout at all
        return False
    return True


def _settle() -> None:
    """Let go of what cannot be written any more: all words about it are said, and Python would add its own."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
