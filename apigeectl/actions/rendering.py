"""From a prepared file to manifests. Nothing of the engine is needed for it, so that a dry run starts fast."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from apigeectl.actions.bindings import with_accounts_of_others
from apigeectl.actions.preparation import Prepared
from apigeectl.actions.stored import Cluster, StoredSecrets, stored_secrets
from apigeectl.components.init import INIT_WARNING
from apigeectl.components.names import DATASTORE_CREDENTIALS, REDIS_CREDENTIALS
from apigeectl.components.platform import ANY_PLATFORM, Platform
from apigeectl.components.render import Rendering, render_init, render_runtime
from apigeectl.components.secrets import protected_secret_names
from apigeectl.components.settings import Settings
from apigeectl.manifests import ObjectRef


@dataclass(frozen=True)
class Choices:
    """What the user decided beside the file."""

    templates: Path | None = None
    replace_secrets: frozenset[str] = frozenset()
    force_conflicts: bool = False
    prune: bool = False
    only_look: bool = False
    """Nothing will be written, so what would be refused is told and not refused."""


def ca_secret(prepared: Prepared) -> ObjectRef:
    """The Secret of the certificate authority, where cert-manager keeps it."""
    namespace = Settings(prepared.overrides, prepared.release).cert_manager_namespace
    return ObjectRef("", "Secret", namespace, "apigee-ca")


def render_scope(
    prepared: Prepared, cwd: Path, choices: Choices, cluster: Cluster | None = None
) -> Rendering:
    """The manifests of the scope. With a cluster, its keys, salts and passwords win over the file's."""
    stored: StoredSecrets | None = None
    if cluster is not None:
        names = protected_secret_names(prepared.overrides)
        stored = stored_secrets(cluster, prepared.overrides.namespace, names)
    rendering = render_runtime(
        prepared.overrides,
        prepared.release,
        prepared.scope,
        cwd=cwd,
        stored=stored,
        replace=choices.replace_secrets,
        templates=choices.templates,
    )
    if cluster is None:
        return rendering
    return replace(rendering, manifests=with_accounts_of_others(cluster, rendering.manifests))


def render_prerequisites(
    prepared: Prepared,
    cwd: Path,
    choices: Choices,
    cluster: Cluster | None = None,
    platform: Platform = ANY_PLATFORM,
) -> Rendering:
    """What stands before the runtime; a certificate authority that exists is never rendered again."""
    stored: StoredSecrets | None = None
    ca_exists = False
    if cluster is not None:
        names = (DATASTORE_CREDENTIALS, REDIS_CREDENTIALS)
        stored = stored_secrets(cluster, prepared.overrides.namespace, names)
        ca_exists = cluster.get(ca_secret(prepared)) is not None
    rendering = render_init(
        prepared.overrides,
        prepared.release,
        cwd=cwd,
        stored=stored,
        replace=choices.replace_secrets,
        templates=choices.templates,
        ca_exists=ca_exists,
        platform=platform,
    )
    if cluster is None:
        return rendering
    warnings = (one for one in rendering.warnings if one != INIT_WARNING)  # with a cluster, init sees to it
    manifests = with_accounts_of_others(cluster, rendering.manifests)
    return replace(rendering, manifests=manifests, warnings=tuple(warnings))
