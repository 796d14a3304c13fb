"""Every mistake in a site file is one line with its place; all come out at once.

`site_mistakes.txt` holds one mistake a paragraph: its name, what is replaced in the small
site, by what, and the line (without the file) that is said of it.
"""

from pathlib import Path

import pytest

from vitrine.adapters.site_file import SiteFileError, read_site
from vitrine.adapters.site_file.document import read_document

HERE = Path(__file__).parent
SITE = (HERE / "small_site.yaml").read_text(encoding="utf-8")
CASES = {
    name: rest
    for name, *rest in (
        paragraph.splitlines()
        for paragraph in (HERE / "site_mistakes.txt").read_text(encoding="utf-8").split("\n\n")
    )
}


def mistakes(text: str) -> list[str]:
    with pytest.raises(SiteFileError) as caught:
        read_site(text, "site.yaml")
    return [str(problem) for problem in caught.value.problems]


def changed(old: str, new: str) -> str:
    assert SITE.count(old) == 1, old
    return SITE.replace(old, new)


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_one_line_with_its_place(name: str) -> None:
    old, new, line = (part.replace("\\n", "\n") for part in CASES[name])
    text = changed(old[2:], new[2:])
    assert mistakes(text) == [f"site.yaml:{line}"]


def test_a_group_of_a_path_cannot_give_a_number() -> None:
    text = changed(
        "P<project_id>[a-z]+)$'\n      event: project_click",
        "P<percent>.)'\n      event: scroll_depth",
    )
    (line,) = mistakes(text)
    assert line == (
        "site.yaml:45: log.pages[1].match: the group 'percent' must hold a number, "
        "and a path gives text; remove it"
    )


def test_an_alias_is_refused_where_it_stands() -> None:
    text = changed("tags: [ml]}", "tags: &unused [ml]}").replace(
        "tags: [research]", "tags: [&b x, *b]"
    )
    (line,) = mistakes(text)
    assert line == (
        "site.yaml:6: sections[1].tags[1]: is an alias (*), which is not read here; write it out"
    )


def test_all_mistakes_come_out_at_once_in_the_order_of_the_file() -> None:
    text = SITE
    for old, new in (
        ("title: A small site", "title: 7"),
        ("{id: welding,", "{id: robot,"),
        ("{tag: ml, ", "{tag: mll, "),
        ("match: '^/$'", "match: '^/('"),
        ("featured: 2", "featured: 2\nfeatured: 3"),
        ("highlighted: 1", "higlighted: 1"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    places = [line.split(": ")[:2] for line in mistakes(text)]
    assert places == [
        ["site.yaml:2", "title"],
        ["site.yaml:10", "skills[0].id"],
        ["site.yaml:23", "segments[0].signs[0].tag"],
        ["site.yaml:25", "segments[0].signs[2].skill"],
        ["site.yaml:44", "log.pages[0].match"],
        ["site.yaml:52", "featured"],
        ["site.yaml:53", "higlighted"],
    ]


def test_a_mistake_in_a_part_hides_none_about_its_id() -> None:
    text = changed("{id: robot, title: Robot, tags: [ml]}", "{id: robot, title: 3, tags: [ml]}")
    assert mistakes(text) == ["site.yaml:8: projects[0].title: must be text; put it in quotes"]


CHECK = "check the indentation and quotes here"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "site.yaml:1: is empty; begin with 'id: my-site'"),
        ("# nothing\n", "site.yaml:1: is empty; begin with 'id: my-site'"),
        ("- a\n- b\n", "site.yaml:1: is no mapping; begin with 'id: my-site'"),
        (
            "id: a\ntitle: b: c\n",
            f"site.yaml:2: is not YAML: mapping values are not allowed in this context; {CHECK}",
        ),
        (
            "id: a\ntitle: 'b\n",
            f"site.yaml:3: is not YAML: found unexpected end of stream; {CHECK}",
        ),
        (
            "id: a\ntitle: \x07\n",
            f"site.yaml:2: is not YAML: control characters are not allowed; {CHECK}",
        ),
        ("id: a\n---\nid: b\n", "site.yaml:2: is a second document; keep one site per file"),
        (
            "id: a\n? [b]\n: c\n",
            "site.yaml:2: a key must be a plain word; rename it",
        ),
        (
            "id: a\nlog: " + "[" * 100_000,
            "site.yaml:2: log[0]: is nested too deeply; no part of a site file is",
        ),
    ],
)
def test_what_is_no_site_file_at_all_is_said_in_one_line(text: str, line: str) -> None:
    assert mistakes(text) == [line]


def test_plain_words_are_read_as_yaml_1_2_reads_them() -> None:
    text = "[no, on, ~, true, 'true', 12, -1.5e1, 1_000, 0o7, '5', 1:30, !!str 5]"
    data = read_document(text, "site.yaml").data
    assert data == ["no", "on", None, True, "true", 12, -15.0, "1_000", "0o7", "5", "1:30", "5"]
