"""Defects that Google has published, and which of them strike this file in this cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apigeectl.checks.fitness import Fitness, numbers
from apigeectl.checks.hints import Hint
from apigeectl.checks.model import Outcome, failed, passed, warned
from apigeectl.checks.upgrade import operators
from apigeectl.errors import Forbidden, NotFound
from apigeectl.manifests import APIGEE_GROUP, ObjectRef

_RBAC = "rbac.authorization.k8s.io"
_HOTFIX = "hotfix"


@dataclass(frozen=True)
class Defect:
    """A published defect: of the releases from `first` on, before `mended` ("" = none is known to mend it).

    `strikes` says what makes it hold here, "" when it does not; `grave` ones let no installation work.
    """

    code: str
    issue: int
    first: str
    mended: str
    strikes: Callable[[Fitness], str]
    grave: bool = False


def _federation_behind_a_proxy(site: Fitness) -> str:
    patched = all(_HOTFIX in str(site.setting(f"{one}.image.tag")) for one in ("ao", "mart"))
    if patched or not _federated(site) or not site.setting("httpProxy"):
        return ""
    return "MART cannot log in with Workload Identity Federation and httpProxy together"


def _proxy_with_password(site: Fitness) -> str:
    named = site.setting("httpProxy.username") or site.setting("httpProxy.password")
    return "a proxy that insists on user and password is not supported" if named else ""


def _udca_behind_a_proxy(site: Fitness) -> str:
    return "UDCA does not use httpProxy" if site.setting("httpProxy") else ""


def _backup(*providers: str, words: str) -> Callable[[Fitness], str]:
    def strikes(site: Fitness) -> str:
        on = site.setting("cassandra.backup.enabled") is True
        return words if on and _provider(site, "backup") in providers else ""

    return strikes


def _restore(site: Fitness) -> str:
    on = site.setting("cassandra.restore.enabled") is True
    if not on or _provider(site, "restore") == "CSI":
        return ""
    return "Cassandra's pods do not start again once they hold a restored backup"


def _provider(site: Fitness, purpose: str) -> str:
    own = site.setting(f"cassandra.{purpose}.cloudProvider")
    return str(own or site.setting("cassandra.backup.cloudProvider") or "GCP")


def _role_without_watch(site: Fitness) -> str:
    """The role that stands counts when it is this release's, else the one that init would put in its place."""
    runs = any(numbers(tag)[:2] == numbers(site.release)[:2] for tag in operators(site).values())
    names = (f"apigee-manager-role-{site.namespace}", "apigee-manager-role")
    refs = [ObjectRef(_RBAC, "ClusterRole", "", name) for name in names]
    ours = {manifest.ref: manifest.body for manifest in site.manifests}
    for ref in refs:
        role = site.cluster.get(ref) if runs else ours.get(ref)
        if role:
            return "" if _may_watch(role.get("rules") or ()) else f"{ref} may not watch deployments"
    return ""


def _may_watch(rules: object) -> bool:
    def holds(rule: dict[str, list[str]], field: str, wanted: str) -> bool:
        return bool({"*", wanted} & set(rule.get(field) or ()))

    wanted = (("apiGroups", "apps"), ("resources", "deployments"), ("verbs", "watch"))
    return any(all(holds(rule, field, one) for field, one in wanted) for rule in rules)  # type: ignore[attr-defined]


def _organizations_share_a_gateway(site: Fitness) -> str:
    if site.setting("apigeeChainingGateway.name"):
        return ""
    try:
        found = site.cluster.list(APIGEE_GROUP, "ApigeeOrganization", site.namespace)
    except NotFound:
        return ""
    others = sorted(name for one in found if (name := str(one["metadata"]["name"])) != site.installation)
    if not others:
        return ""
    return f"{others[0]} is in the namespace, too, and apigeeChainingGateway.name is not given"


def _logger_with_federation(site: Fitness) -> str:
    on = site.setting("logger.enabled") is True and _federated(site)
    return "the logger cannot use Workload Identity Federation" if on else ""


def _federated(site: Fitness) -> bool:
    return site.setting("gcp.federatedWorkloadIdentity.enabled") is True


DEFECTS: tuple[Defect, ...] = (
    Defect("CON-14", 479872706, "1.16.0", "1.16.1", _federation_behind_a_proxy, grave=True),
    Defect("NET-02", 499322601, "1.14.4", "", _proxy_with_password),
    Defect("NET-03", 292118812, "1.10.1", "1.10.2", _udca_behind_a_proxy),
    Defect(
        "CAS-14", 388608440, "1.11.0", "1.12.4",
        _backup("GCP", "HYBRID", words="a backup that fails leaves its snapshot on Cassandra's disk"),
    ),
    Defect(
        "CAS-14", 373722434, "1.13.0", "1.13.2",
        _backup("GCP", words="backups are empty in a bucket with a retention policy"),
    ),
    Defect("CAS-10", 391861216, "1.13.0", "1.13.3", _restore),
    Defect("CAS-10", 391861216, "1.14.0", "1.14.1", _restore),
    Defect("RUN-04", 482209901, "1.16.0", "1.16.1", _role_without_watch),
    Defect("RUN-09", 482077193, "1.15.0", "1.16.1", _organizations_share_a_gateway),
    Defect("TEL-01", 341099433, "1.12.0", "", _logger_with_federation),
)  # fmt: skip
"""https://docs.cloud.google.com/apigee/docs/release/known-issues, as far as file and cluster tell; 1.16.0-hotfix.1 counts
as 1.16.1. Those of meshes and of cert-manager's rotation have questions of their own."""


def no_known_issue_strikes(site: Fitness) -> Outcome:
    found = [
        (each, words) for each in DEFECTS if _affects(each, site.release) and (words := _asked(each, site))
    ]
    if not found:
        return passed(f"none of hybrid {site.release} that would show here")
    lines = [f"{words}: {each.code}, Google's issue {each.issue}{_mended(each)}" for each, words in found]
    answer = failed if any(each.grave for each, _ in found) else warned
    return answer(lines[0], hint=Hint.KNOWN_ISSUES, details=lines[1:])


def _asked(defect: Defect, site: Fitness) -> str:
    try:
        return defect.strikes(site)
    except Forbidden:
        return ""  # rights are a question of their own


def _affects(defect: Defect, release: str) -> bool:
    version = numbers(release)
    return numbers(defect.first) <= version and (not defect.mended or version < numbers(defect.mended))


def _mended(defect: Defect) -> str:
    if not defect.mended:
        return ""
    return f", mended in {'1.16.0-hotfix.1' if defect.mended == '1.16.1' else defect.mended}"
