"""The IAM policy of a project: read it, and add one member to one role without touching anything else."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from apigeectl.clients.endpoints import Service
from apigeectl.clients.http import Posting
from apigeectl.errors import Conflict, Refused, ServiceFailure, Unreachable

TRIES = 5


class Policies:
    """The policies of projects."""

    def __init__(self, session: Posting, sleep: Callable[[float], None] = time.sleep) -> None:
        self._session = session
        self._sleep = sleep

    def get(self, project: str) -> dict[str, Any]:
        """The policy with its conditions, which only version 3 has."""
        body = {"options": {"requestedPolicyVersion": 3}}
        return self._ask(project, "getIamPolicy", body, idempotent=True)

    def holds(self, project: str, role: str, member: str) -> bool:
        """The project's own policy gives the role to the member; what is inherited it does not show."""
        return holds(self.get(project), role, member)

    def planned(self, project: str, role: str, member: str) -> dict[str, Any] | None:
        """The body that `grant` would write by now; None when there is nothing to write."""
        policy = self.get(project)
        return None if holds(policy, role, member) else {"policy": with_member(policy, role, member)}

    def grant(self, project: str, role: str, member: str) -> bool:
        """Give a role to a member, whatever others write meanwhile; False when it had the role already.

        A conditional binding of the same role is another one and stays as it is. A write whose answer is lost is
        looked for in a fresh policy and made again where it did not take: the etag makes that safe.
        """
        unanswered = False
        for turn in range(TRIES):
            policy = self.get(project)
            if holds(policy, role, member):
                return unanswered
            try:
                self._ask(project, "setIamPolicy", {"policy": with_member(policy, role, member)})
            except (Conflict, ServiceFailure, Unreachable) as error:
                unanswered = unanswered or not isinstance(error, Conflict)
                if turn == TRIES - 1 and not isinstance(error, Conflict):
                    raise
                self._sleep(2**turn * random.uniform(0.8, 1.2))  # noqa: S311 (spreads callers, protects nothing)
                continue
            return True
        raise Refused(
            f"policy of project {project}: somebody else keeps changing it, {role} was not granted",
            hint="try again when the other change is done",
        )

    def _ask(
        self, project: str, verb: str, body: Mapping[str, Any], *, idempotent: bool = False
    ) -> dict[str, Any]:
        path = f"/v1/projects/{quote(project, safe='')}:{verb}"
        subject = f"policy of project {project}"
        return self._session.post(
            Service.RESOURCE_MANAGER, path, body, subject=subject, idempotent=idempotent
        )


def holds(policy: Mapping[str, Any], role: str, member: str) -> bool:
    """The policy itself gives the role to the member without a condition; inherited grants it does not show."""
    return any(
        member.lower() in (str(each).lower() for each in binding.get("members") or ())
        for binding in policy.get("bindings") or ()
        if binding.get("role") == role and not binding.get("condition")
    )


def with_member(policy: Mapping[str, Any], role: str, member: str) -> dict[str, Any]:
    """The policy with the member in the role's binding without condition; all else, the etag above all, as it was.

    Raises Refused for a policy without etag, or read without its conditions: written back, it would lose them.
    """
    bindings = [dict(binding) for binding in policy.get("bindings") or ()]
    if any("_withcond_" in str(binding.get("role")) for binding in bindings) or not policy.get("etag"):
        raise Refused(
            "the project's policy came without etag or conditions, so it cannot be written back safely"
        )
    mine = next((one for one in bindings if one.get("role") == role and not one.get("condition")), None)
    if mine is None:
        bindings.append({"role": role, "members": [member]})
    else:
        mine["members"] = [*(mine.get("members") or ()), member]
    return {**policy, "version": 3, "bindings": bindings}
