"""Where the cluster is and who we are there: kubeconfigs with all their log-ins, or the pod we run in."""

from __future__ import annotations

import difflib
import logging
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from apigeectl import __version__
from apigeectl.errors import NoCredentials, UsageError

if TYPE_CHECKING:
    from kubernetes.client import ApiClient, Configuration

USER_AGENT = f"apigeectl/{__version__}"
DEFAULT_KUBECONFIG = "~/.kube/config"
IN_CLUSTER = "in-cluster"
"""Stands for the context's name when the service account of our own pod is used."""

CONNECTIONS = 64
"""Connections kept open, more than there are threads: workers, watches, the keeper of the lease."""

LOGIN_SECONDS = 60.0
"""How long an exec plugin may take to log in."""

ASKING_SECONDS = 300.0
"""The same on a terminal, where it may ask the user to log in with a browser."""

_LOOPBACK = "localhost,127.0.0.0/8,::1"
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True)
class Access:
    """A client that is logged in, the context it came from and the server it talks to."""

    client: ApiClient = field(repr=False)
    context: str
    server: str
    verified: bool = True


def load(kubeconfig: str | None, context: str | None, *, connections: int = CONNECTIONS) -> Access:
    """Log in as `kubeconfig`, else KUBECONFIG, else ~/.kube/config says; without one, as our own pod."""
    from kubernetes.config.kube_config import KubeConfigMerger

    # The client library reads KUBECONFIG when it is imported; a variable set later would be ignored.
    written = kubeconfig or os.environ.get("KUBECONFIG") or DEFAULT_KUBECONFIG
    files = [Path(part).expanduser() for part in written.split(os.pathsep) if part]
    if not any(file.exists() for file in files):
        if kubeconfig is None and context is None and (SERVICE_ACCOUNT / "token").is_file():
            return _in_cluster(connections)
        raise NoCredentials(
            f"no kubeconfig found: {written} does not exist",
            hint="name one with --kubeconfig or the variable KUBECONFIG",
        )
    with _readable(written):
        merged = KubeConfigMerger(os.pathsep.join(map(str, files)))  # type: ignore[no-untyped-call]
        names = [str(entry.value["name"]) for entry in merged.config.value["contexts"]]
        chosen = _choose(context, names, merged.config_files.values(), written)
    return _log_in(merged.config, chosen, connections, written)


def _choose(context: str | None, names: list[str], documents: Any, written: str) -> str:
    # As kubectl: of several files the first that names a current context wins (the library takes the last).
    chosen = context or next((str(d["current-context"]) for d in documents if d.get("current-context")), None)
    known = ", ".join(sorted(names)) or "none"
    if chosen is None:
        raise NoCredentials(
            f"kubeconfig {written} names no current context",
            details=[f"its contexts: {known}"],
            hint="choose one with --context",
        )
    if chosen not in names:
        close = difflib.get_close_matches(chosen, names, n=1)
        raise UsageError(
            f'context "{chosen}" does not exist in kubeconfig {written}',
            details=[f"its contexts: {known}"],
            hint=f"did you mean --context {close[0]}?" if close else "choose one with --context",
        )
    return chosen


def _log_in(config: Any, context: str, connections: int, written: str) -> Access:
    from kubernetes.client import Configuration
    from kubernetes.config import new_client_from_config_dict

    configuration = _configuration(Configuration(), connections)
    with _readable(written), _plugins_bounded(), _plugin_failures() as failures:
        client = new_client_from_config_dict(  # type: ignore[no-untyped-call]
            config, context, persist_config=False, client_configuration=configuration
        )
    _settle(configuration)
    if failures and "BearerToken" not in configuration.api_key:
        raise NoCredentials(
            f'context "{context}": its exec plugin could not log in',
            details=[line for failure in failures for line in failure.splitlines()],
            hint="run the plugin's command by hand (kubectl config view --minify shows it), or log in again",
        )
    return _access(client, configuration, context)


def _in_cluster(connections: int) -> Access:
    from kubernetes.client import ApiClient, Configuration
    from kubernetes.config.incluster_config import InClusterConfigLoader

    configuration = _configuration(Configuration(), connections)
    with _readable(str(SERVICE_ACCOUNT)):
        loader: Any = InClusterConfigLoader
        loader(
            token_filename=str(SERVICE_ACCOUNT / "token"), cert_filename=str(SERVICE_ACCOUNT / "ca.crt")
        ).load_and_set(configuration)
    _settle(configuration)
    return _access(ApiClient(configuration), configuration, IN_CLUSTER)


def _configuration(configuration: Configuration, connections: int) -> Configuration:
    configuration.connection_pool_maxsize = connections
    configuration.retries = False  # we repeat ourselves: the library would never repeat a PATCH
    # As kubectl: loopback is never asked through a proxy, whatever NO_PROXY says.
    configuration.no_proxy = ",".join(part for part in (configuration.no_proxy, _LOOPBACK) if part)
    return configuration


def _settle(configuration: Configuration) -> None:
    # Tokens out of files end in a newline, which no header may contain.
    configuration.api_key = {key: value.strip() for key, value in configuration.api_key.items()}
    # The library's refresh runs an exec plugin at every request, in every thread, once its token lives less
    # than five minutes, and never after a 401. We log in again after a 401 instead, once for all threads.
    configuration.refresh_api_key_hook = None


def _access(client: ApiClient, configuration: Configuration, context: str) -> Access:
    if not str(configuration.host).startswith(("https://", "http://")):
        raise NoCredentials(f'context "{context}": its server is no URL: {configuration.host}')
    client.user_agent = USER_AGENT
    return Access(client, context, str(configuration.host), bool(configuration.verify_ssl))


@contextmanager
def _readable(source: str) -> Iterator[None]:
    """What a broken kubeconfig makes the library raise becomes one clear error without the file's content."""
    try:
        yield
    except (NoCredentials, UsageError):
        raise
    except Exception as error:
        # `from None`: the library's own messages quote whole entries, tokens included.
        raise NoCredentials(
            f"kubeconfig {source} cannot be used: {_safe_words(error)}",
            hint="kubectl config view shows what is in it; name another one with --kubeconfig or KUBECONFIG",
        ) from None


def _safe_words(error: Exception) -> str:
    from kubernetes.config import ConfigException

    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    if isinstance(error, ConfigException):
        return str(error).partition("{")[0].strip()
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return f"not YAML (line {mark.line + 1}, column {mark.column + 1})"
    return "it does not have the form of a kubeconfig"


@contextmanager
def _plugins_bounded() -> Iterator[None]:
    """Exec plugins that hang are ended: the library would wait for ever."""
    from kubernetes.config import ConfigException, exec_provider

    class Plugin(subprocess.Popen[str]):
        def communicate(self, input: str | None = None, timeout: float | None = None) -> tuple[str, str]:  # noqa: A002
            # Without a pipe for its words it talks to the user at the terminal.
            timeout = LOGIN_SECONDS if self.stderr else ASKING_SECONDS
            try:
                return super().communicate(input, timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                self.wait()  # for itself only: a child of it may hold the pipes
                for pipe in (self.stdout, self.stderr):
                    if pipe:
                        pipe.close()
                raise ConfigException(f"exec: no answer within {timeout:g} s") from None

    provider: Any = exec_provider
    original = provider.subprocess
    provider.subprocess = SimpleNamespace(Popen=Plugin, PIPE=subprocess.PIPE)
    try:
        yield
    finally:
        provider.subprocess = original


@contextmanager
def _plugin_failures() -> Iterator[list[str]]:
    """What the library says about a failing exec plugin: it only logs it and goes on anonymous."""
    failures: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.name == "root" and record.levelno >= logging.ERROR:
                failures.append(record.getMessage())

    listener = Listener()
    root = logging.getLogger()
    root.addHandler(listener)
    try:
        yield failures
    finally:
        root.removeHandler(listener)
