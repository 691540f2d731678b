"""Keys, salts and passwords: made once, kept for ever."""

from __future__ import annotations

import base64
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apigeectl import yaml
from apigeectl.actions import apply as applying
from apigeectl.actions.private_files import write_new
from apigeectl.actions.rendering import Choices, render_prerequisites, render_scope
from apigeectl.actions.secrets import (
    SECRETS_FILE,
    create,
    files_for,
    lines_for,
    made_value,
    new_secrets,
    require_new,
)
from apigeectl.apply.changes import Event
from apigeectl.clients.kubernetes import Cluster
from apigeectl.components.names import env_id, org_id
from apigeectl.components.protected import Form
from apigeectl.errors import InstallerError, OverridesError, Refused
from apigeectl.manifests import Manifest, ObjectRef
from apigeectl.overrides.document import Overrides
from apigeectl.overrides.load import load, parse
from apigeectl.overrides.scope import Scope
from apigeectl.sandbox.definitions import APIGEE_KINDS, definition
from apigeectl.sandbox.kubernetes import KubernetesServer
from tests.actions.prepared import ORG, QUICKSTART, prepared
from tests.apply.fakes import FakeCluster, custom, namespace, secret

ORG_KEYS = f"{org_id(ORG)}-encryption-keys"
ENV_KEYS = f"{env_id(ORG, 'test')}-encryption-keys"
SALT = f"{org_id(ORG)}-ax-salt"
CONTRACT = f"{org_id(ORG)}-data-encryption"
CREDENTIALS = ("apigee-datastore-default-creds", "apigee-redis-default-creds")
ALL = [*CREDENTIALS, SALT, ORG_KEYS, CONTRACT, ENV_KEYS]
KEY = base64.b64encode(b"0123456789abcdef").decode()


@pytest.fixture
def overrides() -> Overrides:
    return load(QUICKSTART)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """The in-memory API server, with Apigee's kinds and the namespace."""
    with KubernetesServer(crds=[definition(row) for row in APIGEE_KINDS]) as server:
        kubeconfig = tmp_path / "kubeconfig"
        kubeconfig.write_text(yaml.dump([server.kubeconfig()]))
        yield Cluster.connect(kubeconfig=str(kubeconfig))


def machine(folder: Path) -> Path:
    """A folder with the quickstart file and something for every file that it names; the file."""
    for name in ("mart", "watcher", "udca", "metrics", "runtime", "synchronizer"):
        key = folder / "service-accounts" / f"{ORG}-apigee-{name}.json"
        key.parent.mkdir(parents=True, exist_ok=True)
        key.write_text("{}")
    (folder / "certs").mkdir(exist_ok=True)
    for name in ("fullchain.pem", "privkey.pem"):
        (folder / "certs" / name).write_text("pem")
    return Path(shutil.copy(QUICKSTART, folder / "overrides.yaml"))


def applied(file: Path, cwd: Path, cluster: Cluster) -> int:
    """How many objects an apply of the whole file, init's credentials included, wrote."""
    what = prepared(file=file, cwd=cwd, cluster=lambda: cluster)
    for manifest in render_prerequisites(what, cwd, Choices(), cluster).manifests:
        if manifest.name in CREDENTIALS and manifest.kind == "Secret":
            cluster.apply(manifest)

    def planned() -> Any:
        return applying.plan(what, render_scope(what, cwd, Choices(), cluster), cluster, Choices())

    done = applying.carry_out(what, planned(), cluster, Choices(), again=planned)
    return sum(event.action.writes for event in done if isinstance(event, Event))


def protected_in(cluster: Cluster | FakeCluster) -> dict[str, dict[str, str]]:
    found = {name: cluster.get(ObjectRef("", "Secret", "apigee", name)) for name in ALL}
    return {name: live["data"] for name, live in found.items() if live}


def test_ten_applies_and_one_from_another_machine_leave_one_value(
    cluster: Cluster, overrides: Overrides, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", tmp_path / "there" / "deep"
    ours, theirs = machine(here), machine(there)
    list(create(overrides, new_secrets(overrides, here, cluster), cluster))
    made = protected_in(cluster)

    writes = [applied(ours, here, cluster) for _ in range(10)]
    monkeypatch.chdir("/")
    writes.append(applied(theirs, tmp_path, cluster))

    assert list(made) == ALL
    assert protected_in(cluster) == made
    assert writes[0] > 0
    assert writes[1:] == [0] * 10


def test_a_changed_file_stops_before_anything_is_written(cluster: Cluster, tmp_path: Path) -> None:
    file = machine(tmp_path)
    list(create(load(file), (), cluster))
    applied(file, tmp_path, cluster)
    before = protected_in(cluster)
    file.write_text(file.read_text() + f"\nkmsEncryptionKey: {KEY}\n")

    with pytest.raises(Refused) as caught:
        applied(file, tmp_path, cluster)

    assert protected_in(cluster) == before
    assert [detail.split(":")[0] for detail in caught.value.details] == [
        f"Secret {ORG_KEYS}, key kmsEncryptionKey",
        f"Secret {ENV_KEYS}, key kmsEncryptionKey",
    ]
    assert KEY not in " ".join((caught.value.message, *caught.value.details, caught.value.hint or ""))


def test_everything_is_made_and_as_long_as_it_must_be(overrides: Overrides) -> None:
    secrets = {one.name: one for one in new_secrets(overrides, Path.cwd(), FakeCluster(namespace()))}

    assert list(secrets) == ALL
    assert len(secrets[CONTRACT].values["plainTextDEK"]) == 32
    for name in (ORG_KEYS, ENV_KEYS):
        assert {len(base64.b64decode(value)) for value in secrets[name].values.values()} == {32}
    passwords = [value for key, value in secrets[CREDENTIALS[0]].values.items() if key.endswith("password")]
    texts = [*passwords, secrets[CREDENTIALS[1]].values["redis.auth.password"], secrets[SALT].values["salt"]]
    assert len(set(texts)) == len(texts) == 8
    assert all(len(one) == 32 and one.isalnum() for one in texts)
    assert secrets[CREDENTIALS[0]].values["jmx.user"] == b"jmxuser"


def test_the_keys_of_the_organization_are_the_same_for_its_environments(overrides: Overrides) -> None:
    secrets = {one.name: one.values for one in new_secrets(overrides, Path.cwd(), FakeCluster(namespace()))}

    assert secrets[ENV_KEYS].items() >= secrets[ORG_KEYS].items()
    assert len(set(secrets[ENV_KEYS].values())) == 4


def test_no_two_runs_make_the_same() -> None:
    assert len({made_value(form) for form in Form for _ in range(50)}) == 150


def test_what_is_created_is_what_apply_renders(overrides: Overrides, tmp_path: Path) -> None:
    machine(tmp_path)
    cluster = FakeCluster(namespace())
    list(create(overrides, new_secrets(overrides, tmp_path, cluster), cluster))

    what = prepared(Scope())
    rendered = [
        *render_prerequisites(what, tmp_path, Choices(), cluster).manifests,
        *render_scope(what, tmp_path, Choices(), cluster).manifests,
    ]

    data = {one.name: one.body["data"] for one in rendered if one.kind == "Secret" and one.name in ALL}
    assert data == protected_in(cluster)


def test_what_the_file_gives_is_taken_and_not_made(tmp_path: Path) -> None:
    (tmp_path / "kvm.key").write_text(KEY + "\n")
    text = QUICKSTART.read_text() + "axHashSalt: pepper\nkvmEncryptionPath: kvm.key\n"

    secrets = {one.name: one for one in new_secrets(parse(text, QUICKSTART), tmp_path, None)}

    assert secrets[SALT].values == {"salt": b"pepper"}
    assert secrets[SALT].made == ()
    assert secrets[ORG_KEYS].values["kvmEncryptionKey"] == KEY.encode()
    assert secrets[ORG_KEYS].made == ("kmsEncryptionKey",)


def test_a_key_file_that_is_missing_stops_it(tmp_path: Path) -> None:
    text = QUICKSTART.read_text() + "kvmEncryptionPath: kvm.key\n"

    with pytest.raises(OverridesError, match="cannot be read"):
        new_secrets(parse(text, QUICKSTART), tmp_path, None)


def test_a_run_that_broke_off_is_finished_with_the_same_keys(overrides: Overrides) -> None:
    cluster = FakeCluster(namespace())
    first = create(overrides, new_secrets(overrides, Path.cwd(), cluster), cluster)
    while next(first).ref.name != ORG_KEYS:
        pass
    first.close()

    list(create(overrides, new_secrets(overrides, Path.cwd(), cluster), cluster))

    found = protected_in(cluster)
    assert list(found) == ALL
    assert found[ENV_KEYS].items() >= found[ORG_KEYS].items()
    assert new_secrets(overrides, Path.cwd(), cluster) == ()


def test_no_secret_is_overwritten_even_when_it_comes_meanwhile(overrides: Overrides) -> None:
    cluster = FakeCluster(namespace())
    secrets = new_secrets(overrides, Path.cwd(), cluster)
    cluster.put(secret(SALT, salt="c2FsdA=="))

    with pytest.raises(Refused, match=f"Secret/apigee/{SALT} came up meanwhile"):
        list(create(overrides, secrets, cluster))

    assert protected_in(cluster)[SALT] == {"salt": "c2FsdA=="}


def test_a_missing_namespace_is_made(overrides: Overrides) -> None:
    cluster = FakeCluster()

    events = list(create(overrides, new_secrets(overrides, Path.cwd(), cluster), cluster))

    assert [str(event.ref) for event in events] == [
        "Namespace/apigee",
        *(f"Secret/apigee/{name}" for name in ALL),
    ]


def test_no_value_shows_in_a_repr(overrides: Overrides) -> None:
    secrets = new_secrets(overrides, Path.cwd(), None)
    files = files_for(overrides, secrets)

    shown = repr((secrets, files))

    values = [value.decode("latin-1") for one in secrets for value in one.values.values()]
    assert [value for value in values if value in shown] == []


def volume_claim(name: str = "cassandra-data-apigee-cassandra-default-0") -> dict[str, Any]:
    metadata = {"name": name, "namespace": "apigee", "labels": {"app": "apigee-cassandra"}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata}


@pytest.mark.parametrize(
    "there", [volume_claim(), custom("ApigeeDatastore", "default")], ids=["volume", "datastore"]
)
def test_where_data_exists_nothing_is_made(overrides: Overrides, there: dict[str, Any]) -> None:
    cluster = FakeCluster(namespace(), there)

    with pytest.raises(Refused, match="was written with the keys and passwords of its time"):
        require_new(overrides, cluster)

    assert cluster.writes() == []


def test_a_volume_of_something_else_does_not_matter(overrides: Overrides) -> None:
    other = volume_claim("data-postgres-0") | {"metadata": {"name": "data-postgres-0", "namespace": "apigee"}}

    require_new(overrides, FakeCluster(namespace(), other))


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        (
            "restore: {enabled: true}",
            "cassandra.restore.enabled is set, so the data will be those of a backup",
        ),
        (
            "multiRegionSeedHost: 10.0.0.5",
            "cassandra.multiRegionSeedHost is set, so this region joins another",
        ),
        ("externalSeedHost: 10.0.0.5", "cassandra.externalSeedHost is set, so this region joins another"),
    ],
)
def test_what_comes_from_elsewhere_brings_its_keys(setting: str, words: str) -> None:
    text = QUICKSTART.read_text().replace("cassandra:\n", f"cassandra:\n  {setting}\n")
    line = text[: text.index(setting)].count("\n") + 1

    with pytest.raises(Refused) as caught:
        require_new(parse(text, Path("overrides.yaml")), None)

    assert words in caught.value.message
    assert caught.value.message.startswith(f"overrides.yaml:{line}: ")


def test_a_restore_that_is_switched_off_does_not_matter() -> None:
    text = QUICKSTART.read_text().replace("cassandra:\n", "cassandra:\n  restore: {enabled: false}\n")

    require_new(parse(text, QUICKSTART), None)


def test_files_hold_what_properties_can_name_and_manifests_the_rest(overrides: Overrides) -> None:
    secrets = new_secrets(overrides, Path.cwd(), None)
    values = {one.name: one.values for one in secrets}

    files = {file.name: file for file in files_for(overrides, secrets)}

    assert {name: file.property for name, file in files.items()} == {
        "kmsEncryption.key": "kmsEncryptionPath",
        "kvmEncryption.key": "kvmEncryptionPath",
        "test-cacheEncryption.key": "envs[0].cacheEncryptionPath",
        "test-kvmEncryption.key": "envs[0].kvmEncryptionPath",
        SECRETS_FILE: "",
    }
    assert files["kmsEncryption.key"].content == values[ORG_KEYS]["kmsEncryptionKey"]
    manifests = [Manifest(body) for body in yaml.load_all(files[SECRETS_FILE].content.decode())]
    assert [one.name for one in manifests] == [*CREDENTIALS, SALT, CONTRACT]


def test_applying_the_files_gives_what_was_made(overrides: Overrides, tmp_path: Path) -> None:
    file = machine(tmp_path)
    secrets = new_secrets(overrides, tmp_path, None)
    files = files_for(overrides, secrets)
    write_new(tmp_path / "keys", {one.name: one.content for one in files})
    env, *others = reversed(lines_for(overrides, files, "./keys").pop("envs"))
    lines = {name: value for name, value in lines_for(overrides, files, "./keys").items() if name != "envs"}
    text = file.read_text() + yaml.dump([lines]).removeprefix("---\n")
    own = "".join(f"  {name}: {value}\n" for name, value in env.items() if name != "name")
    file.write_text(text.replace("- name: test\n", f"- name: test\n{own}", 1))
    cluster = FakeCluster(namespace(), *yaml.load_all((tmp_path / "keys" / SECRETS_FILE).read_text()))

    rendered = render_scope(prepared(file=file), tmp_path, Choices(), cluster)

    assert others == []
    data = {one.name: one.body["data"] for one in rendered.manifests if one.name in ALL}
    made = {one.name: one.manifest("apigee").body["data"] for one in secrets}
    assert data == {name: made[name] for name in (SALT, ORG_KEYS, CONTRACT, ENV_KEYS)}
    assert [warning for warning in rendered.warnings if "publicly known" in warning] == []


def test_files_are_private_and_never_written_twice(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "keys"
    write_new(folder, {"a.key": b"1", "b.key": b"2"})

    with pytest.raises(Refused, match=r"b\.key exists; nothing was written"):
        write_new(folder, {"c.key": b"3", "b.key": b"4"})

    assert sorted(os.listdir(folder)) == ["a.key", "b.key"]
    assert (folder / "b.key").read_bytes() == b"2"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in os.listdir(folder)} == {0o600}


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "a.key").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Refused, match=r"a\.key exists"):
        write_new(tmp_path, {"a.key": b"1"})

    assert not (tmp_path / "elsewhere").exists()


def test_a_write_that_breaks_off_leaves_no_key_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InstallerError, match="cannot be written to: No space left on device"):
        write_new(tmp_path, {"a.key": b"1", "b.key": b"2"})

    assert os.listdir(tmp_path) == []
