"""Rules about the service accounts by which components speak to Google."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from apigeectl.overrides.findings import Case, Finding, items, warning
from apigeectl.overrides.position import Path, dotted


@dataclass(frozen=True)
class Identity:
    """A component that speaks to Google, and when it does."""

    component: str
    wanted: Callable[[Case], bool]


ORG_IDENTITIES: tuple[Identity, ...] = (
    Identity("connectAgent", lambda case: case.has_connect_agent),
    Identity("mart", lambda case: case.scope.wants_org()),
    Identity("watcher", lambda case: case.scope.wants_org() and case.at_least((1, 3))),
    Identity("guardrails", lambda case: case.scope.wants_org() and case.known_since((1, 16))),
    Identity("logger", lambda case: case.scope.wants_telemetry() and case.at(("logger", "enabled")) is True),
    Identity(
        "metrics", lambda case: case.scope.wants_telemetry() and case.at(("metrics", "enabled")) is not False
    ),
)
"""Not mintTaskScheduler: only organizations with monetization need it, and the file does not say which."""

ENV_IDENTITIES: tuple[Identity, ...] = (
    Identity("runtime", lambda case: case.at_least((1, 4))),
    Identity("synchronizer", lambda case: True),
    Identity("udca", lambda case: case.release is None or case.release < (1, 16)),
)


def missing_credentials(case: Case) -> Iterator[Finding]:
    """A warning: identities can also come from outside the file, through the cluster itself."""
    if case.at(("gcp", "workloadIdentity", "enabled")) is True:
        yield from _without_google_account(case)
    elif not case.identity_without_keys:
        if not case.has(("serviceAccountSecretProviderClass",)):
            yield from _org_components(case)
            yield from _backups(case)
        yield from _environments(case)


OWN_FORMS = ("serviceAccountPath", "serviceAccountRef", "serviceAccountSecretRef", "serviceAccountSecret")
ENV_FORMS = ("serviceAccountPaths", "serviceAccountSecretRefs")


def _org_components(case: Case) -> Iterator[Finding]:
    for identity in ORG_IDENTITIES:
        if identity.wanted(case) and not _has_own(case, (identity.component,)):
            hint = f"add serviceAccountPath or serviceAccountRef under {identity.component}"
            message = f"{identity.component} has no service account"
            yield warning((identity.component,), message, hint, at_key=True)


def _backups(case: Case) -> Iterator[Finding]:
    """Those that write to Google's storage; a restore may use what the backup has."""
    backup: Path = ("cassandra", "backup")
    for place in (backup, ("cassandra", "restore")):
        uses_google = (case.at((*place, "cloudProvider")) or "GCP") == "GCP"
        if not case.scope.wants_datastore() or case.at((*place, "enabled")) is not True or not uses_google:
            continue
        if not _has_own(case, place) and not _has_own(case, backup):
            hint = f"add serviceAccountPath or serviceAccountRef under {dotted(place)}"
            yield warning(place, f"{dotted(place)} has no service account", hint, at_key=True)


def _environments(case: Case) -> Iterator[Finding]:
    wanted = [identity.component for identity in ENV_IDENTITIES if identity.wanted(case)]
    lacking = [component for component in wanted if not _has_own(case, (component,))]
    for path, env in items(case.overrides.data, "envs"):
        if not case.wants_env(env) or env.get("serviceAccountSecretProviderClass"):
            continue
        for component in lacking:
            if not any(_given(env, form, component) for form in ENV_FORMS):
                hint = f"add {component} under serviceAccountPaths or serviceAccountSecretRefs"
                yield warning(path, f"{dotted(path)} has no service account for its {component}", hint)


def _without_google_account(case: Case) -> Iterator[Finding]:
    """With Workload Identity of GKE every component acts as some Google account, its own or the common one."""
    if case.has(("gcp", "workloadIdentity", "gsa")):
        return
    hint = "add gsa there, or one for all components under gcp.workloadIdentity"
    for identity in ORG_IDENTITIES:
        component = identity.component
        if identity.wanted(case) and not case.has((component, "gsa")):
            yield warning((component,), f"{component} has no Google service account", hint, at_key=True)
    wanted = [identity.component for identity in ENV_IDENTITIES if identity.wanted(case)]
    for path, env in items(case.overrides.data, "envs"):
        for component in wanted if case.wants_env(env) else ():
            if not _given(env, "gsa", component) and not case.has((component, "gsa")):
                message = f"{dotted(path)} has no Google service account for its {component}"
                yield warning(path, message, hint)


def _has_own(case: Case, component: Path) -> bool:
    return any(case.has((*component, form)) for form in OWN_FORMS)


def _given(env: Mapping[str, object], form: str, component: str) -> bool:
    group = env.get(form)
    return isinstance(group, Mapping) and group.get(component) not in (None, "")
