"""What can go wrong with a registry beside its own refusals."""

from __future__ import annotations

from apigeectl.errors import InstallerError, Unreachable


class RegistryError(InstallerError):
    """A registry's answer that cannot be used, or not be trusted."""


def no_answer(error: Exception, host: str, timeout: float) -> Unreachable:
    """Why nothing, or not everything, came from a host."""
    import requests

    words = {
        requests.exceptions.SSLError: "its certificate is not accepted",
        requests.exceptions.ProxyError: "the proxy does not lead there",
        requests.exceptions.Timeout: f"no answer in {timeout:.0f} s",
        requests.exceptions.ChunkedEncodingError: "the connection broke in the middle of the answer",
    }
    reason = next((text for kind, text in words.items() if isinstance(error, kind)), "no connection")
    if "Read timed out" in str(error):  # in the middle of an answer the library calls it a broken connection
        reason = words[requests.exceptions.Timeout]
    return Unreachable(f"cannot reach the registry {host}: {reason}")
