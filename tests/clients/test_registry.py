from __future__ import annotations

from collections.abc import Iterator

import pytest

from apigeectl.clients.registry import Registry as Client
from apigeectl.clients.registry_errors import RegistryError
from apigeectl.errors import NotFound, ServiceFailure, Unreachable, UsageError
from tests.clients.charts import CHART_LAYER, FOLDER, Registry, digest, packed, with_other_digest
from tests.clients.loopback import HANG_UP, Loopback, Received, Reply

CHART = packed({"apigee-operator/Chart.yaml": "name: apigee-operator\n"})


@pytest.fixture
def registry() -> Iterator[Registry]:
    made = Registry(CHART)
    with made.start():
        yield made


def pull(registry: Registry, **options: object) -> object:
    pauses: list[float] = []
    client = Client(registry.address, environ={}, sleep=pauses.append, timeout=2, **options)  # type: ignore[arg-type]
    return client.pull("apigee-operator", "1.10.3")


def test_a_chart_comes_with_the_digest_that_it_was_checked_against(registry: Registry):
    assert vars(pull(registry)) == {"data": CHART, "digest": digest(CHART)}


def test_the_token_that_everybody_gets_is_asked_for_once(registry: Registry):
    registry.token = "for-everybody"

    pull(registry)

    asked = registry.server.asked()
    assert asked.count("GET /token") == 1
    token = next(one for one in registry.server.received if one.path == "/token")
    assert token.query == {"service": "here", "scope": "repository:x:pull"}
    assert "Authorization" not in token.headers


def test_a_blob_may_be_kept_elsewhere_and_the_token_does_not_go_there(registry: Registry):
    registry.token = "for-everybody"
    with Loopback(lambda asked: Reply(CHART)) as elsewhere:
        registry.moved_to = elsewhere.url

        pull(registry)

    assert elsewhere.asked() == ["GET /kept"]
    assert "Authorization" not in elsewhere.received[0].headers


def test_redirects_without_end_are_left(registry: Registry):
    with Loopback(lambda asked: Reply("", 302, [("Location", "/kept")])) as elsewhere:
        registry.moved_to = elsewhere.url

        with pytest.raises(RegistryError, match="redirects without end"):
            pull(registry)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://example.com/x"])
def test_a_redirect_to_anything_but_http_is_refused(registry: Registry, address: str):
    registry.moved_to = address

    with pytest.raises(RegistryError, match="which is refused"):
        pull(registry)


def test_another_chart_than_its_digest_says_is_refused(registry: Registry):
    registry.blob = Reply(CHART[:-1] + b"x")

    with pytest.raises(RegistryError, match="is not what its digest says") as raised:
        pull(registry)
    assert raised.value.details[0] == f"expected: {digest(CHART)}"


def test_another_manifest_than_its_digest_says_is_refused(registry: Registry):
    registry.manifest = with_other_digest(registry)

    with pytest.raises(RegistryError, match="the manifest is not what its digest says"):
        pull(registry)


def test_a_shorter_chart_than_the_manifest_says_is_refused(registry: Registry):
    registry.blob = Reply(CHART[:10])

    with pytest.raises(RegistryError, match=r"10 bytes came, and the manifest says \d+"):
        pull(registry)


def test_an_answer_that_breaks_off_is_asked_for_again_and_then_given_up(registry: Registry):
    registry.blob = Reply(CHART[:10], headers=[("Content-Length", str(len(CHART))), ("Connection", "close")])

    with pytest.raises(Unreachable, match="broke in the middle"):
        pull(registry)
    assert sum("/blobs/" in one for one in registry.server.asked()) == 4


def test_a_sign_in_page_is_no_manifest(registry: Registry):
    registry.manifest = Reply("<html>Please log in</html>", content_type="text/html; charset=utf-8")

    with pytest.raises(RegistryError, match="instead of a manifest came text/html") as raised:
        pull(registry)
    assert "sign-in page" in str(raised.value.hint)


def test_an_image_is_no_chart(registry: Registry):
    registry.layers = [
        {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": "sha256:0", "size": 1}
    ]

    with pytest.raises(RegistryError, match="is no Helm chart"):
        pull(registry)


@pytest.mark.parametrize(
    "layer",
    [
        {"digest": "sha256:../../etc/passwd", "size": 1},
        {"digest": digest(b""), "size": -1},
        {"digest": digest(b""), "size": "1"},
        {"size": 1},
    ],
)
def test_a_layer_without_a_proper_digest_and_size_is_refused(registry: Registry, layer: dict[str, object]):
    registry.layers = [{"mediaType": CHART_LAYER, **layer}]

    with pytest.raises(RegistryError, match="names no chart with a sha256 digest and a size"):
        pull(registry)


def test_a_chart_larger_than_any_is_not_even_asked_for(registry: Registry):
    registry.layers = [{"mediaType": CHART_LAYER, "digest": digest(b""), "size": 1 << 40}]

    with pytest.raises(RegistryError, match="more than"):
        pull(registry)
    assert not any("/blobs/" in one for one in registry.server.asked())


def test_a_manifest_without_end_is_cut_off(registry: Registry):
    registry.manifest = Reply(tuple([b"x" * (1 << 20)] * 5))

    with pytest.raises(RegistryError, match="has more than 4194304 bytes"):
        pull(registry)


def test_an_answer_that_drips_is_cut_off(registry: Registry):
    moments = iter([0.0, 500.0])

    with pytest.raises(RegistryError, match="not complete after 120 s"):
        pull(registry, clock=lambda: next(moments))


def test_a_chart_that_does_not_exist_is_not_found_in_the_registrys_own_words(registry: Registry):
    registry.version = "1.11.0"

    with pytest.raises(NotFound, match=r"apigee-operator:1.10.3: no such tag"):
        pull(registry)


def test_a_busy_registry_is_asked_again_when_it_says(registry: Registry):
    registry.busy = [Reply("", 503), Reply("", 429, [("Retry-After", "7")]), HANG_UP]
    pauses: list[float] = []

    Client(registry.address, environ={}, sleep=pauses.append).pull("apigee-operator", "1.10.3")

    assert pauses == [1.0, 7.0, 4.0]


def test_a_registry_that_stays_busy_is_given_up(registry: Registry):
    registry.busy = [Reply("", 503)] * 4

    with pytest.raises(ServiceFailure, match="HTTP 503"):
        pull(registry)


def test_a_registry_that_wants_a_login_is_not_for_us(registry: Registry):
    registry.busy = [Reply("", 401, [("WWW-Authenticate", 'Basic realm="private"')])]

    with pytest.raises(RegistryError, match="wants a login") as raised:
        pull(registry)
    assert "--bundle" in str(raised.value.hint)


def test_a_registry_that_never_lets_us_in(registry: Registry):
    def closed(asked: Received) -> Reply:
        if asked.path == "/token":
            return Reply({"access_token": "useless"})
        return Reply("", 401, [("WWW-Authenticate", f'Bearer realm="{registry.server.url}/token"')])

    registry.server.answer = closed

    with pytest.raises(Exception, match="does not let us in"):
        pull(registry)
    assert len(registry.server.asked()) == 3


def test_a_netrc_file_gives_nothing_away(registry: Registry, tmp_path, monkeypatch: pytest.MonkeyPatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))

    pull(registry)

    assert all("Authorization" not in one.headers for one in registry.server.received)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "us-docker.pkg.dev/x",
        "oci://",
        "oci://me:secret@example.com/x",
        "https://example.com/a/../b",
        "s3://x/y",
    ],
)
def test_what_is_no_address_of_a_registry_is_a_usage_error(address: str):
    with pytest.raises(UsageError, match="not the address of a chart registry") as raised:
        Client(address)
    assert "secret" not in raised.value.message


def test_plain_http_is_for_loopback_only():
    with pytest.raises(UsageError, match="plain http is only for loopback"):
        Client(f"http://example.com/{FOLDER}")


def test_nobody_there(registry: Registry):
    address = registry.address
    registry.server.__exit__()

    with pytest.raises(Unreachable, match=r"cannot reach the registry 127\.0\.0\.1"):
        Client(address, environ={}, sleep=lambda _: None).pull("apigee-operator", "1.10.3")
    registry.server = Loopback(registry.answer).__enter__()
