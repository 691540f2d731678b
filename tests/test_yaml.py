import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigeectl.yaml import YAMLSyntaxError, compose, dump, load_all

import yaml as pyyaml  # isort: skip  # the reader that kubectl-like tools in Python use

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "text",
    ["yes", "no", "on", "off", "y", "n", "012", "1e3", "0x1f", "1_000", "12:30", "null", "~", "", "1.5"],
)
def test_a_string_that_yaml_1_1_would_read_as_something_else_is_quoted(text):
    assert f'value: "{text}"' in dump([{"value": text}])


def test_ordinary_words_stay_unquoted():
    assert dump([{"image": "gcr.io/apigee/mart-1.10"}]) == "---\nimage: gcr.io/apigee/mart-1.10\n"


@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_whatever_is_dumped_reads_back_the_same(document):
    text = dump([document])

    assert load_all(text) == [document]
    assert list(pyyaml.safe_load_all(text)) == [document]


def test_a_syntax_error_names_line_and_column():
    with pytest.raises(YAMLSyntaxError) as caught:
        compose("a: 1\n\tb: 2\n")

    assert (caught.value.line, caught.value.column) == (2, 1)


def test_composing_keeps_duplicate_keys_for_the_caller_to_judge():
    node = compose("a: 1\na: 2\n")

    assert node is not None
    assert [key.value for key, _ in node.value] == ["a", "a"]


def test_a_tag_constructs_nothing():
    node = compose("!!python/object/apply:os.system [ls]")

    assert node is not None
    assert node.tag.endswith("os.system")
