"""What breaks a link of the Apigee Connect chain, in a sentence, and the commands that repair it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from apigeectl.checks.hints import Hint
from apigeectl.checks.model import Check, Outcome, Result
from apigeectl.checks.site import KEY_NAME, Site
from apigeectl.errors import InstallerError

_SETUP = "apigeectl connect setup -f {file}"
_APPLY = "apigeectl apply -f {file} --org"
_READY = "apigeectl check-ready -f {file}"
_LOGS = "apigeectl connect logs -f {file}"
_ORGANIZATIONS = "gcloud apigee organizations list"
_ENABLE = "gcloud services enable apigeeconnect.googleapis.com --project {project}"
_GRANT = (
    "gcloud projects add-iam-policy-binding {project} --member serviceAccount:{account} "
    "--role roles/apigeeconnect.Agent"
)
_RESTART = "kubectl -n {namespace} delete pods -l app=apigee-connect-agent"
_REPAIRS: dict[Hint, tuple[str, ...]] = {
    Hint.GOOGLE_CREDENTIALS: ("Google does not know whom you are, so nobody can be asked.", "{login}"),
    Hint.CLOCKS: (
        "The clock of this machine is off by minutes, and Google refuses tokens that were made with it.",
        "timedatectl set-ntp true",
    ),
    Hint.ORGANIZATION_UNREADABLE: (
        "The organization does not exist, or your account may not see it.",
        _ORGANIZATIONS,
    ),
    Hint.ORGANIZATION_NOT_ACTIVE: ("The organization is being created, changed or deleted: wait.",),
    Hint.ORGANIZATION_NOT_HYBRID: ("Apigee Connect is for hybrid organizations only.",),
    Hint.ORGANIZATION_PROJECT: (
        "The file names a project that the organization is not in: correct gcp.projectID, or org.",
        _ORGANIZATIONS,
    ),
    Hint.CONNECT_API_DISABLED: (
        "Every agent is turned away while the API is off in the project.",
        _SETUP,
        _ENABLE,
    ),
    Hint.CONNECT_ACCOUNT: (
        "The agent acts as an account that is disabled.",
        "gcloud iam service-accounts enable {account}",
    ),
    Hint.CONNECT_ACCOUNT_MISSING: (
        "The agent acts as an account that is not there; one that is made anew has neither keys nor roles.",
        "gcloud iam service-accounts create {account_name} --project {account_project} && {renew}",
    ),
    Hint.CONNECT_KEY: ("Google gives no token for what the file names as the agent's key.", "{renew}"),
    Hint.CONNECT_ROLE: ("Apigee Connect turns the agent away without this role.", _SETUP, _GRANT),
    Hint.CONNECT_PROPERTY_OFF: (
        "The management plane does not use Apigee Connect until the property is true.",
        _SETUP,
        "apigeectl connect enable -f {file}",
    ),
    Hint.CONNECT_PROPERTIES_LOST: (
        "An update that did not send every property has removed the others.",
        "apigeectl connect status -f {file}",
    ),
    Hint.CONNECT_AGENT_OFF: ("The file switches the agent off.", _SETUP),
    Hint.CONNECT_STORED_KEY: ("The agent's pods do not have the key that the file names.", "{store}"),
    Hint.CONNECT_AGENT_MISSING: ("No agent runs in the cluster.", _SETUP, _APPLY),
    Hint.CONNECT_AGENT_NOT_READY: (
        "The agent's pods do not come up.",
        _READY,
        "kubectl -n {namespace} describe pods -l app=apigee-connect-agent",
    ),
    Hint.CONNECT_AGENT_KEY: (
        "The key that the agent's pods have was deleted or replaced at Google.",
        "{renew}",
    ),
    Hint.CONNECT_AGENT_DENIED: (
        "The role is missing, the API is off, or key or project is another one; a fresh grant takes minutes.",
        _SETUP,
        _GRANT,
        _ENABLE,
    ),
    Hint.CONNECT_AGENT_FLAGS: ("The agent was started from another file than this one.", _APPLY),
    Hint.CONNECT_AGENT_STALE: (
        "The cluster has what the file says, and the agent was started before that: its pods were not replaced.",
        _RESTART,
        _READY,
    ),
    Hint.CONNECT_AGENT_CUT_OFF: (
        "The cluster's way to apigeeconnect.googleapis.com:443 is blocked, or a proxy is in between.",
        _LOGS,
    ),
    Hint.CONNECT_OTHER_CLUSTER: (
        "Connections are there, under another cluster name or region than the file's.",
        _APPLY,
    ),
    Hint.CONNECT_NO_STREAMS: ("The agent has opened no stream, or none that reaches Google.", _LOGS),
    Hint.CONNECT_MART_MISSING: ("No MART runs in the cluster.", _APPLY),
    Hint.CONNECT_MART_SILENT: (
        "The management plane gets no answer from MART through Apigee Connect.",
        _READY,
        _LOGS,
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
    cause, *commands = _REPAIRS.get(outcome.hint, ("",)) if outcome.hint else outcome.details[-1:] or ("",)
    names = _names(site)
    return Broken(
        check.title, outcome.message, cause, tuple(command.format_map(names) for command in commands)
    )


def _names(site: Site) -> dict[str, str]:
    account = site.agent_account() or "ACCOUNT"
    name, _, host = account.partition("@")
    known = {
        "file": str(site.overrides.file),
        "project": site.project() or "PROJECT",
        "account": account,
        "account_name": name,
        "account_project": host.partition(".")[0] or "PROJECT",
        "namespace": site.overrides.namespace,
    }
    return {**known, "renew": _renew(site, known), "store": _store(site, known), "login": _login(site)}


def _renew(site: Site, known: Mapping[str, str]) -> str:
    """Make a key for the agent's account, and bring it to where its pods look."""
    place = str(site.agent_key_file() or site.named_key_file() or _KEY_FILE)
    return f"gcloud iam service-accounts keys create {place} --iam-account {known['account']} && {_store(site, known)}"


def _store(site: Site, known: Mapping[str, str]) -> str:
    """Bring the key to where the agent's pods look: a Secret that the file only refers to is the user's to write."""
    if not site.agent_secret_is_the_users():
        return _SETUP.format_map(known)
    return (
        f"kubectl -n {known['namespace']} create secret generic {site.agent_secret().name} "
        f"--from-file={KEY_NAME}={_KEY_FILE} --dry-run=client -o yaml | kubectl apply -f -"
    )


def _login(site: Site) -> str:
    """A new token, key or login in the place that the refused one came from: what is named there goes before a login."""
    try:
        identity = site.google.identity()
    except InstallerError:
        return _LOGIN
    kind, _, place = identity.source.partition(" file ")
    if kind == "access token":
        return f"gcloud auth print-access-token > {place}"
    if kind == "key":
        return f"gcloud iam service-accounts keys create {place} --iam-account {identity.account}"
    if identity.source.startswith("variable "):
        return f"export {identity.source.removeprefix('variable ')}=$(gcloud auth print-access-token)"
    return _LOGIN


_LOGIN = "gcloud auth application-default login"
_KEY_FILE = "key.json"
