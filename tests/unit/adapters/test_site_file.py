"""A site file becomes a site; those that are shipped are in order."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from vitrine.adapters.site_file import (
    Problem,
    SiteFileError,
    find_site,
    load_site,
    read_site,
    shipped_sites,
    site_schema,
)
from vitrine.adapters.site_file.document import read_document
from vitrine.domain.event import STANDARD_PARAMETERS, Parameter, ParameterKind
from vitrine.domain.referrer import CLASSES
from vitrine.domain.site import Conversion, Limits, Sign, SignKind

ROOT = Path(__file__).parents[3]
SITE = (Path(__file__).parent / "small_site.yaml").read_text(encoding="utf-8")


def changed(old: str, new: str) -> str:
    assert SITE.count(old) == 1, old
    return SITE.replace(old, new)


def test_a_site_file_becomes_the_site_that_it_declares() -> None:
    site = read_site(SITE, "site.yaml")
    maker, reader = site.segments
    assert (site.id, site.title, site.languages) == ("small", "A small site", ("en", "de"))
    assert list(site.sections) == ["home", "papers"]
    assert site.projects["robot"].tags == {"ml"}
    assert site.timeline == {"first-job"}
    assert site.channels == {"email", "pigeon"}
    assert maker.share == 2
    assert maker.signs == (
        Sign(SignKind.TAG, "ml", 2.4),
        Sign(SignKind.PROJECT, "robot", 1.4),
        Sign(SignKind.SKILL, "welding", -0.5),
        Sign(SignKind.SECTION, "home", 0.7),
        Sign(SignKind.EVENT, "plan_view", 1.4),
        Sign(SignKind.PACE, "study", 1.4),
        Sign(SignKind.DEPTH, "deep", 1.4),
        Sign(SignKind.REFERRER, "club", 1.4),
        Sign(SignKind.LANDING, "papers", 1.4),
    )
    assert maker.reasoning == {"en": "You make things.", "de": "You make things."}
    assert reader.reasoning == {"en": "You read.", "de": "Sie lesen."}
    assert site.conversions == (Conversion("contact_intent", {"channel": "pigeon"}),)
    assert site.origins == ("https://example.org",)
    assert site.hosts == {"example.org"}
    assert site.referrers == {"makers.example": "club"}
    assert [rule.event for rule in site.log.pages] == ["section_view", "project_click"]
    assert [pattern.pattern for pattern in site.log.assets] == [r"\.css$"]
    assert [pattern.pattern for pattern in site.log.feeds] == ["[?&]rss"]
    assert site.limits == Limits(max_age_ms=7_200_000, max_ahead_ms=60_000)
    assert (site.threshold, site.featured, site.highlighted) == (0.7, 2, 1)


def test_event_types_are_the_standard_ones_and_the_site_s_own_with_closed_choices() -> None:
    types = read_site(SITE, "site.yaml").event_types
    items = frozenset({"home", "papers", "robot", "welding", "first-job"})
    assert set(types) == {*STANDARD_PARAMETERS, "plan_view"}
    assert types["plan_view"].parameters == (
        Parameter("plan", ParameterKind.CHOICE, True, frozenset({"free", "paid"})),
        Parameter("item", ParameterKind.ITEM, False, items),
    )
    choices = {
        (name, parameter.name): parameter.choices
        for name, kind in types.items()
        for parameter in kind.parameters
        if parameter.choices
    }
    assert choices["project_click", "project_id"] == {"robot"}
    assert choices["deep_read", "project_id"] == {"robot"}
    assert choices["skill_hover", "skill_id"] == {"welding"}
    assert choices["section_view", "section_id"] == {"home", "papers"}
    assert choices["repeat_view", "item_id"] == items
    assert choices["career_timeline_interact", "entry_id"] == {"first-job"}
    assert choices["contact_intent", "channel"] == {"email", "pigeon"}


def test_what_a_file_leaves_out_has_its_default() -> None:
    site = read_site(
        "id: a\ntitle: A\nlanguages: [en]\nsections: [{id: home, title: Home}]\n"
        "segments: [{id: ALL, title: All}]\n",
        "site.yaml",
    )
    assert site.channels == {"email", "phone", "linkedin", "github", "form", "calendar"}
    assert site.limits == Limits()
    assert (site.threshold, site.featured, site.highlighted) == (0.6, 3, 5)
    assert site.referrers is None
    assert site.segments[0].signs == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("strength: -0.5", "strength: -0.6"),
        ("tags: [research]", "tags: [research, ml]"),
        ("threshold: 0.7", "threshold: 0.71"),
        ("share: 2", "share: 3"),
        ("featured: 2", "featured: 1"),
        ("You make things.", "You make."),
        ("{makers.example: club}", "{makers.example: club, b.example: club}"),
        ("      - {project: robot}\n", ""),
    ],
)
def test_the_version_changes_with_anything_that_can_change_a_decision(old: str, new: str) -> None:
    before = read_site(SITE, "site.yaml").version
    assert re.fullmatch(r"[0-9a-f]{12}", before)
    assert read_site(SITE.replace(old, new), "site.yaml").version != before


def test_the_version_follows_the_order_of_the_page() -> None:
    lines = SITE.splitlines(keepends=True)
    lines[4], lines[5] = lines[5], lines[4]
    assert read_site("".join(lines), "a").version != read_site(SITE, "a").version


def test_the_version_stays_through_comments_spaces_and_order_of_keys() -> None:
    same = "# my site\n" + changed(
        "{id: robot, title: Robot, tags: [ml]}", "{tags: [ml],  id: robot, title: 'Robot'}"
    )
    assert read_site(same, "b").version == read_site(SITE, "a").version


def test_a_file_is_loaded_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    for name, encoding in (("plain.yaml", "utf-8"), ("marked.yaml", "utf-8-sig")):
        (tmp_path / name).write_text(SITE, encoding=encoding)
        assert load_site(tmp_path / name).id == "small"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing.yaml"
    with pytest.raises(SiteFileError, match=r"missing\.yaml: cannot be read: No such file"):
        load_site(missing)
    with pytest.raises(SiteFileError, match=r"cannot be read: Is a directory"):
        load_site(tmp_path)


def test_a_file_in_another_encoding_is_refused_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"id: a\ntitle: Caf\xe9\n")
    with pytest.raises(SiteFileError) as caught:
        load_site(path)
    assert caught.value.problems == [
        Problem(str(path), 2, "", "is not UTF-8 here; save the file as UTF-8")
    ]


def test_a_file_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"#" * (1 << 20) + b"##")
    with pytest.raises(SiteFileError, match=r"has more than 1,048,576 bytes"):
        load_site(path)


def test_a_site_is_found_by_its_name_or_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.touch()
    assert find_site("portfolio") == shipped_sites()["portfolio"]
    assert find_site(str(path)) == find_site(path) == path


def test_a_site_that_is_not_found_brings_a_suggestion() -> None:
    with pytest.raises(SiteFileError) as caught:
        find_site("portfolo")
    assert str(caught.value) == (
        "portfolo: is neither a file nor a shipped site; did you mean 'portfolio'?"
    )
    for odd in ("", "a\0b", "x" * 5_000):
        with pytest.raises(SiteFileError, match="neither a file nor a shipped site"):
            find_site(odd)


@pytest.mark.parametrize("name", ["portfolio", "semicomplete"])
def test_a_shipped_site_loads_and_validates_against_the_schema(name: str) -> None:
    path = shipped_sites()[name]
    text = path.read_text(encoding="utf-8")
    assert load_site(path).id == name
    jsonschema.validate(read_document(text, name).data, site_schema())
    found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert found is not None
    assert (path.parent / found[1]).resolve() == ROOT / "docs/reference/site.schema.json"


@pytest.mark.parametrize("name", ["portfolio", "semicomplete"])
def test_segments_of_a_shipped_site_speak_of_every_kind_of_evidence_they_can(name: str) -> None:
    site = load_site(shipped_sites()[name])
    for segment in site.segments:
        kinds = {sign.kind for sign in segment.signs}
        assert {SignKind.TAG, SignKind.EVENT, SignKind.REFERRER} <= kinds
        assert set(segment.reasoning or ()) == set(site.languages)
        assert any(sign.strength < 0 for sign in segment.signs)


def test_the_committed_schema_is_the_one_that_the_code_makes() -> None:
    committed = (ROOT / "docs/reference/site.schema.json").read_text(encoding="utf-8")
    assert committed == json.dumps(site_schema(), indent=2) + "\n"


def test_the_schema_refuses_what_the_code_refuses() -> None:
    schema = site_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(read_document(SITE, "a").data)
    for old, new in (
        ("title: A small site", "titel: A small site"),
        ("strength: strong", "strength: huge"),
        ("strength: strong", "strength: 5"),
        ("{project: robot}", "{project: robot, tag: ml}"),
        ("{project: robot}", "{strength: weak}"),
        ("{id: welding,", "{id: spot welding,"),
        ("{pace: study}", "{pace: slow}"),
        ("{kind: item}", "{kind: thing}"),
    ):
        assert not validator.is_valid(read_document(changed(old, new), "a").data), new


def test_the_example_of_the_documentation_loads_and_its_mistakes_are_real() -> None:
    page = (ROOT / "docs/site.md").read_text(encoding="utf-8")
    example = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[1]
    assert read_site(example, "site.yaml").id == "ceramics"
    for old, new in (
        ("Notes on glazes, tags:", "Notes on glazes, tag:"),
        ("{tag: buying, strength", "{tag: byuing, strength"),
        ("(?P<project_id>", "(?P<project>"),
    ):
        assert old in example
        example = example.replace(old, new)
    with pytest.raises(SiteFileError) as caught:
        read_site(example, "site.yaml")
    assert f"```\n{caught.value}\n```" in page


def test_the_documentation_names_every_class_of_referrer_and_kind_of_parameter() -> None:
    page = (ROOT / "docs/site.md").read_text(encoding="utf-8")
    kinds = {kind.value for kind in ParameterKind if kind is not ParameterKind.REFERRER}
    for word in {*CLASSES, *kinds, *STANDARD_PARAMETERS, *site_schema()["properties"]}:
        assert f"`{word}`" in page, word
