"""Flags as scripts for the original write them, turned into the one form that typer reads.

| written                          | read as                    |
| -------------------------------- | -------------------------- |
| `--org=true`, `-org`             | `--org`                    |
| `--org=false`                    | (left out)                 |
| `-f=FILE`                        | `-f FILE`                  |
| `--dry-run`, `--dry-run=true`    | `--dry-run=client`         |
| `--dry-run=false`                | `--dry-run=none`           |
| `--wait`                         | `--wait=default`           |
| `--v=3`, `--v 3`, `-v=3`         | `--v`, `--v`, `-v`         |
| `-c cassandra, runtime`          | `-c cassandra,runtime`     |
| `-f FILE apply`                  | `apply -f FILE`            |
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from apigeectl.errors import UsageError

SWITCHES = frozenset(
    "all all-envs apply datastore follow force-conflicts h help init kube-apiserver no-color no-rollback openshift "
    "org print-yaml probe raw redis shared-flows skip-files strict telemetry v verbose write yes".split()
)
VALUED = frozenset(
    "access-token-file account billing-project bundle c chart-registry components context crds directory env f fault "
    "file-override-config files impersonate-service-account kubeconfig o output output-dir probe proxy release "
    "replace-secret request-timeout revision s settings since speed templates".split()
)
OPTIONAL = {"dry-run": "client", "state": "all", "wait": "default"}
"""Flags whose value may be left out, and what they mean then. A value is only ever taken after `=`."""

_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})


def normalise(argv: Sequence[str]) -> list[str]:
    """The arguments in the form that typer reads; what follows a bare `--` stays as it is."""
    ours = before_dashes(argv)
    return [*_rewrite(_command_first(ours)), *argv[len(ours) :]]


def before_dashes(argv: Sequence[str]) -> list[str]:
    """The arguments in front of a bare `--`; what follows it belongs to another program."""
    return list(argv[: argv.index("--")] if "--" in argv else argv)


def _command_first(tokens: list[str]) -> list[str]:
    """`-f FILE apply` becomes `apply -f FILE`: flags of the original may stand anywhere."""
    skip = False
    for index, token in enumerate(tokens):
        if skip:
            skip = False
        elif token.startswith("-"):
            skip = token.lstrip("-") in VALUED
        else:
            return [token, *tokens[:index], *tokens[index + 1 :]]
    return tokens


def _rewrite(tokens: list[str]) -> Iterator[str]:
    valued = VALUED | {"org"} if tokens[:1] in (["encode"], ["deployments"]) else VALUED
    if tokens[:1] == ["connect"]:
        valued -= {"probe"}  # a switch there; deployments probes an address
    rest = deque(tokens)
    while rest:
        token = rest.popleft()
        name, given, value = _flag(token)
        if name in ("c", "components") and not given:
            yield from (_dashed(name), _joined_list(rest, token))
        elif name in valued:
            yield from ((_dashed(name), value) if given else (_dashed(name),))
            if not given:
                yield _following(rest, token)
        elif name in SWITCHES:
            if not given or _truth(token, value):
                yield token.partition("=")[0] if name == "v" else _dashed(name)
            if name == "v" and not given:
                _drop_level(rest)
        elif name in OPTIONAL:
            yield f"--{name}={_optional_value(name, value if given else None)}"
        else:
            yield token


def _flag(token: str) -> tuple[str, bool, str]:
    """Name without dashes ("" for what is no known flag), whether `=` was written, the value."""
    if not token.startswith("-") or not token.strip("-"):
        return "", False, ""
    name, equals, value = token.lstrip("-").partition("=")
    known = name in SWITCHES or name in VALUED or name in OPTIONAL
    return (name, bool(equals), value) if known else ("", False, "")


def _dashed(name: str) -> str:
    return f"-{name}" if len(name) == 1 else f"--{name}"


def _following(rest: deque[str], token: str) -> str:
    if not rest:
        raise UsageError(f"{token} needs a value", hint=f"write {token} VALUE")
    return rest.popleft()


def _joined_list(rest: deque[str], token: str) -> str:
    """The documentation of 1.2 wrote `-c cassandra, runtime`, with a space after the comma."""
    names = _following(rest, token)
    while names.endswith(",") and rest:
        names += rest.popleft()
    return names


def _drop_level(rest: deque[str]) -> None:
    """Leave out the number of `--v 3`; no command takes a bare number."""
    if rest and rest[0].isdigit():
        rest.popleft()


def _truth(token: str, value: str) -> bool:
    if token.lstrip("-").startswith("v=") and value.isdigit():
        return value != "0"
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise UsageError(
        f'{token}: "{value}" is neither true nor false', hint="leave the value out to switch it on"
    )


def _optional_value(name: str, value: str | None) -> str:
    if value is None:
        return OPTIONAL[name]
    if name == "dry-run" and value in _TRUE:
        return "client"
    if name == "dry-run" and value in _FALSE:
        return "none"
    return value
