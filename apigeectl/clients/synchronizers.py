"""Which accounts may fetch an organization's configuration for the runtime plane."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from apigeectl.clients.endpoints import Service
from apigeectl.clients.http import Posting
from apigeectl.errors import APIError, Refused, ServiceFailure, Unreachable

TRIES = 4
_PREFIX = "serviceAccount:"


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

    def __init__(self, session: Posting, sleep: Callable[[float], None] = time.sleep) -> None:
        self._session = session
        self._sleep = sleep

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
            identities = _united(before, emails)
            if identities == before:
                return _plain(before if unanswered is None else unanswered, before)
            _require_etag(org, found)
            try:
                self._ask(org, "setSyncAuthorization", {**found, "identities": list(identities)})
            except (ServiceFailure, Unreachable):
                if turn == TRIES - 1:
                    raise
                unanswered = before if unanswered is None else unanswered
            except APIError as refused:
                if not _is_stale(refused):
                    raise
            else:
                return _plain(before, self._verified(org, identities))
            if turn < TRIES - 1:
                self._sleep(2**turn * random.uniform(0.8, 1.2))  # noqa: S311 (spreads callers, protects nothing)
        raise Refused(
            f"synchronizer authorization of organization {org}: somebody else keeps changing it; nothing was added",
            hint="try again when the other change is done",
        )

    def _verified(self, org: str, wanted: tuple[str, ...]) -> tuple[str, ...]:
        """Who is authorized after the write; Refused when somebody is missing."""
        after = _identities(self._get(org))
        there = {each.lower() for each in after}
        if lost := [each for each in wanted if each.lower() not in there]:
            raise Refused(
                f"organization {org}: {', '.join(lost)} not authorized right after the write",
                hint="somebody else changes the list too; look with: apigeectl sync-authorization list",
            )
        return after

    def _get(self, org: str) -> dict[str, Any]:
        return self._ask(org, "getSyncAuthorization", {}, idempotent=True)

    def _ask(
        self, org: str, verb: str, body: Mapping[str, Any], *, idempotent: bool = False
    ) -> dict[str, Any]:
        path = f"/v1/organizations/{quote(org, safe='')}:{verb}"
        subject = f"synchronizer authorization of organization {org}"
        return self._session.post(Service.APIGEE, path, body, subject=subject, idempotent=idempotent)


def _united(before: tuple[str, ...], emails: Collection[str]) -> tuple[str, ...]:
    """Those that are and those that are new; addresses are the same in capitals."""
    there = {each.lower() for each in before}
    new = {email.lower(): f"{_PREFIX}{email}" for email in reversed(tuple(emails))}
    return (*before, *(each for each in reversed(new.values()) if each.lower() not in there))


def _is_stale(refused: APIError) -> bool:
    """The etag is not the present one; no document tells the code that says so."""
    return refused.status in {409, 412} or (refused.status == 400 and refused.reason == "FAILED_PRECONDITION")


def _require_etag(org: str, found: Mapping[str, Any]) -> None:
    """Only an empty list may be written without one."""
    if not found.get("etag") and _identities(found):
        raise Refused(
            f"synchronizer authorization of organization {org} came without etag: written without one, it could "
            "undo what somebody else adds meanwhile",
            hint="try again; gcloud or the API explorer can add the account when this lasts",
        )


def _identities(body: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(each) for each in body.get("identities") or ())


def _plain(before: tuple[str, ...], after: tuple[str, ...]) -> Authorized:
    return Authorized(*(tuple(one.removeprefix(_PREFIX) for one in each) for each in (before, after)))
