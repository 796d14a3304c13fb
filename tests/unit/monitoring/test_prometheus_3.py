"""What Prometheus 3 reads otherwise than 2.42, on every text that we generate for it.

Its migration guide is the list; no Prometheus 3 is needed to look for what it changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.panels import panels_of
from vitrine.catalogue.metrics import CATALOGUE, SCRAPE_SECONDS
from vitrine.catalogue.promql.duration import seconds_of
from vitrine.monitoring.containers import PORTS, command_of
from vitrine.monitoring.deployment import deployment_files
from vitrine.monitoring.prometheus import SCRAPE_EVERY_S
from vitrine.telemetry.exposition import Exposition
from vitrine.telemetry.registry import Registry

FILES = deployment_files()
OPTIONS_OF_3 = {
    "--config.file",
    "--enable-feature",
    "--storage.remote.flush-deadline",
    "--storage.tsdb.path",
    "--storage.tsdb.retention.size",
    "--storage.tsdb.retention.time",
    "--web.config.file",
    "--web.enable-admin-api",
    "--web.enable-remote-write-receiver",
    "--web.external-url",
    "--web.listen-address",
}
"""Of those that 3.13 has (docs/command-line/prometheus.md), the ones that we may use."""
FEATURES_OF_3 = {"exemplar-storage"}
"""Still a feature of 3.13; many others of 2.x are the default there, or gone."""
TYPES_OF_3 = {
    ("text/plain", "0.0.4"),
    ("text/plain", "1.0.0"),
    ("application/openmetrics-text", "0.0.1"),
    ("application/openmetrics-text", "1.0.0"),
}
"""Content types with which a scrape succeeds in 3.x."""
ACCEPTS = {
    "3.13": "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    "2.42": "application/openmetrics-text;version=1.0.0,"
    "application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "any": "*/*",
}
"""What a Prometheus says that it reads."""
RANGE = re.compile(r"\[(\d+[a-z]+)(?::(\d+[a-z]+)?)?\]")
MATCHER = re.compile(r'([a-z_]+)(=~|!~|=|!=)"([^"]*)"')


def expressions() -> Iterator[str]:
    """Yield every expression of rules and panels."""
    for path, text in FILES.items():
        if path.parent == Path("deploy/prometheus/rules"):
            for group in yaml.safe_load(text)["groups"]:
                yield from (rule["expr"] for rule in group["rules"])
        if path.parent == Path("deploy/grafana/dashboards"):
            for panel in panels_of(json.loads(text)):
                yield from (target["expr"] for target in panel["targets"])


def configurations() -> list[dict[str, Any]]:
    """Return Prometheus' configurations: Compose's two, and the cluster's."""
    cluster = next(
        one["data"]["prometheus.yml"]
        for one in yaml.safe_load_all(FILES[Path("k8s/monitoring/prometheus.yml")])
        if one["kind"] == "ConfigMap"
    )
    texts = [FILES[Path(name)] for name in ("prometheus.yml", "deploy/prometheus/long-term.yml")]
    return [yaml.safe_load(text) for text in (*texts, cluster)]


EXPRESSIONS = sorted(set(expressions()))


def test_there_is_something_to_look_at() -> None:
    assert len(EXPRESSIONS) > 100
    assert any("le=" in expression for expression in EXPRESSIONS)


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=lambda value: value[:50])
def test_edges_and_quantiles_are_spelled_as_decimals(expression: str) -> None:
    for label, _, value in MATCHER.findall(expression):
        if label in ("le", "quantile"):
            assert value == "+Inf" or re.fullmatch(r"\d+\.\d+", value), value


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=lambda value: value[:50])
def test_no_range_depends_on_the_sample_at_its_left_edge(expression: str) -> None:
    for length, step in RANGE.findall(expression):
        least = seconds_of(step) if step else SCRAPE_EVERY_S
        assert seconds_of(length) >= 3 * least, f"[{length}:{step}]"


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=lambda value: value[:50])
def test_no_function_is_used_that_was_renamed_or_put_behind_a_flag(expression: str) -> None:
    assert not re.search(r"holt_winters|double_exponential_smoothing|limitk|info\(", expression)


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=lambda value: value[:50])
def test_no_regular_expression_cares_whether_a_dot_is_a_newline(expression: str) -> None:
    """A dot stands for a digit of a status, or for anything at all."""
    for label, operator, value in MATCHER.findall(expression):
        if operator in ("=~", "!~") and "." in value:
            assert (label, value) == ("status", "5..") or value == ".+", f"{label} {value}"


@pytest.mark.parametrize("name", ["prometheus", "long-term"])
def test_every_option_is_one_of_3_too(name: str) -> None:
    cluster = yaml.safe_load_all(FILES[Path(f"k8s/monitoring/{name}.yml")])
    (pod,) = [one["spec"]["template"]["spec"] for one in cluster if one["kind"] == "StatefulSet"]
    for option in {*command_of(name), *pod["containers"][0]["args"]}:
        key, _, value = option.partition("=")
        assert key in OPTIONS_OF_3
        if key == "--enable-feature":
            assert set(value.split(",")) <= FEATURES_OF_3


@pytest.mark.parametrize("configuration", configurations())
def test_configurations_have_nothing_that_3_refuses_and_nothing_that_2_does_not_know(
    configuration: dict[str, Any],
) -> None:
    known = {"global", "rule_files", "alerting", "scrape_configs", "remote_write", "remote_read"}
    assert set(configuration) <= known  # 3's `storage.tsdb.retention` is unknown to 2.42
    for scrape in configuration.get("scrape_configs", ()):
        assert "scrape_classic_histograms" not in scrape
        for static in scrape.get("static_configs", ()):
            assert all(re.search(r":\d+$", target) for target in static["targets"])
    for alertmanager in configuration.get("alerting", {}).get("alertmanagers", ()):
        assert alertmanager.get("api_version", "v2") == "v2"
    for write in configuration.get("remote_write", ()):
        assert "http_config" not in write


@pytest.mark.parametrize("accept", ACCEPTS.values(), ids=ACCEPTS)
def test_a_scrape_has_a_content_type_that_3_accepts(accept: str) -> None:
    found = Exposition(Registry((SCRAPE_SECONDS,), {}, {})).render(accept, "").content_type
    kind, *parameters = [part.strip() for part in found.split(";")]
    version = next(part.removeprefix("version=") for part in parameters if "version=" in part)
    assert (kind, version) in TYPES_OF_3


def test_names_are_valid_in_the_old_scheme_and_so_in_the_new() -> None:
    for metric in CATALOGUE:
        assert re.fullmatch(r"[a-z_][a-z0-9_]*", metric.name)
        assert all(re.fullmatch(r"[a-z_][a-z0-9_]*", label) for label in metric.label_names)


def test_ports_differ_so_that_all_may_run_on_one_machine() -> None:
    assert len(set(PORTS.values())) == len(PORTS)
