"""Reviews: whoever holds the token may do everything."""

from __future__ import annotations

from apigeectl.sandbox.kubernetes import bodies
from apigeectl.sandbox.kubernetes.control_plane import ControlPlane, now
from apigeectl.sandbox.kubernetes.messages import Answer, Call, Target
from apigeectl.sandbox.kubernetes.statuses import invalid

USER = {"username": "admin", "uid": "admin", "groups": ["system:masters", "system:authenticated"]}


def respond(plane: ControlPlane, target: Target, call: Call) -> Answer:
    """The review that was sent, with its answer as status."""
    sent = bodies.sent_object(call, target)
    kind = target.kind.kind
    names = {"kind": kind, "apiVersion": target.api_version}
    if kind == "SelfSubjectReview":
        return Answer({**names, "metadata": {"creationTimestamp": now()}, "status": {"userInfo": USER}}, 201)
    spec = sent.get("spec") or {}
    if kind == "SelfSubjectRulesReview":
        return Answer({**names, "metadata": {"creationTimestamp": None}, "spec": {}, "status": _RULES}, 201)
    if ("resourceAttributes" in spec) == ("nonResourceAttributes" in spec):
        why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        cause = ("spec.resourceAttributes", "FieldValueInvalid", f'Invalid value: "null": {why}')
        raise invalid("", target.kind.group, "", [cause])
    metadata = {"creationTimestamp": None}
    return Answer({**names, "metadata": metadata, "spec": spec, "status": {"allowed": True}}, 201)


_RULES = {
    "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
    "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
    "incomplete": False,
}
