from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from vitrine.cli.check_rules import command
from vitrine.monitoring.rules import rule_files

GOOD = """
groups:
  - name: own
    rules:
      - record: service:pages:rate5m
        expr: sum(rate(personalization_served_total[5m]))
      - alert: FewPages
        expr: service:pages:rate5m < 1
"""


def check(path: Path, text: str) -> tuple[int, str]:
    path.write_text(text)
    done = CliRunner().invoke(command, [str(path)])
    return done.exit_code, done.output


def test_rules_that_stand_on_records_of_the_same_file_are_in_order(tmp_path: Path) -> None:
    code, said = check(tmp_path / "own.yml", GOOD)
    assert (code, said) == (0, f"{tmp_path}/own.yml: in order\n")


def test_each_mistake_is_one_line_with_its_rule(tmp_path: Path) -> None:
    wrong = GOOD.replace("sum(rate(personalization_served_total[5m]))", "rate(db_pool_size[5m])")
    code, said = check(tmp_path / "own.yml", wrong)
    assert code == 1
    first, second = said.splitlines()
    assert "own, service:pages:rate5m: rate of db_pool_size: it goes both ways" in first
    assert "own, FewPages: service:pages:rate5m: no metric of that name" in second


def test_what_is_no_rule_file_is_a_wrong_call(tmp_path: Path) -> None:
    for text in ("", "[]", "groups: 7", "groups: [{rules: [1]}]", "\x00"):
        code, said = check(tmp_path / "own.yml", text)
        assert code == 2, text
        assert "is no rule file of Prometheus" in said


def test_the_generated_alerts_are_in_order_by_hand_too(tmp_path: Path) -> None:
    code, said = check(tmp_path / "alerts.yml", rule_files()["alerts.yml"])
    assert code == 0, said
