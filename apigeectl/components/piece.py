"""A piece of an installation: a template, the objects it becomes, and the values it needs, not yet asked for.

The refs are known without reading a file, so that delete and check-ready never stop at a missing key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from apigeectl.components.identity import Identity
from apigeectl.components.protected import ProtectedSecret
from apigeectl.components.secrets import SecretValues, encoded_data
from apigeectl.components.settings import Settings
from apigeectl.components.sources import Sources
from apigeectl.manifests import APIGEE_GROUP, ObjectRef


@dataclass(frozen=True)
class Inputs:
    """What the values of a piece are made of."""

    settings: Settings
    sources: Sources
    secrets: SecretValues
    kind: str = ""
    """The kind of the custom resource that the values are for."""

    @property
    def first_dialect(self) -> bool:
        """v1alpha1 kinds write the metrics of autoscalers in another way than later ones."""
        return self.settings.release.api_versions.get(self.kind) == "v1alpha1"


@dataclass(frozen=True)
class Piece:
    """Refs first, manifests later."""

    component: str
    template: str
    refs: tuple[ObjectRef, ...]
    values: Callable[[Inputs], Mapping[str, Any]]


def custom_resource(
    component: str, kind: str, settings: Settings, name: str, values: Callable[[Inputs], Mapping[str, Any]]
) -> Piece:
    """An object of the apigee operator, with the values that all of them share."""
    template = f"{component}/{component}.yaml.j2"

    def all_values(inputs: Inputs) -> Mapping[str, Any]:
        return {
            "api_version": inputs.settings.release.api_version(kind),
            "name": name,
            "namespace": inputs.settings.namespace,
            "org": inputs.settings.org,
            "image_pull_secrets": inputs.settings.image_pull_secrets,
            "platform": "apigee" if inputs.settings.release.has_platform_label else None,
            **values(replace(inputs, kind=kind)),
        }

    return Piece(component, template, (ObjectRef(APIGEE_GROUP, kind, settings.namespace, name),), all_values)


def secret(component: str, namespace: str, name: str, data: Callable[[Inputs], Mapping[str, bytes]]) -> Piece:
    """A Secret of any content."""
    return Piece(
        component,
        "secrets/secret.yaml.j2",
        (ObjectRef("", "Secret", namespace, name),),
        lambda inputs: {"name": name, "namespace": namespace, "data": encoded_data(data(inputs))},
    )


def protected_secret(component: str, settings: Settings, protected: ProtectedSecret) -> Piece:
    """A Secret whose values decide whether data can be read."""
    return secret(component, settings.namespace, protected.name, lambda inputs: inputs.secrets.of(protected))


def file_secret(component: str, namespace: str, name: str, files: Mapping[str, tuple[str, str]]) -> Piece:
    """A Secret of files, byte for byte: by key, the property and the file that it names."""

    def data(inputs: Inputs) -> Mapping[str, bytes]:
        return {key: inputs.sources.file(*file) or b"" for key, file in files.items()}

    return secret(component, namespace, name, data)


def identity_pieces(component: str, settings: Settings, identity: Identity) -> tuple[Piece, ...]:
    """What an identity needs in the cluster: the Secret of a key file, or a ServiceAccount, or nothing."""
    if identity.account:
        return (_service_account(component, settings.namespace, identity),)
    if identity.key_file and identity.secret:
        files = {"client_secret.json": (identity.key_file.path, identity.key_file.written)}
        return (file_secret(component, settings.namespace, identity.secret, files),)
    return ()


def _service_account(component: str, namespace: str, identity: Identity) -> Piece:
    name = identity.account or ""
    values = {"name": name, "namespace": namespace, "google_account": identity.google_account}
    ref = ObjectRef("", "ServiceAccount", namespace, name)
    return Piece(component, "serviceaccounts/serviceaccount.yaml.j2", (ref,), lambda _: values)
