"""The connectAgent stanza of an overrides file: put in place, or switched, and nothing else changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from apigeectl.overrides.document import Overrides
from apigeectl.overrides.edit import Edit, add_after, set_value

_NAMES = (
    "serviceAccountPath",
    "serviceAccountRef",
    "serviceAccountSecretRef",
    "serviceAccountSecret",
    "gsa",
)


def switched_on(overrides: Overrides) -> Edit:
    """The stanza with `enabled: true` and an account: the one it has, else MART's, whom the agent speaks for.

    A new stanza goes right behind k8sCluster, as Google's procedure asks; one that is there is changed in its place.
    """
    if overrides.get("connectAgent") is None:
        stanza = {"connectAgent": {"enabled": True, **_account(overrides)}}
        after = next((name for name in ("k8sCluster", "gcp", "org") if name in overrides.data), "org")
        return add_after(overrides, after, stanza)
    edit = _unchanged(overrides)
    if overrides.get("connectAgent.enabled") is not True:
        edit = set_value(overrides, "connectAgent.enabled", value=True)
    for name, value in _account(overrides).items():
        edit = _then(edit, f"connectAgent.{name}", value)
    return edit


def switched_off(overrides: Overrides) -> Edit:
    """The stanza with `enabled: false`."""
    return set_value(overrides, "connectAgent.enabled", value=False)


def as_if_wanted(overrides: Overrides) -> Overrides:
    """What the file would say with the agent in it, for an apply that has to keep it; no text changes."""
    stanza = overrides.get("connectAgent")
    own = stanza if isinstance(stanza, Mapping) else {}
    wanted = {**own, **_account(overrides), "enabled": True}
    return replace(overrides, data={**overrides.data, "connectAgent": wanted})


def needs_stanza(overrides: Overrides) -> bool:
    """The agent is switched off, or does not know as whom to speak."""
    if overrides.get("connectAgent.enabled") is False:
        return True
    return not overrides.workload_identity and not any(
        overrides.get(f"connectAgent.{name}") for name in _NAMES
    )


def _account(overrides: Overrides) -> dict[str, Any]:
    """MART's account, for an agent that has none of its own."""
    if overrides.workload_identity or any(overrides.get(f"connectAgent.{name}") for name in _NAMES):
        return {}
    of_mart = ((name, overrides.get(f"mart.{name}")) for name in _NAMES)
    return dict([(name, value) for name, value in of_mart if value][:1])


def _unchanged(overrides: Overrides) -> Edit:
    return Edit(overrides.file, overrides.text, overrides.text)


def _then(edit: Edit, path: str, value: Any) -> Edit:
    after = set_value(edit.overrides(), path, value)
    return Edit(edit.file, edit.before, after.text)
