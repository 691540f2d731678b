"""Rendering 1 to 500 environments, and the whole of one quickstart installation: seconds, objects, peak memory."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from apigeectl.sandbox.session import Sandbox

REPOSITORY = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "apigeectl", "render"]
RUNS = 5
SIZES = (1, 10, 100, 500)

HEAD = """\
org: hybrid-example
instanceID: bench
gcp: {projectID: hybrid-example, region: us-central1}
k8sCluster: {name: bench, region: us-central1}
virtualhosts:
- name: group
  sslSecret: tls
envs:
"""
ENVIRONMENT = """\
- name: env-{number}
  serviceAccountSecretRefs: {{runtime: key, synchronizer: key, udca: key}}
"""


class Run(NamedTuple):
    """What one run of the program took."""

    seconds: float
    cpu_seconds: float
    """Without the time that a busy machine takes away."""
    megabytes: int
    output: bytes


def rendered(file: Path) -> Run:
    """The program in a process of its own, start-up included."""
    with tempfile.TemporaryFile() as out, open(os.devnull, "wb") as nowhere:
        begun = time.perf_counter()
        process = os.posix_spawn(
            sys.executable,
            [*PROGRAM, "-f", str(file)],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, out.fileno(), 1),
                (os.POSIX_SPAWN_DUP2, nowhere.fileno(), 2),
            ],
        )
        _, status, usage = os.wait4(process, 0)
        seconds = time.perf_counter() - begun
        assert status == 0, f"render ended with {os.waitstatus_to_exitcode(status)}"
        out.seek(0)
        return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024, out.read())


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name, Sandbox(speed=0) as sandbox:
        folder = Path(name)
        os.chdir(folder)
        sandbox.write_demo_files(folder)
        quickstart = folder / "quickstart.yaml"
        shutil.copy(REPOSITORY / "overrides" / "quickstart.yaml", quickstart)
        taken = min(rendered(quickstart) for _ in range(RUNS))
        print(
            f"render quickstart.yaml, start-up included: {taken.seconds:.2f} s ({taken.cpu_seconds:.2f} s CPU)"
        )
        print("environments  objects  seconds  CPU seconds  ms an environment  peak MB  same bytes twice")
        for size in SIZES:
            _show(size, _overrides(folder, size))


def _overrides(folder: Path, size: int) -> Path:
    file = folder / f"{size}.yaml"
    file.write_text(HEAD + "".join(ENVIRONMENT.format(number=number) for number in range(size)))
    return file


def _show(size: int, file: Path) -> None:
    first, second = rendered(file), rendered(file)
    fast = min(first, second)
    objects = first.output.count(b"\n---\n") + 1
    same = "yes" if first.output == second.output else "NO"
    each = fast.cpu_seconds / size * 1000
    print(
        f"{size:12}  {objects:7}  {fast.seconds:7.2f}  {fast.cpu_seconds:11.2f}  {each:17.1f}  {fast.megabytes:7}  {same}"
    )


if __name__ == "__main__":
    main()
