"""The Connect agent where the file wants none: it goes, but never while the management plane comes through it."""

from __future__ import annotations

from apigeectl.actions.connect_switch import is_relied_on
from apigeectl.checks.cluster_side import is_switched_off
from apigeectl.checks.site import CONNECT_PROPERTY, Site
from apigeectl.errors import InstallerError


def is_installed(site: Site) -> bool:
    """The ApigeeOrganization in the cluster has the agent."""
    return "connectAgent" in (site.applied().get("components") or {})


def is_to_go(site: Site) -> bool:
    """An apply of the organization's scope would take the agent away."""
    return is_switched_off(site) and is_installed(site)


def why_kept(site: Site) -> str | None:
    """Why an apply lets the agent run although the file wants none; None when it wants one, has none, or may take it away.

    Agents of other clusters may hold the door open; what cannot be seen is taken for a door in use.
    """
    if not is_to_go(site):
        return None
    organization = f"{CONNECT_PROPERTY} of organization {site.overrides.org}"
    try:
        if not is_relied_on(site):
            return None
    except InstallerError as error:
        return f"whether {organization} is true cannot be seen ({error.message})"
    return f"{organization} is true, and no other cluster is seen to hold a stream"
