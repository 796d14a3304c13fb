from __future__ import annotations

import re

import pytest

from tests.sites import small_site
from vitrine.domain.event import STANDARD_PARAMETERS, Event
from vitrine.domain.evidence import Contribution, Evidence
from vitrine.domain.explanation import Act, Reason, act, explain, sureness
from vitrine.domain.weights import FITTED
from vitrine.domain.wording import WORDINGS, wording

SITE = small_site()


def test_a_contribution_becomes_a_sentence_with_the_sites_own_title() -> None:
    (reason,) = explain([Contribution("project:vision-api", 2.0, 1.3149)], SITE)
    assert reason == Reason(
        "project:vision-api", "opened project Vision Api", 2.0, 1.31, "speaks strongly for it"
    )


@pytest.mark.parametrize(
    ("feature", "said"),
    [
        ("skill:pytorch", "hat die Fähigkeit Pytorch angesehen"),
        ("section:home", "hat den Abschnitt Home angesehen"),
        ("landing:contact", "ist im Abschnitt Contact angekommen"),
        ("event:download_resume", "hat den Lebenslauf heruntergeladen"),
        ("event:book_demo", "hat „book demo“ ausgelöst"),
        ("referrer:search", "kam von einer Suchmaschine"),
        ("referrer:partner_site", "kam von „partner site“"),
        ("project:no-longer-there", "hat das Projekt no-longer-there geöffnet"),
    ],
)
def test_every_kind_of_feature_is_worded(feature: str, said: str) -> None:
    assert explain([Contribution(feature, 1.0, 0.5)], SITE, "de-CH")[0].what == said


@pytest.mark.parametrize("language", sorted(WORDINGS))
def test_whatever_a_site_can_observe_has_words_without_holes(language: str) -> None:
    features = Evidence(SITE, FITTED).rows
    reasons = explain([Contribution(feature, 1.0, 0.0) for feature in features], SITE, language)
    assert [reason.feature for reason in reasons] == list(features)
    assert not [reason for reason in reasons if re.search(r"[{}_]|^$", reason.what)]


@pytest.mark.parametrize("language", sorted(WORDINGS))
def test_each_standard_event_and_referrer_has_words_of_its_own(language: str) -> None:
    features = wording(language).features
    assert {f"event:{name}" for name in STANDARD_PARAMETERS} <= features.keys()
    classes = {f for f in Evidence(SITE, FITTED).rows if f.startswith("referrer:")}
    assert classes <= features.keys()


def test_all_languages_have_the_same_sentences() -> None:
    english = wording("en")
    for words in WORDINGS.values():
        assert words.features.keys() == english.features.keys()
        assert words.other.keys() == english.other.keys()
        assert words.most_used.keys() == english.most_used.keys()
        assert words.acts.keys() == english.acts.keys() == STANDARD_PARAMETERS.keys()
        assert words.degrees.keys() == english.degrees.keys()


def test_a_language_that_we_do_not_speak_is_answered_in_english() -> None:
    assert wording("pt-BR") is wording("en")


@pytest.mark.parametrize(
    ("log_odds", "said"),
    [
        (2.0, "speaks strongly for it"),
        (0.5, "speaks for it"),
        (0.1, "speaks a little for it"),
        (0.0, "hardly says anything"),
        (-0.5, "speaks against it"),
    ],
)
def test_how_much_a_feature_says_is_worded(log_odds: float, said: str) -> None:
    assert explain([Contribution("pace:skim", 1.0, log_odds)], SITE)[0].says == said


@pytest.mark.parametrize(
    ("confidence", "said"),
    [
        (0.95, "very sure"),
        (0.8, "fairly sure"),
        (0.6, "rather likely"),
        (0.59, "not sure enough"),
        (0.0, "not sure enough"),
    ],
)
def test_a_confidence_is_worded_against_the_threshold(confidence: float, said: str) -> None:
    assert sureness(confidence, 0.6) == said


def test_a_strict_site_is_not_sure_where_others_are() -> None:
    assert sureness(0.92, 0.95, "de") == "nicht sicher genug"


@pytest.mark.parametrize(
    ("name", "params", "what", "about"),
    [
        ("project_click", {"project_id": "vision-api"}, "opened a project", "Vision Api"),
        ("scroll_depth", {"percent": 75}, "scrolled down", "75 %"),
        ("language_switch", {"from": "de", "to": "en"}, "switched the language", "de → en"),
        ("repeat_view", {"item_id": "home", "count": 2}, "came back to something", "Home"),
        ("skill_hover", {"skill_id": "git", "duration_ms": 900}, "looked at a skill", "Git"),
        ("skill_hover", {"skill_id": "<b>gone</b>"}, "looked at a skill", "<b>gone</b>"),
        ("cart_add", {"wrapping": "gift"}, "did “cart_add”", "gift"),
        ("download_resume", {}, "downloaded the résumé", ""),
    ],
)
def test_an_event_says_what_was_done_and_to_what(
    name: str, params: dict[str, str | int], what: str, about: str
) -> None:
    assert act(Event("a" * 32, name, 0, params), SITE) == Act(what, about)
