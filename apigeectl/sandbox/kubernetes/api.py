"""From a Call to the part that answers it."""

from __future__ import annotations

from collections.abc import Callable

from apigeectl.sandbox.kubernetes import deletion, discovery, openapi, reading, reviews, routes, writing
from apigeectl.sandbox.kubernetes.control_plane import ControlPlane
from apigeectl.sandbox.kubernetes.kinds import Kind
from apigeectl.sandbox.kubernetes.messages import Answer, Call, Stream, Target
from apigeectl.sandbox.kubernetes.statuses import method_not_allowed, not_found, not_implemented, unknown_path
from apigeectl.sandbox.kubernetes.subresources import binding, finalize, logs, scale

Handler = Callable[[ControlPlane, Target, Call], "Answer | Stream"]


def respond(plane: ControlPlane, call: Call) -> Answer | Stream:
    """The answer to a request; raises Refusal."""
    document = discovery.respond(plane, call) or openapi.respond(plane, call)
    if document is not None:
        return document
    target = routes.target(plane.kinds, call.path)
    if target is None:
        if routes.served(call.path, plane.kinds):
            raise unknown_path()
        return Answer(b"404 page not found\n", 404, "text/plain; charset=utf-8")
    return _handler(target, call)(plane, target, call)


def _handler(target: Target, call: Call) -> Handler:
    kind = target.kind
    if target.subresource:
        return _subresource_handler(target, call.method)
    if kind.verbs == ("create",):
        if call.method != "POST" or target.name:
            raise method_not_allowed()
        return reviews.respond
    verb = (_OBJECT if target.name else _COLLECTION).get(call.method)
    if verb is None or verb not in kind.verbs or (verb == "create" and _homeless(target, kind)):
        raise method_not_allowed()
    if verb == "deletecollection" and _homeless(target, kind):
        raise method_not_allowed()
    return _HANDLERS[verb]


def _subresource_handler(target: Target, method: str) -> Handler:
    kind, subresource = target.kind, target.subresource
    if subresource in _UNSUPPORTED.get(kind.resource, ()):
        raise not_implemented(f"{kind.resource}/{subresource}")
    served = {name for name, _ in kind.subresources}
    served |= {"status"} if kind.status else set()
    served |= {"scale"} if kind.scale else set()
    if subresource not in served:
        raise not_found(kind, target.name) if kind.custom else unknown_path()
    handlers = _SUBRESOURCES[subresource]
    if method not in handlers:
        raise method_not_allowed()
    return handlers[method]


def _homeless(target: Target, kind: Kind) -> bool:
    return kind.namespaced and not target.namespace


_OBJECT = {"GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_COLLECTION = {"GET": "list", "POST": "create", "DELETE": "deletecollection"}

_HANDLERS: dict[str, Handler] = {
    "get": reading.get,
    "list": reading.list_or_watch,
    "create": writing.create,
    "update": writing.replace,
    "patch": writing.patch,
    "delete": deletion.delete,
    "deletecollection": deletion.delete_collection,
}

_SUBRESOURCES: dict[str, dict[str, Handler]] = {
    "status": {"GET": reading.get, "PUT": writing.replace, "PATCH": writing.patch},
    "scale": {"GET": scale.get, "PUT": scale.replace, "PATCH": scale.patch},
    "log": {"GET": logs.read},
    "binding": {"POST": binding.create},
    "finalize": {"PUT": finalize.replace},
}

_UNSUPPORTED = {
    "pods": ("attach", "ephemeralcontainers", "eviction", "exec", "portforward", "proxy"),
    "nodes": ("proxy",),
    "services": ("proxy",),
    "serviceaccounts": ("token",),
}
"""What a real server has here and this one refuses."""
