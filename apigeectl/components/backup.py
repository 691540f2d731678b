"""Backups of Cassandra on a schedule, and the job that restores one: what the two need is nearly the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from apigeectl.components import names
from apigeectl.components.identity import Identity
from apigeectl.components.piece import Inputs, Piece, file_secret, identity_pieces
from apigeectl.components.settings import Settings, pull_policy
from apigeectl.components.values import mapping, text
from apigeectl.manifests import ObjectRef

_UTILITY, _CLIENT = "apigee-cassandra-backup-utility", "apigee-hybrid-cassandra-client"
_REPLACED_IN = (1, 13)
"""Since then backups work without access to other pods; those objects were not seen."""

_RBAC = "rbac.authorization.k8s.io"
_KEY_FILE = "/var/secrets/keys/key"


@dataclass(frozen=True)
class Transfer:
    """A backup or a restore as the file describes it. A restore that leaves something out has it from the backup."""

    settings: Settings
    verb: str
    sections: tuple[tuple[str, Mapping[str, Any]], ...]
    """Where to look, in this order: the path of each section, and the section."""

    @property
    def name(self) -> str:
        """Of the CronJob or the Job, and of most that it needs."""
        return f"apigee-cassandra-{self.verb}"

    @property
    def account(self) -> str:
        return names.service_account(self.name)

    @property
    def key_secret(self) -> str:
        """The Secret with the Google key."""
        keys = ("serviceAccountRef", "serviceAccountSecretRef", "serviceAccountPath")
        path, written = self.find(*keys)
        return written if written and not path.endswith("Path") else names.key_secret(self.name)

    @property
    def key_file_secret(self) -> str:
        """The Secret with the key of the backup server."""
        path, written = self.find("keyFileRef", "keyfile", "keyFile")
        return written if written and path.endswith("Ref") else f"{self.name}-key-file"

    @property
    def provider(self) -> str:
        return self.find("cloudProvider")[1] or "GCP"

    @property
    def place(self) -> list[dict[str, Any]]:
        """Environment variables that say where backups lie."""
        variables = {
            "APIGEE_CLOUDPROVIDER": self.provider,
            "DBSTORAGE_BUCKET": self.find("dbStorageBucket")[1],
            "BACKUP_SERVER_IP": self.find("server")[1],
            "BACKUP_STORAGE_DIR": self.find("storageDirectory")[1],
            "BACKUP_KEY_FILE": _KEY_FILE if self.provider == "HYBRID" else None,
        }
        return [{"name": name, "value": value} for name, value in variables.items() if value]

    def find(self, *keys: str) -> tuple[str, str | None]:
        """The first of the keys that the first section with one of them has: its path and its text."""
        for path, section in self.sections:
            for key in keys:
                if written := text(section.get(key)):
                    return f"{path}.{key}", written
        return "", None

    def image(self) -> Mapping[str, Any]:
        """The section whose `image` counts."""
        return next((section for _, section in self.sections if section.get("image")), {})


def transfer(settings: Settings, verb: str) -> Transfer | None:
    """What the file says of `backup` or `restore`; None when it is off."""
    verbs = ("restore", "backup") if verb == "restore" else ("backup",)
    sections = tuple(
        (f"cassandra.{name}", mapping(settings.overrides.get(f"cassandra.{name}"))) for name in verbs
    )
    return Transfer(settings, verb, sections) if sections[0][1].get("enabled") is True else None


def backup_pieces(settings: Settings) -> Iterator[Piece]:
    """For a backup and for a restore: its key, its rights, its certificate, and what runs it."""
    for verb in ("backup", "restore"):
        found = transfer(settings, verb)
        if found is None:
            continue
        yield from _secrets(found)
        if _obstacle(found):
            continue
        yield from identity_pieces("cassandra", settings, _account(found))
        yield _access(found)
        yield _certificate(found)
        yield _runner(found)


def backup_warnings(settings: Settings) -> Iterator[str]:
    """What the file asks of Cassandra that is not rendered."""
    for verb, result in (
        ("backup", "without one from elsewhere there are no backups"),
        ("restore", "the schema is not set up either, and without one from elsewhere nothing is restored"),
    ):
        found = transfer(settings, verb)
        if found and (reason := _obstacle(found)):
            kind = "CronJob" if verb == "backup" else "Job"
            yield f"cassandra.{verb}.enabled: the {kind} {found.name} is not rendered, because {reason}; {result}."


def _obstacle(found: Transfer) -> str:
    """Why there is nothing known to render."""
    release = found.settings.release
    if release.minor >= _REPLACED_IN:
        return f"how hybrid {release.version} does it is not known"
    if found.provider == "CSI":
        return "the rights that volume snapshots need are not known"
    return ""


def _secrets(found: Transfer) -> Iterator[Piece]:
    settings = found.settings
    for keys, key, secret in (
        (
            ("serviceAccountRef", "serviceAccountSecretRef", "serviceAccountPath"),
            "dbbackup_key.json",
            found.key_secret,
        ),
        (("keyFileRef", "keyfile", "keyFile"), "key", found.key_file_secret),
    ):
        path, written = found.find(*keys)
        of_google = key != "key"
        if written and not path.endswith("Ref") and not (of_google and settings.overrides.workload_identity):
            yield file_secret("cassandra", settings.namespace, secret, {key: (path, written)})


def _account(found: Transfer) -> Identity:
    """The account is there in any case: it carries the rights."""
    own = found.find("gsa")[1] or found.settings.overrides.string("gcp.workloadIdentity.gsa") or None
    return Identity(
        account=found.account, google_account=own if found.settings.overrides.workload_identity else None
    )


def _access(found: Transfer) -> Piece:
    refs = (
        ObjectRef(_RBAC, "ClusterRole", "", found.name),
        ObjectRef(_RBAC, "ClusterRoleBinding", "", found.name),
    )
    return Piece("cassandra", "backup/access.yaml.j2", refs, lambda _: _common(found))


def _certificate(found: Transfer) -> Piece:
    namespace, name = found.settings.namespace, f"{found.name}-tls"
    hosts = [found.name, f"{found.name}.{namespace}", f"{found.name}.{namespace}.svc.cluster.local"]
    ref = ObjectRef("cert-manager.io", "Certificate", namespace, name)
    return Piece(
        "cassandra", "backup/certificate.yaml.j2", (ref,), lambda _: {**_common(found), "hosts": hosts}
    )


def _runner(found: Transfer) -> Piece:
    kind, template = ("CronJob", "backup/cronjob") if found.verb == "backup" else ("Job", "restore/job")
    ref = ObjectRef("batch", kind, found.settings.namespace, found.name)
    return Piece("cassandra", f"{template}.yaml.j2", (ref,), lambda inputs: _run(inputs, found))


def _common(found: Transfer) -> dict[str, Any]:
    return {"name": found.name, "namespace": found.settings.namespace, "account": found.account}


def _run(inputs: Inputs, found: Transfer) -> Mapping[str, Any]:
    settings = inputs.settings
    image, client = found.image(), mapping(settings.overrides.get("cassandra.auth"))
    of_server = found.provider == "HYBRID"
    return {
        **_common(found),
        "schedule": found.find("schedule")[1] or "0 2 * * *",
        "image": settings.image(image, _UTILITY),
        "pull_policy": pull_policy(image),
        "client_image": settings.image(client, _CLIENT),
        "client_pull_policy": pull_policy(client),
        "image_pull_secrets": settings.image_pull_secrets,
        "tolerations": found.sections[0][1].get("tolerations") or None,
        "group": settings.security_context["runAsGroup"] if of_server else None,
        "env": _variables(found),
        "credentials": _credentials(settings),
        "key_secret": found.key_secret,
        "key_file_secret": found.key_file_secret,
    }


def _variables(found: Transfer) -> list[dict[str, Any]]:
    settings = found.settings
    section, secret = settings.section("cassandra"), _credentials(settings)
    fixed = {
        "CASSANDRA_CLUSTER_NAME": text(section["clusterName"]),
        "CASSANDRA_DC": text(section["datacenter"]),
        "BACKUP_SNAPSHOT_TIMESTAMP": found.find("snapshotTimestamp")[1] if found.verb == "restore" else None,
        "http_proxy": _proxy(settings),
    }
    keys = {
        "CASSANDRA_DB_USER": "admin.user",
        "CASSANDRA_DB_PASS": "admin.password",
        "APIGEE_JMX_USER": "jmx.user",
        "APIGEE_JMX_PASSWORD": "jmx.password",
    }
    return [
        *({"name": name, "value": value} for name, value in fixed.items() if value),
        *found.place,
        *(
            {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
            for name, key in keys.items()
        ),
    ]


def _credentials(settings: Settings) -> str:
    return settings.overrides.string("cassandra.auth.secret") or names.DATASTORE_CREDENTIALS


def _proxy(settings: Settings) -> str | None:
    """The proxy on the way to Google as one URL."""
    proxy = settings.forward_proxy
    if proxy is None:
        return None
    user = quote(proxy.username, safe="") if proxy.username else ""
    password = f":{quote(proxy.password, safe='')}" if user and proxy.password else ""
    return f"{proxy.scheme.lower()}://{user}{password}{'@' if user else ''}{proxy.host}:{proxy.port}"
