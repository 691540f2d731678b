from __future__ import annotations

import pathlib
from typing import Any

import pytest

from apigeectl.components.releases import release
from apigeectl.components.render import Rendering, render_runtime
from apigeectl.overrides.scope import Scope
from tests.components.samples import MINIMAL, overrides

BACKUP = """
cassandra:
  backup:
    enabled: true
    dbStorageBucket: gs://backups
    serviceAccountPath: key.json
    schedule: "0 4 * * *"
"""


def render(text: str, folder: pathlib.Path, version: str = "1.10") -> Rendering:
    (folder / "key.json").write_text("{}")
    (folder / "ssh").write_text("secret")
    sample = overrides(MINIMAL + text)
    return render_runtime(sample, release(version), Scope(datastore=True), cwd=folder)


def named(rendering: Rendering) -> dict[str, Any]:
    return {f"{manifest.kind} {manifest.name}": manifest.body for manifest in rendering.manifests}


def environment(pod: Any) -> dict[str, Any]:
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in pod["containers"][0]["env"]}


def test_backups_are_a_cronjob_and_what_it_needs(tmp_path: pathlib.Path) -> None:
    found = named(render(BACKUP, tmp_path))

    assert list(found) == [
        "Secret apigee-cassandra-backup-svc-account",
        "ServiceAccount apigee-cassandra-backup-sa",
        "ClusterRole apigee-cassandra-backup",
        "ClusterRoleBinding apigee-cassandra-backup",
        "Certificate apigee-cassandra-backup-tls",
        "CronJob apigee-cassandra-backup",
        "ApigeeDatastore default",
    ]
    job = found["CronJob apigee-cassandra-backup"]["spec"]
    assert job["schedule"] == "0 4 * * *"
    pod = job["jobTemplate"]["spec"]["template"]["spec"]
    assert environment(pod)["DBSTORAGE_BUCKET"] == "gs://backups"
    assert pod["containers"][0]["command"][-1] == "/usr/bin/BackupDBMaster.sh"
    assert "securityContext" not in pod


def test_a_restore_takes_from_the_backup_what_it_does_not_say_itself(tmp_path: pathlib.Path) -> None:
    text = BACKUP + "  restore: {enabled: true, snapshotTimestamp: 20210203213003, dbStorageBucket: other}\n"
    found = named(render(text, tmp_path))
    pod = found["Job apigee-cassandra-restore"]["spec"]["template"]["spec"]

    assert environment(pod)["DBSTORAGE_BUCKET"] == "other"
    assert environment(pod)["BACKUP_SNAPSHOT_TIMESTAMP"] == "20210203213003"
    assert "Secret apigee-cassandra-restore-svc-account" in found
    assert [one["name"] for one in pod["initContainers"]] == ["check-user"]


def test_a_restore_needs_no_backup(tmp_path: pathlib.Path) -> None:
    found = named(render("cassandra: {restore: {enabled: true, serviceAccountRef: mine}}\n", tmp_path))

    assert "CronJob apigee-cassandra-backup" not in found
    volumes = found["Job apigee-cassandra-restore"]["spec"]["template"]["spec"]["volumes"]
    assert volumes[0]["secret"]["secretName"] == "mine"


def test_the_key_of_a_server_is_readable_by_the_group_of_the_pod(tmp_path: pathlib.Path) -> None:
    text = """
cassandra:
  backup: {enabled: true, cloudProvider: HYBRID, server: 10.0.0.1, storageDirectory: /backups, keyfile: ssh}
"""
    found = named(render(text, tmp_path))
    pod = found["CronJob apigee-cassandra-backup"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]

    assert pod["securityContext"] == {"fsGroup": 998}
    assert environment(pod)["BACKUP_KEY_FILE"] == "/var/secrets/keys/key"
    assert "Secret apigee-cassandra-backup-key-file" in found


def test_under_workload_identity_the_account_is_the_key(tmp_path: pathlib.Path) -> None:
    text = BACKUP + "    gsa: backup@acme.iam.gserviceaccount.com\n"
    on = text.replace(
        "cassandra:", "gcp: {projectID: p, workloadIdentity: {enabled: true, gsa: all@acme}}\ncassandra:"
    )
    found = named(render(on.replace("gcp: {", "gcp: {region: r, "), tmp_path))
    account = found["ServiceAccount apigee-cassandra-backup-sa"]

    assert account["metadata"]["annotations"] == {
        "iam.gke.io/gcp-service-account": "backup@acme.iam.gserviceaccount.com"
    }
    assert "Secret apigee-cassandra-backup-svc-account" not in found


def test_the_proxy_is_one_url_with_its_password_encoded(tmp_path: pathlib.Path) -> None:
    text = BACKUP + 'httpProxy: {scheme: HTTP, host: proxy, port: 3128, username: "u@x", password: "p:/"}\n'
    found = named(render(text, tmp_path))
    pod = found["CronJob apigee-cassandra-backup"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]

    assert environment(pod)["http_proxy"] == "http://u%40x:p%3A%2F@proxy:3128"


@pytest.mark.parametrize(
    ("text", "version", "words"),
    [
        (BACKUP + "    cloudProvider: CSI\n", "1.10", "the CronJob apigee-cassandra-backup is not rendered"),
        (BACKUP, "1.13", "how hybrid 1.13.4 does it is not known"),
        (
            "cassandra: {restore: {enabled: true}}\n",
            "1.16",
            "the Job apigee-cassandra-restore is not rendered",
        ),
    ],
)
def test_what_nobody_knows_is_not_rendered_and_said(
    text: str, version: str, words: str, tmp_path: pathlib.Path
) -> None:
    rendering = render(text, tmp_path, version)

    assert any(words in warning for warning in rendering.warnings)
    assert not {manifest.kind for manifest in rendering.manifests} & {"CronJob", "Job", "ClusterRole"}
