"""What the logs of the Connect agent and of MART say. Matched by words: times and line numbers differ."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPENED = re.compile(r"listening on tether (\d+)")
_CLOSED = re.compile(r"tether id (\d+) is closed")
_DENIED = re.compile(
    r"failed to register stream with Apigee Connect, got '(\w+)'.*Permission .*denied on resource"
)
_FATAL = re.compile(r"^F\d{4} .*?\] (.*)$")
_CALLER = re.compile(r"apigee-connect-agent-\d+\.\d+")


@dataclass(frozen=True)
class AgentLog:
    """One run of one agent."""

    opened: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    fatal: str | None = None
    """The line that ended the run."""
    denied: bool = False
    """Apigee Connect refused it: a role, the API, the project or the key is wrong."""

    @property
    def streams(self) -> int:
        # By number: a log that was cut off at its beginning still counts right. That streams close is normal.
        return len(self.opened - self.closed)


def read_agent_log(text: str) -> AgentLog:
    """Understand the log of one run."""
    fatal = [found[1] for line in text.splitlines() if (found := _FATAL.match(line))]
    return AgentLog(
        frozenset(_OPENED.findall(text)),
        frozenset(_CLOSED.findall(text)),
        fatal[-1] if fatal else None,
        denied=_DENIED.search(text) is not None,
    )


def last_call_by_agent(mart_log: str) -> str | None:
    """The newest line of MART's log that names the agent as the caller."""
    return next((line for line in reversed(mart_log.splitlines()) if _CALLER.search(line)), None)
