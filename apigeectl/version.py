"""What this build is."""

from __future__ import annotations

import sys

from apigeectl import __version__


def version_lines() -> tuple[str, ...]:
    """The lines of `apigeectl version`: the original's first word, then what a Python build knows.

    The original also printed commit, build id, build time and Go version; scripts read the first line.
    """
    python = ".".join(str(part) for part in sys.version_info[:3])
    return (f"Version: {__version__}", f"Python Version: {python}", f"Platform: {sys.platform}")
