"""Rules about certificates and their private keys. No content of a key is ever shown."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from apigeectl.overrides.files import contents
from apigeectl.overrides.findings import Case, Finding, info, shown, warning
from apigeectl.overrides.named_files import CERTIFICATE, PRIVATE_KEY, NamedFile
from apigeectl.overrides.position import Path, dotted

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

SOON = datetime.timedelta(days=14)
"""Certificates that end within this time are said; others are renewed by then."""


@dataclass(frozen=True)
class Chain:
    """The certificates of one file, the server's own first, and the key that the same holder names."""

    named: NamedFile
    certificates: tuple[Certificate, ...]
    key: bytes | None = field(repr=False)
    """Its public half, in DER."""

    @property
    def name(self) -> str:
        return f"{dotted(self.named.path)}: {shown(self.named.path, self.named.written)}"

    @cached_property
    def public_keys(self) -> tuple[bytes, ...]:
        return tuple(_der(certificate.public_key()) for certificate in self.certificates)

    @property
    def is_of_clients(self) -> bool:
        """It does not speak for the server but says which clients to trust."""
        return self.named.path[-1] == "caCertPath"


def bad_pem(case: Case) -> Iterator[Finding]:
    for kind, wanted in _PEM_HEADERS.items():
        for named, content in contents(case, kind):
            name = f"{dotted(named.path)}: {shown(named.path, named.written)}"
            if wanted.search(content):
                if not (_certificates(content) if kind == CERTIFICATE else readable_private_key(content)):
                    yield Finding(
                        named.severity, named.path, f"{name} holds a damaged {kind}", "copy it again"
                    )
                continue
            held = next((other for other, pattern in _PEM_HEADERS.items() if pattern.search(content)), None)
            message, hint = f"{name} holds no {kind} in PEM form", None
            if b"ENCRYPTED PRIVATE KEY" in content or b"Proc-Type: 4,ENCRYPTED" in content:
                message, hint = f"{name} is encrypted", "store the key without a passphrase"
            elif held:
                message, hint = f"{name} holds a {held}, no {kind}", "are the paths swapped?"
            yield Finding(named.severity, named.path, message, hint)


def key_mismatch(case: Case) -> Iterator[Finding]:
    """The gateway refuses such a pair, so that the host is not served."""
    for chain in chains(case):
        if chain.key is None or chain.key == chain.public_keys[0]:
            continue
        key_path = (*chain.named.path[:-1], "sslKeyPath")
        message = f"{chain.name} and {dotted(key_path)} do not belong together"
        hint = "name the key that the certificate was made with"
        if chain.key in chain.public_keys:
            place = chain.public_keys.index(chain.key) + 1
            message = f"{chain.name} has the server's own certificate in place {place}"
            hint = "put the server's own certificate first, its issuer second, and so on"
        yield Finding(chain.named.severity, chain.named.path, message, hint, related=(key_path,))


def chain_order(case: Case) -> Iterator[Finding]:
    """Each certificate is followed by its issuer's; clients look for the next one there."""
    for chain in chains(case):
        for place, (below, above) in enumerate(pairwise(chain.certificates), 1):
            if not chain.is_of_clients and below.issuer != above.subject:
                message = (
                    f"{chain.name}: certificate {place + 1} is not that of the issuer of certificate {place}"
                )
                hint = "put the server's own certificate first, its issuer second, and so on"
                yield warning(chain.named.path, message, hint)
                break


def dates(case: Case) -> Iterator[Finding]:
    now = datetime.datetime.now(datetime.timezone.utc)
    for chain in chains(case):
        first_to_end = min(chain.certificates, key=lambda each: each.not_valid_after_utc)
        last_to_begin = max(chain.certificates, key=lambda each: each.not_valid_before_utc)
        end, begin = first_to_end.not_valid_after_utc, last_to_begin.not_valid_before_utc
        which = "" if len(chain.certificates) == 1 else ": one of its certificates"
        if end <= now:
            problem = f"{which} expired on {end:%Y-%m-%d}"
        elif begin > now:
            problem = f"{which} is valid only from {begin:%Y-%m-%d %H:%M} UTC on"
        elif end - now <= SOON:
            days = (end - now).days
            problem = f"{which} expires in {days} day{'' if days == 1 else 's'}, on {end:%Y-%m-%d}"
        else:
            continue
        hint = "look at this machine's clock" if begin > now else "renew it"
        yield warning(chain.named.path, f"{chain.name}{problem}", hint)


def host_mismatch(case: Case) -> Iterator[Finding]:
    """Against host names that the file knows: since 1.3 they are kept in the environment group."""
    for chain in chains(case):
        if chain.is_of_clients:
            continue
        names = _names(chain.certificates[0])
        hosts = _hosts(case, chain.named.path[:-1])
        uncovered = [host for host in hosts if not any(_covers(name, host) for name in names)]
        if uncovered:
            listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            message = f"{chain.name} is for {listed or 'no host name'}, not for {', '.join(uncovered)}"
            yield warning(chain.named.path, message, "name a certificate for all host aliases")


def self_signed(case: Case) -> Iterator[Finding]:
    for chain in chains(case):
        own = chain.certificates[0]
        if own.issuer == own.subject and not chain.is_of_clients:
            message = f"{chain.name} is signed by its own key"
            yield info(chain.named.path, message, "clients must be told to trust it, with curl --cacert")


def readable_private_key(content: bytes) -> bool:
    return _public_half(content) is not None


def chains(case: Case) -> tuple[Chain, ...]:
    """Of every certificate file that can be read."""
    return case.once(_read_chains)


_PEM_HEADERS = {
    CERTIFICATE: re.compile(rb"-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----"),
    PRIVATE_KEY: re.compile(
        rb"-----BEGIN ([A-Z]+ )?PRIVATE KEY-----(?!\s*Proc-Type: 4,ENCRYPTED)(?<!ENCRYPTED PRIVATE KEY-----)"
    ),
}


def _read_chains(case: Case) -> tuple[Chain, ...]:
    halves: dict[Path, bytes] = {}
    for named, content in contents(case, PRIVATE_KEY):
        if half := _public_half(content):
            halves[named.path] = half
    read: dict[bytes, tuple[Certificate, ...]] = {}
    found = []
    for named, content in contents(case, CERTIFICATE):
        if content not in read:
            read[content] = _certificates(content)
        if read[content]:
            key = halves.get((*named.path[:-1], "sslKeyPath")) if named.path[-1] == "sslCertPath" else None
            found.append(Chain(named, read[content], key))
    return tuple(found)


def _certificates(content: bytes) -> tuple[Certificate, ...]:
    """Empty when one of them cannot be read."""
    from cryptography import x509

    try:
        return tuple(x509.load_pem_x509_certificates(content.replace(b" TRUSTED CERT", b" CERT")))
    except ValueError:
        return ()


def _public_half(content: bytes) -> bytes | None:
    """None when it cannot be read; empty for an algorithm that cannot be judged here."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return _der(load_pem_private_key(content, None, unsafe_skip_rsa_key_validation=True).public_key())
    except UnsupportedAlgorithm:
        return b""
    except (ValueError, TypeError):
        return None


def _der(public_key: object) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    encoded: bytes = public_key.public_bytes(  # type: ignore[attr-defined]  # of a key of any algorithm
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    return encoded


def public_key(content: bytes) -> bytes:
    """The public key of the first certificate in a PEM file, as DER; empty when there is none that can be read."""
    found = _certificates(content) if content else ()
    return _der(found[0].public_key()) if found else b""


def valid_until(content: bytes) -> datetime.datetime | None:
    """When the last certificate of a PEM file ends; None when there is none that can be read."""
    return max((one.not_valid_after_utc for one in _certificates(content)), default=None)


def _names(certificate: Certificate) -> list[str]:
    """The host names of a certificate; its common name counts only where it has no list of them."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return extension.value.get_values_for_type(x509.DNSName)
    except (x509.ExtensionNotFound, ValueError):
        return [str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]


def _hosts(case: Case, holder: Path) -> list[str]:
    given = case.at(holder)
    given = given if isinstance(given, Mapping) else {}
    hosts = [given.get("hostAlias"), *(given.get("hostAliases") or ())]
    return [host.lower() for host in hosts if isinstance(host, str) and host not in ("", "*")]


def _covers(name: str, host: str) -> bool:
    """A wildcard stands for one part of a name, the first."""
    name = name.lower()
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])
