"""A small OCI registry on loopback, and charts as Google packs them."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.clients.loopback import Loopback, Received, Reply

FOLDER = "apigee-release/charts"
CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def packed(files: Mapping[str, str], *, links: Mapping[str, str] | None = None) -> bytes:
    """A .tar.gz of texts by path."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return out.getvalue()


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@dataclass
class Registry:
    """Serves one chart; what is None is as a good registry has it, else it is what is answered instead."""

    chart: bytes
    version: str = "1.10.3"
    token: str = ""
    blob: Reply | None = None
    manifest: Reply | None = None
    moved_to: str = ""
    """Where blobs are kept, when it is not here."""
    busy: list[Reply] = field(default_factory=list)
    """Answers before the right ones."""
    layers: list[dict[str, object]] | None = None

    def start(self) -> Loopback:
        self.server = Loopback(self.answer)
        return self.server

    @property
    def address(self) -> str:
        return f"{self.server.url}/{FOLDER}"

    def answer(self, asked: Received) -> Reply:
        if self.busy:
            return self.busy.pop(0)
        if asked.path == "/token":
            return Reply({"token": self.token})
        if self.token and asked.headers.get("Authorization") != f"Bearer {self.token}":
            realm = f'Bearer realm="{self.server.url}/token",service="here",scope="repository:x:pull"'
            return Reply({"errors": []}, 401, [("WWW-Authenticate", realm)])
        return self._content(asked.path)

    def _content(self, path: str) -> Reply:
        place = f"/v2/{FOLDER}/apigee-operator"
        if path == f"{place}/manifests/{self.version}":
            return self.manifest or self._manifest()
        if path == f"{place}/blobs/{digest(self.chart)}":
            if self.moved_to:
                return Reply("", 307, [("Location", f"{self.moved_to}/kept")])
            return self.blob or Reply(self.chart)
        return Reply({"errors": [{"code": "NAME_UNKNOWN", "message": "no such tag"}]}, 404)

    def _manifest(self) -> Reply:
        layer = {"mediaType": CHART_LAYER, "digest": digest(self.chart), "size": len(self.chart)}
        body = json.dumps({"schemaVersion": 2, "layers": self.layers or [layer]})
        said = ("Docker-Content-Digest", digest(body.encode()))
        return Reply(body, headers=[said], content_type=_MANIFEST)


def with_other_digest(registry: Registry) -> Reply:
    """The right manifest under a digest that is another one's."""
    return replace(registry._manifest(), headers=[("Docker-Content-Digest", digest(b"another"))])
