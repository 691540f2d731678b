"""A real API server, spoken to with nothing but HTTPS and JSON."""

from __future__ import annotations

import json
import os
import pathlib
import ssl
import time
import urllib.error
import urllib.request
from typing import Any

from apigeectl import yaml

KUBECONFIG = "APIGEECTL_TEST_KUBECONFIG"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


class RealServer:
    """Answers are (status, body); nothing is interpreted."""

    def __init__(self) -> None:
        (config,) = yaml.load_all(pathlib.Path(os.environ[KUBECONFIG]).read_text(encoding="utf-8"))
        self.url = config["clusters"][0]["cluster"]["server"]
        self._token = config["users"][0]["user"]["token"]
        self._tls = ssl.create_default_context()
        self._tls.check_hostname = False
        self._tls.verify_mode = ssl.CERT_NONE

    def send(self, method: str, path: str, body: Any = None, kind: str = "json") -> tuple[int, Any]:
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("Authorization", f"Bearer {self._token}")
        request.add_header("Content-Type", CONTENT_TYPES[kind])
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, data, timeout=30, context=self._tls) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                text = error.read()
            return error.code, json.loads(text) if text.startswith(b"{") else text.decode()

    def establish(self, definition: dict[str, Any]) -> None:
        """Create a CRD and wait until every version of it is served."""
        status, answer = self.send("POST", DEFINITIONS, definition)
        assert status in (201, 409), answer
        spec = definition["spec"]
        for version in spec["versions"]:
            collection = f"/apis/{spec['group']}/{version['name']}/{spec['names']['plural']}"
            deadline = time.monotonic() + 30
            while self.send("GET", collection)[0] != 200:
                assert time.monotonic() < deadline, f"{collection} is not served"
                time.sleep(0.2)


CONTENT_TYPES = {
    "json": "application/json",
    "apply": "application/apply-patch+yaml",
    "merge-patch": "application/merge-patch+json",
    "json-patch": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}
