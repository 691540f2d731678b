"""`make bench`: every measurement, or those named: `python -m tests.benches startup validate`."""

from __future__ import annotations

import importlib
import subprocess
import sys

from apigeectl.errors import InstallerError

ALL = ("startup", "validate", "render", "deployments", "readiness", "engine")
"""Each a module of this package with a `main`."""


def main(names: list[str]) -> int:
    """Run them one after the other, each in a process of its own, so that none inherits the memory of another."""
    worst = 0
    for name in names or ALL:
        print(f"==> {name}", flush=True)
        done = subprocess.run([sys.executable, "-m", "tests.benches", "--only", name], check=False)
        worst = max(worst, abs(done.returncode))
    return worst


def only(name: str) -> int:
    """One of them, in this process; what it needs and does not find is said."""
    try:
        importlib.import_module(f"tests.benches.{name}").main()
    except InstallerError as error:
        print("\n".join([f"skipped: {error.message}", *error.details, error.hint or ""]))
    return 0


if __name__ == "__main__":
    sys.exit(only(sys.argv[2]) if sys.argv[1:2] == ["--only"] else main(sys.argv[1:]))
