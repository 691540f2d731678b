"""The facts of one hybrid release, picked from the table of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from apigeectl.components.release_facts import ASSUMED, CONFIRMED, FACTS, KINDS, MAIN_SOURCES, PATCHES, Fact


@dataclass(frozen=True)
class Release:
    """One hybrid release: what is rendered for it and how. `release_facts` says what each attribute is."""

    version: str
    """In full, such as 1.10.3."""
    confirmed: bool
    """Whether its facts are known from its own output or schemas; others are taken from their neighbours."""
    api_versions: Mapping[str, str]
    """By kind of the apigee operator; a kind that the release does not have is missing."""
    operator_namespace: str
    cluster_name_suffix: bool
    operator_service_account: str
    operator_arguments: tuple[str, ...]
    has_api_client_argument: bool
    has_istio_config_argument: bool
    has_operator_limits: bool
    metrics_service_account: str
    metrics_key_secret: str
    registry: str
    logger_image: str
    authz_in: tuple[str, ...]
    redis_user: tuple[int, int]
    tls_secret_prefix: str
    anthos_service_mesh: bool
    affinity_always_required: bool
    has_node_affinity_flag: bool
    has_ingress_gateways: bool
    has_platform_label: bool
    has_udca_of_organization: bool
    has_udca: bool
    has_mint_task_scheduler: bool
    has_split_metrics: bool
    has_metrics_adapter: bool
    has_runtime_scaling: bool
    has_watcher_cpu_target: bool
    has_mart_kvm_key: bool
    has_setup_version: bool
    has_cassandra_users: bool
    has_datastore_credential_ref: bool
    has_remove_dc: bool
    has_env_replicas: bool
    has_cipher_suites: bool
    has_schema_validation: bool
    has_spec_version: bool
    has_issue_scanning: bool
    watches_deployments: bool
    has_request_timeout: bool
    has_telemetry_organization: bool
    has_secret_provider_class: bool
    has_key_checksum: bool
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of the third-party images; every other image has the version for its tag."""
    unconfirmed_images: tuple[str, ...] = ()
    """Third-party images whose tag was seen in another release only."""
    assumed: tuple[str, ...] = ()
    """What is taken from a neighbouring release without having been seen in this one."""

    @property
    def minor(self) -> tuple[int, int]:
        return version_numbers(self.version)[:2]  # type: ignore[return-value]

    def api_version(self, kind: str) -> str:
        """The apiVersion that objects of a kind of the apigee operator are written in."""
        return f"apigee.cloud.google.com/{self.api_versions[kind]}"

    def has_kind(self, kind: str) -> bool:
        """Whether the operator of this release knows a kind."""
        return kind in self.api_versions

    def tag(self, image: str) -> str:
        """The tag that an image has in this release."""
        return self.tags.get(image, self.version)


def version_numbers(version: str) -> tuple[int, ...]:
    """(1, 10, 3) for "1.10.3"."""
    return tuple(int(part) for part in version.split("."))


class Standing(Enum):
    """How well a value is known."""

    SEEN = "seen"
    BETWEEN = "between"
    """Not seen, but the nearest releases on both sides have the same."""
    ASSUMED = "assumed"


class Cell(NamedTuple):
    """The value that a fact has in a release."""

    value: Any
    standing: Standing
    sources: tuple[str, ...]


def cell(fact: Fact, minor: tuple[int, int]) -> Cell:
    """What a fact is in a release; where it was not seen, what it is in the release below or else above."""
    seen = dict(_seen(fact))
    if minor in seen:
        value, sources = seen[minor]
        return Cell(value, Standing.ASSUMED if sources == (ASSUMED,) else Standing.SEEN, sources)
    below = max((one for one in seen if one < minor), default=None)
    above = min((one for one in seen if one > minor), default=None)
    value, sources = seen[below if below is not None else above]  # type: ignore[index]  # no fact is empty
    same = below is not None and above is not None and seen[below][0] == seen[above][0]
    return Cell(value, Standing.BETWEEN if same else Standing.ASSUMED, sources)


@cache
def row(minor: tuple[int, int]) -> Release:
    """The release that a minor version means, without the tags of its images."""
    kinds = {kind: cell(fact, minor) for kind, fact in KINDS.items()}
    cells = {name: cell(fact, minor) for name, fact in FACTS.items()}
    assumed = [FACTS[name].about for name, one in cells.items() if one.standing is Standing.ASSUMED]
    assumed += [KINDS[kind].about for kind, one in kinds.items() if one.standing is Standing.ASSUMED]
    return Release(
        version=PATCHES[minor[1]],
        confirmed=minor in CONFIRMED,
        api_versions={kind: one.value for kind, one in kinds.items() if one.value},
        assumed=tuple(assumed),
        **{name: one.value for name, one in cells.items()},
    )


def _seen(fact: Fact) -> Iterator[tuple[tuple[int, int], tuple[Any, tuple[str, ...]]]]:
    for value, releases, *named in fact.rows:
        for release in releases.split():
            sources = named[0] if named else MAIN_SOURCES[release]
            yield _minor(release), (value, tuple(sources.split()))


def _minor(text: str) -> tuple[int, int]:
    major, minor = text.split(".")
    return int(major), int(minor)
