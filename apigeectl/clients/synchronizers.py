"""Which accounts may fetch an organization's configuration for the runtime plane."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from apigeectl.clients.endpoints import Service
from apigeectl.errors import Conflict, Invalid, Refused, ServiceFailure, Unreachable

TRIES = 4
_PREFIX = "serviceAccount:"


class Http(Protocol):
    """What is needed of a session."""

    def post(
        self,
        service: Service,
        path: str,
        body: Mapping[str, Any],
        *,
        subject: str,
        idempotent: bool = False,
    ) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Authorized:
    """E-mail addresses before and after."""

    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def added(self) -> tuple[str, ...]:
        return tuple(each for each in self.after if each not in self.before)


class Synchronizers:
    """The synchronizer authorization of organizations; a list that is only ever written as a whole."""

    def __init__(self, session: Http) -> None:
        self._session = session

    def authorized(self, org: str) -> tuple[str, ...]:
        """The e-mail addresses of the authorized service accounts."""
        return tuple(each.removeprefix(_PREFIX) for each in _identities(self._get(org)))

    def add(self, org: str, emails: Collection[str]) -> Authorized:
        """Authorize accounts beside those that are; the etag keeps somebody else's change from being lost.

        A write whose answer is lost is looked for, and made again where it did not take.
        """
        unanswered: tuple[str, ...] | None = None  # who was authorized before it
        for turn in range(TRIES):
            found = self._get(org)
            before = _identities(found)
            identities = tuple(dict.fromkeys((*before, *(f"{_PREFIX}{email}" for email in emails))))
            if identities == before:
                return _plain(before if unanswered is None else unanswered, before)
            if not found.get("etag") and before:
                raise Refused(
                    f"synchronizer authorization of organization {org} came without etag: written without one, it could "
                    "undo what somebody else adds meanwhile"
                )
            try:
                self._ask(org, "setSyncAuthorization", {**found, "identities": list(identities)})
            except Conflict:
                continue
            except (ServiceFailure, Unreachable):
                if turn == TRIES - 1:
                    raise
                unanswered = before if unanswered is None else unanswered
                continue
            except Invalid as refused:
                if refused.reason == "FAILED_PRECONDITION":
                    continue
                raise
            after = _identities(self._get(org))
            if lost := sorted(set(identities) - set(after)):
                raise Refused(
                    f"organization {org}: {', '.join(lost)} not authorized right after the write",
                    hint="somebody else changes the list too; look with: apigeectl sync-authorization list",
                )
            return _plain(before, after)
        raise Refused(
            f"synchronizer authorization of organization {org}: somebody else keeps changing it; nothing was added",
            hint="try again when the other change is done",
        )

    def _get(self, org: str) -> dict[str, Any]:
        return self._ask(org, "getSyncAuthorization", {}, idempotent=True)

    def _ask(
        self, org: str, verb: str, body: Mapping[str, Any], *, idempotent: bool = False
    ) -> dict[str, Any]:
        path = f"/v1/organizations/{quote(org, safe='')}:{verb}"
        subject = f"synchronizer authorization of organization {org}"
        return self._session.post(Service.APIGEE, path, body, subject=subject, idempotent=idempotent)


def _identities(body: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(each) for each in body.get("identities") or ())


def _plain(before: tuple[str, ...], after: tuple[str, ...]) -> Authorized:
    return Authorized(*(tuple(one.removeprefix(_PREFIX) for one in each) for each in (before, after)))
