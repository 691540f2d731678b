"""Keys, certificates and key files for tests, as good and as bad as they are needed."""

from __future__ import annotations

import base64
import datetime
import json
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

PROJECT = "hybrid-example"


@cache
def key(name: str) -> ec.EllipticCurvePrivateKey:
    """The same key for the same name."""
    return ec.generate_private_key(ec.SECP256R1())


def private_pem(name: str, password: bytes | None = None) -> str:
    protection = BestAvailableEncryption(password) if password else NoEncryption()
    return key(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection).decode()


def certificate(
    subject: str,
    issuer: str | None = None,
    *,
    hosts: tuple[str, ...] = (),
    days: float = 90,
    begins: float = -1,
) -> str:
    """In PEM, for the key of the subject's name, signed by the issuer's; begin and end in days from now."""
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer or subject))
        .public_key(key(subject).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=begins))
        .not_valid_after(now + datetime.timedelta(days=days))
    )
    if hosts:
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(key(issuer or subject), hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def key_file(account: str = "mart", **changes: Any) -> str:
    """A service account key; None leaves a field out."""
    fields = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key": private_pem("account"),
        "client_email": f"{account}@{PROJECT}.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
        **changes,
    }
    return json.dumps({name: value for name, value in fields.items() if value is not None})


def write_material(folder: Path) -> Path:
    """The files that the examples name, each readable by its owner only, but for the one that tells so."""
    own = certificate("host", "intermediate", hosts=("api.example.com", "*.example.com"))
    intermediate, root = certificate("intermediate", "root"), certificate("root")
    texts = {
        "sa.json": key_file(),
        "mart.json": key_file("apigee-mart"),
        "udca.json": key_file("apigee-udca"),
        "agent.json": key_file("agent"),
        "foreign.json": key_file(project_id="other-project"),
        "damaged.json": key_file(
            private_key="-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
        ),
        "exposed.json": key_file(),
        "fullchain.pem": own + intermediate,
        "disordered.pem": own + root + intermediate,
        "expired.pem": certificate("host", "intermediate", days=-0.5),
        "self-signed.pem": certificate("host", hosts=("api.example.com",)),
        "ca.pem": root,
        "privkey.pem": private_pem("host"),
        "other-privkey.pem": private_pem("another"),
        "encrypted.pem": private_pem("host", b"passphrase"),
        "kms.txt": base64.b64encode(b"k" * 32).decode() + "\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o644 if name == "exposed.json" else 0o600)
    return folder


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
