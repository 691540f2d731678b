from __future__ import annotations

import pytest

from apigeectl.sandbox.kubernetes import go_json
from tests.sandbox.kubernetes.client import MAPS, MERGE, STRATEGIC, Client, config_map


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"{data: 1}", "invalid character 'd' looking for beginning of object key string"),
        (b'{"data": }', "invalid character '}' looking for beginning of value"),
        (b'{"data": 1', "unexpected end of JSON input"),
        (b'{"data" 1}', "invalid character '1' after object key"),
        (b"{} {}", "invalid character '{' after top-level value"),
        (b"\xff", "invalid UTF-8"),
    ],
)
def test_broken_json_is_described_in_the_words_of_go(text: bytes, words: str):
    with pytest.raises(go_json.NotJSON) as broken:
        go_json.loads(text)

    assert str(broken.value) == words


def test_patches_are_json_and_no_yaml(api: Client):
    api.post(MAPS, config_map())
    words = "invalid character 'd' looking for beginning of object key string"

    assert api.ask("PATCH", f"{MAPS}/a", b"{data: {a: b}}", MERGE).message == f"error decoding patch: {words}"
    assert api.ask("PATCH", f"{MAPS}/a", b"{data: {a: b}}", STRATEGIC).message == words
