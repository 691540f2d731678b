"""Start-up: wall times as multiples of `python -c pass` in the same run, and requests of an apply and of its repetition."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from apigeectl.sandbox.session import Sandbox

REPOSITORY = Path(__file__).parents[2]
RUNS = 15
PROGRAM = [sys.executable, "-m", "apigeectl"]


def seconds(command: list[str], **options: object) -> float:
    """The median wall time of a command."""
    taken = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)  # type: ignore[call-overload]
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name, Sandbox(speed=0) as sandbox:
        folder = Path(name)
        sandbox.write_demo_files(folder)
        shutil.copy(REPOSITORY / "overrides" / "quickstart.yaml", folder / "overrides.yaml")
        environment = os.environ | sandbox.environment()
        nothing = seconds([sys.executable, "-c", "pass"])
        print(f"python -c pass                                 {nothing * 1000:6.1f} ms")
        for argv in (["version"], ["apply", "--dry-run=client", "--print-yaml"], ["validate"]):
            taken = seconds([*PROGRAM, *argv], cwd=folder)
            print(f"apigeectl {' '.join(argv):<36} {taken * 1000:6.1f} ms  {taken / nothing:5.1f} x")
        assert sandbox.kubernetes
        for argv in (["init"], ["check-ready", "--wait"], ["apply"], ["check-ready", "--wait"], ["apply"]):
            before = len(sandbox.kubernetes.requests)
            subprocess.run(
                [*PROGRAM, *argv], cwd=folder, env=environment, check=True, stderr=subprocess.DEVNULL
            )
            sent = [
                one
                for one in list(sandbox.kubernetes.requests)[before:]
                if one.user_agent.startswith("apigeectl/")
            ]
            writes = [one for one in sent if one.method not in ("GET", "HEAD") and not one.dry_run]
            print(f"apigeectl {' '.join(argv):<36} {len(sent):4d} requests, {len(writes)} writes")


if __name__ == "__main__":
    main()
