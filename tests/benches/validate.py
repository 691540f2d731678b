"""`python -m tests.benches.validate`: a typical file, and files of many environments, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
TYPICAL = ROOT / "overrides" / "production.yaml"
ENVIRONMENTS = (10, 100, 1000)
RUNS = 7
MOST_SECONDS, MOST_MEGABYTES = 2.5, 200
"""For a thousand environments."""

_ENVIRONMENT = """\
- name: env-{0}
  cacheEncryptionPath: ./keys/cache.txt
  kvmEncryptionPath: ./keys/kvm.txt
  serviceAccountPaths:
    runtime: ./service-accounts/runtime.json
    synchronizer: ./service-accounts/synchronizer.json
    udca: ./service-accounts/udca.json
  components:
    runtime:
      replicaCountMin: 2
      replicaCountMax: 6
  httpProxy:
    scheme: HTTP
    host: proxy.example.com
    port: 3128
"""


def many(environments: int) -> str:
    """The typical file with so many environments."""
    head, _, rest = TYPICAL.read_text(encoding="utf-8").partition("envs:\n")
    tail = rest[rest.index("\nvirtualhosts:") :]
    return f"{head}envs:\n{''.join(map(_ENVIRONMENT.format, range(environments)))}{tail}"


def measured(command: list[str], runs: int = RUNS) -> tuple[float, float]:
    """Median seconds of wall time and the most megabytes that the command took."""
    seconds, megabytes = [], 0.0
    for _ in range(runs):
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0  # it was waited for by its id, which Popen does not know
        seconds.append(time.perf_counter() - begun)
        megabytes = max(megabytes, usage.ru_maxrss / 1024)
    return median(seconds), megabytes


def main() -> None:
    """Measure and print; stop with 1 when a thousand environments take too long or too much."""
    nothing, _ = measured([sys.executable, "-c", "pass"])
    validate = [sys.executable, "-m", "apigeectl", "validate", "--skip-files", "-f"]
    taken, _ = measured([*validate, str(TYPICAL)])
    print(f"validate {TYPICAL.name:<25} {taken * 1000:7.1f} ms  {taken / nothing:5.1f} x python -c pass")
    with tempfile.TemporaryDirectory() as folder:
        for count in ENVIRONMENTS:
            file = Path(folder) / f"{count}.yaml"
            file.write_text(many(count), encoding="utf-8")
            taken, megabytes = measured([*validate, str(file)], 3)
            print(
                f"validate {count:5,} environments        {taken * 1000:7.1f} ms"
                f"  {taken / count * 1000:5.2f} ms each  {megabytes:4.0f} MB"
            )
    if taken > MOST_SECONDS or megabytes > MOST_MEGABYTES:
        sys.exit(f"more than {MOST_SECONDS} s or {MOST_MEGABYTES} MB")


if __name__ == "__main__":
    main()
