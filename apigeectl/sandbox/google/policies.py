"""IAM policies: who holds which role, with conditions, guarded by an etag."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from apigeectl.sandbox.google.roles import ROLES, grants
from apigeectl.sandbox.google.wire import GoogleError, only_fields

LOST_RACE = (
    "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff."
)
COLLEAGUE = {"role": "roles/viewer", "members": ["user:colleague@example.com"]}
"""What somebody else adds when a race is played."""

_MEMBER = re.compile(
    r"allUsers|allAuthenticatedUsers|(deleted:)?(user|serviceAccount|group|domain|principal(Set)?):.+"
)
_BY_CASE = {role.lower(): role for role in ROLES}

Bindings = list[dict[str, Any]]


class Policy:
    """The policy of one resource. Many threads may ask and write."""

    def __init__(
        self,
        bindings: Iterable[Mapping[str, Any]] = (),
        *,
        exists: Callable[[str], bool] = lambda email: True,
        delay: float = 0.0,
        races: int = 0,
    ) -> None:
        """`exists` knows the service accounts, `delay` is how many seconds pass until a change is true, and in the
        first `races` writes somebody else was faster."""
        self._bindings: Bindings = [dict(binding) for binding in bindings]
        self._in_force = [(0.0, self._bindings)]
        self._audit: list[Any] = []
        self._exists = exists
        self._delay = delay
        self._races = races
        self._edition = 1
        self._lock = threading.Lock()

    def may(self, email: str, permission: str) -> bool:
        """Whether an account holds a permission now. A binding with a condition does not count: there is nothing
        here to judge it by."""
        member = f"serviceAccount:{email}"
        return any(
            grants(binding["role"], permission)
            for binding in self._effective()
            if member in binding.get("members", ()) and not binding.get("condition")
        )

    def held_by_anyone(self, role: str) -> bool:
        """Whether anybody has a role now."""
        return any(binding["role"] == role and binding.get("members") for binding in self._effective())

    def revoke(self, role: str) -> None:
        """Take a role from everybody, as of now."""
        self._bindings = [binding for binding in self._bindings if binding["role"] != role]
        self._in_force = [(0.0, self._bindings)]

    def rename(self, member: str, name: str) -> None:
        """Call a member by another name everywhere, as Google does with an account that is deleted."""
        with self._lock:
            bindings = copy.deepcopy(self._bindings)
            for binding in bindings:
                binding["members"] = [name if each == member else each for each in binding["members"]]
            self._bindings, self._in_force = bindings, [(0.0, bindings)]
            self._edition += 1

    def read(self, version: int) -> dict[str, Any]:
        """The policy as of a requested version: conditions are seen in version 3 only."""
        with self._lock:
            return self._policy(version)

    def write(self, body: Any) -> dict[str, Any]:
        """Replace what the update mask names, by default bindings and etag; the policy that is in force then."""
        request = only_fields(body, ("policy", "updateMask"))
        policy = only_fields(request.get("policy") or {}, ("version", "bindings", "etag", "auditConfigs"))
        mask = str(request.get("updateMask") or "bindings,etag").replace(" ", "").split(",")
        bindings = [self._accepted(binding) for binding in policy.get("bindings") or ()]
        with self._lock:
            self._refuse_stale(policy.get("etag"))
            _refuse_version(policy, bindings, before=_conditional(self._bindings))
            if "bindings" in mask:
                self._change(_united(bindings))
            if "auditConfigs" in mask:
                self._audit = copy.deepcopy(policy.get("auditConfigs") or [])
            self._edition += 1
            return self._policy(3)

    def _effective(self) -> Bindings:
        now = time.monotonic()
        return next(bindings for moment, bindings in reversed(self._in_force) if moment <= now)

    def _change(self, bindings: Bindings) -> None:
        self._bindings = bindings
        self._in_force.append((time.monotonic() + self._delay if self._delay else 0.0, bindings))

    def _policy(self, version: int) -> dict[str, Any]:
        bindings = copy.deepcopy(self._bindings)
        conditional = _conditional(bindings)
        if conditional and version < 3:
            bindings = [_without_condition(binding) for binding in bindings]
        policy = {"version": 3 if conditional and version == 3 else 1, "etag": self._etag()}
        return {
            **policy,
            **({"bindings": bindings} if bindings else {}),
            **({"auditConfigs": copy.deepcopy(self._audit)} if self._audit else {}),
        }

    def _etag(self) -> str:
        return base64.b64encode(f"sandbox-{self._edition:06}".encode()).decode()

    def _refuse_stale(self, etag: str | None) -> None:
        if self._races > 0 and etag:
            self._races -= 1
            self._edition += 1
            self._change(_united([*copy.deepcopy(self._bindings), copy.deepcopy(COLLEAGUE)]))
        if etag and etag != self._etag():
            raise GoogleError(409, LOST_RACE)

    def _accepted(self, binding: Any) -> dict[str, Any]:
        found = copy.deepcopy(only_fields(binding, ("role", "members", "condition")))
        role = str(found.get("role", ""))
        if "_withcond_" in role or _BY_CASE.get(role.lower(), role) != role or "roles/" not in role:
            raise GoogleError(400, f"Role {role} is not supported for this resource.")
        for member in found.get("members") or ():
            kind, _, email = str(member).partition(":")
            if not _MEMBER.fullmatch(str(member)):
                raise GoogleError(400, f"Invalid member '{member}': The member must have a type prefix.")
            if kind == "serviceAccount" and not self._exists(email):
                raise GoogleError(400, f"Service account {email} does not exist.")
        return found


def tested(body: Any, may: Callable[[str], bool]) -> dict[str, Any]:
    """The answer to testIamPermissions: those of the permissions that are held."""
    permissions = only_fields(body, ("permissions",)).get("permissions") or []
    if any("*" in permission for permission in permissions):
        raise GoogleError(400, "Permission names with wildcards are not allowed.")
    granted = [permission for permission in permissions if may(permission)]
    return {"permissions": granted} if granted else {}


def _conditional(bindings: Bindings) -> bool:
    return any(binding.get("condition") for binding in bindings)


def _refuse_version(policy: Mapping[str, Any], bindings: Bindings, *, before: bool) -> None:
    version = policy.get("version", 0)
    if version not in (0, 1, 3):
        raise GoogleError(400, f"Invalid policy version {version}: must be 0, 1, or 3.")
    if version < 3 and _conditional(bindings):
        raise GoogleError(400, "Policies with conditional role bindings must specify policy version 3.")
    if version < 3 and before and policy.get("etag"):  # without an etag the conditions are lost, as at Google
        message = f"Specified policy version ({version}) cannot be less than the existing policy version (3)."
        raise GoogleError(400, message)


def _united(bindings: Bindings) -> Bindings:
    """Each role once for each condition, each member once, nothing empty."""
    found: dict[str, dict[str, Any]] = {}
    for binding in bindings:
        key = json.dumps([binding["role"], binding.get("condition")], sort_keys=True)
        known = found.setdefault(key, {**binding, "members": []})
        known["members"] += [each for each in binding.get("members") or () if each not in known["members"]]
    return [binding for binding in found.values() if binding["members"]]


def _without_condition(binding: dict[str, Any]) -> dict[str, Any]:
    condition = binding.pop("condition", None)
    if condition:
        digest = hashlib.sha256(json.dumps(condition, sort_keys=True).encode()).hexdigest()
        binding["role"] += f"_withcond_{digest[:20]}"
    return binding
