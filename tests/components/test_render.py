from __future__ import annotations

import pathlib
import subprocess
import sys
from typing import Any

import pytest

from apigeectl.components.releases import release
from apigeectl.components.render import Rendering, init_refs, render_init, render_runtime, runtime_refs
from apigeectl.errors import InstallerError, OverridesError, UsageError
from apigeectl.manifests import COMPONENT_LABEL, MANAGED_BY_LABEL, ORGANIZATION_LABEL
from apigeectl.overrides.document import Overrides
from apigeectl.overrides.scope import Scope
from tests.components.samples import MINIMAL, REPOSITORY, case, overrides, write_files

NEW = release("1.10")
CWD = pathlib.Path()


def render(text: str, scope: Scope = Scope(), version: str = "1.10", **options: Any) -> Rendering:  # noqa: B008
    options.setdefault("cwd", CWD)
    return render_runtime(overrides(text), release(version), scope, **options)


def spec(rendering: Rendering, kind: str) -> Any:
    return next(manifest.body["spec"] for manifest in rendering.manifests if manifest.kind == kind)


def test_objects_come_in_the_order_of_the_original(tmp_path: pathlib.Path) -> None:
    sample = case("quickstart")
    rendering = render_runtime(sample, NEW, Scope(), cwd=write_files(sample, tmp_path))

    org, env = "hybrid-demo-a6bab48", "hybrid-demo-test-d12b961"
    assert [f"{manifest.kind} {manifest.name}" for manifest in rendering.manifests] == [
        "ApigeeDatastore default",
        "ApigeeRedis default",
        f"Secret apigee-mart-{org}-svc-account",
        f"Secret apigee-connect-agent-{org}-svc-account",
        f"Secret apigee-udca-{org}-svc-account",
        f"Secret apigee-watcher-{org}-svc-account",
        f"Secret {org}-ax-salt",
        f"Secret {org}-encryption-keys",
        f"Secret {org}-data-encryption",
        f"ApigeeOrganization {org}",
        f"Secret apigee-synchronizer-{env}-svc-account",
        f"Secret apigee-udca-{env}-svc-account",
        f"Secret apigee-runtime-{env}-svc-account",
        f"Secret {env}-encryption-keys",
        f"ApigeeEnvironment {env}",
        "Secret apigee-metrics-svc-account",
        "ApigeeTelemetry apigee-telemetry",
        "Secret hybrid-demo-test-group",
        "ApigeeRouteConfig hybrid-demo-test-group",
    ]


@pytest.mark.parametrize(
    ("scope", "kinds"),
    [
        (Scope(datastore=True), {"ApigeeDatastore"}),
        (Scope(redis=True), {"ApigeeRedis"}),
        (Scope(org=True), {"ApigeeOrganization", "Secret"}),
        (Scope(all_envs=True), {"ApigeeEnvironment", "Secret"}),
        (Scope(envs=("test",)), {"ApigeeEnvironment", "Secret"}),
        (Scope(telemetry=True), {"ApigeeTelemetry"}),
        (Scope(virtualhosts=True), {"ApigeeRouteConfig"}),
        (Scope(datastore=True, telemetry=True), {"ApigeeDatastore", "ApigeeTelemetry"}),
    ],
)
def test_a_scope_renders_its_part_only(scope: Scope, kinds: set[str]) -> None:
    text = MINIMAL + "virtualhosts: [{name: api, sslSecret: s}]\n"

    assert {manifest.kind for manifest in render(text, scope).manifests} == kinds


@pytest.mark.parametrize("version", ["1.3", "1.10", "1.16"])
def test_a_file_that_wants_no_agent_gets_none_of_its_objects(version: str) -> None:
    text = MINIMAL + "connectAgent: {enabled: false, serviceAccountPath: not-read.json}\n"
    rendering = render(text, Scope(org=True), version)

    assert not [manifest.name for manifest in rendering.manifests if "connect-agent" in manifest.name]
    organization = spec(rendering, "ApigeeOrganization")
    assert {"connectAgent", "mart", "watcher"} - organization["components"].keys() == {"connectAgent"}
    assert "apigeeConnectEndpoint" not in organization


def test_one_environment_of_two() -> None:
    text = MINIMAL + "- name: prod\n"
    rendered = render(text, Scope(envs=("prod",))).manifests

    assert [m.body["spec"]["name"] for m in rendered if m.kind == "ApigeeEnvironment"] == ["prod"]


def test_every_object_carries_the_labels_of_its_owner() -> None:
    for manifest in render(MINIMAL).manifests:
        labels = manifest.body["metadata"]["labels"]
        assert labels[MANAGED_BY_LABEL] == "apigeectl"
        assert labels[ORGANIZATION_LABEL] == "hybrid-example-6a82f8a"
        assert labels[COMPONENT_LABEL] == manifest.component


def test_what_init_brings_belongs_to_no_organization() -> None:
    manifests = render_init(overrides(MINIMAL), NEW, cwd=CWD).manifests

    assert {manifest.component for manifest in manifests} == {"init"}
    assert not any(ORGANIZATION_LABEL in manifest.body["metadata"]["labels"] for manifest in manifests)


def test_names_need_no_files(tmp_path: pathlib.Path) -> None:
    sample = case("everything")

    with pytest.raises(OverridesError):
        render_runtime(sample, NEW, Scope(), cwd=tmp_path)
    assert len(runtime_refs(sample, NEW, Scope())) > 20


def test_an_existing_authority_is_left_alone_and_still_gets_its_issuer() -> None:
    def names(*, ca_exists: bool) -> set[str]:
        rendering = render_init(overrides(MINIMAL), NEW, cwd=CWD, ca_exists=ca_exists)
        return {manifest.name for manifest in rendering.manifests}

    assert names(ca_exists=False) - names(ca_exists=True) == {"apigee-ca", "apigee-root-certificate-issuer"}
    assert "apigee-ca-issuer" in names(ca_exists=True)


def test_the_authority_is_not_among_the_names_to_delete() -> None:
    assert "apigee-ca" not in {ref.name for ref in init_refs(overrides(MINIMAL), NEW)}


def test_init_says_what_it_does_not_bring() -> None:
    assert "EnvoyFilters" in render_init(overrides(MINIMAL), NEW, cwd=CWD).warnings[0]


def test_tags_that_nobody_confirmed_are_pointed_out() -> None:
    assert any("apigee-envoy" in warning for warning in render(MINIMAL, version="1.9").warnings)
    assert not any("apigee-envoy" in warning for warning in render(MINIMAL, version="1.8").warnings)


def test_backups_that_are_not_rendered_are_pointed_out() -> None:
    text = MINIMAL + "cassandra: {backup: {enabled: true, cloudProvider: CSI}}\n"

    assert "CronJob" in render(text, Scope(datastore=True)).warnings[0]
    assert render(text, Scope(redis=True)).warnings == ()


def test_an_overlay_changes_what_is_rendered(tmp_path: pathlib.Path) -> None:
    shipped = (REPOSITORY / "templates/watcher/watcher.yaml.j2").read_text()
    _overlay(tmp_path, "watcher/watcher.yaml.j2", shipped + "  dnsPolicy: Default\n")

    components = spec(render(MINIMAL, templates=tmp_path), "ApigeeOrganization")["components"]

    assert [name for name, body in components.items() if "dnsPolicy" in body] == ["watcher"]


def test_an_overlay_must_render_the_object_it_stands_for(tmp_path: pathlib.Path) -> None:
    file = _overlay(tmp_path, "redis/redis.yaml.j2", "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n")

    with pytest.raises(InstallerError) as caught:
        render(MINIMAL, Scope(redis=True), templates=tmp_path)

    assert str(file) in caught.value.message
    assert caught.value.details == ("expected: ApigeeRedis/apigee/default", "rendered: Secret/x")


@pytest.mark.parametrize(
    "text", ["just text\n", "- a\n", "kind: X\n", "metadata: x\napiVersion: v1\nkind: X\n"]
)
def test_an_overlay_that_renders_no_object_is_named(tmp_path: pathlib.Path, text: str) -> None:
    file = _overlay(tmp_path, "redis/redis.yaml.j2", text)

    with pytest.raises(InstallerError, match=f"{file} renders something that is no Kubernetes object"):
        render(MINIMAL, Scope(redis=True), templates=tmp_path)


def test_an_overlay_that_renders_no_yaml_is_named(tmp_path: pathlib.Path) -> None:
    file = _overlay(tmp_path, "redis/redis.yaml.j2", "a: b\n  c: d\n")

    with pytest.raises(InstallerError, match=f"{file} renders no YAML: .*line 2"):
        render(MINIMAL, Scope(redis=True), templates=tmp_path)


def test_an_overlay_that_breaks_the_shipped_template_around_it_is_named(tmp_path: pathlib.Path) -> None:
    file = _overlay(tmp_path, "connect-agent/connect-agent.yaml.j2", "a: [\n")

    with pytest.raises(InstallerError, match="renders no YAML") as caught:
        render(MINIMAL, Scope(org=True), templates=tmp_path)
    assert caught.value.details == (f"replaced by yours: {file}",)


def test_an_overlay_file_with_an_unknown_name_is_pointed_out(tmp_path: pathlib.Path) -> None:
    _overlay(tmp_path, "connectagent/connectAgent.yaml.j2", "x: y\n")

    assert any("connectagent/" in warning for warning in render(MINIMAL, templates=tmp_path).warnings)


def test_a_secret_to_replace_must_be_one_of_ours() -> None:
    with pytest.raises(UsageError, match="no Secret hybrid-exampel to replace"):
        render(MINIMAL, replace=frozenset({"hybrid-exampel"}))


SECTIONS = """
    connectAgent mart watcher udca runtime synchronizer cassandra redis metrics logger nodeSelector httpProxy gcp
    k8sCluster ao kubeRBACProxy defaults ingressGateways virtualhosts imagePullSecrets apigeeIngressGateway hub revision
""".split()
BELOW = """
    image resources livenessProbe cwcAppend annotations auth envoy storage args hpaBehavior hpaMetrics fluentd adapter
    backup replicaCountMin server apigeeData
""".split()
WEIRD = [None, True, 7, 1.5, "text", [], {}, [None], [1, "a"], {"a": None}, {"a": {"b": 1}}]


@pytest.mark.parametrize("weird", WEIRD)
def test_values_of_the_wrong_kind_are_left_to_the_rules(weird: Any) -> None:
    sample = overrides(MINIMAL)

    for data in (dict.fromkeys(SECTIONS, weird), {name: dict.fromkeys(BELOW, weird) for name in SECTIONS}):
        broken = Overrides(sample.file, "", {**sample.data, **data})
        assert len(render_runtime(broken, NEW, Scope(), cwd=CWD).manifests) >= 9
        assert len(render_init(broken, NEW, cwd=CWD).manifests) >= 20


def test_names_are_cheap_jinja_waits_until_something_is_rendered() -> None:
    program = (
        "import sys, apigeectl.components.render; print([m for m in sys.modules if m.startswith('jinja2')])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert result.stdout == "[]\n"


def _overlay(folder: pathlib.Path, name: str, text: str) -> pathlib.Path:
    file = folder / name
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return file
