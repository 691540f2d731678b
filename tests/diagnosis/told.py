"""The real questions of other commands, asked where a known problem holds and where it does not."""

from __future__ import annotations

import base64
import itertools
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from apigeectl.actions.deployments_status import watch
from apigeectl.actions.deployments_switch import DeployFailed, deploy, plan_deploy
from apigeectl.apply.changes import Action
from apigeectl.checks import authority, cluster_side, google_side, known_issues, preflight, upgrade
from apigeectl.checks.admission import cert_manager_answers, webhooks_have_endpoints
from apigeectl.checks.connect import CHECKS
from apigeectl.checks.fitness import Fitness
from apigeectl.checks.model import Outcome, Result, outcomes
from apigeectl.checks.revision import unrolled
from apigeectl.checks.room import nodes_fit, storage_class_exists
from apigeectl.checks.site import Site
from apigeectl.checks.undo_copies import no_property_was_lost
from apigeectl.deployments.judgement import judge as verdict
from apigeectl.errors import NoCredentials, Refused, ServiceFailure, UsageError, WaitTimeout
from apigeectl.manifests import APIGEE_GROUP, Manifest, ObjectRef
from apigeectl.overrides.load import parse
from apigeectl.overrides.rules import FileCheck, validate
from apigeectl.overrides.scope import Scope
from apigeectl.readiness.holders import operator_trouble
from tests.actions.management_plane import FakePlane, Time, shares
from tests.actions.management_plane import site as plane_site
from tests.actions.test_adopt import by_helm, config_map, namespace, planned
from tests.apply.fakes import FakeCluster as Applied
from tests.checks import fakes as connect
from tests.checks import test_preflight as fit
from tests.deployments.answers import NOW, deployment, instance
from tests.overrides.material import certificate, private_pem
from tests.overrides.samples import GOOD

Ask = Callable[[], bool]
"""Whether the command says that the problem holds."""


@dataclass(frozen=True)
class Told:
    """The command that looks for a problem, asked where it holds and where it does not."""

    command: str
    holds: Ask
    does_not: Ask


# connect status


def link(question: Callable[[Site], Outcome], words: str = "", **parts: Any) -> Ask:
    """A link of the chain that is broken, or doubtful; with words, for this very reason."""

    def ask() -> bool:
        check = next(one for one in CHECKS if one.ask is question)
        ((_, found),) = outcomes([check], connect.site(**parts))
        return _bad(found) and words in " ".join((found.message, *found.details))

    return ask


def _bad(found: Outcome) -> bool:
    return found.result in (Result.FAILED, Result.WARNED)


def _org(**properties: str) -> connect.FakeOrganizations:
    return connect.FakeOrganizations(connect.organization(**properties))


def _with_folder(ask: Callable[[Path], Ask]) -> Ask:
    def run() -> bool:
        with tempfile.TemporaryDirectory() as folder:
            return ask(Path(folder))()

    return run


def _keys(folder: Path, stored: str) -> Ask:
    held = {**connect.KEY, "private_key_id": stored}
    objects = {"Secret": connect.secret(held)}
    return link(cluster_side.secret_is_the_files_key, overrides=connect.with_key(folder), objects=objects)


def _valid(folder: Path, answer: Any) -> Ask:
    return link(google_side.key_is_valid, overrides=connect.with_key(folder), held=[answer])


def _account(folder: Path, **account: Any) -> Ask:
    accounts = connect.FakeAccounts(account)
    return link(google_side.account_is_usable, overrides=connect.with_key(folder), accounts=accounts)


def _copy(folder: Path, **properties: str) -> Ask:
    (folder / "acme.undo-20260101T000000Z.json").write_text(json.dumps(connect.organization(**properties)))
    overrides = connect.FakeOverrides(file=folder / "overrides.yaml")
    return link(no_property_was_lost, overrides=overrides)


PODS, HELD = cluster_side.agent_pods_are_ready, cluster_side.agent_holds_streams
STREAMS, MART = cluster_side.this_cluster_is_listed, cluster_side.mart_is_called_by_the_agent
PROPERTY, ON, HYBRID = (
    google_side.connect_is_switched_on,
    google_side.api_is_on,
    google_side.organization_is_hybrid,
)
DIAL = 'W0719 11:00:01.0 1 x.go:1] connection error: desc = "transport: Error while dialing dial tcp: i/o timeout"'
ELSEWHERE = connect.FakeConnection("other", "r", 3)
BAD = 'I0719 11:00:03.0 1 x.go:1] received response from target "apigee-mart-acme:8843", status code: 503'
OTHERS_CALL = connect.SERVED.replace("apigee-connect-agent-1.0", "curl/8.0")


def _logs(agent: str = connect.LISTENING, mart: str = connect.SERVED) -> dict[tuple[str, bool], str]:
    return {("agent-1", False): agent, ("mart-1", False): mart}


CONNECT: dict[str, tuple[Ask, Ask]] = {
    "CON-01": (link(PODS, logs=_logs(connect.DENIED)), link(PODS)),
    "CON-02": (link(ON, services=connect.FakeServices(on=False)), link(ON)),
    "CON-03": (_with_folder(lambda folder: _keys(folder, "another")), _with_folder(lambda folder: _keys(folder, "0123456789"))),
    "CON-04": (link(HELD, "cannot reach Google", logs=_logs(DIAL)), link(HELD)),
    "CON-05": (link(STREAMS, "other clusters", connections=((ELSEWHERE,),)), link(STREAMS)),
    "CON-06": (link(STREAMS, "no streams", connections=((),)), link(STREAMS)),
    "CON-07": (link(PROPERTY, "absent", organizations=_org()), link(PROPERTY)),
    "CON-08": (
        link(PROPERTY, "older name", organizations=_org(features_mart_apigee_connect_enabled="true")),
        link(PROPERTY, organizations=_org(features_mart_apigee_connect_enabled="true", features_mart_connect_enabled="true")),
    ),
    "CON-09": (
        _with_folder(lambda folder: _copy(folder, features_hybrid_enabled="true")),
        _with_folder(lambda folder: _copy(folder, features_mart_connect_enabled="false")),
    ),
    "CON-10": (link(MART, "503", logs=_logs(f"{connect.LISTENING}\n{BAD}", OTHERS_CALL)), link(MART)),
    "CON-12": (link(MART, logs=_logs(mart=OTHERS_CALL)), link(MART)),
    "IAM-01": (
        _with_folder(lambda folder: _valid(folder, NoCredentials("invalid_grant: Invalid JWT Signature."))),
        _with_folder(lambda folder: _valid(folder, (connect.CONNECT,))),
    ),
    "IAM-03": (_with_folder(lambda folder: _account(folder, disabled=True)), _with_folder(_account)),
    "GCP-02": (
        link(HYBRID, organizations=connect.FakeOrganizations({**connect.ORGANIZATION, "runtimeType": "CLOUD"})),
        link(HYBRID),
    ),
}  # fmt: skip


# preflight


def fitness(
    question: Callable[[Fitness], Outcome],
    *objects: dict[str, Any],
    words: str = "",
    release: str = "1.10.3",
    settings: Mapping[str, Any] | None = None,
    manifests: tuple[dict[str, Any], ...] = (),
    **more: Any,
) -> Ask:
    """An answer of preflight that is not good; with words, for this very reason."""

    def ask() -> bool:
        cluster = fit.FakeCluster(*objects)
        for name in cluster_settings:
            setattr(cluster, name, more[name])
        fields = {name: value for name, value in more.items() if name not in cluster_settings}
        site = fit.fitness(cluster, *manifests, release=release)
        found = question(replace(site, setting=(settings or {}).get, **fields))
        return _bad(found) and words in " ".join((found.message, *found.details))

    cluster_settings = [name for name in more if name in ("version", "issuers", "dry_run", "denied", "now")]
    return ask


def _dead(manifest: Manifest) -> None:
    raise ServiceFailure('failed calling webhook "webhook.cert-manager.io": connection refused', status=500)


def _operator(tag: str, place: str = "apigee-system") -> dict[str, Any]:
    containers = [
        {"name": "proxy", "image": "x:v9"},
        {"name": "manager", "image": f"hub:5000/apigee-operators:{tag}"},
    ]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "apigee-controller-manager", "namespace": place},
        "spec": {"template": {"spec": {"containers": containers}}},
    }


def _cert_manager(tag: str) -> dict[str, Any]:
    body = _operator(tag, "cert-manager")
    body["metadata"]["name"] = "cert-manager"
    body["spec"]["template"]["spec"]["containers"] = [{"image": f"hub/cert-manager:{tag}"}]
    return body


AUTHORITY = {
    "apiVersion": "cert-manager.io/v1",
    "kind": "Certificate",
    "metadata": {"name": "apigee-ca", "namespace": "cert-manager"},
    "spec": {},
}


def secret(name: str, place: str, when: str = "2026-01-01T00:00:00Z", **pem: str) -> dict[str, Any]:
    data = {key.replace("_", "."): base64.b64encode(text.encode()).decode() for key, text in pem.items()}
    metadata = {"name": name, "namespace": place, "creationTimestamp": when}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}


CA, OTHER_CA = certificate("authority"), certificate("other")
BUNDLE = base64.b64encode(CA.encode()).decode()
LEAF = "apigee-cassandra-default-tls"


def _role(*verbs: str) -> dict[str, Any]:
    rules = [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": list(verbs)}]
    metadata = {"name": "apigee-manager-role-apigee"}
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": metadata,
        "rules": rules,
    }


def _resource(name: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "apigee"}
    return {"apiVersion": f"{APIGEE_GROUP}/v1alpha2", "kind": "ApigeeOrganization", "metadata": metadata}


def _gateway(bundle: str) -> dict[str, Any]:
    return fit.definition(fit.GATEWAY, annotations={"gateway.networking.k8s.io/bundle-version": bundle})


PROXY = {"httpProxy": {"host": "proxy"}, "httpProxy.username": "me"}
FEDERATED = {**PROXY, "gcp.federatedWorkloadIdentity.enabled": True}
PATCHED = {"ao.image.tag": "1.16.0-hotfix.1", "mart.image.tag": "1.16.0-hotfix.1"}
BACKUP = {"cassandra.backup.enabled": True}
RESTORE = {"cassandra.restore.enabled": True}
OLD = fit.definition("apigeeorganizations.apigee.cloud.google.com", "ApigeeOrganization", "v1alpha1")
TWO = (_resource("acme"), _resource("other"))


def issue(code: str, *objects: dict[str, Any], **more: Any) -> Ask:
    return fitness(known_issues.no_known_issue_strikes, *objects, words=code, **more)


PREFLIGHT: dict[str, tuple[Ask, Ask]] = {
    "CON-14": (
        issue("CON-14", release="1.16.0", settings=FEDERATED),
        issue("CON-14", release="1.16.0", settings={**FEDERATED, **PATCHED}),
    ),
    "IAM-02": (
        fitness(preflight.clocks_agree, now=fit.FakeCluster().now + timedelta(hours=1)),
        fitness(preflight.clocks_agree),
    ),
    "WEB-01": (fitness(cert_manager_answers, issuers=False), fitness(cert_manager_answers)),
    "WEB-02": (fitness(cert_manager_answers, dry_run=_dead), fitness(cert_manager_answers)),
    "WEB-04": (
        fitness(webhooks_have_endpoints, fit.webhooks(BUNDLE), fit.endpoints(), words="nothing answers behind"),
        fitness(webhooks_have_endpoints, fit.webhooks(BUNDLE), fit.endpoints("10.0.0.1")),
    ),
    "WEB-07": (
        fitness(webhooks_have_endpoints, fit.webhooks(BUNDLE), words="nothing answers behind"),
        fitness(webhooks_have_endpoints),
    ),
    "WEB-11": (
        fitness(cert_manager_answers, AUTHORITY, _cert_manager("v1.18.2")),
        fitness(cert_manager_answers, AUTHORITY, _cert_manager("v1.17.1")),
    ),
    "WEB-12": (
        fitness(
            authority.authority_is_the_same,
            secret("apigee-ca", "cert-manager", tls_crt=CA),
            secret(LEAF, "apigee", ca_crt=OTHER_CA),
        ),
        fitness(
            authority.authority_is_the_same,
            secret("apigee-ca", "cert-manager", tls_crt=CA),
            secret(LEAF, "apigee", ca_crt=CA),
        ),
    ),
    "CRD-02": (
        fitness(preflight.definitions_are_served),
        fitness(preflight.definitions_are_served, fit.ORGANIZATIONS),
    ),
    "CRD-03": (
        fitness(preflight.definitions_are_served, OLD),
        fitness(preflight.definitions_are_served, fit.ORGANIZATIONS),
    ),
    "CAS-01": (
        fitness(nodes_fit, fit.node(), manifests=(fit.environment(required="apigee-data"),)),
        fitness(nodes_fit, fit.node(pool="apigee-data"), manifests=(fit.environment(required="apigee-data"),)),
    ),
    "CAS-02": (
        fitness(storage_class_exists, fit.storage("slow"), storage_class="ssd"),
        fitness(storage_class_exists, fit.storage("ssd"), storage_class="ssd"),
    ),
    "CAS-10": (
        issue("CAS-10", release="1.14.0", settings=RESTORE),
        issue("CAS-10", release="1.14.1", settings=RESTORE),
    ),
    "CAS-14": (
        issue("CAS-14", release="1.13.1", settings=BACKUP),
        issue("CAS-14", release="1.12.2", settings={**BACKUP, "cassandra.backup.cloudProvider": "CSI"}),
    ),
    "RUN-04": (
        issue("RUN-04", _role("get", "list"), _operator("1.16.0"), release="1.16.0"),
        issue("RUN-04", _role("get", "list", "watch"), _operator("1.16.0"), release="1.16.0"),
    ),
    "RUN-09": (
        issue("RUN-09", *TWO, release="1.15.1"),
        issue("RUN-09", *TWO, release="1.15.1", settings={"apigeeChainingGateway.name": "mine"}),
    ),
    "ING-04": (
        fitness(preflight.no_conflicting_mesh, fit.definition("gateways.networking.istio.io"), release="1.14.2"),
        fitness(preflight.no_conflicting_mesh, fit.definition("gateways.networking.istio.io"), release="1.14.3"),
    ),
    "ING-05": (
        fitness(preflight.no_conflicting_mesh, _gateway("v1.4.0"), release="1.15.1"),
        fitness(preflight.no_conflicting_mesh, _gateway("v1.3.0"), release="1.15.1"),
    ),
    "NET-02": (
        issue("NET-02", release="1.15.2", settings=PROXY),
        issue("NET-02", release="1.15.2", settings={"httpProxy": {"host": "proxy"}}),
    ),
    "NET-03": (
        issue("NET-03", release="1.10.1", settings=PROXY),
        issue("NET-03", release="1.10.3", settings=PROXY),
    ),
    "KUB-01": (
        fitness(nodes_fit, fit.node("1"), manifests=(fit.environment(cpu="3"),)),
        fitness(nodes_fit, fit.node("8"), manifests=(fit.environment(cpu="3"),)),
    ),
    "KUB-07": (
        fitness(preflight.rights_suffice, denied=lambda asked: asked["resource"] == "secrets"),
        fitness(preflight.rights_suffice),
    ),
    "UPG-01": (
        fitness(upgrade.no_release_is_skipped, _operator("1.8.1")),
        fitness(upgrade.no_release_is_skipped, _operator("1.9.4")),
    ),
    "UPG-02": (
        fitness(upgrade.operator_is_at_home, _operator("1.13.0"), _operator("1.13.0", "apigee"), release="1.13.0"),
        fitness(upgrade.operator_is_at_home, _operator("1.13.0", "apigee"), release="1.13.0", operator_namespace="apigee"),
    ),
    "UPG-04": (
        fitness(preflight.server_is_new_enough, version={"major": "1", "minor": "31"}),
        fitness(preflight.server_is_new_enough, version={"major": "1", "minor": "26"}),
    ),
}  # fmt: skip


# validate, apply, diff


def rule(code: str, text: str, release: str = "1.10", **files: str) -> Ask:
    """A rule that finds something in a file."""

    def ask() -> bool:
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files.items():
                Path(folder, f"{name}.pem").write_text(content)
            overrides = parse(text, Path(folder, "overrides.yaml"))
            found = validate(overrides, Scope(), release, files=FileCheck(Path(folder) if files else None))
            return code in {each.code for each in found}

    return ask


def _collision() -> str:
    """Two names of environments whose objects have the same names."""
    import hashlib

    first: dict[str, str] = {}
    for number in itertools.count():
        name = f"long-environment-{number}"
        other = first.setdefault(hashlib.sha256(f"hybrid-example:{name}".encode()).hexdigest()[:7], name)
        if other != name:
            return f"  - name: {other}\n  - name: {name}\n"
    raise AssertionError


def _with_certificate(name: str) -> str:
    return GOOD.replace("sslSecret: certificate", f"sslCertPath: ./own.pem\n    sslKeyPath: ./{name}.pem")


PEM = {"own": certificate("own"), "key": private_pem("own"), "other": private_pem("other")}
LONG = "instanceID: " + "x" * 64
JOLOKIA = GOOD + "cassandra:\n  auth:\n    jolokia:\n      password: "

VALIDATE: dict[str, tuple[Ask, Ask]] = {
    "CFG-02": (
        rule("missing-credentials", GOOD.replace("watcher:\n  serviceAccountPath: sa.json", "watcher: {}")),
        rule("missing-credentials", GOOD),
    ),
    "CFG-03": (rule("placeholder", GOOD.replace("name: cluster-1", "name: YOUR_CLUSTER")), rule("placeholder", GOOD)),
    "CFG-05": (
        rule("bad-encryption-key", GOOD + "kmsEncryptionKey: c2hvcnQ=\n"),
        rule("bad-encryption-key", GOOD + f"kmsEncryptionKey: {base64.b64encode(b'k' * 32).decode()}\n"),
    ),
    "CFG-07": (rule("bad-name", GOOD.replace("instanceID: instance-1", LONG)), rule("bad-name", GOOD)),
    "RES-10": (
        rule("name-collision", GOOD + _collision()),
        rule("name-collision", GOOD + "  - name: other\n"),
    ),
    "CAS-12": (rule("special-characters", JOLOKIA + '"p@ss"'), rule("special-characters", JOLOKIA + "letters1")),
    "ING-07": (
        rule("certificate-key-mismatch", _with_certificate("other"), **PEM),
        rule("certificate-key-mismatch", _with_certificate("key"), **PEM),
    ),
    "NET-01": (
        rule("proxy-for-api-traffic", GOOD + "httpProxy: {scheme: HTTP, host: proxy, port: 3128}\n"),
        rule("proxy-for-api-traffic", GOOD),
    ),
    "UPG-03": (rule("other-release", GOOD, "1.16"), rule("other-release", GOOD, "1.10")),
}  # fmt: skip


def scoped(name: str) -> Ask:
    def ask() -> bool:
        try:
            Scope(envs=(name,)).check(parse(GOOD, Path("overrides.yaml")))
        except UsageError as error:
            return name in error.message
        return False

    return ask


ORGANIZATION = ObjectRef(APIGEE_GROUP, "ApigeeOrganization", "apigee", "acme")


def stays(*fields: str) -> Ask:
    return lambda: "CFG-06" in " ".join(unrolled([(ORGANIZATION, fields)]))


# deployments, delete, adopt


def seen(words: Callable[[Any], bool], **fields: Any) -> Ask:
    """What `deployments status` makes of an answer."""
    return lambda: words(verdict(deployment(**fields), NOW))


def slow(*looks: dict[str, Any]) -> Ask:
    def ask() -> bool:
        try:
            list(
                watch(
                    plane_site(FakePlane(looks={"2": list(looks)}), Time()), "test", "hello", "2", timeout=10
                )
            )
        except WaitTimeout as error:
            return "20 to 30 minutes" in " ".join(error.details)
        return False

    return ask


def switched(*looks: dict[str, Any]) -> Ask:
    """Whether a deploy has failed, and has put the old revision back."""

    def ask() -> bool:
        plane = FakePlane(looks={"1": [DONE_OLD], "2": list(looks)}).with_deployed("1")
        try:
            list(deploy(plane_site(plane), plane, plan_deploy(plane, "test", "hello", "2"), timeout=10))
        except DeployFailed as error:
            return "revision 1 was put back" in error.message
        return False

    return ask


def planned_deploy(*violations: str) -> Ask:
    def ask() -> bool:
        report = {"validationErrors": {"violations": [{"description": one} for one in violations]}}
        try:
            plan_deploy(FakePlane(report=report).with_deployed("1"), "test", "hello", "2")
        except Refused as error:
            return violations[0] in error.details
        return False

    return ask


def held(*objects: dict[str, Any]) -> Ask:
    live = {"metadata": {"finalizers": ["apigee.cloud.google.com/finalizer"]}}
    return lambda: bool(operator_trouble(Applied(*objects), [(ORGANIZATION, live)]))


def adopted(*, helm: bool) -> Ask:
    def ask() -> bool:
        cluster = Applied(namespace())
        if helm:
            by_helm(cluster, config_map("settings", a="1"))
        found = planned(cluster, config_map("settings", a="1"))
        return any(one.action is not Action.CREATE for one in found.changes) and "Helm installed" in " ".join(
            found.notes
        )

    return ask


DONE_OLD = shares("1", ("1", 100), state="READY")
DONE = shares("2", ("2", 100), state="READY")
REPLICAS = dict.fromkeys(("replicas", "readyReplicas", "updatedReplicas", "availableReplicas"), 1)
SERVING = _operator("1.10.3", "apigee") | {"status": {"observedGeneration": 1, **REPLICAS}}
FULL = {"state": "READY", "instances": [instance(("2", 100))]}

OTHERS: dict[str, Told] = {
    "CFG-04": Told("apply", scoped("tset"), scoped("test")),
    "CFG-06": Told("diff", stays("spec.clusterName"), stays("spec.clusterName", "spec.components.mart.version")),
    "RUN-01": Told("deployments status", seen(lambda one: not one.complete and one.silence != ""), seen(lambda one: one.silence != "", **FULL)),
    "RUN-03": Told(
        "deployments status",
        seen(lambda one: "not reporting" in str(one.causes), state="ERROR", errors=[{"code": 9, "message": "Instance i is not reporting status for environment group g"}]),
        seen(lambda one: "not reporting" in str(one.causes), **FULL),
    ),
    "RUN-05": Told("deployments status", slow(shares("2", ("2", 20)), shares("2", ("2", 40))), slow(DONE)),
    "RUN-07": Told("deployments deploy", planned_deploy("contains conflicting base paths"), planned_deploy()),
    "RUN-08": Told(
        "deployments status",
        seen(lambda one: bool(one.warnings), **FULL, routeConflicts=[{"description": "taken"}]),
        seen(lambda one: bool(one.warnings), **FULL),
    ),
    "RUN-10": Told("deployments deploy", switched({"state": "ERROR", "errors": [{"code": 9, "message": "bad"}]}), switched(DONE)),
    "RUN-11": Told("deployments status", seen(lambda one: one.complete, **FULL), seen(lambda one: one.complete, state="PROGRESSING")),
    "RUN-13": Told(
        "deployments status",
        seen(lambda one: one.reported < 100, state="PROGRESSING", instances=[instance(("2", 60))]),
        seen(lambda one: one.reported < 100, **FULL),
    ),
    "RES-06": Told("delete", held(), held(SERVING)),
    "HLM-03": Told("adopt", adopted(helm=True), adopted(helm=False)),
}  # fmt: skip

TOLD: dict[str, Told] = {
    **{code: Told("connect status", *asks) for code, asks in CONNECT.items()},
    **{code: Told("preflight", *asks) for code, asks in PREFLIGHT.items()},
    **{code: Told("validate", *asks) for code, asks in VALIDATE.items()},
    **OTHERS,
}
"""By code; each pair is where the problem holds and where it does not."""
