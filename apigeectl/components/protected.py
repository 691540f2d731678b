"""The table of protected Secrets: what they hold, where it comes from, and what a change would cost."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from apigeectl.components import names
from apigeectl.components.values import mapping, text
from apigeectl.overrides.document import Overrides


class Form(Enum):
    """What the property holds, and so what a pod finds in the Secret."""

    PLAIN = "the text as it is"
    KEY = "base64 of 16, 24 or 32 bytes, and the pod reads the base64 text"
    RAW_KEY = "base64 of 16, 24 or 32 bytes, and the pod reads the bytes"


@dataclass(frozen=True)
class ProtectedValue:
    """One key of a Secret: the properties that may give it, the first one set winning, and its default."""

    key: str
    properties: tuple[str, ...]
    default: str
    consequence: str
    form: Form = Form.PLAIN
    public: bool = False
    """A user name: its default needs no warning."""
    elsewhere: str = ""
    """A property that takes the value from another Secret, so that this one is not used."""

    @property
    def usual_property(self) -> str:
        """The one to name in a message: where the value itself is written."""
        return next(path for path in self.properties if not path.endswith("Path"))

    @property
    def file_property(self) -> str | None:
        """The one that names a file with the value, where there is one."""
        return next((path for path in self.properties if path.endswith("Path")), None)


@dataclass(frozen=True)
class ProtectedSecret:
    """A Secret that must survive."""

    name: str
    values: tuple[ProtectedValue, ...]


def all_protected(overrides: Overrides) -> tuple[ProtectedSecret, ...]:
    """Every protected Secret of the runtime namespace, in the order in which they are made."""
    return (*credentials(overrides), *protected_secrets(overrides))


def protected_secrets(overrides: Overrides) -> tuple[ProtectedSecret, ...]:
    """Those of the organization and of every environment."""
    return (
        *organization_secrets(overrides),
        *(environment_secret(overrides, name, index) for name, index in env_indices(overrides).items()),
    )


def organization_secrets(overrides: Overrides) -> tuple[ProtectedSecret, ...]:
    """Salt, encryption keys and contract key of the organization."""
    org_id = names.org_id(overrides.org)
    salt = ProtectedSecret(names.ax_salt(org_id), (_SALT,))
    return (
        *(() if overrides.get("axHashSaltSecret") else (salt,)),
        ProtectedSecret(names.encryption_keys(org_id), _ORGANIZATION_KEYS),
        ProtectedSecret(names.data_encryption(org_id), (_CONTRACT_KEY,)),
    )


def environment_secret(overrides: Overrides, env: str, index: int) -> ProtectedSecret:
    """The encryption keys of the environment that stands there in `envs`; those of the organization are among them."""
    path = f"envs[{index}]"
    own = (
        _key("cacheEncryptionKey", f"{path}.cacheEncryption", *_CACHE_DEFAULTS, consequence=_CACHE_LOST),
        _key(
            "envKvmEncryptionKey",
            f"{path}.kvmEncryption",
            "defaults.env.kvmEncryptionKey",
            consequence=_KVM_LOST,
        ),
    )
    return ProtectedSecret(
        names.encryption_keys(names.env_id(overrides.org, env)), (*_ORGANIZATION_KEYS, *own)
    )


def env_indices(overrides: Overrides) -> dict[str, int]:
    """Where each environment stands in `envs`; the first one, should two have the same name."""
    written = overrides.get("envs")
    found: dict[str, int] = {}
    for index, item in enumerate(written if isinstance(written, list) else ()):
        if name := text(mapping(item).get("name")):
            found.setdefault(name, index)
    return found


def credentials(overrides: Overrides) -> tuple[ProtectedSecret, ...]:
    """The users of Cassandra and Redis, unless the file names Secrets of the user's own."""
    auth = "cassandra.auth"
    own_cassandra = overrides.get(f"{auth}.secret") or overrides.get(f"{auth}.secretProviderClass")
    cassandra = ProtectedSecret(names.DATASTORE_CREDENTIALS, _CASSANDRA)
    redis = ProtectedSecret(names.REDIS_CREDENTIALS, (_REDIS,))
    return (
        *(() if own_cassandra else (cassandra,)),
        *(() if overrides.get("redis.auth.secret") else (redis,)),
    )


_KEY = "aWxvdmVhcGlzMTIzNDU2Nw=="
_PASSWORD = "iloveapis123"  # noqa: S105  # the original's default, public

_KMS_LOST = "stored app credentials could no longer be decrypted"
_KVM_LOST = "entries of encrypted key value maps could no longer be decrypted"
_CACHE_LOST = "cache entries could no longer be decrypted"


_CACHE_DEFAULTS = ("defaults.env.cacheEncryptionKey", "defaults.env.kmsEncryptionKey")
"""The charts of 1.10 look at the second one only."""


def _key(key: str, prefix: str, *defaults: str, consequence: str) -> ProtectedValue:
    return ProtectedValue(
        key,
        (f"{prefix}Path", f"{prefix}Key", *defaults),
        _KEY,
        consequence,
        Form.KEY,
        elsewhere=f"{prefix}Secret",
    )


_SALT = ProtectedValue(
    "salt",
    ("axHashSalt", "defaults.org.axHashSalt"),
    _PASSWORD,
    "hashes in analytics would no longer match earlier ones",
)

_CONTRACT_KEY = ProtectedValue(
    "plainTextDEK",
    ("defaults.org.contractEncryptionKey",),
    "aWxvdmVhcGlzMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM=",
    "contract data on disk could no longer be read",
    Form.RAW_KEY,
)

_ORGANIZATION_KEYS = (
    _key("kmsEncryptionKey", "kmsEncryption", "defaults.org.kmsEncryptionKey", consequence=_KMS_LOST),
    _key("kvmEncryptionKey", "kvmEncryption", "defaults.org.kvmEncryptionKey", consequence=_KVM_LOST),
)


def _user(name: str, user: str) -> tuple[ProtectedValue, ProtectedValue]:
    path = f"cassandra.auth.{name}"
    return (
        ProtectedValue(f"{name}.user", (f"{path}.username",), user, _USERS_LOST, public=True),
        ProtectedValue(f"{name}.password", (f"{path}.password",), _PASSWORD, _USERS_LOST),
    )


_USERS_LOST = "Cassandra keeps the old users, and no pod could log in; changing them has its own procedure"

_CASSANDRA = (
    ProtectedValue("default.password", ("cassandra.auth.default.password",), _PASSWORD, _USERS_LOST),
    *_user("admin", "admin_user"),
    *_user("ddl", "ddl_user"),
    *_user("dml", "dml_user"),
    *_user("jmx", "jmxuser"),
    *_user("jolokia", "jolokiauser"),
)

_REDIS = ProtectedValue(
    "redis.auth.password",
    ("redis.auth.password",),
    _PASSWORD,
    "Redis and everything connected to it would restart",
)
