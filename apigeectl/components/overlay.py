"""Templates of the user's, rendered in a process of their own that time and memory can end.

Parent and child speak in lines of JSON; nothing that the child says is executed or trusted to be short.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Mapping
from typing import IO, Any, cast

from apigeectl.errors import InstallerError, UsageError


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one template may use."""

    seconds: float = 10
    memory: int = 500 * 1024 * 1024
    """Bytes of address space of the whole process."""
    text: int = 16 * 1024 * 1024
    """Characters of its result; no Kubernetes object is as large."""


LIMITS = Limits()
_GRACE = 2.0
"""Seconds until a child is killed that does not even notice that its time is over."""


class TooLong(Exception):
    """The time of a template is over."""


class Overlay:
    """A folder of templates over the shipped ones, and the process that renders them."""

    def __init__(self, folder: pathlib.Path, shipped: pathlib.Path, limits: Limits) -> None:
        if not folder.is_dir():
            raise UsageError(f"The templates folder {folder} does not exist.")
        self.folder = folder
        self._shipped = shipped
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None

    def file(self, name: str) -> pathlib.Path:
        """The file that a template name means."""
        own = self.folder / name
        return own if own.is_file() else self._shipped / name

    def render(self, name: str, context: Mapping[str, Any]) -> str:
        """The text of a template. Raises InstallerError with the file, and the line where there is one."""
        process = self._process = self._process or self._start()
        request = json.dumps({"name": name, "context": context}, default=dataclasses.asdict)
        answer = self._ask(process, request, name)
        if "error" in answer:
            raise InstallerError(str(answer["error"]), hint=answer.get("hint"))
        return str(answer["text"])

    def _start(self) -> subprocess.Popen[bytes]:
        settings = {
            "folders": [str(self.folder), str(self._shipped)],
            **dataclasses.asdict(self._limits),
        }
        # Isolated, so that nothing in the working directory is taken for a module of ours.
        process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-I", "-c", _PROGRAM, json.dumps(sys.path), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        weakref.finalize(self, _stop, process)
        return process

    def _ask(self, process: subprocess.Popen[bytes], request: str, name: str) -> dict[str, Any]:
        to_child, from_child = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        try:
            to_child.write(request.encode() + b"\n")
            to_child.flush()
            line = _line(from_child, self._limits)
        except (BrokenPipeError, EOFError) as error:
            _stop(process)
            raise self._ended(
                name, f"needs more than {self._limits.memory // 2**20} MB, it seems,"
            ) from error
        except TimeoutError as error:
            _stop(process)
            raise self._ended(name, f"did not end in {self._limits.seconds:g} seconds") from error
        answer = json.loads(line)
        return answer if isinstance(answer, dict) else {}

    def _ended(self, name: str, why: str) -> InstallerError:
        self._process = None
        return InstallerError(
            f"{self.file(name)}, or a template that it includes, {why} and was stopped.",
            hint=f"Look for a loop without an end in the templates of {self.folder}.",
        )


_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from apigeectl.components.overlay import serve; serve(json.loads(sys.argv[2]))"
)


def serve(settings: Mapping[str, Any]) -> None:
    """The child: answer each line of stdin with one of stdout."""
    import resource

    from apigeectl.components.template import environment

    _, most = resource.getrlimit(resource.RLIMIT_AS)
    memory = settings["memory"] if most == resource.RLIM_INFINITY else min(most, settings["memory"])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.signal(signal.SIGALRM, _time_is_over(settings["seconds"]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it too, and ends us
    templates = environment([pathlib.Path(folder) for folder in settings["folders"]])
    limits = Limits(settings["seconds"], settings["memory"], settings["text"])
    for line in sys.stdin.buffer:
        answer = _answer(templates, json.loads(line), limits)
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


def _answer(templates: Any, request: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    from apigeectl.components.template import rendered

    name = request["name"]
    signal.setitimer(signal.ITIMER_REAL, limits.seconds)
    try:
        text = rendered(templates, name, request["context"])
    except InstallerError as error:
        return {"error": error.message, "hint": error.hint}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if len(text) > limits.text:
        return {"error": f"{name} renders {len(text)} characters, more than {limits.text}."}
    return {"text": text}


def _time_is_over(seconds: float) -> Callable[[int, Any], None]:
    def stop(_signal: int, _frame: Any) -> None:
        raise TooLong(f"the template did not end in {seconds:g} seconds")

    return stop


def _line(stream: IO[bytes], limits: Limits) -> bytes:
    """The next line. Raises TimeoutError and EOFError."""
    deadline = time.monotonic() + limits.seconds + _GRACE
    parts = bytearray()
    while not parts.endswith(b"\n"):
        ready, _, _ = select.select([stream], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError
        part = os.read(stream.fileno(), 1 << 16)
        if not part or len(parts) > 8 * limits.text:
            raise EOFError
        parts += part
    return bytes(parts)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for stream in (process.stdin, process.stdout):
        if stream:
            stream.close()
    process.wait()
