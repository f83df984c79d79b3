"""Is the text of a notebook what Python's own encoder would write?"""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled_grader.files import indented

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(plain, st.booleans())
def test_the_text_is_the_same(value, sort):
    assert indented(value, sort) == json.dumps(value, ensure_ascii=False, indent=1, sort_keys=sort)


@pytest.mark.parametrize("value", [[], {}, [[]], {"a": {}}, '\x00"\\\u2028', -0.0, math.inf, (1, (2,))])
def test_odd_values_too(value):
    assert indented(value) == json.dumps(value, ensure_ascii=False, indent=1)


@pytest.mark.parametrize("value", ["\ud800", {"name \udcff": ["\udcff", "é"]}])
def test_what_utf_8_cannot_hold_comes_back_as_it_was(value):
    assert json.loads(indented(value).encode()) == value


def test_a_key_that_is_no_string_is_refused():
    with pytest.raises(TypeError):
        indented({1: "one"})
