"""One kubectl command against two servers: exit code and output, without what may differ."""

from __future__ import annotations

import os
import pathlib
import re
import shlex
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import unified_diff

from apigeectl import yaml
from tests.conformance.kubectl_session import Command


@dataclass(frozen=True)
class Said:
    """What a command said, as comparable text."""

    code: int
    stdout: str
    stderr: str

    def __str__(self) -> str:
        return f"exit code {self.code}\n-- stdout --\n{self.stdout}\n-- stderr --\n{self.stderr}"


@dataclass(frozen=True)
class Kubectl:
    """kubectl with a configuration, a cache and a home of its own."""

    kubeconfig: pathlib.Path
    home: pathlib.Path
    namespace: str

    def __call__(self, command: Command) -> Said:
        words = command.words.replace("{ns}", self.namespace)
        own = {"KUBECONFIG": self.kubeconfig, "HOME": self.home, "KUBECACHEDIR": self.home / "cache"}
        done = subprocess.run(
            ["kubectl", "-n", self.namespace, *shlex.split(words)],
            input=yaml.dump(command.manifests),
            env={"PATH": os.environ["PATH"], **{name: str(path) for name, path in own.items()}},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Said(done.returncode, comparable(done.stdout), comparable(done.stderr))


def ask_both(servers: Sequence[Kubectl], command: Command) -> tuple[Said, Said]:
    """The same command to both at the same time."""
    with ThreadPoolExecutor(2) as pool:
        real, ours = pool.map(lambda kubectl: kubectl(command), servers)
    return real, ours


def differences(real: Said, ours: Said) -> str:
    """What our server makes kubectl say instead; empty when nothing."""
    lines = unified_diff(str(real).splitlines(), str(ours).splitlines(), "real", "ours", lineterm="", n=2)
    return "\n".join(lines)


def comparable(text: str) -> str:
    """Text without times, ages, uids, versions, addresses, and what depends on their width."""
    for pattern, word in _VOLATILE:
        text = pattern.sub(word, text)
    return text


_VOLATILE = [
    (re.compile(r"^W\d{4} .*very short watch.*\n", re.MULTILINE), ""),  # a timeout that came soon
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UID"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?Z|[+-]\d\d:\d\d| [+-]\d{4})"), "TIME"),
    (re.compile(r"(\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4})"), "TIME"),
    (re.compile(r"([rR]esource ?[vV]ersion\W+)\d+"), r"\1VERSION"),
    (re.compile(r"(?<![\w=])(\d+[smhd])+(?![\w]) *"), "AGE "),
    (re.compile(r"<invalid> *"), "AGE "),
    (re.compile(r"/tmp/(LIVE|MERGED)-\d+"), r"\1"),
    (re.compile(r"127\.0\.0\.1:\d+"), "SERVER"),
    (re.compile(r"\b10\.(0|96)\.\d+\.\d+\b"), "ADDRESS"),
]
