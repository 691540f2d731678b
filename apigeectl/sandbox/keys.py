"""Throw-away keys: service account key files and self-signed certificates that every reader accepts."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

KEY_ID_PREFIX = "apigeectl-sandbox-"
"""Begins the private_key_id of every key file of the sandbox, so that no other is ever overwritten."""


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key as PEM text."""

    certificate: str
    key: str = field(repr=False)


@cache
def signing_key() -> RSAPrivateKey:
    """The one private key of this process; accounts differ by their e-mail only, which costs no time."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_key_pem() -> str:
    """The public half of that key."""
    from cryptography.hazmat.primitives import serialization

    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return signing_key().public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def service_account_key(email: str, project: str, token_uri: str, *, identifier: str = "") -> str:
    """A service account key file; only the sandbox's token endpoint accepts it."""
    account = email.partition("@")[0]
    body = {
        "type": "service_account",
        "project_id": project,
        "private_key_id": identifier or f"{KEY_ID_PREFIX}{account}",
        "private_key": _pem(signing_key()),
        "client_email": email,
        "client_id": str(sum(email.encode()) + 10**20),
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": token_uri,
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": f"https://www.googleapis.com/robot/v1/metadata/x509/{account}",
    }
    return json.dumps(body, indent=2) + "\n"


def self_signed(common_name: str, *hosts: str) -> Certificate:
    """A certificate of a month for these host names (and loopback), signed by its own key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(h) for h in (*hosts, "localhost")]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    return Certificate(certificate.public_bytes(serialization.Encoding.PEM).decode(), _pem(key))


def _pem(key: object) -> str:
    from cryptography.hazmat.primitives import serialization

    encoded: bytes = key.private_bytes(  # type: ignore[attr-defined]
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return encoded.decode()
