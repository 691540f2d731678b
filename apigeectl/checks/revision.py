"""Changes that reach no pod by themselves."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from apigeectl.manifests import APIGEE_GROUP, ObjectRef

_STAYS = re.compile(
    r"spec\.(gcpProjectID|clusterName|apigeeEndpoint|imagePullSecrets)\b|spec\.components\.[^.]+\.nodeAffinity\b"
)
"""Fields of gcp.projectID, k8sCluster.name, contractProvider, imagePullSecrets and nodeSelector."""

_REVISION = re.compile(r"spec\.(components\.[^.]+\.)?version")


def unrolled(changes: Iterable[tuple[ObjectRef, Collection[str]]]) -> Iterator[str]:
    """A sentence an object whose changed fields its pods keep as they are until `revision` changes, too.

    So says Google's configuration property reference about `revision`.
    """
    for ref, fields in changes:
        behind = [field for field in fields if _STAYS.match(field)]
        if ref.group == APIGEE_GROUP and behind and not any(_REVISION.fullmatch(field) for field in fields):
            more = f" and {len(behind) - 1} more" if len(behind) > 1 else ""
            yield (
                f"{ref}: {behind[0]}{more} changes and revision does not, so pods may keep what they have; "
                "give revision another value (CFG-06)"
            )
