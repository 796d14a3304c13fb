"""Every alert proven by promtool: it fires, it stays silent, it resolves."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.acceptance.prometheus import INSTALL
from vitrine.catalogue.alert import Alert, Severity
from vitrine.catalogue.alerts import ALERTS, GUIDE_ALERTS
from vitrine.monitoring.rule_tests import rule_test
from vitrine.monitoring.rules import rule_files


def promtool(*words: str | Path) -> str:
    """Run promtool; return what it said of something that is in order."""
    program = shutil.which("promtool")
    assert program is not None, INSTALL
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_every_alert_fires_stays_silent_and_resolves(alert: Alert, tmp_path: Path) -> None:
    files = rule_test(alert, "rules.yml")
    (tmp_path / "rules.yml").write_text(files.rules)
    (tmp_path / "tests.yml").write_text(files.tests)
    assert "SUCCESS" in promtool("test", "rules", tmp_path / "tests.yml")
    cases = len(yaml.safe_load(files.tests)["tests"])
    assert cases == (1 if alert.severity is Severity.HEARTBEAT else 3)


def test_an_alert_that_cannot_fire_is_found_out(tmp_path: Path) -> None:
    (alert, *_) = GUIDE_ALERTS
    files = rule_test(alert, "rules.yml")
    (tmp_path / "rules.yml").write_text(files.rules.replace("> 0.5", "> 50"))
    (tmp_path / "tests.yml").write_text(files.tests)
    with pytest.raises(AssertionError, match="FAILED"):
        promtool("test", "rules", tmp_path / "tests.yml")


def test_the_rule_files_are_in_order_and_hold_the_guides_group(tmp_path: Path) -> None:
    for name, text in rule_files().items():
        (tmp_path / name).write_text(text)
        assert "SUCCESS" in promtool("check", "rules", tmp_path / name)
    groups = yaml.safe_load((tmp_path / "alerts.yml").read_text())["groups"]
    guide = next(group for group in groups if group["name"] == "portfolio_alerts")
    said = {
        rule["alert"]: (rule["for"], rule["labels"]["severity"], rule["annotations"]["summary"])
        for rule in guide["rules"]
    }
    assert said == {
        "HighLatency": ("5m", "warning", "API latency is high"),
        "DatabaseSlowQueries": ("2m", "critical", "Database queries are slow"),
        "LowCacheHitRate": ("10m", "warning", "Cache hit rate below 70%"),
        "LLMProviderError": ("5m", "critical", "LLM provider errors detected"),
    }
    assert sum(len(group["rules"]) for group in groups) == len(ALERTS)
