"""Rules about Cassandra: its backups, and regions that join."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from apigeectl.overrides.findings import Case, Finding, error, info, text_at, warning
from apigeectl.overrides.position import Path, dotted


@dataclass(frozen=True)
class BackupNeed:
    """A property, in any spelling, without which a provider has no place to write to or to read from."""

    providers: tuple[str, ...]
    properties: tuple[str, ...]
    restore_only: bool = False
    hint: str = ""


BACKUP_NEEDS: tuple[BackupNeed, ...] = (
    BackupNeed(("GCP",), ("dbStorageBucket",), hint="name the bucket, without gs://"),
    BackupNeed(("HYBRID",), ("server",), hint="name the host of the backup server"),
    BackupNeed(("HYBRID",), ("storageDirectory",), hint="name the directory on the backup server"),
    BackupNeed(
        ("HYBRID",), ("keyfile", "keyFile", "keyFileRef"), hint="name the private key for the backup server"
    ),
    BackupNeed(
        ("GCP", "HYBRID", "CSI"),
        ("snapshotTimestamp",),
        restore_only=True,
        hint="fourteen digits, in quotes: name the snapshot",
    ),
)


def incomplete_backup(case: Case) -> Iterator[Finding]:
    """A restore without a place of its own uses that of the backup."""
    for purpose in ("backup", "restore"):
        place: Path = ("cassandra", purpose)
        if not case.scope.wants_datastore() or case.at((*place, "enabled")) is not True:
            continue
        provider = text_at(case, *place, "cloudProvider") or "GCP"
        for need in BACKUP_NEEDS:
            if provider not in need.providers or (need.restore_only and purpose == "backup"):
                continue
            places = [place] if purpose == "backup" or need.restore_only else [place, ("cassandra", "backup")]
            if not any(case.has((*each, name)) for each in places for name in need.properties):
                message = f"{dotted(place)} is enabled for {provider} and has no {need.properties[0]}"
                yield error(place, message, need.hint, at_key=True)


def special_characters(case: Case) -> Iterator[Finding]:
    """Google's known issue 282997216, of 1.8 and newer: Cassandra may not start with them."""
    if not case.at_least((1, 8)):
        return
    for entry in case.of("cassandra.auth.jolokia.password"):
        if isinstance(entry.value, str) and not re.fullmatch(r"[A-Za-z0-9]*", entry.value):
            message = f"{dotted(entry.path)} has other characters than letters and digits, and Cassandra may not start"
            yield warning(entry.path, message, "use letters and digits only")


def bucket_prefix(case: Case) -> Iterator[Finding]:
    if case.known_since((1, 13)):
        for entry in case.of("cassandra.backup.dbStorageBucket", "cassandra.restore.dbStorageBucket"):
            if isinstance(entry.value, str) and entry.value.startswith("gs://"):
                message = f"{dotted(entry.path)} begins with gs://, which is deprecated from hybrid 1.13 on"
                yield info(entry.path, message, f"write {entry.value[5:]}")


def multi_region(case: Case) -> Iterator[Finding]:
    """What a region that joins must have decided."""
    seed: Path = ("cassandra", "multiRegionSeedHost")
    if not case.has(seed) or not case.scope.wants_datastore():
        return
    datacenter: Path = ("cassandra", "datacenter")
    if case.at(datacenter) in (None, "", "dc-1"):
        message = "cassandra.datacenter is dc-1, as in the first region unless that was given another name"
        yield warning(datacenter, message, "give each region a datacenter of its own, such as dc-2")
    if case.at(("cassandra", "hostNetwork")) is None:
        message = "cassandra.hostNetwork is not given, and must be the same in all regions"
        hint = "write true where pods of different regions cannot reach each other, else false"
        yield warning(("cassandra", "hostNetwork"), message, hint)
    message = f"{dotted(seed)} is for joining only"
    yield info(seed, message, "take it out, and apply again, when the region has its data")
