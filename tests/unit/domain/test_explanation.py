from __future__ import annotations

import re

import pytest

from tests.sites import small_site
from vitrine.domain.event import STANDARD_PARAMETERS
from vitrine.domain.evidence import Contribution, Evidence
from vitrine.domain.explanation import WORDINGS, Reason, explain, wording
from vitrine.domain.weights import FITTED

SITE = small_site()


def test_a_contribution_becomes_a_sentence_with_the_sites_own_title() -> None:
    (reason,) = explain([Contribution("project:vision-api", 2.0, 1.3149)], SITE)
    assert reason == Reason("project:vision-api", "opened project Vision Api", 2.0, 1.31)


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


def test_a_language_that_we_do_not_speak_is_answered_in_english() -> None:
    assert wording("pt-BR") is wording("en")
