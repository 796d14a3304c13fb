"""Whatever stands in a site file, what comes out is a site or mistakes in words."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrine.adapters.site_file import Problem, SiteFileError, read_site
from vitrine.adapters.site_file.document import read_document
from vitrine.domain.site import Site

SITE = (Path(__file__).parent / "small_site.yaml").read_text(encoding="utf-8")
LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""As YAML counts lines."""
WORDS = st.text(alphabet="abc:-[]{}#'\"*&!|>%@`?,\n\t 0.~", max_size=80)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=80), WORDS))
def test_no_text_raises_anything_but_a_site_file_error(text: str) -> None:
    with pytest.raises(SiteFileError) as caught:
        read_site(text, "site.yaml")
    lines = len(LINE_END.split(text))
    assert all(0 <= problem.line <= lines for problem in caught.value.problems)
    assert all(str(problem).isprintable() for problem in caught.value.problems)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_site_with_a_piece_replaced_loads_or_says_why(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(SITE)))
    end = data.draw(st.integers(start, min(len(SITE), start + 30)))
    piece = data.draw(st.one_of(st.text(max_size=8), WORDS))
    outcome = outcome_of(SITE[:start] + piece + SITE[end:])
    assert isinstance(outcome, Site) or all(str(each).isprintable() for each in outcome)


def outcome_of(text: str) -> Site | list[Problem]:
    try:
        return read_site(text, "site.yaml")
    except SiteFileError as error:
        return error.problems


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)
KEYS = [key for key in read_document(SITE, "a").data if key != "id"]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(KEYS), JSON)
def test_a_part_of_any_other_shape_is_a_mistake_and_no_crash(key: str, value: Any) -> None:
    data = read_document(SITE, "a").data | {key: value}
    assert outcome_of(json.dumps(data))
