from __future__ import annotations

import base64
import pathlib
from typing import Any

import pytest

from apigeectl.components import names
from apigeectl.components.releases import release
from apigeectl.components.render import Rendering, render_init, render_runtime
from apigeectl.components.secrets import protected_secret_names
from apigeectl.errors import InstallerError, OverridesError, Refused
from apigeectl.overrides.document import Overrides
from apigeectl.overrides.load import load
from apigeectl.overrides.merge import merge
from apigeectl.overrides.scope import Scope
from tests.components.samples import MINIMAL, overrides

KEY = "MDEyMzQ1Njc4OTAxMjM0NQ=="
OTHER = "ZmVkY2JhOTg3NjU0MzIxMA=="
ORG = names.org_id("hybrid-example")
ENV = names.env_id("hybrid-example", "test")


def _render(text: str, **options: Any) -> Rendering:
    options.setdefault("cwd", pathlib.Path())
    return render_runtime(overrides(text), release("1.10"), Scope(org=True, all_envs=True), **options)


def _data(rendering: Rendering, name: str) -> dict[str, str]:
    found = {manifest.name: manifest.body for manifest in rendering.manifests if manifest.kind == "Secret"}
    data: dict[str, str] = found[name]["data"]
    return data


def _decoded(rendering: Rendering, name: str) -> dict[str, bytes]:
    return {key: base64.b64decode(value) for key, value in _data(rendering, name).items()}


def _stored(text: str, **options: Any) -> dict[str, dict[str, bytes]]:
    """What the cluster has after an apply of the text."""
    rendering = _render(text, **options)
    secrets = [manifest.name for manifest in rendering.manifests if manifest.kind == "Secret"]
    return {name: _decoded(rendering, name) for name in secrets}


def test_defaults_are_the_original_ones() -> None:
    rendering = _render(MINIMAL)

    assert _data(rendering, f"{ORG}-ax-salt") == {"salt": "aWxvdmVhcGlzMTIz"}
    assert _data(rendering, f"{ORG}-encryption-keys") == {
        "kmsEncryptionKey": "YVd4dmRtVmhjR2x6TVRJek5EVTJOdz09",
        "kvmEncryptionKey": "YVd4dmRtVmhjR2x6TVRJek5EVTJOdz09",
    }
    assert _data(rendering, f"{ORG}-data-encryption") == {
        "plainTextDEK": "aWxvdmVhcGlzMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM="
    }
    assert list(_data(rendering, f"{ENV}-encryption-keys")) == [
        "kmsEncryptionKey",
        "kvmEncryptionKey",
        "cacheEncryptionKey",
        "envKvmEncryptionKey",
    ]


def test_init_brings_the_credentials_with_the_original_users_and_passwords() -> None:
    rendering = render_init(overrides(MINIMAL), release("1.10"), cwd=pathlib.Path())
    cassandra = _decoded(rendering, "apigee-datastore-default-creds")

    users = {key: value.decode() for key, value in cassandra.items() if key.endswith("user")}
    assert users == {
        "admin.user": "admin_user",
        "ddl.user": "ddl_user",
        "dml.user": "dml_user",
        "jmx.user": "jmxuser",
        "jolokia.user": "jolokiauser",
    }
    assert len(cassandra) == 11
    assert {value for key, value in cassandra.items() if key.endswith("password")} == {b"iloveapis123"}
    assert _decoded(rendering, "apigee-redis-default-creds") == {"redis.auth.password": b"iloveapis123"}


def test_one_warning_names_every_default_in_use() -> None:
    (warning,) = _render(MINIMAL + f"kmsEncryptionKey: {KEY}\n").warnings

    assert (
        "axHashSalt, kvmEncryptionKey, defaults.org.contractEncryptionKey, envs[0].cacheEncryptionKey"
        in warning
    )
    assert "kmsEncryptionKey" not in warning
    assert "iloveapis" not in warning


def test_a_warning_about_defaults_does_not_speak_for_a_cluster_that_was_not_asked() -> None:
    (unasked,) = _render(MINIMAL).warnings
    (asked,) = _render(MINIMAL, stored={}).warnings

    assert "the cluster was not asked" in unasked
    assert "applying this output would replace them" in unasked
    assert "--dry-run=server" in unasked
    assert "neither the cluster nor" in asked
    assert "neither the cluster nor" not in unasked


def test_a_key_that_another_secret_gives_needs_no_warning() -> None:
    (warning,) = _render(MINIMAL + "kmsEncryptionSecret: {name: mine, key: kms}\n").warnings

    assert "kmsEncryptionKey" not in warning


def test_a_key_of_the_file_is_stored_as_its_base64_text() -> None:
    rendering = _render(MINIMAL + f"kmsEncryptionKey: {KEY}\n")

    for secret in (f"{ORG}-encryption-keys", f"{ENV}-encryption-keys"):
        assert _decoded(rendering, secret)["kmsEncryptionKey"] == KEY.encode()


def test_a_key_file_loses_its_newline_and_wins_over_the_inline_key(tmp_path: pathlib.Path) -> None:
    (tmp_path / "kms.txt").write_text(KEY + "\n")
    text = MINIMAL + f"kmsEncryptionPath: kms.txt\nkmsEncryptionKey: {OTHER}\n"

    rendering = _render(text, cwd=tmp_path)

    assert _decoded(rendering, f"{ORG}-encryption-keys")["kmsEncryptionKey"] == KEY.encode()


def test_a_key_file_is_looked_for_beside_the_file_that_names_it(tmp_path: pathlib.Path) -> None:
    for folder, key in (("one", KEY), ("two", OTHER)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "key.txt").write_text(key)
    one, two = tmp_path / "one" / "o.yaml", tmp_path / "two" / "o.yaml"
    one.write_text(MINIMAL + "kmsEncryptionPath: key.txt\n")
    two.write_text("kvmEncryptionPath: key.txt\n")
    both = merge([load(one), load(two)])

    rendering = render_runtime(both, release("1.10"), Scope(org=True), cwd=tmp_path)

    assert _decoded(rendering, f"{ORG}-encryption-keys") == {
        "kmsEncryptionKey": KEY.encode(),
        "kvmEncryptionKey": OTHER.encode(),
    }
    assert f"neither the cluster nor {one}" in _said_of_defaults(both, tmp_path)


def _said_of_defaults(both: Overrides, cwd: pathlib.Path) -> str:
    rendering = render_runtime(both, release("1.10"), Scope(org=True), cwd=cwd, stored={})
    return " ".join(rendering.warnings)


@pytest.mark.parametrize("key", ["not base64!", "c2hvcnQ=", "QQ==", KEY[:-1], " " + KEY])
def test_what_is_no_key_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(OverridesError) as caught:
        _render(MINIMAL + f"kvmEncryptionKey: '{key}'\n")

    assert caught.value.message == "kvmEncryptionKey is no encryption key"
    assert key not in str(caught.value.hint)


def test_a_stored_value_wins_over_the_default() -> None:
    stored = {
        f"{ORG}-ax-salt": {"salt": b"stored salt"},
        f"{ORG}-encryption-keys": {"kmsEncryptionKey": b"old\n"},
    }

    rendering = _render(MINIMAL, stored=stored)

    assert _decoded(rendering, f"{ORG}-ax-salt") == {"salt": b"stored salt"}
    assert _decoded(rendering, f"{ORG}-encryption-keys")["kmsEncryptionKey"] == b"old\n"
    assert "axHashSalt" not in rendering.warnings[0]


def test_rendering_again_over_what_is_stored_changes_nothing() -> None:
    text = MINIMAL + f"axHashSalt: pepper\nkmsEncryptionKey: {KEY}\n"
    first = _render(text)

    again = _render(text, stored=_stored(text))
    without = _render(MINIMAL, stored=_stored(text))

    assert [m.body for m in again.manifests] == [m.body for m in first.manifests]
    assert _data(without, f"{ORG}-ax-salt") == _data(first, f"{ORG}-ax-salt")
    assert again.warnings == without.warnings == ()


def test_a_difference_is_refused_with_everything_that_would_be_lost() -> None:
    changed = MINIMAL + f"axHashSalt: pepper\nkmsEncryptionKey: {OTHER}\n"

    with pytest.raises(Refused) as caught:
        _render(changed, stored=_stored(MINIMAL))

    assert len(caught.value.details) == 3
    assert caught.value.details[0] == (
        f"Secret {ORG}-ax-salt, key salt: axHashSalt has another value; "
        "hashes in analytics would no longer match earlier ones"
    )
    for name in (f"{ORG}-ax-salt", f"{ORG}-encryption-keys", f"{ENV}-encryption-keys"):
        assert f"--replace-secret {name}" in (caught.value.hint or "")
    _assert_no_secret(caught.value, "pepper", OTHER, "iloveapis123")


def test_a_named_secret_is_replaced_and_the_others_still_refuse() -> None:
    changed = MINIMAL + f"axHashSalt: pepper\nkmsEncryptionKey: {OTHER}\n"
    keys = frozenset({f"{ORG}-encryption-keys", f"{ENV}-encryption-keys"})

    with pytest.raises(Refused) as caught:
        _render(changed, stored=_stored(MINIMAL), replace=keys)
    rendering = _render(changed, stored=_stored(MINIMAL), replace=keys | {f"{ORG}-ax-salt"})

    assert [detail.split(",")[0] for detail in caught.value.details] == [f"Secret {ORG}-ax-salt"]
    assert _decoded(rendering, f"{ORG}-ax-salt") == {"salt": b"pepper"}
    assert _decoded(rendering, f"{ENV}-encryption-keys")["kmsEncryptionKey"] == OTHER.encode()


def test_replacing_says_what_is_lost() -> None:
    rendering = _render(
        MINIMAL + "axHashSalt: pepper\n", stored=_stored(MINIMAL), replace=frozenset({f"{ORG}-ax-salt"})
    )

    assert rendering.warnings[0] == (
        f"replacing what Secret {ORG}-ax-salt, key salt holds by axHashSalt: "
        "hashes in analytics would no longer match earlier ones"
    )
    assert "pepper" not in rendering.warnings[0]


def test_a_new_environment_takes_the_keys_of_the_organization_from_the_cluster() -> None:
    stored = {f"{ORG}-encryption-keys": {"kmsEncryptionKey": OTHER.encode(), "kvmEncryptionKey": b"x"}}

    keys = _decoded(_render(MINIMAL, stored=stored), f"{ENV}-encryption-keys")

    assert keys["kmsEncryptionKey"] == OTHER.encode()
    assert keys["kvmEncryptionKey"] == b"x"


def test_a_new_environment_does_not_bring_another_key_of_the_organization() -> None:
    stored = {f"{ORG}-encryption-keys": {"kmsEncryptionKey": OTHER.encode()}}
    text = MINIMAL + f"kmsEncryptionKey: {KEY}\n"
    only_env = Scope(envs=("test",))

    with pytest.raises(Refused) as caught:
        render_runtime(overrides(text), release("1.10"), only_env, cwd=pathlib.Path(), stored=stored)
    with pytest.raises(Refused) as both:
        _render(text, stored=stored)

    assert [detail.split(":")[0] for detail in caught.value.details] == [
        f"Secret {ORG}-encryption-keys, key kmsEncryptionKey"
    ]
    assert both.value.details == caught.value.details


def test_replacing_a_secret_that_the_file_says_nothing_of_keeps_it() -> None:
    stored = {f"{ORG}-ax-salt": {"salt": b"stored salt"}}

    rendering = _render(MINIMAL, stored=stored, replace=frozenset(stored))

    assert _decoded(rendering, f"{ORG}-ax-salt") == {"salt": b"stored salt"}


def test_a_stored_newline_is_no_difference_to_a_key() -> None:
    stored = {f"{ORG}-encryption-keys": {"kmsEncryptionKey": KEY.encode() + b"\n"}}

    rendering = _render(MINIMAL + f"kmsEncryptionKey: {KEY}\n", stored=stored)

    assert _decoded(rendering, f"{ORG}-encryption-keys")["kmsEncryptionKey"] == KEY.encode() + b"\n"


def test_a_changed_cassandra_password_is_refused_by_init() -> None:
    text = MINIMAL + "cassandra: {auth: {ddl: {password: hunter2}}}\n"
    stored = {"apigee-datastore-default-creds": {"ddl.password": b"iloveapis123"}}

    with pytest.raises(Refused) as caught:
        render_init(overrides(text), release("1.10"), cwd=pathlib.Path(), stored=stored)

    (detail,) = caught.value.details
    assert "cassandra.auth.ddl.password" in detail
    _assert_no_secret(caught.value, "hunter2", "iloveapis123")


def test_secrets_of_the_users_own_are_not_rendered() -> None:
    text = MINIMAL + "axHashSaltSecret: s\ncassandra: {auth: {secret: c}}\nredis: {auth: {secret: r}}\n"

    assert protected_secret_names(overrides(text)) == (
        f"{ORG}-encryption-keys",
        f"{ORG}-data-encryption",
        f"{ENV}-encryption-keys",
    )


def test_the_secrets_to_read_are_those_that_are_rendered() -> None:
    everything: Overrides = overrides(MINIMAL)
    runtime = render_runtime(everything, release("1.10"), Scope(), cwd=pathlib.Path())
    init = render_init(everything, release("1.10"), cwd=pathlib.Path())
    rendered = [m.name for m in (*init.manifests, *runtime.manifests) if m.kind == "Secret"]

    assert list(protected_secret_names(everything)) == rendered


def test_google_keys_are_stored_byte_for_byte(tmp_path: pathlib.Path) -> None:
    key = b'{"type": "service_account"}\r\n\n  \xff\x00'
    (tmp_path / "mart.json").write_bytes(key)

    rendering = _render(MINIMAL + "mart: {serviceAccountPath: mart.json}\n", cwd=tmp_path)

    assert _decoded(rendering, f"apigee-mart-{ORG}-svc-account") == {"client_secret.json": key}


def test_missing_files_are_named_together(tmp_path: pathlib.Path) -> None:
    text = (
        MINIMAL
        + "mart: {serviceAccountPath: a.json}\nwatcher: {serviceAccountPath: a.json}\nkvmEncryptionPath: k\n"
    )

    with pytest.raises(OverridesError, match="3 files") as caught:
        _render(text, cwd=tmp_path)

    assert [detail.split(":")[0] for detail in caught.value.details] == [
        "mart.serviceAccountPath",
        "watcher.serviceAccountPath",
        "kvmEncryptionPath",
    ]
    assert str(tmp_path / "a.json") in caught.value.details[0]


def _assert_no_secret(error: InstallerError, *secrets: str) -> None:
    said = " ".join((error.message, *error.details, error.hint or "", repr(error)))
    assert [secret for secret in secrets if secret in said] == []


def test_the_cache_key_of_an_environment_falls_back_as_in_the_charts() -> None:
    kms = f"defaults: {{env: {{kmsEncryptionKey: {KEY}}}}}\n"
    both = f"defaults: {{env: {{kmsEncryptionKey: {KEY}, cacheEncryptionKey: {OTHER}}}}}\n"

    found = [_decoded(_render(MINIMAL + text), f"{ENV}-encryption-keys") for text in (kms, both)]

    assert [one["cacheEncryptionKey"].decode() for one in found] == [KEY, OTHER]
