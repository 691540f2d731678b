"""Rules about forward proxies: one for management traffic, one an environment for API traffic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apigeectl.overrides.findings import Case, Finding, info, items, warning
from apigeectl.overrides.position import Path, dotted


def proxy_scheme(case: Case) -> Iterator[Finding]:
    """The documentation says HTTPS, the charts of 1.10 take HTTP or refuse."""
    for path, proxy in proxies(case):
        if proxy.get("scheme") in (None, ""):
            message = f"{dotted(path)} has no scheme, and readers disagree about the default"
            yield warning(path, message, "add scheme: HTTP or scheme: HTTPS", at_key=True)


def proxy_order(case: Case) -> Iterator[Finding]:
    for path, proxy in proxies(case):
        order = [key for key in proxy if key in _ORDER]
        if path[0] == "envs" and order != sorted(order, key=_ORDER.index):
            message = f"{dotted(path)}: Google's reference advises the order {', '.join(_ORDER)}"
            yield info(path, message, "it works in any order", at_key=True)


def proxy_for_api_traffic(case: Case) -> Iterator[Finding]:
    if not case.has(("httpProxy",)):
        return
    without = [path for path, env in items(case.overrides.data, "envs") if not env.get("httpProxy")]
    wanted = [path for path in without if case.holds_environment(path)]
    if wanted:
        names = dotted(wanted[0]) + (f" and {len(wanted) - 1} more" if len(wanted) > 1 else "")
        message = f"httpProxy carries management traffic only; API traffic of {names} goes out directly"
        hint = "add httpProxy to the environment if its backends are behind the proxy too"
        yield info(("httpProxy",), message, hint, at_key=True)


def proxies(case: Case) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Those that the file describes: the common one, then those of the environments."""
    places: list[Path] = [("httpProxy",)]
    places += [(*path, "httpProxy") for path, _ in items(case.overrides.data, "envs")]
    for path in places:
        proxy = case.at(path)
        if isinstance(proxy, Mapping) and proxy:
            yield path, proxy


_ORDER = ("scheme", "host", "port")
