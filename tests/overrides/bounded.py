"""`python -m tests.overrides.bounded FILE...`: validate each in a process of its own and print what that took, as JSON lines."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import time

from apigeectl.cli.app import run


def measured(file: str) -> dict[str, object]:
    """Exit code, seconds of wall and CPU time, megabytes at the peak, and what was said."""
    reading, writing = os.pipe()
    begun = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _validate(file, writing)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as stream:
        said = stream.read()
    _, status, usage = os.wait4(child, 0)
    return {
        "code": os.waitstatus_to_exitcode(status),
        "wall": time.perf_counter() - begun,
        "cpu": usage.ru_utime + usage.ru_stime,
        "megabytes": usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024),
        "said": said,
    }


def _validate(file: str, writing: int) -> None:
    words = io.StringIO()
    code = 70
    try:
        with contextlib.redirect_stdout(words), contextlib.redirect_stderr(words):
            code = run(["validate", "-f", file])
    finally:
        os.write(writing, words.getvalue().encode()[:5000])
        os._exit(code)


def main() -> None:
    """Warm up once, so that the measures do not hold the imports."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        run(["validate", "-f", os.devnull])
    for file in sys.argv[1:]:
        print(json.dumps(measured(file)), flush=True)


if __name__ == "__main__":
    main()
