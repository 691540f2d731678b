"""Strong keys, salts and passwords for a new installation: as Secrets in the cluster, or as files.

Made once and never again: whatever the cluster, a file or the overrides file has already is taken from there.
"""

from __future__ import annotations

import base64
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from secrets import choice, token_bytes
from typing import Any, Protocol

from apigeectl.actions.stored import StoredSecrets, stored_secrets
from apigeectl.apply.changes import Action, Event
from apigeectl.apply.guards import look_around
from apigeectl.components import names
from apigeectl.components.protected import Form, ProtectedSecret, all_protected
from apigeectl.components.secrets import SecretValues, encoded_data, is_given, protected_secret_names
from apigeectl.components.sources import Sources
from apigeectl.errors import Conflict, Refused
from apigeectl.manifests import FIELD_MANAGER, MANAGED_BY_LABEL, LiveObject, Manifest, ObjectRef
from apigeectl.overrides.document import Overrides
from apigeectl.overrides.position import parse_dotted

KEY_BYTES = 32
PASSWORD_LENGTH = 32
_PASSWORD_SIGNS = string.ascii_letters + string.digits
"""Cassandra does not start with other characters in the password of Jolokia."""


class Cluster(Protocol):
    """What making Secrets asks of a cluster."""

    def get(self, ref: ObjectRef, version: str | None = None) -> LiveObject | None: ...
    def list(
        self, group: str, kind: str, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> Iterable[LiveObject]: ...
    def create(self, manifest: Manifest) -> LiveObject: ...


@dataclass(frozen=True)
class NewSecret:
    """A Secret that the cluster does not have, complete, and the properties whose values were made for it."""

    name: str
    values: Mapping[str, bytes] = field(repr=False)
    made: tuple[str, ...]

    def manifest(self, namespace: str) -> Manifest:
        """As apply would write it, save for labels that apply adds."""
        metadata = {"name": self.name, "namespace": namespace, "labels": {MANAGED_BY_LABEL: FIELD_MANAGER}}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque"}
        return Manifest({**body, "data": encoded_data(self.values)})


@dataclass(frozen=True)
class NewFile:
    """A file to write; `property` is the one that is to name it, empty when none does."""

    name: str
    content: bytes = field(repr=False)
    property: str = ""


SECRETS_FILE = "secrets.yaml"


def require_new(overrides: Overrides, cluster: Cluster | None) -> None:
    """Raise Refused where data exists, or will come, that other keys and passwords were made for."""
    for path, what in _DATA_FROM_ELSEWHERE.items():
        if overrides.get(path) not in (None, False, ""):
            place = overrides.nearest_position(parse_dotted(path))
            where = overrides.files.locate(place) if place else None
            line = f"{where.file}:{where.line}: " if where else ""
            raise Refused(f"{line}{path} is set, so {what}; nothing was made", hint=_HINT_COPY)
    if cluster is None:
        return
    namespace = overrides.namespace
    around = look_around(
        cluster,
        (),
        installation=names.org_id(overrides.org),
        namespace=namespace,
        operator_namespace=namespace,
    )
    data = [*sorted(around.volumes), *(ref for ref in around.ours_staying if ref.kind == "ApigeeDatastore")]
    if data:
        raise Refused(
            f"{data[0]} exists, and what it holds was written with the keys and passwords of its time; nothing was made",
            hint="keep them: apply takes them from the cluster",
        )


def new_secrets(overrides: Overrides, cwd: Path, cluster: Cluster | None) -> tuple[NewSecret, ...]:
    """The protected Secrets that the cluster lacks. Raises OverridesError when a file that the overrides name is missing,
    Refused when the overrides give other values than the cluster has."""
    stored: StoredSecrets = {}
    if cluster is not None:
        stored = stored_secrets(cluster, overrides.namespace, protected_secret_names(overrides))
    sources = Sources(overrides, cwd, stored)
    values = SecretValues(sources, make=made_value)
    found = [(secret, values.of(secret)) for secret in all_protected(overrides)]
    sources.check()
    values.check()
    return tuple(
        NewSecret(secret.name, content, _made(secret, values))
        for secret, content in found
        if secret.name not in stored
    )


def made_value(form: Form) -> str:
    """A new value as the property holds it."""
    if form is Form.PLAIN:
        return "".join(choice(_PASSWORD_SIGNS) for _ in range(PASSWORD_LENGTH))
    return base64.b64encode(token_bytes(KEY_BYTES)).decode()


def create(overrides: Overrides, secrets: Iterable[NewSecret], cluster: Cluster) -> Iterator[Event]:
    """Create the Secrets, and their namespace when it is missing. One that came up meanwhile is left as it is: Conflict."""
    namespace = ObjectRef("", "Namespace", "", overrides.namespace)
    if cluster.get(namespace) is None:
        labels = {MANAGED_BY_LABEL: FIELD_MANAGER}
        metadata = {"name": namespace.name, "labels": labels}
        cluster.create(Manifest({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}))
        yield Event(namespace, Action.CREATE)
    for secret in secrets:
        manifest = secret.manifest(namespace.name)
        try:
            cluster.create(manifest)
        except Conflict as error:
            raise Refused(
                f"{manifest.ref} came up meanwhile; it was left as it is",
                hint="run the command again: it takes from there what other Secrets share",
            ) from error
        yield Event(manifest.ref, Action.CREATE, ", ".join(secret.made))


def files_for(overrides: Overrides, secrets: Iterable[NewSecret]) -> tuple[NewFile, ...]:
    """A file for every key that a property can name, and the manifests of the Secrets that hold something else, too."""
    by_name = {secret.name: secret for secret in secrets}
    files: dict[str, NewFile] = {}
    manifests = []
    for protected in all_protected(overrides):
        new = by_name.get(protected.name)
        if new is None:
            continue
        fresh = [value for value in protected.values if value.usual_property in new.made]
        for value in fresh:
            if value.file_property and not is_given(overrides, value):
                name = _file_name(overrides, value.file_property)
                files[name] = NewFile(name, new.values[value.key], value.file_property)
        if any(value.file_property is None for value in fresh):
            manifests.append(new.manifest(overrides.namespace).body)
    return (*files.values(), *_manifest_file(manifests))


def lines_for(overrides: Overrides, files: Iterable[NewFile], folder: str) -> dict[str, Any]:
    """What the overrides file must say for the files to be found, as it would stand there."""
    lines: dict[str, Any] = {}
    envs: dict[int, dict[str, Any]] = {}
    for file in (file for file in files if file.property):
        path = parse_dotted(file.property)
        if len(path) == 1:
            lines[str(path[0])] = f"{folder}/{file.name}"
        else:
            index = int(path[1])
            named = envs.setdefault(index, {"name": overrides.get(f"envs[{index}].name")})
            named[str(path[2])] = f"{folder}/{file.name}"
    return {**lines, "envs": list(envs.values())} if envs else lines


def _made(secret: ProtectedSecret, values: SecretValues) -> tuple[str, ...]:
    names_ = (value.usual_property for value in secret.values)
    return tuple(name for name in names_ if name in values.made)


def _file_name(overrides: Overrides, file_property: str) -> str:
    path = parse_dotted(file_property)
    what = str(path[-1]).removesuffix("Path")
    return f"{what}.key" if len(path) == 1 else f"{overrides.string(f'envs[{path[1]}].name')}-{what}.key"


def _manifest_file(manifests: list[Mapping[str, Any]]) -> Iterator[NewFile]:
    from apigeectl.yaml import dump

    if manifests:
        yield NewFile(SECRETS_FILE, dump(manifests).encode())


_DATA_FROM_ELSEWHERE = {
    "cassandra.restore.enabled": "the data will be those of a backup, which need the keys of their time",
    "cassandra.multiRegionSeedHost": "this region joins another one, whose keys and passwords it needs",
    "cassandra.externalSeedHost": "this region joins another one, whose keys and passwords it needs",
}
_HINT_COPY = "copy the Secrets of that installation into this cluster before init; apply then keeps them"
