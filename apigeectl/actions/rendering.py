"""From a prepared file to manifests. Nothing of the engine is needed for it, so that a dry run starts fast."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from apigeectl.actions.preparation import Prepared
from apigeectl.actions.stored import Cluster, StoredSecrets, stored_secrets
from apigeectl.components.names import DATASTORE_CREDENTIALS, REDIS_CREDENTIALS
from apigeectl.components.render import Rendering, render_init, render_runtime
from apigeectl.components.secrets import protected_secret_names
from apigeectl.manifests import ObjectRef

CA_SECRET = ObjectRef("", "Secret", "cert-manager", "apigee-ca")


@dataclass(frozen=True)
class Choices:
    """What the user decided beside the file."""

    templates: Path | None = None
    replace_secrets: frozenset[str] = frozenset()
    force_conflicts: bool = False
    prune: bool = False


def render_scope(
    prepared: Prepared, cwd: Path, choices: Choices, cluster: Cluster | None = None
) -> Rendering:
    """The manifests of the scope. With a cluster, its keys, salts and passwords win over the file's."""
    stored: StoredSecrets | None = None
    if cluster is not None:
        names = protected_secret_names(prepared.overrides)
        stored = stored_secrets(cluster, prepared.overrides.namespace, names)
    return render_runtime(
        prepared.overrides,
        prepared.release,
        prepared.scope,
        cwd=cwd,
        stored=stored,
        replace=choices.replace_secrets,
        templates=choices.templates,
    )


def render_prerequisites(
    prepared: Prepared, cwd: Path, choices: Choices, cluster: Cluster | None = None
) -> Rendering:
    """What stands before the runtime; a certificate authority that exists is never rendered again."""
    stored: StoredSecrets | None = None
    ca_exists = False
    if cluster is not None:
        names = (DATASTORE_CREDENTIALS, REDIS_CREDENTIALS)
        stored = stored_secrets(cluster, prepared.overrides.namespace, names)
        ca_exists = cluster.get(CA_SECRET) is not None
    return render_init(
        prepared.overrides,
        prepared.release,
        cwd=cwd,
        stored=stored,
        replace=choices.replace_secrets,
        templates=choices.templates,
        ca_exists=ca_exists,
    )
