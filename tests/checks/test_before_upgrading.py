"""Questions about what runs already: the operator's place, the release, the authority, published defects."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from apigeectl.checks.authority import authority_is_the_same
from apigeectl.checks.fitness import numbers
from apigeectl.checks.known_issues import DEFECTS, no_known_issue_strikes
from apigeectl.checks.model import Result
from apigeectl.checks.revision import unrolled
from apigeectl.checks.upgrade import no_release_is_skipped, operator_is_at_home
from apigeectl.diagnosis.catalogue import PROBLEMS
from apigeectl.errors import Forbidden
from apigeectl.manifests import APIGEE_GROUP, LiveObject, ObjectRef
from tests.checks.test_preflight import FakeCluster, fitness
from tests.overrides.material import certificate

CA, RENEWED, OTHER = (
    certificate("authority"),
    certificate("authority", days=3650),
    certificate("other"),
)


def operator(tag: str, place: str) -> dict[str, Any]:
    containers = [{"name": "manager", "image": f"hub.example:5000/apigee-operators:{tag}"}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "apigee-controller-manager", "namespace": place},
        "spec": {"template": {"spec": {"containers": containers}}},
    }


class TestOperator:
    @pytest.mark.parametrize(
        ("places", "wanted", "tag", "result"),
        [
            ([], "apigee-system", "", Result.PASSED),
            (["apigee-system"], "apigee-system", "1.10.3", Result.PASSED),
            (["apigee-system"], "apigee", "1.12.4", Result.PASSED),  # the way to 1.13 leads from there
            (["apigee-system"], "apigee", "1.13.0", Result.FAILED),
            (["apigee"], "apigee", "1.13.0", Result.PASSED),
            (["apigee-system", "apigee"], "apigee", "1.13.0", Result.FAILED),
        ],
    )
    def test_runs_once_and_where_its_release_wants_it(
        self, places: list[str], wanted: str, tag: str, result: Result
    ):
        cluster = FakeCluster(*(operator(tag, place) for place in places))

        assert operator_is_at_home(replace(fitness(cluster), operator_namespace=wanted)).result is result

    def test_is_seen_where_it_belongs_though_its_old_place_is_hidden(self):
        cluster = FakeCluster(operator("1.13.0", "apigee"))
        site = replace(fitness(cluster, release="1.13.0"), operator_namespace="apigee")
        get = cluster.get

        def refuse(place: str) -> None:
            def only(ref: ObjectRef, version: str | None = None) -> LiveObject | None:
                if ref.namespace == place:
                    raise Forbidden("deployments is forbidden", status=403)
                return get(ref, version)

            cluster.get = only  # type: ignore[method-assign]

        refuse("apigee-system")
        assert operator_is_at_home(site).result is Result.PASSED
        refuse("apigee")
        with pytest.raises(Forbidden):
            operator_is_at_home(site)


class TestRelease:
    @pytest.mark.parametrize(
        ("running", "wanted", "result"),
        [
            ("1.9.4", "1.10.3", Result.PASSED),
            ("1.10.1", "1.10.3", Result.PASSED),
            ("1.8.1", "1.10.3", Result.FAILED),
            ("1.10.3-hotfix.1", "1.12.0", Result.FAILED),
            ("1.11.0", "1.10.3", Result.PASSED),  # a way back is warned of elsewhere
            ("of-ours", "1.10.3", Result.SKIPPED),
            ("", "1.10.3", Result.SKIPPED),
        ],
    )
    def test_is_the_next_one(self, running: str, wanted: str, result: Result):
        site = fitness(FakeCluster(operator(running, "apigee-system")), release=wanted)

        assert no_release_is_skipped(site).result is result

    def test_of_a_first_installation_may_be_any(self):
        assert no_release_is_skipped(fitness(FakeCluster())).result is Result.PASSED

    def test_that_is_left_out_is_named(self):
        site = fitness(FakeCluster(operator("1.9.0", "apigee-system")), release="1.12.0")

        assert "1.10, 1.11 left out" in no_release_is_skipped(site).message


def secret(name: str, place: str, when: str = "2026-01-01T00:00:00Z", **pem: str) -> dict[str, Any]:
    data = {key.replace("_", "."): base64.b64encode(text.encode()).decode() for key, text in pem.items()}
    metadata = {"name": name, "namespace": place, "creationTimestamp": when}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}


def volume(when: str, name: str = "cassandra-data-apigee-cassandra-default-0") -> dict[str, Any]:
    metadata = {"name": name, "namespace": "apigee", "creationTimestamp": when}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata}


class TestAuthority:
    HELD = secret("apigee-ca", "cert-manager", tls_crt=CA)

    @staticmethod
    def asked(*objects: dict[str, Any], **settings: Any) -> Result:
        site = replace(fitness(FakeCluster(*objects)), setting=settings.get)
        return authority_is_the_same(site).result

    def test_is_made_by_a_first_installation(self):
        assert self.asked() is Result.PASSED

    def test_must_be_there_before_a_region_joins_another(self):
        assert self.asked(**{"cassandra.multiRegionSeedHost": "10.0.0.1"}) is Result.FAILED
        assert self.asked(self.HELD, **{"cassandra.multiRegionSeedHost": "10.0.0.1"}) is Result.PASSED

    def test_has_signed_what_runs(self):
        leaf = "apigee-mart-acme-tls"

        assert self.asked(self.HELD, secret(leaf, "apigee", ca_crt=OTHER)) is Result.FAILED
        assert self.asked(self.HELD, secret(leaf, "apigee", ca_crt=CA)) is Result.PASSED

    def test_that_was_renewed_with_its_key_is_the_same(self):
        leaf = secret("apigee-cassandra-default-tls", "apigee", ca_crt=RENEWED)

        assert self.asked(self.HELD, leaf) is Result.PASSED

    @pytest.mark.parametrize("damaged", ["no certificate", ""])
    def test_that_cannot_be_read_accuses_nobody(self, damaged: str):
        leaf = secret("apigee-cassandra-default-tls", "apigee", ca_crt=damaged)

        assert self.asked(self.HELD, leaf) is Result.PASSED

    def test_that_is_younger_than_the_data_is_doubtful(self):
        assert self.asked(self.HELD, volume("2025-06-01T00:00:00Z")) is Result.WARNED
        assert self.asked(self.HELD, volume("2026-01-01T00:00:20Z")) is Result.PASSED
        assert self.asked(self.HELD, volume("2025-06-01T00:00:00Z", "of-somebody-else")) is Result.PASSED


def role(*verbs: str) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "apigee-manager-role-apigee"},
        "rules": [{"apiGroups": ["apps"], "resources": ["*"], "verbs": list(verbs)}],
    }


class TestKnownIssues:
    def test_are_known_problems_with_an_order_of_releases(self):
        for each in DEFECTS:
            assert each.code in PROBLEMS
            assert not each.mended or numbers(each.first) < numbers(each.mended)

    @pytest.mark.parametrize(
        "release", ["1.8.1", "1.10.3", "1.11.2", "1.12.4", "1.13.4", "1.14.3", "1.15.1", "1.16.0"]
    )
    def test_do_not_strike_a_plain_file_in_an_empty_cluster(self, release: str):
        assert no_known_issue_strikes(fitness(FakeCluster(), release=release)).result is Result.PASSED

    @pytest.mark.parametrize(
        ("running", "live", "rendered", "found"),
        [
            ("1.16.0", "get", "watch", True),
            ("1.16.0", "watch", "get", False),
            ("1.15.1", "get", "watch", False),  # init puts another role in the place of that one
            ("1.15.1", "watch", "get", True),
        ],
    )
    def test_of_a_role_are_those_of_the_role_that_will_be(
        self, running: str, live: str, rendered: str, found: bool
    ):
        cluster = FakeCluster(role(live), operator(running, "apigee"))
        site = fitness(cluster, role(rendered), release="1.16.0")

        assert ("RUN-04" in no_known_issue_strikes(site).message) is found

    def test_warn_unless_nothing_would_work(self):
        settings = {"httpProxy": {"host": "proxy"}}
        warned = replace(fitness(FakeCluster(), release="1.10.1"), setting=settings.get)
        grave = replace(
            fitness(FakeCluster(), release="1.16.0"),
            setting={**settings, "gcp.federatedWorkloadIdentity.enabled": True}.get,
        )

        assert no_known_issue_strikes(warned).result is Result.WARNED
        assert no_known_issue_strikes(grave).result is Result.FAILED
        assert "mended in 1.16.0-hotfix.1" in no_known_issue_strikes(grave).message

    def test_that_may_not_be_looked_for_are_passed_over(self):
        cluster = FakeCluster()

        def refuse(ref: ObjectRef, version: str | None = None) -> LiveObject | None:
            raise Forbidden("clusterroles is forbidden", status=403)

        cluster.get = refuse  # type: ignore[method-assign]

        assert no_known_issue_strikes(fitness(cluster, release="1.16.0")).result is Result.PASSED

    @pytest.mark.parametrize(
        ("provider", "release", "count"),
        [("GCP", "1.12.1", 1), ("HYBRID", "1.12.1", 1), ("HYBRID", "1.13.0", 0), ("CSI", "1.12.1", 0)],
    )
    def test_of_backups_depend_on_where_they_go(self, provider: str, release: str, count: int):
        settings = {"cassandra.backup.enabled": True, "cassandra.backup.cloudProvider": provider}
        found = no_known_issue_strikes(replace(fitness(FakeCluster(), release=release), setting=settings.get))

        assert (found.result is Result.WARNED) == bool(count)


class TestRevision:
    ORG = ObjectRef(APIGEE_GROUP, "ApigeeOrganization", "apigee", "acme")

    @pytest.mark.parametrize(
        ("fields", "count"),
        [
            (["spec.imagePullSecrets[a].name"], 1),
            (["spec.components.mart.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"], 1),
            (["spec.gcpProjectID", "spec.components.mart.version", "spec.components.watcher.version"], 0),
            (["spec.components.mart.replicas", "spec.clusterRegion"], 0),
            (["spec.components.mart.containers[apigee-mart].image"], 0),
        ],
    )
    def test_is_asked_for_only_where_pods_would_keep_what_they_have(self, fields: list[str], count: int):
        assert len(list(unrolled([(self.ORG, fields)]))) == count

    def test_says_nothing_of_objects_that_are_not_apigees(self):
        deployment = ObjectRef("apps", "Deployment", "apigee", "apigee-controller-manager")

        assert list(unrolled([(deployment, ["spec.imagePullSecrets"])])) == []
