from __future__ import annotations

from pathlib import Path

import pytest

from apigeectl import yaml
from apigeectl.node_graph import Node
from apigeectl.yaml import YAMLLimitError, YAMLSyntaxError, compose


@pytest.fixture(params=["libyaml", "its translation"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "libyaml":
        monkeypatch.setattr(yaml, "CParser", None)
    else:
        assert yaml.CParser is not None


def composed(text: str) -> Node:
    node = compose(text)
    assert node is not None
    return node


def values(text: str) -> list[Node]:
    return [value for _, value in composed(text).value]


@pytest.mark.parametrize(
    "file", sorted((Path(__file__).parents[1] / "overrides").glob("*.yaml")), ids=lambda file: file.name
)
def test_every_example_is_read_as_libyaml_reads_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = file.read_text(encoding="utf-8")
    here = repr(compose(text))
    monkeypatch.undo()

    assert here == repr(compose(text))


def test_every_node_knows_where_it_starts_and_ends() -> None:
    key, value = composed("# note\nname:  'x y'\n").value[0]

    assert key.start_mark == (7, 1, 0)
    assert (value.start_mark, value.end_mark) == ((14, 1, 7), (19, 1, 12))


def test_a_scalar_keeps_its_quotes_and_a_collection_its_brackets() -> None:
    nodes = values("a: x\nb: 'x'\nc: \"x\"\nd: |\n  x\ne: [x]\nf:\n- x\n")

    assert [node.style for node in nodes[:4]] == [None, "'", '"', "|"]
    assert [node.flow_style for node in nodes[4:]] == [True, False]


def test_a_tag_is_there_only_when_it_was_written() -> None:
    assert [node.tag for node in values("a: 12\nb: !!str 12\nc: !own 12\nd: ! 12\n")] == [
        None,
        "tag:yaml.org,2002:str",
        "!own",
        "!",
    ]


def test_an_alias_is_the_node_of_its_anchor() -> None:
    one, other = values("a: &x {y: 1}\nb: *x\n")

    assert one is other
    assert one.anchor == "x"


def test_an_alias_may_stand_inside_its_own_anchor() -> None:
    (node,) = values("a: &x [*x]\n")

    assert node.value == [node]


def test_an_alias_without_anchor_is_an_error_in_its_place() -> None:
    with pytest.raises(YAMLSyntaxError, match="undefined alias") as error:
        compose("a: 1\nb: *x\n")

    assert (error.value.line, error.value.column) == (2, 4)


def test_an_anchor_ends_with_its_document() -> None:
    with pytest.raises(YAMLSyntaxError):
        compose("--- &x\n---\na: *x\n")


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "---\n---\n"])
def test_a_text_without_a_document_is_nothing(text: str) -> None:
    assert compose(text) is None


@pytest.mark.parametrize(
    "text", ["---\na: 1\n---\n", "---\n---\na: 1\n", "a: 1\n...\n", "a: 1\n---\n# end\n"]
)
def test_empty_documents_beside_the_one_are_left_out(text: str) -> None:
    assert composed(text).value[0][0].value == "a"


def test_two_documents_are_one_too_many() -> None:
    with pytest.raises(YAMLSyntaxError, match="another document") as error:
        compose("a: 1\n---\nb: 1\n")

    assert (error.value.line, error.value.column) == (2, 1)


@pytest.mark.parametrize(
    "text", ["[[[[x]]]]", "{a: {b: {c: {d: 1}}}}", "a:\n b:\n  c:\n   d: 1\n", "- - - - x\n"]
)
def test_what_is_nested_too_deeply_is_refused_where_it_begins(text: str) -> None:
    assert compose(text, max_depth=4) is not None
    with pytest.raises(YAMLLimitError, match="nested more than 3 levels deep") as error:
        compose(text, max_depth=3)
    assert error.value.line


def test_deeper_than_python_could_recurse_is_no_harm() -> None:
    with pytest.raises(YAMLLimitError):
        compose("[" * 50_000)


def test_more_nodes_than_allowed_are_refused_before_the_end_is_read() -> None:
    with pytest.raises(YAMLLimitError, match="more than 10 keys and values") as error:
        compose("- x\n" * 1000 + "- 'never closed", max_nodes=10)

    assert (error.value.line, error.value.column) == (10, 3)
