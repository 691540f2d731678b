from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apigeectl.actions.bundle import Bundle
from apigeectl.actions.bundled import definitions_in
from apigeectl.actions.definition_age import Age, compare
from apigeectl.actions.definition_sources import Found, Offer, Sources
from apigeectl.actions.definitions import Definitions, Place, find_definitions
from apigeectl.actions.fitting import RELEASE_ANNOTATION, fitted_definition
from apigeectl.components.releases import release
from apigeectl.errors import InstallerError
from apigeectl.manifests import APIGEE_GROUP, LiveObject, ObjectRef, ref_of
from apigeectl.yaml import dump
from tests.actions.bundles import ENVOY_FILTERS, KINDS, chart_files, definition, write
from tests.clients.charts import digest, packed

OLD, NEW = release("1.9"), release("1.10")
ORGANIZATION = f"apigeeorganizations.{APIGEE_GROUP}"


class Cluster:
    """Serves what its definitions say."""

    def __init__(self, *definitions: LiveObject, **others: LiveObject) -> None:
        self.objects = {ref_of(one): one for one in (*definitions, *others.values())}

    def serves(self, group: str, kind: str, version: str | None = None) -> bool:
        specs = [one["spec"] for one in self.objects.values() if "versions" in one.get("spec", {})]
        served = {(one["names"]["kind"], each["name"]) for one in specs for each in one["versions"]}
        return any(kind == name and version in (None, each) for name, each in served)

    def get(self, ref: ObjectRef, version: str | None = None) -> LiveObject | None:
        return self.objects.get(ref)


def in_cluster(
    kind: str, *versions: str, noted: str = "", stored: tuple[str, ...] = (), **more: Any
) -> LiveObject:
    body = definition(kind, *versions, **more)
    body["metadata"]["annotations"] = {RELEASE_ANNOTATION: noted} if noted else {}
    return {**body, "status": {"storedVersions": list(stored)}}


def all_kinds(noted: str = "", **more: Any) -> list[LiveObject]:
    return [in_cluster(kind, noted=noted, **more) for kind in KINDS]


def offered(bundle: Bundle) -> Found:
    return Found(Offer(bundle, definitions_in(bundle)), ())


def found(cluster: Cluster, bundle: Bundle | None, *, of: Any = OLD, named: bool = False) -> Definitions:
    place = Place(of, "apigee", "apigee-system", has_ingress_manager=False)
    answer = offered(bundle) if bundle else Found(None, ("./plugins does not exist", "nobody answered"))
    return find_definitions(cluster, place, lambda: answer, named=named)


CHART = Bundle("the chart", chart_files())


def test_a_bare_cluster_gets_all_of_them():
    definitions = found(Cluster(), CHART)

    assert {one.name for one in definitions.manifests} == {
        f"{plural}.{APIGEE_GROUP}" for plural, _ in KINDS.values()
    }
    assert definitions.source == "the chart"


def test_a_cluster_that_has_them_is_asked_alone():
    def nobody() -> Found:
        raise AssertionError("no other source is looked at")

    place = Place(OLD, "apigee", "apigee-system", has_ingress_manager=False)

    assert find_definitions(Cluster(*all_kinds()), place, nobody, named=False) == Definitions()


def test_a_cluster_that_has_some_gets_the_others():
    whole = found(Cluster(), CHART).manifests
    cluster = Cluster(*(dict(one.body) for one in whole if "apigeeredis" not in one.name))

    assert [one.name for one in found(cluster, CHART).manifests] == [f"apigeeredis.{APIGEE_GROUP}"]


def test_without_any_source_the_error_names_every_way():
    with pytest.raises(InstallerError, match="nothing to install them from") as raised:
        found(Cluster(), None)

    assert "looked at: ./plugins does not exist" in raised.value.details
    for way in ("--bundle", "./plugins", "--chart-registry", "kubectl apply"):
        assert way in str(raised.value.hint)


def test_a_bundle_of_another_release_is_told_apart():
    bundle = Bundle("it", {"one.yaml": dump([definition("ApigeeOrganization", "v1alpha1")])})

    with pytest.raises(InstallerError, match=r"it does not define .*ApigeeOrganization \(v1alpha2\)"):
        found(Cluster(), bundle)


def test_a_named_bundle_brings_what_is_newer_in_it():
    newer = Bundle("it", {"one.yaml": dump([definition("ApigeeRedis", fields=("name", "more"))])})

    assert [one.kind for one in found(Cluster(*all_kinds()), newer, named=True).manifests] == [
        "CustomResourceDefinition"
    ]


def test_a_newer_definition_in_the_cluster_stays_and_that_is_said():
    cluster = Cluster(*all_kinds(fields=("name", "more")))

    definitions = found(cluster, CHART, named=True)

    assert definitions.manifests == ()
    assert f"{ORGANIZATION} stays as it is: the cluster's has spec.more" in " ".join(definitions.notes)


def test_a_second_time_nothing_is_left_to_bring():
    first = found(Cluster(), CHART)
    cluster = Cluster(*({**one.body, "status": {}} for one in first.manifests))

    assert found(cluster, CHART, named=True) == Definitions()


def test_definitions_of_an_older_release_are_renewed():
    cluster = Cluster(*all_kinds(noted="1.9.4"))

    assert len(found(cluster, CHART, of=NEW).manifests) == len(KINDS)


def test_definitions_of_an_older_release_without_newer_ones_are_a_warning():
    (note,) = found(Cluster(*all_kinds()), None, of=NEW).notes

    assert "older release: they lack ApigeeIssue" in note
    assert "nobody answered" in note


class TestEnvoyFilters:
    PLACE = Place(NEW, "prod", "apigee-system", has_ingress_manager=True)
    REF = ObjectRef("", "ConfigMap", "prod", "apigee-envoyfilters")

    def find(self, cluster: Cluster, files: dict[str, str]) -> Definitions:
        bundle = Bundle("it", {**chart_files(), **files})
        return find_definitions(cluster, self.PLACE, lambda: offered(bundle), named=True)

    def test_come_from_the_bundle_under_the_name_that_the_manager_mounts(self):
        brought = self.find(Cluster(), {"filters.yaml": ENVOY_FILTERS})

        (filters,) = (one for one in brought.manifests if one.kind == "ConfigMap")
        assert filters.ref == self.REF
        text = filters.body["data"]["filter.yaml"]
        assert "namespace: prod # set by" in text
        assert "namespace: apigee-other" in text

    def test_in_the_cluster_are_left_alone(self):
        live = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": self.REF.name, "namespace": "prod"},
        }

        brought = self.find(Cluster(filters=live), {"filters.yaml": ENVOY_FILTERS})

        assert not [one for one in brought.manifests if one.kind == "ConfigMap"]
        assert not brought.notes

    def test_nowhere_are_a_warning(self):
        assert "without Google's EnvoyFilters" in self.find(Cluster(), {}).notes[0]


class TestFitting:
    def fitted(self, body: LiveObject) -> dict[str, Any]:
        return dict(fitted_definition(body, operator_namespace="apigee-system", release="1.10.3").body)

    def test_a_webhook_points_to_the_operator_and_its_ca_is_left_to_cert_manager(self):
        service = {
            "name": "apigee-webhook-service",
            "namespace": "somewhere",
            "path": "/convert",
            "port": 443,
        }
        webhook = {
            "clientConfig": {"caBundle": "Cg==", "service": service},
            "conversionReviewVersions": ["v1"],
        }
        body = definition("ApigeeTelemetry", conversion={"strategy": "Webhook", "webhook": webhook})
        body["metadata"]["annotations"] = {
            "certmanager.k8s.io/inject-ca-from": "somewhere/else",
            "controller-gen.kubebuilder.io/version": "v0.9.0",
        }

        fitted = self.fitted(body)

        client = fitted["spec"]["conversion"]["webhook"]["clientConfig"]
        assert client == {"service": {**service, "namespace": "apigee-system"}}
        assert fitted["metadata"]["annotations"] == {
            "cert-manager.io/inject-ca-from": "apigee-system/apigee-serving-cert",
            "controller-gen.kubebuilder.io/version": "v0.9.0",
            RELEASE_ANNOTATION: "1.10.3",
        }

    def test_a_kind_that_the_operator_converts_gets_its_webhook(self):
        assert self.fitted(definition("ApigeeOrganization"))["spec"]["conversion"]["strategy"] == "Webhook"
        assert "conversion" not in self.fitted(definition("ApigeeDatastore"))["spec"]

    def test_a_conversion_that_says_none_stays_so(self):
        body = definition("ApigeeOrganization", conversion={"strategy": "None"})

        assert self.fitted(body)["spec"]["conversion"] == {"strategy": "None"}

    def test_what_the_api_server_fills_in_is_not_sent(self):
        body = {**definition("ApigeeRedis"), "status": {"storedVersions": []}}
        body["metadata"] |= {"uid": "1", "resourceVersion": "2"}

        fitted = self.fitted(body)

        assert "status" not in fitted
        assert set(fitted["metadata"]) == {"name", "annotations"}


AGES = [
    ("the same", in_cluster("ApigeeRedis"), {}, Age.SAME),
    ("a field more in the bundle", in_cluster("ApigeeRedis"), {"fields": ("name", "more")}, Age.NEWER),
    ("a field more in the cluster", in_cluster("ApigeeRedis", fields=("name", "more")), {}, Age.OLDER),
    ("a field more on both sides", in_cluster("ApigeeRedis", fields=("a",)), {"fields": ("b",)}, Age.OLDER),
    ("a version more in the bundle", in_cluster("ApigeeRedis"), {"versions": ("v1alpha1", "v1beta1")}, Age.NEWER),
    ("a version more in the cluster", in_cluster("ApigeeRedis", "v1alpha1", "v1"), {}, Age.OLDER),
    ("an old version dropped by the bundle", in_cluster("ApigeeRedis", "v1alpha2", "v1alpha1"), {"versions": ("v1alpha2",)}, Age.SAME),
    ("objects stored in the dropped version", in_cluster("ApigeeRedis", "v1alpha2", "v1alpha1", stored=("v1alpha1", "v1alpha2")), {"versions": ("v1alpha2",)}, Age.OLDER),
    ("stored in a higher version by the bundle", in_cluster("ApigeeRedis", "v1alpha2", "v1alpha3"), {"versions": ("v1alpha3", "v1alpha2")}, Age.NEWER),
    ("stored in a higher version by the cluster", in_cluster("ApigeeRedis", "v1alpha3", "v1alpha2"), {"versions": ("v1alpha2", "v1alpha3")}, Age.OLDER),
    ("written for an older release", in_cluster("ApigeeRedis", noted="1.9.4", fields=("gone",)), {}, Age.NEWER),
    ("written for a newer release", in_cluster("ApigeeRedis", noted="1.11.2"), {"fields": ("name", "more")}, Age.OLDER),
    ("without the operator's conversion", in_cluster("ApigeeTelemetry"), {"kind": "ApigeeTelemetry"}, Age.NEWER),
]  # fmt: skip


@pytest.mark.parametrize(("live", "bundle", "age"), [row[1:] for row in AGES], ids=[row[0] for row in AGES])
def test_which_definition_is_newer(live: LiveObject, bundle: dict[str, Any], age: Age):
    body = definition(
        bundle.get("kind", "ApigeeRedis"), *bundle.get("versions", ()), fields=bundle.get("fields", ("name",))
    )

    manifest = fitted_definition(body, operator_namespace="apigee-system", release="1.10.3")

    assert compare(live, manifest).age is age


class Charts:
    """A registry, and a cache that remembers."""

    address = "oci://example.com/charts"

    def __init__(self, data: bytes | None = None) -> None:
        self.packed = data
        self.pulled: list[tuple[str, str]] = []
        self.kept: dict[tuple[str, str, str], Any] = {}

    def pull(self, chart: str, version: str) -> Any:
        self.pulled.append((chart, version))
        if self.packed is None:
            raise InstallerError("the registry is down", details=["try tomorrow"])
        return _Chart(self.packed)

    def get(self, registry: str, chart: str, version: str) -> Any:
        return self.kept.get((registry, chart, version))

    def put(self, registry: str, chart: str, version: str, data: bytes, digest: str) -> None:
        self.kept[registry, chart, version] = _Chart(data)


class _Chart:
    def __init__(self, data: bytes) -> None:
        self.data, self.digest = data, digest(data)


class TestSources:
    def test_a_named_bundle_is_the_only_one_that_counts(self, tmp_path: Path):
        charts = Charts(packed(chart_files()))
        plugins = write(tmp_path / "plugins", chart_files())

        looked = Sources(write(tmp_path / "empty", {"x.yaml": "a: 1\n"}), plugins, charts, charts).find(NEW)

        assert looked.tried == (f"--bundle {tmp_path / 'empty'} holds none",)
        assert not charts.pulled

    def test_plugins_come_before_the_registry(self, tmp_path: Path):
        charts = Charts(packed(chart_files()))

        looked = Sources(None, write(tmp_path / "plugins", chart_files()), charts, charts).find(NEW)

        assert looked.offer
        assert looked.offer.bundle.name == str(tmp_path / "plugins")
        assert not charts.pulled

    def test_a_chart_is_pulled_once_and_then_cached(self, tmp_path: Path):
        charts = Charts(packed(chart_files()))
        sources = Sources(None, tmp_path / "plugins", charts, charts)

        first, second = sources.find(NEW), sources.find(NEW)

        assert charts.pulled == [("apigee-operator", "1.10.3")]
        assert first.offer
        assert second.offer
        assert "(cached)" in second.offer.bundle.name
        assert "@sha256:" in first.offer.bundle.name

    def test_a_registry_that_fails_is_one_of_the_things_looked_at(self, tmp_path: Path):
        charts = Charts()

        looked = Sources(None, tmp_path / "plugins", charts, charts).find(NEW)

        assert looked.offer is None
        assert looked.tried == (
            f"{tmp_path / 'plugins'} does not exist",
            "the registry is down, try tomorrow",
        )

    def test_a_release_without_a_chart_is_not_asked_for(self, tmp_path: Path):
        charts = Charts()

        looked = Sources(None, tmp_path / "plugins", charts, charts).find(OLD)

        assert not charts.pulled
        assert "has no chart" in looked.tried[-1]

    def test_a_chart_without_definitions_is_not_kept_for_ever(self, tmp_path: Path):
        charts = Charts(packed({"apigee-operator/Chart.yaml": "name: x\n"}))

        looked = Sources(None, tmp_path / "plugins", charts, charts).find(NEW)

        assert looked.offer is None
        assert "holds none" in looked.tried[-1]
        assert not charts.kept
