"""Rules about virtual hosts, what they route (up to 1.2), and the ingress gateways that carry them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import lru_cache

from apigeectl.overrides.findings import Case, Finding, error, info, items, shown, text_at, warning
from apigeectl.overrides.formats import is_host
from apigeectl.overrides.position import Path, dotted

APIGEE_GATEWAY, MESH_GATEWAY = "apigee-ingressgateway", "istio-ingressgateway"


def bad_host_alias(case: Case) -> Iterator[Finding]:
    """Only where the file still decides about host names: up to 1.2, and without Apigee Connect."""
    for path, alias in _aliases(case):
        if path[0] == "envs" and alias == "*" and case.up_to((1, 1)):
            continue
        if not is_host(re.sub(r"\A\*\.", "", alias)):
            hint = "name the hosts, or their domain: *.example.com" if alias == "*" else None
            yield warning(path, f"{dotted(path)}: {shown(path, alias)} is no host name", hint)


def duplicate_host_alias(case: Case) -> Iterator[Finding]:
    """In 1.2 an alias belongs to one virtual host; in 1.1 environments may share one and divide the paths."""
    first: dict[str, Path] = {}
    for path, alias in _aliases(case):
        before = first.setdefault(alias, path)
        if before[:2] == path[:2]:
            continue
        message = f"{dotted(path)}: {shown(path, alias)} is also a host alias of {dotted(before[:2])}"
        if path[0] == before[0] == "envs":
            if not (case.has((*path[:2], "paths")) and case.has((*before[:2], "paths"))):
                yield warning(
                    path, message, "divide the base paths: paths.uri.prefixes in both", related=(before,)
                )
        elif path[0] == before[0] == "virtualhosts":
            yield error(path, message, "name it in one virtual host only", related=(before,))
        elif alias == "*":
            yield error(path, message, "MART and the environments need different ones", related=(before,))


def unknown_environment(case: Case) -> Iterator[Finding]:
    if not case.up_to((1, 2)):
        return
    known = case.overrides.env_names
    names = frozenset(known)
    for entry in case.of("virtualhosts[].routingRules[].env"):
        if isinstance(entry.value, str) and entry.value and entry.value not in names:
            message = (
                f"{dotted(entry.path)}: there is no environment {shown(entry.path, entry.value)} in envs"
            )
            yield error(entry.path, message, _did_you_mean(entry.value, known))


def missing_selector(case: Case) -> Iterator[Finding]:
    """The documentation and the charts of 1.10 disagree about the default, so it is best written out."""
    if not case.at_least((1, 8)) or not case.scope.wants_virtualhosts():
        return
    for path, item in items(case.overrides.data, "virtualhosts"):
        selector = item.get("selector")
        if not selector:
            message = f"{dotted(path)} has no selector, and what that means depends on the release"
            yield warning(path, message, f"add selector: and below it app: {APIGEE_GATEWAY}")


def gateway_selector(case: Case) -> Iterator[Finding]:
    place: Path = ("ao", "args", "disableIstioConfigInAPIServer")
    without_mesh = case.at(place)
    for path, _ in items(case.overrides.data, "virtualhosts"):
        here = (*path, "selector", "app")
        app = text_at(case, *here)
        if app == MESH_GATEWAY and case.at_least((1, 9)):
            message = f"{dotted(here)} is {app}, and hybrid 1.9 and newer use Apigee's own gateway only"
            yield warning(here, message, f"write {APIGEE_GATEWAY}")
        elif app == APIGEE_GATEWAY and without_mesh is False:
            message = (
                f"{dotted(here)} is {app}, and {dotted(place)} is false, which is for a mesh of your own"
            )
            yield warning(here, message, "set it to true, or remove it", related=(place,))
        elif app == MESH_GATEWAY and without_mesh is True:
            message = (
                f"{dotted(here)} is {app}, and {dotted(place)} is true, which is for Apigee's own gateway"
            )
            yield warning(here, message, "set it to false", related=(place,))


def unknown_gateway(case: Case) -> Iterator[Finding]:
    """A warning: the gateway may come with another organization of the cluster."""
    known = tuple(text_at(case, *path, "name") for path, _ in items(case.overrides.data, "ingressGateways"))
    names = frozenset(known)
    if not any(names):
        return
    for path, _ in items(case.overrides.data, "virtualhosts"):
        here = (*path, "selector", "ingress_name")
        name = text_at(case, *here)
        if name and name not in names:
            message = f"{dotted(here)}: there is no {shown(here, name)} in ingressGateways"
            yield warning(here, message, _did_you_mean(name, known))


def cipher_suites(case: Case) -> Iterator[Finding]:
    for path, item in items(case.overrides.data, "virtualhosts"):
        here = (*path, "cipherSuites")
        suites = case.at(here)
        named = [suite for suite in suites if isinstance(suite, str)] if isinstance(suites, list) else []
        if str(item.get("minTLSProtocolVersion")) in ("1.0", "1.1") and not named:
            place = (*path, "minTLSProtocolVersion")
            message = f"{dotted(place)} allows old versions of TLS, which work only with suites for them"
            yield warning(place, message, "list them in cipherSuites")
        for index, suite in enumerate(suites if named else ()):
            if isinstance(suite, str) and suite.startswith("TLS_"):
                message = (
                    f"{dotted((*here, index))}: suites of TLS 1.3 cannot be chosen; {suite} has no effect"
                )
                yield warning((*here, index), message, "remove it")
            elif isinstance(suite, str) and "ECDSA" in suite:
                message = f"{dotted((*here, index))}: only suites for RSA certificates are documented to work"
                yield info((*here, index), message)


_MOST_NAMES = 100
_LISTED_NAMES = 10


def _aliases(case: Case) -> Iterator[tuple[Path, str]]:
    places: list[str] = []
    if case.up_to((1, 1)):
        places.append("envs[].hostAlias")
    elif case.up_to((1, 2)):
        places.append("virtualhosts[].hostAliases")
    if not case.connect_is_on:
        places.append("mart.hostAlias")
    for entry in case.of(*places):
        listed = isinstance(entry.value, list)
        for index, alias in enumerate(entry.value if listed else [entry.value]):
            if isinstance(alias, str) and alias:
                yield ((*entry.path, index) if listed else entry.path), alias


@lru_cache(maxsize=256)
def _did_you_mean(name: str, known: tuple[str, ...]) -> str:
    """Among many names none is guessed, which would take its time for each."""
    names = [each for each in known if each]
    if len(names) > _MOST_NAMES:
        return f"{len(names)} others are known"
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"did you mean {near[0]}?"
    if len(names) > _LISTED_NAMES:
        return f"known: {', '.join(names[:_LISTED_NAMES])}, ..."
    return f"known: {', '.join(names)}" if names else "list it there"
