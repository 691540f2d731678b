"""The answers of a Kubernetes API server that the client's tests script."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.clients.loopback import Answering, Received, Reply

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def discovery(*kinds: tuple[str, str, str, str], namespaced: bool = True) -> Answering:
    """Answers discovery for (group, version, kind, plural), 404 for all else."""

    def answer(request: Received) -> Reply:
        if request.path not in {"/api", "/apis"}:
            return Reply("404 page not found\n", 404, content_type="text/plain")
        wanted = [kind for kind in kinds if bool(kind[0]) == (request.path == "/apis")]
        groups: dict[str, dict[str, list[Any]]] = {}
        for group, version, kind, plural in wanted:
            groups.setdefault(group, {}).setdefault(version, []).append(
                {
                    "resource": plural,
                    "responseKind": {"kind": kind},
                    "scope": "Namespaced" if namespaced else "Cluster",
                }
            )
        items = [
            {
                "metadata": {"name": group} if group else {},
                "versions": [{"version": v, "resources": r} for v, r in versions.items()],
            }
            for group, versions in groups.items()
        ]
        return Reply({"kind": "APIGroupDiscoveryList", "items": items}, content_type=AGGREGATED)

    return answer


CONFIG_MAPS = discovery(("", "v1", "ConfigMap", "configmaps"), ("", "v1", "Secret", "secrets"))


def serving(*replies: Reply, otherwise: Answering = CONFIG_MAPS) -> Answering:
    """Discovery as given; every other request gets the next reply, the last one for ever."""
    left = list(replies)

    def answer(request: Received) -> Reply:
        if request.path in {"/api", "/apis"}:
            return otherwise(request)
        return left.pop(0) if len(left) > 1 else left[0]

    return answer


def status(code: int, reason: str, message: str, **details: Any) -> Reply:
    return Reply(
        {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "code": code,
            "reason": reason,
            "message": message,
            "details": details,
        },
        code,
    )


def kubeconfig(
    file: Path, server: str, ca: Path | None = None, user: dict[str, Any] | None = None, context: str = "here"
) -> str:
    cluster = {"server": server, **({"certificate-authority": str(ca)} if ca else {})}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user or {"token": "hush-hush"}}],
        "contexts": [{"name": context, "context": {"cluster": "c", "user": "u"}}],
        "current-context": context,
    }
    file.write_text(json.dumps(document))
    return str(file)
