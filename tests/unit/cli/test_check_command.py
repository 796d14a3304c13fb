import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vitrine.adapters.site_file import find_site, load_site
from vitrine.cli.check import command

SMALL = (Path(__file__).parents[1] / "adapters" / "small_site.yaml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VITRINE_SITE", raising=False)


def check(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


@pytest.mark.parametrize("name", ["portfolio", "semicomplete"])
def test_a_shipped_site_is_in_order_and_its_sample_visitors_are_known(name: str) -> None:
    result = check(name, "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    site = load_site(find_site(name))
    assert (told["ok"], told["site"], told["version"]) == (True, name, site.version)
    assert told["warnings"] == []
    assert [sample["segment"] for sample in told["samples"]] == list(site.segment_ids)
    for sample in told["samples"]:
        assert sample["decided"] == sample["segment"]
        assert sample["confidence"] >= site.threshold
        assert sorted(sample["priority_sections"]) == sorted(site.sections)
        assert len(sample["featured_projects"]) == site.featured


def test_people_are_shown_each_segment_and_what_it_gets() -> None:
    result = check()
    assert result.exit_code == 0
    assert "Robin Vantreen, software developer is in order" in " ".join(result.stdout.split())
    for segment in load_site(find_site("portfolio")).segment_ids:
        assert f"\n{segment}: its sample visitor is {segment} with confidence" in result.stdout
    assert "warning" not in result.stdout


def test_a_segment_that_its_own_sample_visitor_misses_is_a_warning_and_no_failure() -> None:
    Path("site.yaml").write_text(SMALL, encoding="utf-8")
    result = check("site.yaml")
    assert result.exit_code == 0
    assert "READER: its sample visitor stays undecided" in result.stdout
    assert "warning: a sample visitor of READER gets no segment" in result.stdout
    told = json.loads(check("site.yaml", "--json").stdout)
    assert any("READER gets no segment" in warning for warning in told["warnings"])


def test_all_mistakes_stand_on_standard_error_at_once() -> None:
    Path("site.yaml").write_text(
        SMALL.replace("{tag: ml,", "{tag: mll,").replace("threshold: 0.7", "threshold: 7")
    )
    result = check("site.yaml")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "site.yaml:23: segments[0].signs[0].tag: 'mll' is no tag of this site; did you mean 'ml'?",
        "site.yaml:50: threshold: should be less than 1; change it",
        "2 mistakes",
    ]


def test_mistakes_are_data_too() -> None:
    Path("site.yaml").write_text(SMALL.replace("{tag: ml,", "{tag: mll,"))
    result = check("site.yaml", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "ok": False,
        "problems": [
            {
                "file": "site.yaml",
                "line": 23,
                "field": "segments[0].signs[0].tag",
                "message": "'mll' is no tag of this site; did you mean 'ml'?",
            }
        ],
    }


def test_a_site_that_is_not_there_is_one_line() -> None:
    result = check("portfolo")
    assert result.exit_code == 1
    assert result.stderr.startswith("portfolo: is neither a file nor a shipped site; did you mean")


def test_the_site_of_the_settings_is_checked_when_none_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VITRINE_SITE", "semicomplete")
    assert json.loads(check("--json").stdout)["site"] == "semicomplete"


@pytest.mark.parametrize("arguments", [["a.yaml", "b.yaml"], ["--jsn"]])
def test_a_wrong_call_ends_with_exit_code_2(arguments: list[str]) -> None:
    assert check(*arguments).exit_code == 2
