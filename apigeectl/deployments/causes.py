"""Why pods failed, each cause once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

_POD = re.compile(r"\bapigee-runtime-[-a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Cause:
    """What was reported, and how many times."""

    message: str
    times: int

    def __str__(self) -> str:
        return f"{self.message} ({self.times} times)" if self.times > 1 else self.message


def grouped(messages: Iterable[str]) -> tuple[Cause, ...]:
    """Equal causes together, the most frequent first; names of pods make no difference."""
    counted = Counter(_POD.sub("POD", " ".join(message.split())) for message in messages)
    return tuple(Cause(message, times) for message, times in counted.most_common())
