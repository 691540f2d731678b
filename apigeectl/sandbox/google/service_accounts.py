"""IAM: the project's service accounts and their keys."""

from __future__ import annotations

import base64
import secrets
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from apigeectl.sandbox.google.accounts import ACCOUNTS, Project
from apigeectl.sandbox.google.wire import Asked, GoogleError, Route, only_fields, page
from apigeectl.sandbox.keys import KEY_ID_PREFIX, public_key_pem, service_account_key

MOST_KEYS = 10
_SERVICE = "iam.googleapis.com"
_ANY = "-"  # stands for a project in the name of an account


@dataclass
class Key:
    """A key that the account's owner manages."""

    identifier: str
    created: float = field(default_factory=time.time)
    disabled: bool = False


@dataclass
class Account:
    """A service account and its keys by id."""

    email: str
    keys: dict[str, Key]
    disabled: bool = False

    @property
    def unique_id(self) -> str:
        return str(10**20 + sum(self.email.encode()))


class ServiceAccounts:
    """Every account begins with the key that its key file in the sandbox has. Many threads may ask and write."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._lock = threading.Lock()
        self._accounts: dict[str, Account] = {}
        for name in ACCOUNTS:
            key = Key(KEY_ID_PREFIX + name)
            email = project.email(name)
            self._accounts[email] = Account(email, {key.identifier: key})
        self.token_uri = ""  # stands in new key files, once it is known

    def accepts(self, email: str, key: str) -> bool:
        """Whether an account may act with a key; "" stands for an assertion that does not name its key."""
        account = self._accounts.get(email)
        if account is None or account.disabled:
            return False
        return not key or (key in account.keys and not account.keys[key].disabled)

    def has_key(self, email: str) -> bool:
        """Whether an account has any key that works."""
        account = self._accounts.get(email)
        return account is not None and any(self.accepts(email, key) for key in account.keys)

    def revoke_keys(self, account: str) -> None:
        """Delete all keys of one of the project's accounts."""
        self._accounts[self._project.email(account)].keys.clear()

    def routes(self) -> tuple[Route, ...]:
        """The methods of iam.v1."""
        stem = "/v1/projects/{project}/serviceAccounts"
        one = f"{stem}/{{email}}"
        keys, key = f"{one}/keys", f"{one}/keys/{{key}}"
        may, may_key = "iam.serviceAccounts.", "iam.serviceAccountKeys."
        found = (
            ("GET", stem, self._list, f"{may}list", ("pageSize", "pageToken")),
            ("POST", stem, self._create, f"{may}create", ()),
            ("GET", one, self._get, f"{may}get", ()),
            ("DELETE", one, self._delete, f"{may}delete", ()),
            ("POST", f"{one}:disable", partial(self._switch, disabled=True), f"{may}disable", ()),
            ("POST", f"{one}:enable", partial(self._switch, disabled=False), f"{may}enable", ()),
            ("GET", keys, self._list_keys, f"{may_key}list", ("keyTypes",)),
            ("POST", keys, self._create_key, f"{may_key}create", ()),
            ("GET", key, self._get_key, f"{may_key}get", ("publicKeyType",)),
            ("DELETE", key, self._delete_key, f"{may_key}delete", ()),
            ("POST", f"{key}:disable", partial(self._switch_key, disabled=True), f"{may_key}disable", ()),
            ("POST", f"{key}:enable", partial(self._switch_key, disabled=False), f"{may_key}enable", ()),
        )
        return tuple(
            Route(verb, path, handler, permission, query, _SERVICE)
            for verb, path, handler, permission, query in found
        )

    def _list(self, asked: Asked) -> dict[str, Any]:
        return page(
            asked, "accounts", [self._body(each) for each in self._accounts.values()], size=20, most=100
        )

    def _get(self, asked: Asked) -> dict[str, Any]:
        return self._body(self._found(asked))

    def _create(self, asked: Asked) -> dict[str, Any]:
        body = only_fields(asked.body, ("accountId", "serviceAccount"))
        only_fields(body.get("serviceAccount") or {}, ("displayName", "description"))
        email = self._project.email(str(body.get("accountId", "")))
        with self._lock:
            if email in self._accounts:
                message = f"Service account {body['accountId']} already exists within project {asked.path['project']}."
                raise GoogleError(409, message, status="ALREADY_EXISTS")
            self._accounts[email] = Account(email, {})
            self._project.emails.add(email)
        return self._body(self._accounts[email])

    def _delete(self, asked: Asked) -> dict[str, Any]:
        """Its roles stay, with a name that one of the same address does not have."""
        with self._lock:
            account = self._found(asked)
            del self._accounts[account.email]
            self._project.emails.discard(account.email)
        member = f"serviceAccount:{account.email}"
        self._project.policy.rename(member, f"deleted:{member}?uid={account.unique_id}")
        return {}

    def _switch(self, asked: Asked, *, disabled: bool) -> dict[str, Any]:
        only_fields(asked.body, ())
        self._found(asked).disabled = disabled
        return {}

    def _list_keys(self, asked: Asked) -> dict[str, Any]:
        account = self._found(asked)
        kinds = set(asked.query.get("keyTypes", ())) or {"USER_MANAGED", "SYSTEM_MANAGED"}
        own = [self._key(account, key) for key in account.keys.values()]
        found = [key for key in (*own, self._system_key(account)) if key["keyType"] in kinds]
        return {"keys": found} if found else {}

    def _get_key(self, asked: Asked) -> dict[str, Any]:
        account = self._found(asked)
        body = self._key(account, self._found_key(asked, account))
        form = asked.first("publicKeyType") or "TYPE_NONE"
        if form == "TYPE_RAW_PUBLIC_KEY":
            body["publicKeyData"] = base64.b64encode(public_key_pem().encode()).decode()
        elif form != "TYPE_NONE":
            raise GoogleError(400, f"Public key type {form} is not supported by the sandbox.")
        return body

    def _create_key(self, asked: Asked) -> dict[str, Any]:
        only_fields(asked.body, ("privateKeyType", "keyAlgorithm"))
        with self._lock:
            account = self._found(asked)
            if len(account.keys) >= MOST_KEYS:
                raise GoogleError(
                    400, "Maximum number of keys on account reached.", status="FAILED_PRECONDITION"
                )
            key = Key(KEY_ID_PREFIX + secrets.token_hex(20))
            account.keys[key.identifier] = key
        text = service_account_key(
            account.email, self._project.identifier, self.token_uri, identifier=key.identifier
        )
        private = {
            "privateKeyType": "TYPE_GOOGLE_CREDENTIALS_FILE",
            "privateKeyData": base64.b64encode(text.encode()).decode(),
        }
        return {**self._key(account, key), **private}

    def _delete_key(self, asked: Asked) -> dict[str, Any]:
        account = self._found(asked)
        del account.keys[self._found_key(asked, account).identifier]
        return {}

    def _switch_key(self, asked: Asked, *, disabled: bool) -> dict[str, Any]:
        self._found_key(asked, self._found(asked)).disabled = disabled
        return {}

    def _found(self, asked: Asked) -> Account:
        name = asked.path["email"]
        for account in self._accounts.values():
            if name in (account.email, account.unique_id):
                return account
        if asked.path["project"] == _ANY:  # Google does not say which project it is not in
            raise GoogleError(403, f"Permission denied on service account {name} (or it may not exist).")
        raise GoogleError(404, f"Unknown service account: {name}")

    def _found_key(self, asked: Asked, account: Account) -> Key:
        try:
            return account.keys[asked.path["key"]]
        except KeyError:
            raise GoogleError(404, f"Service account key {asked.path['key']} does not exist.") from None

    def _body(self, account: Account) -> dict[str, Any]:
        return {
            "name": f"projects/{self._project.identifier}/serviceAccounts/{account.email}",
            "projectId": self._project.identifier,
            "uniqueId": account.unique_id,
            "email": account.email,
            "displayName": account.email.partition("@")[0],
            "oauth2ClientId": account.unique_id,
            **({"disabled": True} if account.disabled else {}),
        }

    def _key(self, account: Account, key: Key) -> dict[str, Any]:
        return {
            "name": f"{self._body(account)['name']}/keys/{key.identifier}",
            "validAfterTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(key.created)),
            "validBeforeTime": "9999-12-31T23:59:59Z",
            "keyAlgorithm": "KEY_ALG_RSA_2048",
            "keyOrigin": "GOOGLE_PROVIDED",
            "keyType": "USER_MANAGED",
            **({"disabled": True} if key.disabled else {}),
        }

    def _system_key(self, account: Account) -> dict[str, Any]:
        key = Key(f"{int(account.unique_id):040x}")
        return {**self._key(account, key), "keyType": "SYSTEM_MANAGED"}
