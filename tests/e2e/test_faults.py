"""What can go wrong between apigeectl and an API server: what the user sees, and what the cluster looks like then."""

from __future__ import annotations

import itertools
import os
import stat
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from apigeectl import yaml
from apigeectl.apply.changes import Action, Event
from apigeectl.apply.engine import Stopped, apply
from apigeectl.apply.plan import plan
from apigeectl.clients import apiserver, watch
from apigeectl.clients.kubernetes import Cluster
from apigeectl.errors import (
    Conflict,
    Forbidden,
    InstallerError,
    Invalid,
    NoCredentials,
    ServiceFailure,
    Unauthorized,
    Unreachable,
)
from apigeectl.manifests import Manifest, ObjectRef
from apigeectl.readiness import observation
from apigeectl.readiness.wait import wait_ready
from apigeectl.sandbox.kubernetes import KubernetesServer
from apigeectl.sandbox.operator import APIServer
from apigeectl.sandbox.session import kubeconfig
from tests.e2e.faulty_proxy import Answer, Asked, Delay, Fault, FaultyProxy, Reset, Silence, status

COUNT = 24
"""Objects that a test applies, more than there are workers."""


@pytest.fixture(scope="module", params=["memory", pytest.param("real", marks=pytest.mark.cluster)])
def server(request: pytest.FixtureRequest) -> Iterator[APIServer]:
    if request.param == "memory":
        with KubernetesServer() as memory:
            yield APIServer(memory.url, memory.token, memory.ca_pem)
        return
    file = os.environ.get("APIGEECTL_TEST_KUBECONFIG")
    if not file:
        pytest.skip("APIGEECTL_TEST_KUBECONFIG names no kube-apiserver")
    yield APIServer.from_kubeconfig(Path(file))


@dataclass
class Site:
    """A namespace of its own, `direct` to the server, and `cluster` through the proxy."""

    server: APIServer
    proxy: FaultyProxy
    folder: Path
    direct: Cluster
    namespace: str = field(default_factory=lambda: f"faults-{uuid.uuid4().hex[:8]}")
    pauses: list[float] = field(default_factory=list)

    def connect(self, user: dict[str, Any] | None = None, timeout: float = 10.0) -> Cluster:
        """A client of the proxy that does not sleep long."""
        document = kubeconfig(self.proxy.server)
        document["users"][0]["user"] = user or {"token": self.server.token}
        file = self.folder / "through-proxy"
        file.write_text(yaml.dump([document]), encoding="utf-8")

        def sleep(seconds: float) -> None:
            self.pauses.append(seconds)
            time.sleep(min(seconds, 0.05))

        return Cluster.connect(kubeconfig=str(file), request_timeout=timeout, sleep=sleep)

    def config_map(self, name: str = "one", **data: str) -> Manifest:
        metadata = {"name": name, "namespace": self.namespace}
        return Manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})

    def config_maps(self) -> list[Manifest]:
        return [self.config_map(f"c{number}", number=str(number)) for number in range(COUNT)]

    def there(self) -> set[str]:
        names = (live["metadata"]["name"] for live in self.direct.list("", "ConfigMap", self.namespace))
        return {name for name in names if name != "kube-root-ca.crt"}


@pytest.fixture
def site(server: APIServer, tmp_path: Path) -> Iterator[Site]:
    file = tmp_path / "direct"
    file.write_text(yaml.dump([kubeconfig(server)]), encoding="utf-8")
    with FaultyProxy(server) as proxy:
        site = Site(server, proxy, tmp_path, Cluster.connect(kubeconfig=str(file)))
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": site.namespace}}
        site.direct.apply(Manifest(namespace))
        yield site


def run(cluster: Cluster, *manifests: Manifest) -> dict[str, Action]:
    found = plan(cluster, manifests)
    events = [event for event in apply(cluster, found) if isinstance(event, Event)]
    return {event.ref.name: event.action for event in events}


def first(count: int, fault: Fault, *, of: Callable[[Asked], bool] = lambda one: one.writes) -> Any:
    """The fault for the first so many requests of a kind."""
    counter = itertools.count()
    return lambda asked: fault if of(asked) and next(counter) < count else None


PASSING = {
    "429": status(429, "TooManyRequests", "too many requests, please try again later", retry_after=1),
    "429 of a gateway": Answer(429, b"slow down"),
    "500": status(500, "InternalError", "etcdserver: leader changed"),
    "502": Answer(502, b"<html>Bad Gateway</html>"),
    "503": status(503, "ServiceUnavailable", "apiserver is shutting down", retry_after=1),
    "504": status(504, "Timeout", "request did not complete within the allotted timeout"),
    "reset before the request arrives": Reset(carried_out=False),
    "reset in the middle of the answer": Reset(carried_out=True),
}


class TestFaultsThatPass:
    @pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
    def test_are_not_seen_by_the_user(self, site: Site, fault: Fault):
        cluster = site.connect()
        site.proxy.fault = first(5, fault)

        done = run(cluster, *site.config_maps())

        assert set(done.values()) == {Action.CREATE}
        assert site.there() == set(done)
        assert len(site.proxy.writes()) == COUNT + 5
        assert set(run(cluster, *site.config_maps()).values()) == {Action.UNCHANGED}

    @pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
    def test_while_looking_neither(self, site: Site, fault: Fault):
        site.proxy.fault = first(5, fault, of=lambda asked: asked.path.startswith("/api/v1/"))

        assert set(run(site.connect(), *site.config_maps()).values()) == {Action.CREATE}

    def test_the_servers_own_pause_is_kept(self, site: Site):
        site.proxy.fault = first(1, status(429, "TooManyRequests", "later", retry_after=3))

        run(site.connect(), site.config_map())

        assert site.pauses == [3.0]

    def test_an_answer_that_is_slow_is_waited_for(self, site: Site):
        site.proxy.fault = first(COUNT, Delay(0.1))

        assert set(run(site.connect(), *site.config_maps()).values()) == {Action.CREATE}


class TestFaultsThatStay:
    @pytest.mark.parametrize(
        ("fault", "words"),
        [
            (status(503, "ServiceUnavailable", "etcd is gone"), "etcd is gone"),
            (Answer(502, b"<html>Bad Gateway</html>"), "Bad Gateway"),
        ],
    )
    def test_name_the_object_and_what_was_done(self, site: Site, fault: Fault, words: str):
        cluster = site.connect()
        site.proxy.fault = lambda asked: fault if asked.writes and asked.path.endswith("/c7") else None

        with pytest.raises(Stopped) as caught:
            run(cluster, *site.config_maps())

        assert caught.value.message.startswith(f"ConfigMap/{site.namespace}/c7: ")
        assert words in caught.value.message
        assert isinstance(caught.value.failures[0][1], ServiceFailure)
        assert {event.ref.name for event in caught.value.done} == site.there()
        assert len(site.there()) == COUNT - 1
        site.proxy.fault = lambda _: None
        assert run(cluster, *site.config_maps())["c7"] is Action.CREATE

    def test_an_answer_that_is_no_json_is_not_taken_for_one(self, site: Site):
        site.proxy.fault = lambda asked: (
            Answer(200, b"<html>Log in</html>") if asked.path.endswith("/one") else None
        )

        with pytest.raises(ServiceFailure, match="not what an API server says") as caught:
            site.connect().get(site.config_map().ref)

        assert "proxy" in str(caught.value.hint)

    def test_a_write_whose_answer_never_comes_is_in_doubt_and_the_next_run_finds_out(self, site: Site):
        cluster = site.connect(timeout=0.4)
        found = plan(cluster, [site.config_map()])
        site.proxy.fault = first(1, Delay(0.6))

        with pytest.raises(Stopped, match="no answer within") as caught:
            list(apply(cluster, found))

        assert f"no answer about: ConfigMap/{site.namespace}/one; it may be written or not" in (
            caught.value.details
        )
        time.sleep(0.3)
        assert run(site.connect(), site.config_map()) == {"one": Action.UNCHANGED}


class TestTheServerIsAway:
    def test_at_first_it_is_told_at_once(self, site: Site):
        cluster = site.connect()
        site.proxy.stop()

        with pytest.raises(Unreachable, match="connection refused"):
            plan(cluster, site.config_maps())

        assert site.pauses == []

    def test_a_restart_in_the_middle_is_waited_out(self, site: Site):
        cluster = site.connect()
        found = plan(cluster, site.config_maps())
        begun = threading.Event()

        def restart(asked: Asked) -> Fault | None:
            if asked.writes and len(site.proxy.writes()) >= 4 and not begun.is_set():
                begun.set()
                threading.Thread(target=site.proxy.stop).start()
                threading.Timer(0.15, site.proxy.start).start()
            return None

        site.proxy.fault = restart

        done = [event.ref.name for event in apply(cluster, found) if isinstance(event, Event)]

        assert begun.is_set()
        assert set(done) == site.there()
        assert len(done) == COUNT

    def test_for_good_the_rest_is_left_and_named(self, site: Site, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(apiserver, "OUTAGE_REPEATS", 2)
        cluster = site.connect()
        found = plan(cluster, site.config_maps())
        lock = threading.Lock()

        def vanish(asked: Asked) -> Fault | None:
            with lock:
                if asked.writes and len(site.proxy.writes()) >= 4:
                    site.proxy.stop()
            return None

        site.proxy.fault = vanish

        with pytest.raises(Stopped, match=r"connection (refused|broke)") as caught:
            list(apply(cluster, found))

        stopped = caught.value
        assert {event.ref.name for event in stopped.done} <= site.there()
        assert stopped.remaining
        assert len(stopped.done) + len(stopped.failures) + len(stopped.remaining) == COUNT
        assert str(stopped.details).count("connection refused") <= 1
        site.proxy.fault = lambda _: None
        site.proxy.start()
        assert set(run(cluster, *site.config_maps())) == site.there()

    def test_a_handshake_that_never_ends_has_the_words_of_the_original(self, site: Site):
        site.proxy.handshakes = False

        with pytest.raises(Unreachable, match="TLS handshake timeout"):
            site.connect(timeout=0.1).get(site.config_map().ref)

    def test_a_handshake_that_hangs_in_the_middle_is_tried_again(self, site: Site):
        cluster = site.connect(timeout=0.3)
        assert cluster.get(site.config_map().ref) is None
        site.proxy.stop()
        site.proxy.handshakes = False
        site.proxy.start()

        def recover(seconds: float) -> None:
            site.proxy.handshakes = True

        cluster._server._sleep = recover

        assert cluster.get(site.config_map().ref) is None


class TestWatches:
    @pytest.fixture(autouse=True)
    def _short_pauses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        defaults = observation.Observation.__init__.__kwdefaults__
        assert defaults
        monkeypatch.setitem(defaults, "pause", 0.05)

    def wait_for_one(self, site: Site, cluster: Cluster) -> list[str]:
        found = wait_ready(cluster, [site.config_map().ref], timeout=10)
        return [progress.readiness.state.value for progress in found]

    def test_one_that_goes_silent_hides_nothing_for_long(self, site: Site, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(observation, "_WATCH_SECONDS", 0.2)
        monkeypatch.setattr(watch, "_GRACE", -0.8)

        def silent(asked: Asked) -> Fault | None:
            if not asked.watches:
                return None
            site.direct.apply(site.config_map())  # after the list, so that only a watch could tell
            return Silence()

        site.proxy.fault = silent

        assert self.wait_for_one(site, site.connect()) == ["missing", "ready"]

    @pytest.mark.parametrize(
        "fault",
        [
            Reset(carried_out=False),
            status(410, "Expired", "too old resource version: 1 (2)"),
            Answer(200, b'{"type": "ERROR", "object": {"kind": "Status", "code": 410}}\n'),
            Answer(200, b'{"type": "ADDED", "object": {"kin'),
            status(503, "ServiceUnavailable", "no"),
        ],
    )
    def test_one_that_breaks_is_begun_anew_from_a_list(self, site: Site, fault: Fault):
        def breaking(asked: Asked) -> Fault | None:
            if not asked.watches:
                return None
            site.direct.apply(site.config_map())
            return fault

        site.proxy.fault = breaking

        assert self.wait_for_one(site, site.connect()) == ["missing", "ready"]

    def test_a_restart_of_the_server_is_survived(self, site: Site):
        def restart(asked: Asked) -> Fault | None:
            if asked.watches and site.direct.get(site.config_map().ref) is None:
                site.direct.apply(site.config_map())
                threading.Thread(target=site.proxy.stop).start()
                threading.Timer(0.1, site.proxy.start).start()
                return Silence()
            return None

        site.proxy.fault = restart

        assert self.wait_for_one(site, site.connect()) == ["missing", "ready"]


class TestLogin:
    def user(self, site: Site, kind: str) -> dict[str, Any]:
        token = site.folder / "token"
        token.write_text("old\n")
        site.proxy.tokens["old"] = site.server.token
        if kind == "token file":
            return {"tokenFile": str(token)}
        script = site.folder / "plugin"
        document = (
            '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}'
        )
        script.write_text(
            f"#!/bin/sh\necho run >> {site.folder}/runs\nt=$(cat {token}) || exit 3\nprintf '{document}' $t\n"
        )
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        api_version = "client.authentication.k8s.io/v1"
        return {"exec": {"apiVersion": api_version, "command": str(script), "interactiveMode": "Never"}}

    def expires(self, site: Site, new: str) -> Callable[[Asked], Fault | None]:
        def fault(asked: Asked) -> Fault | None:
            if asked.token == "old" and len(site.proxy.writes()) > 3:
                fresh = site.folder / f"token-{threading.get_ident()}"
                fresh.write_text(f"{new}\n")
                fresh.replace(site.folder / "token")
                return status(401, "Unauthorized", "Unauthorized")
            return None

        return fault

    @pytest.mark.parametrize("kind", ["token file", "exec plugin"])
    def test_a_token_that_expires_in_the_middle_is_renewed(self, site: Site, kind: str):
        cluster = site.connect(self.user(site, kind))
        site.proxy.fault = self.expires(site, site.server.token)

        assert set(run(cluster, *site.config_maps()).values()) == {Action.CREATE}

        assert len(site.there()) == COUNT
        assert {asked.token for asked in site.proxy.asked} == {"old", site.server.token}
        if kind == "exec plugin":
            assert (site.folder / "runs").read_text().count("run") == 2

    def test_a_login_that_is_lost_stops_and_says_what_was_done(self, site: Site):
        cluster = site.connect(self.user(site, "exec plugin"))
        site.proxy.fault = self.expires(site, "old")

        with pytest.raises(Stopped, match="credentials are not accepted") as caught:
            run(cluster, *site.config_maps())

        stopped = caught.value
        assert isinstance(stopped.failures[0][1], Unauthorized)
        assert {event.ref.name for event in stopped.done} == site.there()
        assert stopped.remaining
        assert str([stopped.message, *stopped.details]).count("not accepted") == 1
        assert "log in again" in str(stopped.hint)

    def test_a_plugin_that_can_no_more_log_in_is_not_run_by_every_thread(self, site: Site):
        cluster = site.connect(self.user(site, "exec plugin"))

        def fault(asked: Asked) -> Fault | None:
            if len(site.proxy.writes()) > 3:
                (site.folder / "token").unlink(missing_ok=True)
                return status(401, "Unauthorized", "Unauthorized")
            return None

        site.proxy.fault = fault

        with pytest.raises(Stopped, match="could not log in") as caught:
            run(cluster, *site.config_maps())

        assert isinstance(caught.value.failures[0][1], NoCredentials)
        assert (site.folder / "runs").read_text().count("run") == 2


REFUSALS = {
    "webhook": (
        status(403, "Forbidden", 'admission webhook "policy.example" denied the request: you cannot do that'),
        Forbidden,
        "a policy of this cluster",
    ),
    "webhook with 400": (
        status(400, "BadRequest", 'admission webhook "policy.example" denied the request: no owner label'),
        Invalid,
        "a policy of this cluster",
    ),
    "webhook that does not answer": (
        status(
            500,
            "InternalError",
            'Internal error occurred: failed calling webhook "policy.example": connection refused',
        ),
        ServiceFailure,
        "workload behind the webhook",
    ),
    "quota": (
        status(403, "Forbidden", 'configmaps "one" is forbidden: exceeded quota: q, requested: count=1'),
        Forbidden,
        "resourcequota",
    ),
    "rights": (
        status(
            403,
            "Forbidden",
            'configmaps "one" is forbidden: User "u" cannot patch resource "configmaps" in API group ""',
        ),
        Forbidden,
        "ask for this right",
    ),
}


class TestRefusals:
    @pytest.mark.parametrize(("answer", "kind", "hint"), REFUSALS.values(), ids=REFUSALS.keys())
    def test_are_told_once_in_the_servers_words_with_the_next_step(
        self, site: Site, answer: Answer, kind: type[InstallerError], hint: str
    ):
        cluster = site.connect()
        found = plan(cluster, [site.config_map()])
        site.proxy.fault = lambda asked: answer if asked.writes else None

        with pytest.raises(Stopped) as caught:
            list(apply(cluster, found))

        assert isinstance(caught.value.failures[0][1], kind)
        assert answer.body["message"] in caught.value.message
        assert hint in str(caught.value.hint)
        assert len(site.proxy.writes()) == 1
        assert site.there() == set()

    def test_a_namespace_that_is_going(self, site: Site):
        held = site.config_map("held")
        held.body["metadata"]["finalizers"] = ["faults.example/held"]  # type: ignore[index]
        site.direct.apply(held)
        site.direct.delete(ObjectRef("", "Namespace", "", site.namespace))

        with pytest.raises(Forbidden, match="being terminated") as caught:
            plan(site.connect(), [site.config_map()])

        assert "wait until it is gone" in str(caught.value.hint)
        site.direct.patch(held.ref, {"metadata": {"finalizers": None}})

    def test_fields_that_the_clusters_definition_lacks_are_named(self, site: Site):
        site.direct.apply(Manifest(definition()))
        until(lambda: site.direct.serves("faults.example", "Thing"), site.direct.refresh_discovery)
        body = {
            "apiVersion": "faults.example/v1",
            "kind": "Thing",
            "metadata": {"name": "one", "namespace": site.namespace},
            "spec": {"known": "a", "newer": {"x": 1}},
        }

        with pytest.raises(Invalid) as caught:
            plan(site.connect(), [Manifest(body)])

        assert caught.value.message == (
            f"Thing/{site.namespace}/one: spec.newer: field not declared in schema"
        )
        assert "--release" in str(caught.value.hint)

    def test_an_immutable_field_says_what_re_creating_would_lose(self, site: Site):
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "keys", "namespace": site.namespace},
            "type": "Opaque",
            "stringData": {"a": "hush-hush"},
        }
        run(site.direct, Manifest(secret))

        with pytest.raises(Invalid, match="is invalid") as caught:
            plan(site.connect(), [Manifest({**secret, "type": "example/other"})])

        assert "field is immutable" in str(caught.value.details)
        assert "save its values first" in str(caught.value.hint)


class TestOthersAtWork:
    def test_a_field_that_somebody_took_since_the_plan_is_a_conflict(self, site: Site):
        cluster = site.connect()
        run(cluster, *site.config_maps())
        wanted = [site.config_map(one.name, number="new") for one in site.config_maps()]
        found = plan(cluster, wanted)
        site.direct.apply(site.config_map("c3", number="theirs"), manager="somebody", force=True)

        with pytest.raises(Stopped) as caught:
            list(apply(cluster, found))

        assert isinstance(caught.value.failures[0][1], Conflict)
        assert "data.number belongs to somebody" in caught.value.details
        numbers = {
            live["data"]["number"]
            for live in site.direct.list("", "ConfigMap", site.namespace)
            if "number" in live["data"]
        }
        assert numbers == {"new", "theirs"}

    def test_what_somebody_deleted_since_the_plan_is_made_again(self, site: Site):
        cluster = site.connect()
        run(cluster, site.config_map(a="1"))
        found = plan(cluster, [site.config_map(a="2")])
        site.direct.delete(site.config_map().ref)

        list(apply(cluster, found))

        live = site.direct.get(site.config_map().ref)
        assert live
        assert live["data"] == {"a": "2"}

    def test_a_half_migrated_installation_of_the_original_is_finished(self, site: Site):
        cluster = site.connect()
        for name in ("theirs", "begun"):
            site.direct.apply(site.config_map(name, a="1"), manager="kubectl")
        site.direct.apply(site.config_map("begun", a="1"))  # killed before the other manager let go
        site.direct.apply(site.config_map("ours", a="1"))
        wanted = [site.config_map(name, a="1") for name in ("theirs", "begun", "ours", "new")]

        done = run(cluster, *wanted)

        assert done == {
            "theirs": Action.CONFIGURE,
            "begun": Action.CONFIGURE,
            "ours": Action.UNCHANGED,
            "new": Action.CREATE,
        }
        for name in done:
            live = site.direct.get(ObjectRef("", "ConfigMap", site.namespace, name))
            assert live
            assert [entry["manager"] for entry in live["metadata"]["managedFields"]] == ["apigeectl"]
        assert set(run(cluster, *wanted).values()) == {Action.UNCHANGED}

    def test_letting_go_that_was_carried_out_without_an_answer_is_no_conflict(self, site: Site):
        site.direct.apply(site.config_map(a="1"), manager="kubectl")
        cluster = site.connect()
        site.proxy.fault = first(
            1, Reset(carried_out=True), of=lambda asked: asked.writes and "force" not in asked.query
        )

        assert run(cluster, site.config_map(a="1")) == {"one": Action.CONFIGURE}
        assert run(cluster, site.config_map(a="1")) == {"one": Action.UNCHANGED}


def definition() -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": {"known": {"type": "string"}}}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.faults.example"},
        "spec": {
            "group": "faults.example",
            "scope": "Namespaced",
            "names": {"kind": "Thing", "plural": "things", "singular": "thing", "listKind": "ThingList"},
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
            ],
        },
    }


def until(true: Callable[[], bool], between: Callable[[], None]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
        between()
