"""Lists of 1,000 proxies in 5 environments, against the sandbox with 20 ms latency a request: time, requests, memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

from apigeectl.clients.pace import READS_PER_SECOND
from apigeectl.sandbox.google.control_plane import Place
from apigeectl.sandbox.google.proxies import Proxy
from apigeectl.sandbox.session import Sandbox, Site

ENVIRONMENTS = tuple(f"env-{number}" for number in range(5))
_PROGRAM = "import resource, sys\nfrom apigeectl.cli.app import run\ncode = run(sys.argv[1:])\n"
_PEAK = "sys.stderr.write(f'peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}\\n')\nsys.exit(code)"


@dataclass(frozen=True)
class Measured:
    """One run of the program."""

    seconds: float
    first_word: float
    requests: int
    peak_mib: float
    lines: int


def measure(sandbox: Sandbox, argv: Sequence[str]) -> Measured:
    """Run a command in the sandbox, in a process of its own."""
    environment = os.environ | sandbox.environment()
    before = len(sandbox.google.requests)
    begun = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM + _PEAK, *argv],
            env=environment,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr
        words = [(time.perf_counter() - begun, line) for line in process.stderr]
        seconds = time.perf_counter() - begun
        assert process.wait() == 0, words
        out.seek(0)
        lines = sum(1 for _ in out)
    first = next((at for at, line in words if not line.startswith(("(sandbox", "peak"))), seconds)
    peak = float(words[-1][1].split()[1]) / 1024
    return Measured(seconds, first, len(sandbox.google.requests) - before, peak, lines)


def main(proxies: int = 1000) -> None:
    """Measure and print."""
    site = Site(environments=ENVIRONMENTS)
    with Sandbox(site, faults=["google=slow"], speed=0) as sandbox:
        names = [f"proxy-{number:05d}" for number in range(proxies)]
        plane = sandbox.google.control_plane
        for name in names:
            plane.proxies.add(Proxy(name, f"/{name}"))
        for environment in ENVIRONMENTS:
            for name in names:
                plane.change(Place("apis", environment, name), "1")
        deployed = proxies * len(ENVIRONMENTS)
        for argv in (["list"], ["list", "--state"]):
            found = measure(sandbox, ["deployments", *argv, "--org", site.organization])
            print(
                f"apigeectl deployments {' '.join(argv):<13} {found.seconds:6.2f} s, {found.requests} requests, "
                f"peak {found.peak_mib:.0f} MiB, {found.lines} lines"
            )
            if "--state" in argv:
                allowed = deployed / READS_PER_SECOND
                rate = found.requests / found.seconds
                print(
                    f"  {found.seconds / allowed * 100 - 100:+.0f} % of what the rate allows, {rate:.0f} a second, "
                    f"first word after {found.first_word:.2f} s"
                )


if __name__ == "__main__":
    main()
