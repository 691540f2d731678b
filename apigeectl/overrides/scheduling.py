"""Rules about tolerations, which Kubernetes checks only when a pod is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apigeectl.overrides.findings import Case, Finding, error, warning
from apigeectl.overrides.position import dotted


def bad_toleration(case: Case) -> Iterator[Finding]:
    for entry in case.named("tolerations"):
        for index, toleration in enumerate(entry.value if isinstance(entry.value, list) else ()):
            if not isinstance(toleration, Mapping):
                continue
            place, exists = (*entry.path, index), toleration.get("operator") == "Exists"
            here = dotted(place)
            if exists and toleration.get("value"):
                message = f"{here} has a value, which goes with the operator Equal only"
                yield error((*place, "value"), message, "remove the value, or write Equal", at_key=True)
            if not exists and not toleration.get("key"):
                message = f"{here} has no key, which is possible with the operator Exists only"
                yield error(place, message, "add the key of the taint, or operator: Exists")
            if "tolerationSeconds" in toleration and toleration.get("effect") != "NoExecute":
                message = f"{here} has tolerationSeconds, which goes with the effect NoExecute only"
                yield error((*place, "tolerationSeconds"), message, "remove it", at_key=True)
            if not toleration.get("effect"):
                message = f"{here} names no effect, so it tolerates every effect of the taint"
                yield warning(place, message, "add effect: NoSchedule, PreferNoSchedule or NoExecute")
