"""Credentials and a session for tests against a loopback Google."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from apigeectl.clients.endpoints import Endpoints, Service
from apigeectl.clients.google import Account, Session
from tests.clients.loopback import Reply

TOKEN = {"CLOUDSDK_AUTH_ACCESS_TOKEN": "hush-hush"}


def variables(url: str) -> dict[str, str]:
    """Every service at one address."""
    return {service.variable: url for service in Service}


def session(url: str, environ: dict[str, str] | None = None, **account: Any) -> tuple[Session, list[float]]:
    """A session that is logged in by a plain token unless told otherwise, and the pauses it made."""
    pauses: list[float] = []
    variables_ = {**variables(url), **(TOKEN if environ is None else environ)}
    endpoints = Endpoints(variables_, {})
    made = Session(endpoints, Account(**account), environ=variables_, timeout=5, sleep=pauses.append)
    return made, pauses


def key_file(file: Path, token_uri: str) -> Path:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_text(
        json.dumps(
            {
                "type": "service_account",
                "project_id": "p",
                "private_key_id": "k",
                "private_key": pem.decode(),
                "client_email": "robot@p.iam.gserviceaccount.com",
                "token_uri": token_uri,
            }
        )
    )
    return file


def google_refusal(code: int, status: str, message: str, *details: dict[str, Any]) -> Reply:
    return Reply(
        {"error": {"code": code, "status": status, "message": message, "details": list(details)}}, code
    )


def error_info(reason: str, **metadata: str) -> dict[str, Any]:
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": metadata,
    }
