"""Scope flags to a Scope."""

from __future__ import annotations

from collections.abc import Sequence

from apigeectl.errors import UsageError
from apigeectl.overrides.scope import Scope


def scope_of(
    *,
    org: bool = False,
    env: Sequence[str] | None = None,
    all_envs: bool = False,
    datastore: bool = False,
    redis: bool = False,
    telemetry: bool = False,
    settings: str | None = None,
    components: Sequence[str] | None = None,
) -> Scope:
    """The scope that the flags of one command line add up to."""
    if settings not in (None, "virtualhosts"):
        raise UsageError(f'--settings knows only "virtualhosts", not "{settings}"')
    named = Scope.from_components(components) if components else Scope()
    return Scope(
        org=org or named.org,
        envs=tuple(env or ()),
        all_envs=all_envs or named.all_envs,
        datastore=datastore or named.datastore,
        redis=redis or named.redis,
        telemetry=telemetry or named.telemetry,
        virtualhosts=bool(settings) or named.virtualhosts,
    )
