"""The program: `apigeectl`, and `python -m apigeectl`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    argv = sys.argv[1:]
    if argv == ["version"]:  # scripts ask in loops; typer alone would triple what this costs
        from apigeectl.version import version_lines

        print("\n".join(version_lines()))  # noqa: T201
        return
    from apigeectl.cli.app import run

    sys.exit(run(argv))


if __name__ == "__main__":
    main()
