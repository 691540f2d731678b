"""What breaks a link of the Apigee Connect chain, in a sentence, and the commands that repair it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from apigeectl.checks.hints import Hint
from apigeectl.checks.model import Check, Outcome, Result
from apigeectl.checks.site import Site

_SETUP = "apigeectl connect setup -f {file}"
_APPLY = "apigeectl apply -f {file} --org"
_READY = "apigeectl check-ready -f {file}"
_ENABLE = "gcloud services enable apigeeconnect.googleapis.com --project {project}"
_GRANT = (
    "gcloud projects add-iam-policy-binding {project} --member serviceAccount:{account} "
    "--role roles/apigeeconnect.Agent"
)
_REPAIRS: dict[Hint, tuple[str, ...]] = {
    Hint.GOOGLE_CREDENTIALS: (
        "Nobody can be asked about the organization without an account of yours.",
        "gcloud auth application-default login",
    ),
    Hint.ORGANIZATION_UNREADABLE: (
        "The organization does not exist, or your account may not see it.",
        "gcloud apigee organizations list",
    ),
    Hint.ORGANIZATION_NOT_ACTIVE: ("The organization is being created, changed or deleted: wait.",),
    Hint.ORGANIZATION_NOT_HYBRID: ("Apigee Connect is for hybrid organizations only.",),
    Hint.ORGANIZATION_PROJECT: (
        "The file names a project that the organization is not in: correct gcp.projectID, or org.",
    ),
    Hint.CONNECT_API_DISABLED: (
        "Every agent is turned away while the API is off in the project.",
        _SETUP,
        _ENABLE,
    ),
    Hint.CONNECT_ACCOUNT: (
        "The agent acts as an account that is not there or is disabled.",
        "gcloud iam service-accounts enable {account}",
    ),
    Hint.CONNECT_KEY: (
        "Google gives no token for the agent's key.",
        "gcloud iam service-accounts keys create KEYFILE --iam-account {account}",
    ),
    Hint.CONNECT_ROLE: ("Apigee Connect turns the agent away without this role.", _SETUP, _GRANT),
    Hint.CONNECT_PROPERTY_OFF: (
        "The management plane does not use Apigee Connect until the property is true.",
        _SETUP,
        "apigeectl connect enable -f {file}",
    ),
    Hint.CONNECT_AGENT_OFF: ("The file switches the agent off.", _SETUP),
    Hint.CONNECT_STORED_KEY: ("The agent's pods do not have the key that the file names.", _SETUP, _APPLY),
    Hint.CONNECT_AGENT_MISSING: ("No agent runs in the cluster.", _SETUP, _APPLY),
    Hint.CONNECT_AGENT_NOT_READY: (
        "The agent's pods do not come up.",
        "kubectl -n {namespace} describe pods -l app=apigee-connect-agent",
    ),
    Hint.CONNECT_AGENT_DENIED: (
        "The role is missing, the API is off, or key or project is another one; a fresh grant takes minutes.",
        _SETUP,
        _GRANT,
        _ENABLE,
    ),
    Hint.CONNECT_AGENT_FLAGS: ("The agent was started from another file than this one.", _APPLY),
    Hint.CONNECT_AGENT_CUT_OFF: (
        "The cluster's way to apigeeconnect.googleapis.com:443 is blocked, or a proxy is in between.",
        "apigeectl connect logs -f {file}",
    ),
    Hint.CONNECT_OTHER_CLUSTER: (
        "Connections are there, under another cluster name or region than the file's.",
        _APPLY,
    ),
    Hint.CONNECT_NO_STREAMS: (
        "The agent has opened no stream, or none that reaches Google.",
        "apigeectl connect logs -f {file}",
    ),
    Hint.CONNECT_MART_MISSING: ("No MART runs in the cluster.", _APPLY),
    Hint.CONNECT_MART_SILENT: (
        "The management plane gets no answer from MART through Apigee Connect.",
        _READY,
        "apigeectl connect logs -f {file}",
    ),
}
"""A sentence, then commands: one is enough, ours is the first."""


@dataclass(frozen=True)
class Broken:
    """The first link that does not hold; those after it may only be its consequences."""

    title: str
    message: str
    cause: str
    commands: tuple[str, ...]


def first_broken(site: Site, answers: Iterable[tuple[Check[Site], Outcome]]) -> Broken | None:
    """The first failed link, explained; None when none failed."""
    found = next(((check, one) for check, one in answers if one.result is Result.FAILED), None)
    if found is None:
        return None
    check, outcome = found
    cause, *commands = _REPAIRS.get(outcome.hint, ("",)) if outcome.hint else ("",)
    names = {
        "file": site.overrides.file,
        "project": site.project() or "PROJECT",
        "account": site.agent_account() or "ACCOUNT",
        "namespace": site.overrides.namespace,
    }
    return Broken(
        check.title, outcome.message, cause, tuple(command.format_map(names) for command in commands)
    )
