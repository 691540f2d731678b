"""What runs already, and whether the way from there to the release that is asked for is one that Google supports."""

from __future__ import annotations

from apigeectl.checks.fitness import Fitness, numbers
from apigeectl.checks.hints import Hint
from apigeectl.checks.model import Outcome, failed, passed, skipped
from apigeectl.errors import Forbidden
from apigeectl.manifests import ObjectRef

OPERATOR = "apigee-controller-manager"
OLD_HOME = "apigee-system"
MOVED = (1, 13)
"""From here on the operator lives in the namespace of the runtime."""


def operator_is_at_home(site: Fitness) -> Outcome:
    """Two operators, or one in the wrong place, answer for each other's webhooks and definitions."""
    found = operators(site)
    if not found:
        return passed("none yet")
    if len(found) > 1:
        both = " and in ".join(found)
        return failed(f"one runs in {both} (UPG-02)", hint=Hint.OPERATOR_NAMESPACE)
    ((namespace, tag),) = found.items()
    if namespace != site.operator_namespace and numbers(tag)[:2] >= MOVED:
        words = f"it runs in {namespace}, and {tag or 'the release'} wants it in {site.operator_namespace} (UPG-02)"
        return failed(words, hint=Hint.OPERATOR_NAMESPACE)
    return passed(f"{tag} in {namespace}")


def no_release_is_skipped(site: Fitness) -> Outcome:
    found = operators(site)
    if not found:
        return passed("nothing is installed yet")
    running = min(numbers(tag) for tag in found.values())
    wanted = numbers(site.release)
    if len(running) < 2:
        return skipped("the tag of the operator's image tells no release")
    skipped_over = [f"{wanted[0]}.{minor}" for minor in range(running[1] + 1, wanted[1])]
    words = f"{'.'.join(map(str, running))} runs"
    if running != wanted:
        words += f", {site.release} is asked for"
    if running[0] == wanted[0] and skipped_over:
        return failed(f"{words}: {', '.join(skipped_over)} left out (UPG-01)", hint=Hint.RELEASE_SKIPPED)
    return passed(words)


def operators(site: Fitness) -> dict[str, str]:
    """The tags of the operators' images, by namespace; where the old one was may be hidden from us."""
    found = {}
    for namespace in dict.fromkeys((site.operator_namespace, site.namespace, OLD_HOME)):
        try:
            live = site.cluster.get(ObjectRef("apps", "Deployment", namespace, OPERATOR))
        except Forbidden:
            if namespace == site.operator_namespace:
                raise
            continue
        if live:
            containers = ((live.get("spec") or {}).get("template") or {}).get("spec", {}).get(
                "containers"
            ) or ()
            images = [str(one.get("image") or "") for one in containers if one.get("name") == "manager"]
            found[namespace] = (
                images[0].partition("@")[0].rpartition("/")[2].partition(":")[2] if images else ""
            )
    return found
