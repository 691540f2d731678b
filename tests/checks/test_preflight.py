from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from apigeectl.checks import preflight
from apigeectl.checks.fitness import Fitness
from apigeectl.checks.hints import Hint
from apigeectl.checks.model import Outcome, Result, healthy, outcomes
from apigeectl.errors import Forbidden, ServiceFailure, Unreachable
from apigeectl.manifests import LiveObject, Manifest, ObjectRef, ref_of
from tests.overrides.material import certificate

KINDS = {"ApigeeOrganization": "v1alpha3"}
GATEWAY = "gateways.gateway.networking.k8s.io"


class FakeCluster:
    """A fit cluster with what a test puts into it."""

    def __init__(self, *objects: dict[str, Any]) -> None:
        self.objects = {ref_of(one): one for one in objects}
        self.version: dict[str, Any] = {"major": "1", "minor": "26+", "gitVersion": "v1.26.3"}
        self.denied: Callable[[dict[str, Any]], bool] = lambda attributes: False
        self.now = datetime.now(timezone.utc)
        self.dry_run: Callable[[Manifest], None] = lambda manifest: None
        self.issuers = True

    def server_version(self) -> dict[str, Any]:
        return self.version

    def serves(self, group: str, kind: str, version: str | None = None) -> bool:
        return self.issuers

    def get(self, ref: ObjectRef, version: str | None = None) -> LiveObject | None:
        return self.objects.get(ref)

    def list(self, group: str, kind: str, namespace: str = "", **selectors: str) -> list[LiveObject]:
        return [one for ref, one in self.objects.items() if (ref.group, ref.kind) == (group, kind)]

    def apply(self, manifest: Manifest, *, dry_run: bool = False, force: bool = False) -> LiveObject:
        assert dry_run
        self.dry_run(manifest)
        return {"metadata": {"creationTimestamp": self.now.strftime("%Y-%m-%dT%H:%M:%SZ")}}

    def create(self, manifest: Manifest) -> LiveObject:
        assert manifest.kind == "SelfSubjectAccessReview"
        return {"status": {"allowed": not self.denied(manifest.body["spec"]["resourceAttributes"])}}


def fitness(
    cluster: FakeCluster, *manifests: dict[str, Any], release: str = "1.10.3", storage_class: str = ""
) -> Fitness:
    return Fitness(
        cluster,  # type: ignore[arg-type]
        release,
        KINDS,
        "acme",
        "apigee",
        "apigee-system",
        storage_class,
        [Manifest(one) for one in manifests],
    )


def definition(name: str, kind: str = "", version: str = "v1alpha3", **more: Any) -> dict[str, Any]:
    plural, _, group = name.partition(".")
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name, **more},
        "spec": {
            "group": group,
            "names": {"kind": kind or plural},
            "versions": [{"name": version, "served": True}],
        },
        "status": {"conditions": [{"type": "Established", "status": "True"}]},
    }


ORGANIZATIONS = definition("apigeeorganizations.apigee.cloud.google.com", "ApigeeOrganization")


def authority(*, days: int = 1) -> str:
    """A CA bundle that is good for so many days."""
    return base64.b64encode(certificate("operator", begins=-9, days=days).encode()).decode()


def webhooks(bundle: str, *, suffix: str = "apigee.cloud.google.com") -> dict[str, Any]:
    client = {"service": {"namespace": "apigee-system", "name": "apigee-webhook-service"}, "caBundle": bundle}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "hooks"},
        "webhooks": [{"name": f"m.{suffix}", "clientConfig": client}],
    }


def endpoints(*addresses: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"name": "apigee-webhook-service", "namespace": "apigee-system"},
        "subsets": [{"addresses": [{"ip": ip} for ip in addresses]}] if addresses else [],
    }


def storage(name: str, *, default: bool = False) -> dict[str, Any]:
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name, "annotations": annotations},
    }


def node(cpu: str = "8", memory: str = "32Gi", **labels: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": f"node{labels}", "labels": labels},
        "status": {"allocatable": {"cpu": cpu, "memory": memory}},
    }


def environment(*, cpu: str = "1", required: str = "", preferred: str = "") -> dict[str, Any]:
    def term(pool: str) -> dict[str, Any]:
        return {"matchExpressions": [{"key": "pool", "operator": "In", "values": [pool]}]}

    affinity: dict[str, Any] = {}
    if required:
        affinity["requiredDuringSchedulingIgnoredDuringExecution"] = {"nodeSelectorTerms": [term(required)]}
    if preferred:
        affinity["preferredDuringSchedulingIgnoredDuringExecution"] = [
            {"weight": 1, "preference": term(preferred)}
        ]
    container = {"name": "runtime", "resources": {"requests": {"cpu": cpu, "memory": "1Gi"}}}
    return {
        "apiVersion": "apigee.cloud.google.com/v1alpha3",
        "kind": "ApigeeEnvironment",
        "metadata": {"name": "test", "namespace": "apigee"},
        "spec": {"components": {"runtime": {"containers": [container], "nodeAffinity": affinity}}},
    }


def said(outcome: Outcome) -> tuple[Result, Hint | None]:
    return outcome.result, outcome.hint


class TestKubernetes:
    @pytest.mark.parametrize(
        ("minor", "answer"),
        [
            ("21", Result.FAILED),
            ("23", Result.WARNED),
            ("24", Result.PASSED),
            ("28+", Result.PASSED),
            ("29", Result.WARNED),
        ],
    )
    def test_is_judged_by_the_range_of_the_release(self, minor: str, answer: Result):
        cluster = FakeCluster()
        cluster.version = {"major": "1", "minor": minor}

        assert preflight.server_is_new_enough(fitness(cluster)).result is answer

    def test_of_a_release_without_a_known_range_only_has_to_be_new_enough(self):
        assert preflight.server_is_new_enough(fitness(FakeCluster(), release="1.8.0")).result is Result.PASSED


class TestRights:
    def test_that_are_all_there_pass(self):
        assert preflight.rights_suffice(fitness(FakeCluster())).result is Result.PASSED

    def test_that_are_missing_are_listed(self):
        cluster = FakeCluster()
        cluster.denied = lambda attributes: (
            attributes["resource"] == "secrets" and attributes["verb"] == "patch"
        )

        outcome = preflight.rights_suffice(fitness(cluster))

        assert said(outcome) == (Result.FAILED, Hint.RIGHTS_MISSING)
        assert outcome.details == ("patch secrets in apigee",)

    def test_to_grant_the_operator_what_one_does_not_have_are_asked_about(self):
        cluster = FakeCluster()
        cluster.denied = lambda attributes: attributes["verb"] in ("bind", "escalate")

        outcome = preflight.rights_suffice(fitness(cluster))

        assert outcome.result is Result.FAILED
        assert "bind, escalate clusterroles.rbac.authorization.k8s.io" in outcome.details


class TestDefinitions:
    def test_that_serve_the_release_pass(self):
        assert preflight.definitions_are_served(fitness(FakeCluster(ORGANIZATIONS))).result is Result.PASSED

    def test_that_are_not_there_yet_are_the_business_of_init(self):
        assert preflight.definitions_are_served(fitness(FakeCluster())).result is Result.WARNED

    def test_of_another_version_are_too_old(self):
        old = definition("apigeeorganizations.apigee.cloud.google.com", "ApigeeOrganization", "v1alpha1")

        outcome = preflight.definitions_are_served(fitness(FakeCluster(old)))

        assert outcome.result is Result.FAILED
        assert "v1alpha3" in outcome.message

    def test_that_are_not_established_fail(self):
        outcome = preflight.definitions_are_served(fitness(FakeCluster({**ORGANIZATIONS, "status": {}})))

        assert "not established" in outcome.message


class TestCertManager:
    def test_that_takes_an_issuer_answers(self):
        assert preflight.cert_manager_answers(fitness(FakeCluster())).result is Result.PASSED

    def test_without_its_kinds_is_not_installed(self):
        cluster = FakeCluster()
        cluster.issuers = False

        assert said(preflight.cert_manager_answers(fitness(cluster))) == (Result.FAILED, Hint.CERT_MANAGER)

    def test_with_a_dead_webhook_fails_with_what_the_server_said(self):
        cluster = FakeCluster()

        def refuse(manifest: Manifest) -> None:
            raise ServiceFailure("failed calling webhook", status=500)

        cluster.dry_run = refuse

        assert preflight.cert_manager_answers(fitness(cluster)).message == "failed calling webhook"

    @pytest.mark.parametrize(("tag", "policy", "result"), [("v1.18.0", None, Result.FAILED), ("v1.18.0", "Never", Result.PASSED), ("v1.17.2", None, Result.PASSED)])  # fmt: skip
    def test_from_1_18_must_not_rotate_the_authority(self, tag: str, policy: str | None, result: Result):
        authority = {
            "apiVersion": "cert-manager.io/v1",
            "kind": "Certificate",
            "metadata": {"name": "apigee-ca", "namespace": "cert-manager"},
            "spec": {"privateKey": {"rotationPolicy": policy}} if policy else {},
        }
        deployment = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "cert-manager", "namespace": "cert-manager"},
            "spec": {"template": {"spec": {"containers": [{"image": f"registry/cert-manager:{tag}"}]}}},
        }

        assert preflight.cert_manager_answers(fitness(FakeCluster(authority, deployment))).result is result


class TestWebhooks:
    def test_with_endpoints_and_authority_pass(self):
        cluster = FakeCluster(webhooks(authority()), endpoints("10.0.0.1"))

        assert preflight.webhooks_have_endpoints(fitness(cluster)).result is Result.PASSED

    @pytest.mark.parametrize(
        ("bundle", "addresses", "words"),
        [
            ("", ["10.0.0.1"], "no CA bundle"),
            ("Cg==", ["10.0.0.1"], "no certificate that can be read"),
            (authority(days=-1), ["10.0.0.1"], "expired on"),
            (authority(), [], "nothing answers"),
        ],
    )
    def test_without_either_fail(self, bundle: str, addresses: list[str], words: str):
        cluster = FakeCluster(webhooks(bundle), endpoints(*addresses))

        outcome = preflight.webhooks_have_endpoints(fitness(cluster))

        assert said(outcome) == (Result.FAILED, Hint.WEBHOOKS)
        assert words in outcome.message

    def test_of_others_are_not_looked_at(self):
        cluster = FakeCluster(webhooks("", suffix="istio.io"))

        assert preflight.webhooks_have_endpoints(fitness(cluster)).message == "none yet"


class TestStorage:
    @pytest.mark.parametrize(
        ("wanted", "classes", "result"),
        [
            ("ssd", [storage("ssd")], Result.PASSED),
            ("ssd", [storage("slow", default=True)], Result.FAILED),
            ("", [storage("slow", default=True), storage("ssd")], Result.PASSED),
            ("", [storage("slow")], Result.FAILED),
            ("", [], Result.FAILED),
            ("", [storage("a", default=True), storage("b", default=True)], Result.WARNED),
        ],
    )
    def test_class_is_named_or_the_default(self, wanted: str, classes: list[dict[str, Any]], result: Result):
        assert (
            preflight.storage_class_exists(fitness(FakeCluster(*classes), storage_class=wanted)).result
            is result
        )


class TestNodes:
    def test_with_room_pass(self):
        assert preflight.nodes_fit(fitness(FakeCluster(node()), environment())).result is Result.PASSED

    def test_without_a_required_label_fail(self):
        outcome = preflight.nodes_fit(fitness(FakeCluster(node()), environment(required="runtime")))

        assert said(outcome) == (Result.FAILED, Hint.NODES)
        assert "pool=runtime" in outcome.message

    def test_without_a_preferred_label_must_have_room_elsewhere(self):
        site = fitness(FakeCluster(node(cpu="2")), environment(cpu="3", preferred="runtime"))

        outcome = preflight.nodes_fit(site)

        assert said(outcome) == (Result.WARNED, Hint.NODES)
        assert "any node: 1 pod needs 3.0 cores and 1.0 GiB, 1 node has 2.0 cores" in " ".join(
            (outcome.message, *outcome.details)
        )

    def test_that_are_too_small_each_for_one_pod_warn(self):
        site = fitness(FakeCluster(node(a="1", cpu="2"), node(a="2", cpu="2")), environment(cpu="3"))

        outcome = preflight.nodes_fit(site)

        assert said(outcome) == (Result.WARNED, Hint.NODES)
        assert outcome.message == "any node: a pod needs 3.0 cores and 1.0 GiB, more than one node has"

    def test_without_a_preferred_label_warn(self):
        outcome = preflight.nodes_fit(fitness(FakeCluster(node()), environment(preferred="runtime")))

        assert outcome.result is Result.WARNED

    def test_that_are_too_small_warn(self):
        outcome = preflight.nodes_fit(
            fitness(FakeCluster(node("2", pool="runtime")), environment(cpu="3", required="runtime"))
        )

        assert outcome.result is Result.WARNED
        assert "3.0 cores" in outcome.message

    def test_that_are_cordoned_do_not_count(self):
        cordoned = {**node(), "spec": {"unschedulable": True}}

        assert preflight.nodes_fit(fitness(FakeCluster(cordoned), environment())).result is Result.FAILED


class TestMeshes:
    @pytest.mark.parametrize(
        ("release", "definitions", "result"),
        [
            ("1.15.0", [definition(GATEWAY, annotations={"gateway.networking.k8s.io/bundle-version": "v1.4.0"})], Result.FAILED),
            ("1.15.0", [definition(GATEWAY, annotations={"gateway.networking.k8s.io/bundle-version": "v1.3.0"})], Result.PASSED),
            ("1.10.3", [definition(GATEWAY, annotations={"gateway.networking.k8s.io/bundle-version": "v1.4.0"})], Result.PASSED),
            ("1.14.2", [definition("gateways.networking.istio.io")], Result.FAILED),
            ("1.14.3", [definition("gateways.networking.istio.io")], Result.PASSED),
            ("1.14.2", [], Result.PASSED),
        ],
    )  # fmt: skip
    def test_conflict_only_with_the_releases_that_stumble(
        self, release: str, definitions: list[dict[str, Any]], result: Result
    ):
        assert (
            preflight.no_conflicting_mesh(fitness(FakeCluster(*definitions), release=release)).result
            is result
        )


class TestClocks:
    @pytest.mark.parametrize(
        ("seconds", "result"), [(0, Result.PASSED), (-300, Result.WARNED), (3600, Result.WARNED)]
    )
    def test_may_be_seconds_apart(self, seconds: int, result: Result):
        cluster = FakeCluster()
        cluster.now += timedelta(seconds=seconds)

        assert preflight.clocks_agree(fitness(cluster)).result is result


class TestRegistries:
    @staticmethod
    def asked(reach: Callable[[str], None] | None) -> Outcome:
        body = environment()
        body["spec"]["components"]["runtime"]["containers"][0]["image"] = (
            "mirror.example:5000/hybrid/apigee-runtime:1"
        )
        return preflight.registries_answer(replace(fitness(FakeCluster(), body), reach=reach))

    def test_are_not_asked_unless_somebody_wants_to_know(self):
        assert self.asked(None).result is Result.SKIPPED

    def test_that_answer_are_named(self):
        hosts: list[str] = []

        assert said(self.asked(hosts.append)) == (Result.PASSED, None)
        assert hosts == ["mirror.example:5000"]

    def test_that_are_silent_warn_since_the_nodes_may_have_another_way(self):
        def reach(host: str) -> None:
            raise Unreachable(f"{host} does not answer")

        assert said(self.asked(reach)) == (Result.WARNED, Hint.REGISTRIES)


class TestInTheWay:
    def test_is_nothing_in_an_empty_cluster(self):
        assert preflight.nothing_is_in_the_way(fitness(FakeCluster(), environment())).result is Result.PASSED

    def test_is_what_belongs_to_another_installation(self):
        theirs = environment()
        theirs["metadata"]["labels"] = {"apigeectl.dev/organization": "other"}

        outcome = preflight.nothing_is_in_the_way(fitness(FakeCluster(theirs), environment()))

        assert said(outcome) == (Result.WARNED, Hint.OTHER_INSTALLATION)

    def test_is_what_something_else_made(self):
        outcome = preflight.nothing_is_in_the_way(fitness(FakeCluster(environment()), environment()))

        assert said(outcome) == (Result.WARNED, Hint.ADOPT)

    def test_may_be_what_may_not_be_looked_at(self):
        cluster = FakeCluster()

        def refuse(ref: ObjectRef, version: str | None = None) -> LiveObject | None:
            raise Forbidden("no", status=403)

        cluster.get = refuse  # type: ignore[method-assign]

        outcome = preflight.nothing_is_in_the_way(fitness(cluster, environment()))

        assert said(outcome) == (Result.SKIPPED, None)
        assert "ApigeeEnvironment/apigee/test may not be looked at" in outcome.message

    def test_is_not_what_we_made(self):
        ours = environment()
        ours["metadata"]["managedFields"] = [{"manager": "apigeectl", "operation": "Apply"}]

        assert (
            preflight.nothing_is_in_the_way(fitness(FakeCluster(ours), environment())).result is Result.PASSED
        )


def test_a_fit_cluster_is_fit():
    cluster = FakeCluster(ORGANIZATIONS, node(), storage("ssd", default=True))
    site = fitness(cluster, environment())

    assert healthy(preflight.PREFLIGHT, outcomes(preflight.PREFLIGHT, site))


def test_rights_that_cannot_be_asked_about_are_no_yes():
    cluster = FakeCluster(ORGANIZATIONS, node(), storage("ssd", default=True))

    def refuse(manifest: Manifest) -> LiveObject:
        raise Forbidden("reviews are forbidden", status=403)

    cluster.create = refuse  # type: ignore[method-assign]

    assert not healthy(preflight.PREFLIGHT, outcomes(preflight.PREFLIGHT, fitness(cluster, environment())))
