"""A service that asks models: what it sends, what it counts, and that visitors never notice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.acceptance.live import LiveService, vitrine
from tests.acceptance.prometheus import LivePrometheus, wait_for
from tests.acceptance.visitors import visitors
from vitrine.monitoring.prometheus import Scrape, prometheus_yml
from vitrine.operations.models_server import Behaviour, ModelsServer

KEY = "a-key-that-nobody-has"
GLANCE_MS = 300
"""A glance at a skill: too little for the local model to decide on."""


def glance(visitor: str, skill: str = "python") -> dict[str, Any]:
    params = {"skill_id": skill, "duration_ms": GLANCE_MS}
    return {"event_name": "skill_hover", "event_params": params, "user_pseudo_id": visitor}


def recruiters(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Answer each question rightly: recruiters all, orders as they are, an insight."""
    if "visits" in evidence:
        segment = next(iter(evidence["segments"]))
        return {
            "visits": [
                {"id": visit["id"], "segment": segment, "certainty": 1.0}
                for visit in evidence["visits"]
            ]
        }
    if "catalogue" in evidence:
        order = {**evidence["catalogue"], "because": []}
        return dict.fromkeys(evidence["segments"], order)
    visits = evidence["figures"]["visits"]
    sentence = f"There were {visits} visits."
    names = ("what", "why", "so_what", "recommendation")
    return {"insights": [dict.fromkeys(names, sentence)]}


@pytest.fixture
def models() -> Iterator[ModelsServer]:
    with ModelsServer(recruiters) as server:
        yield server


def settings(models: ModelsServer, **more: str) -> dict[str, str]:
    return {
        "GEMINI_API_KEY": KEY,
        "GEMINI_BASE_URL": models.url,
        "DEEPSEEK_API_KEY": f"{KEY}-2",
        "DEEPSEEK_BASE_URL": f"{models.url}/v1",
        **more,
    }


def visit(service: LiveService, *visitors: str) -> None:
    with service.client() as client:
        for visitor in visitors:
            client.post("/api/events", json=glance(visitor)).raise_for_status()


def asked(service: LiveService) -> dict[Any, int]:
    return service.counts("llm_requests_total", "provider", "status")


def answered_by(service: LiveService, leg: str) -> int | None:
    """Return how many questions a leg has answered, and has done with."""
    return service.counts("llm_answers_total", "leg").get(leg)


def test_an_unsure_visit_is_decided_while_it_lasts_and_its_kind_for_good(
    start_service: Callable[..., LiveService], models: ModelsServer
) -> None:
    service = start_service(**settings(models))
    with service.client() as client:
        # The answer to the event itself: the model's may come right after it.
        answer = client.post("/api/events", json=glance("ada")).json()
        before = answer["personalization"]
        assert before["segment"] is None

        def decided() -> bool:
            found = client.get("/api/personalization?user_id=ada").json()
            return bool(found["confidence"] > before["confidence"])

        wait_for(decided, "an answer of the model in the visit")
        assert asked(service) == {("gemini", "success"): 1}
        visit(service, "bob")
        bob = client.get("/api/personalization?user_id=bob").json()
        assert bob["confidence"] > before["confidence"]
    assert len(models.calls) == 1, "a kind of visit that is known was asked about again"
    sent = json.dumps(models.calls[0].body)
    assert "skill:python" in sent
    for word in ("ada", "bob", "Firefox", "127.0.0.1"):
        assert word not in sent
    assert service.counts("llm_breaker_state", "provider", "state") == {
        ("gemini", "closed"): 1,
        ("deepseek", "closed"): 1,
    }
    assert service.counts("llm_price_table_age_seconds")
    assert service.said("Model attempted")
    assert KEY not in service.log.read_text()


def test_a_retired_model_and_a_wrong_key_are_said_at_start(
    start_service: Callable[..., LiveService], models: ModelsServer
) -> None:
    models.behave("openai", Behaviour.UNAUTHORIZED)
    service = start_service(**settings(models, GEMINI_MODEL="gemini-of-last-year"))
    retired, refused = service.said("Model cannot be used", times=2)
    assert (retired["level"], retired["reason"]) == ("ERROR", "model_retired")
    assert "set GEMINI_MODEL" in retired["advice"]
    assert "set another DEEPSEEK_API_KEY" in refused["advice"]
    visit(service, "ada")
    wait_for(lambda: answered_by(service, "rules"), "local rules")
    assert not models.calls, "a model that cannot work was asked"


def test_a_spent_budget_leaves_the_answer_to_local_rules_and_says_so(
    start_service: Callable[..., LiveService], models: ModelsServer
) -> None:
    service = start_service(**settings(models, LLM_DAILY_BUDGET_USD="0.000001"))
    visit(service, "ada")
    wait_for(lambda: answered_by(service, "rules"), "local rules")
    assert service.counts("llm_budget_exhausted_total")
    skips = service.counts("llm_skips_total", "reason")
    assert list(skips) == ["budget"]
    assert skips["budget"] >= 2, "both models, again every five seconds"
    (line,) = service.said("Daily model budget spent")
    assert line["level"] == "WARNING"
    assert not models.calls


def test_without_a_key_nobody_is_asked(start_service: Callable[..., LiveService]) -> None:
    service = start_service()
    visit(service, "ada")
    assert asked(service) == {}
    summary = service.summary()
    providers = {series["labels"]["provider"] for series in summary["llm_requests_total"]}
    assert providers == {"gemini", "deepseek"}


def test_a_report_holds_figures_insights_and_what_models_cost(
    start_service: Callable[..., LiveService], models: ModelsServer
) -> None:
    service = start_service(**settings(models))
    visit(service, "ada", "bob")
    wait_for(lambda: answered_by(service, "gemini"), "an answer that is paid for")
    service.end()
    home = ("--home", service.home, "--site", "portfolio")
    code, out, err = vitrine("report", "--json", *home, stdin=None, **settings(models))
    assert code == 0, err
    report = json.loads(out)
    assert report["figures"]["visits"] == 2
    assert report["written_by"]["leg"] == "gemini"
    assert report["insights"][0]["what"] == "There were 2 visits."
    assert report["models"]["calls"] == 2
    assert report["models"]["calls_per_1000_visitors"] == 1_000
    assert report["models"]["cost_usd"] > 0
    code, out, err = vitrine("report", *home)
    assert code == 0, err
    assert "by local rules" in out


MEAN = (
    "sum by (provider) (rate(llm_request_duration_seconds_sum[5m]))"
    " / (sum by (provider) (rate(llm_request_duration_seconds_count[5m])) > 0)"
)
SUCCESS = (
    'sum by (provider) (rate(llm_requests_total{status="success"}[5m]))'
    " / (sum by (provider) (rate(llm_requests_total[5m])) > 0)"
)


class Asked(NamedTuple):
    heading: str
    query: str


SHIPPED = (
    Asked("LLM: average response time by provider", MEAN),
    Asked("LLM: success rate by provider", SUCCESS),
)


def test_the_guides_queries_on_models_answer_while_providers_misbehave(
    start_service: Callable[..., LiveService], models: ModelsServer, tmp_path: Path
) -> None:
    service = start_service(**settings(models))
    token = service.home / "metrics-token"
    scrape = Scrape("vitrine", f"127.0.0.1:{service.port}", token)
    prometheus = LivePrometheus(tmp_path / "prometheus", prometheus_yml([scrape], every_s=1))
    skills = ("python", "pytorch", "sql", "react", "git", "docker", "mlops", "teaching")

    def look(client: httpx.Client, number: int) -> None:
        event = glance(f"visitor-{number}", skills[number // 60 % len(skills)])
        client.post("/api/events", json=event)

    models.behave("gemini", Behaviour.PROSE)
    try:
        prometheus.target("vitrine")
        with visitors(service, look):
            wait_for(lambda: len(prometheus.data(SUCCESS)) == 2, "both providers")
            means = {sample.labels["provider"]: sample.value for sample in prometheus.data(MEAN)}
            found = prometheus.data(SUCCESS)
            rates = {sample.labels["provider"]: sample.value for sample in found}
    finally:
        prometheus.end()
    assert means["gemini"] > 0
    assert rates["gemini"] == 0.0
    assert 0.0 < rates["deepseek"] <= 1.0  # it, too, may be too late for a busy machine
    fallbacks = service.counts("llm_fallbacks_total", "from", "to", "reason")
    assert ("gemini", "deepseek", "invalid_json") in fallbacks


def test_the_page_shows_exactly_the_queries_that_are_asked_here() -> None:
    page = (Path(__file__).parents[2] / "docs" / "models.md").read_text()
    assert {asked.query for asked in SHIPPED} == set(
        re.findall(r"^\| .* \| `(sum .*)` \|", page, re.MULTILINE)
    )
