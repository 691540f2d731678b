"""What the logs of the Connect agent and of MART say. Matched by words: times and line numbers differ."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

_GLOG = re.compile(r"^([IWEF])\d{4} .*?\] (.*)$")
_FLAG = re.compile(r'main\.go:\d+\] "(\w+)"\s*: ?(.*)$')
_STARTED = re.compile(r"successfully initiated http client")
_OPENED = re.compile(r"listening on tether (\d+)")
_CLOSED = re.compile(r"tether id (\d+) is closed")
_SERVED = re.compile(r'received response from target "([^"]+)", status code: (\d{3})')
_DENIED = re.compile(
    r"failed to register stream with Apigee Connect, got '(\w+)'.*Permission .*denied on resource"
    r"|Permission 'apigeeconnect\.endpoints\.connect' denied"
)
_NO_TOKEN = re.compile(r"oauth2: cannot fetch token|(?i:invalid jwt signature)|invalid_grant")
_CUT_OFF = re.compile(
    r"transport: Error while dialing|connection error: desc|i/o timeout|no such host|proxyconnect tcp"
    r"|x509: certificate"
)
_CALLER = re.compile(r"apigee-connect-agent-\d+\.\d+")


class Kind(Enum):
    """What a line of the agent's log is about."""

    STARTED = "started"
    OPENED = "opened"
    CLOSED = "closed"
    REQUEST = "request"
    ERROR = "error"
    FLAG = "flag"
    OTHER = "other"


@dataclass(frozen=True)
class Line:
    """One line, understood: a flag's name and value, a tether's number, a request's target and status."""

    kind: Kind
    text: str
    subject: str = ""
    value: str = ""


def read_line(text: str) -> Line:  # noqa: PLR0911 (a table of patterns)
    """What one line says."""
    glog = _GLOG.match(text)
    level, message = (glog[1], glog[2]) if glog else ("", text)
    if _DENIED.search(text) or _CUT_OFF.search(text) or level in ("E", "F"):
        return Line(Kind.ERROR, message)
    if found := _SERVED.search(text):
        bad = found[2][0] in "45"
        return Line(Kind.ERROR if bad else Kind.REQUEST, found[0], found[1], found[2])
    if found := _OPENED.search(text):
        return Line(Kind.OPENED, message, found[1])
    if found := _CLOSED.search(text):
        return Line(Kind.CLOSED, message, found[1])
    if found := _FLAG.search(text):
        return Line(Kind.FLAG, message, found[1], found[2].strip().strip('"'))
    if _STARTED.search(text):
        return Line(Kind.STARTED, message)
    return Line(Kind.OTHER, message)


@dataclass(frozen=True)
class AgentLog:
    """One run of one agent."""

    opened: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    fatal: str | None = None
    """The line that ended the run."""
    denied: bool = False
    """Apigee Connect refused it: a role, the API, the project or the key is wrong."""
    no_token: str | None = None
    """The line that ended the run, when it says that Google gave no token for the agent's key."""
    cut_off: str | None = None
    """The newest line that says that Google cannot be reached, unless a stream was opened since."""
    bad_answer: str | None = None
    """The newest answer of MART, when it was an error."""
    flags: Mapping[str, str] = field(default_factory=dict)

    @property
    def streams(self) -> int:
        # By number: a log that was cut off at its beginning still counts right. That streams close is normal.
        return 0 if self.fatal else len(self.opened - self.closed)


def read_agent_log(text: str) -> AgentLog:
    """Understand the log of one run."""
    raw = text.splitlines()
    lines = [read_line(line) for line in raw]
    fatal = [found[2] for line in raw if (found := _GLOG.match(line)) and found[1] == "F"]
    cut_off = bad_answer = None
    for line in lines:
        if line.kind is Kind.OPENED:
            cut_off = None
        elif _CUT_OFF.search(line.text):
            cut_off = line.text
        elif line.value and line.kind in (Kind.REQUEST, Kind.ERROR):
            bad_answer = line.text if line.kind is Kind.ERROR else None
    ended = fatal[-1] if fatal else None
    return AgentLog(
        frozenset(line.subject for line in lines if line.kind is Kind.OPENED),
        frozenset(line.subject for line in lines if line.kind is Kind.CLOSED),
        ended,
        denied=_DENIED.search(text) is not None,
        no_token=ended if ended and _NO_TOKEN.search(ended) else None,
        cut_off=cut_off,
        bad_answer=bad_answer,
        flags={line.subject: line.value for line in lines if line.kind is Kind.FLAG},
    )


def last_call_by_agent(mart_log: str) -> str | None:
    """The newest line of MART's log that names the agent as the caller."""
    return next((line for line in reversed(mart_log.splitlines()) if _CALLER.search(line)), None)
