"""Which problem explains which: of two that hold, the earlier in a chain is the cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apigeectl.diagnosis.findings import Finding

_CASSANDRA = "CAS-01 CAS-02 CAS-03 CAS-04 CAS-05 CAS-06 CAS-07 CAS-08 CAS-09 CAS-10 CAS-11"

CHAINS: tuple[tuple[frozenset[str], ...], ...] = tuple(
    tuple(frozenset(link.split()) for link in chain)
    for chain in (
        ("KUB-06 KUB-07", "*"),
        ("WEB-01 WEB-02 WEB-03", "WEB-08 WEB-10 WEB-13", "RES-02"),
        ("CRD-01 CRD-02 CRD-03 CRD-04 CRD-05", "WEB-09", "WEB-04", "RES-02 RES-06"),
        (_CASSANDRA, "RES-05", "CON-10 RUN-01 RUN-02"),
        ("WEB-11 WEB-12", "CAS-09", "RUN-02"),
        ("CFG-01 IAM-01", "CON-01 IAM-06"),
        ("IAM-06 NET-04", "RUN-01 RUN-03 RUN-13"),
        ("UPG-02", "WEB-07 CRD-05"),
    )
)
"""Each link explains those after it; * stands for everything."""

_CASSANDRA_APPS = frozenset(
    {"apigee-cassandra", "apigee-cassandra-user-setup", "apigee-cassandra-schema-setup"}
)
_OPERATOR = frozenset({"apigee-controller"})
_FOLLOWS_CASSANDRA = frozenset({"RES-05", "CON-10", "RUN-01", "RUN-02"})
_FOLLOWS_OPERATOR = frozenset({"RES-01", "RES-02", "RES-06", "WEB-04"})


def explained_by(found: Finding, others: Sequence[Finding]) -> Finding | None:
    """The finding that is the cause of another; None when it stands for itself."""
    return next((other for other in others if other is not found and _explains(other, found)), None)


def _explains(cause: Finding, effect: Finding) -> bool:
    if cause.code == effect.code:
        return False
    apps = {one.app for one in cause.symptoms}
    if apps & _CASSANDRA_APPS and effect.code in _FOLLOWS_CASSANDRA and cause.code not in _FOLLOWS_CASSANDRA:
        return True
    if apps & _OPERATOR and effect.code in _FOLLOWS_OPERATOR:
        return True
    return any(_before(chain, cause.code, effect.code) for chain in CHAINS)


def _before(chain: tuple[frozenset[str], ...], cause: str, effect: str) -> bool:
    places = [number for number, link in enumerate(chain) if cause in link]
    return bool(places) and any(effect in link or "*" in link for link in chain[places[0] + 1 :])
