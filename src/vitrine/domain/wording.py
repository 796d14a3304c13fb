"""The sentences of each language that people read about visits and pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one language; `{}` stands for a title or a word of the site."""

    as_designed: str
    for_segment: str
    stands_out: str
    most_used: Mapping[str, str]
    visits: tuple[str, str]
    features: Mapping[str, str]
    other: Mapping[str, str]
    acts: Mapping[str, str]
    degrees: Mapping[str, str]

    def feature(self, feature: str, title: str) -> str:
        """Return the sentence of a feature, or the one of its kind with `title` in it."""
        kind = feature.partition(":")[0]
        return self.features.get(feature) or self.other[kind].format(title)


ENGLISH = Wording(
    as_designed="The page as its owner arranged it.",
    for_segment="Arranged for visitors of this kind: {}.",
    stands_out="What stands out for them: {}.",
    most_used={
        "project": "In {visits} of this kind, {title} was the project used most.",
        "skill": "In {visits} of this kind, {title} was the skill looked at most.",
        "section": "In {visits} of this kind, {title} was the section viewed most.",
    },
    visits=("{} visit", "{} visits"),
    features={
        "event:project_click": "opened projects",
        "event:skill_hover": "looked at skills",
        "event:section_view": "viewed sections",
        "event:contact_intent": "looked for a way to get in touch",
        "event:language_switch": "switched the language",
        "event:deep_read": "read a project in depth",
        "event:repeat_view": "came back to something seen before",
        "event:scroll_depth": "scrolled down a page",
        "event:career_timeline_interact": "explored the career timeline",
        "event:download_resume": "downloaded the résumé",
        "event:external_link_click": "followed a link to another site",
        "pace:skim": "skimmed",
        "pace:read": "read",
        "pace:study": "stayed long enough to study",
        "depth:shallow": "stayed near the top of the page",
        "depth:half": "went about half way down the page",
        "depth:deep": "went to the end of the page",
        "referrer:direct": "came without a link",
        "referrer:internal": "came from within the site",
        "referrer:other": "came from some other site",
        "referrer:search": "came from a search engine",
        "referrer:developer": "came from a developers' platform",
        "referrer:research": "came from a research platform",
        "referrer:professional": "came from a career network",
        "referrer:education": "came from a place of learning",
        "referrer:social": "came from a social network",
        "referrer:email": "came from an e-mail",
    },
    other={
        "project": "opened project {}",
        "skill": "looked at skill {}",
        "section": "viewed section {}",
        "landing": "arrived at section {}",
        "event": "did “{}”",
        "referrer": "came from “{}”",
    },
    acts={
        "project_click": "opened a project",
        "skill_hover": "looked at a skill",
        "section_view": "viewed a section",
        "contact_intent": "looked for a way to get in touch",
        "language_switch": "switched the language",
        "deep_read": "read a project in depth",
        "repeat_view": "came back to something",
        "scroll_depth": "scrolled down",
        "career_timeline_interact": "explored the career timeline",
        "download_resume": "downloaded the résumé",
        "external_link_click": "followed a link to another site",
    },
    degrees={
        "strongly for": "speaks strongly for it",
        "for": "speaks for it",
        "a little for": "speaks a little for it",
        "hardly": "hardly says anything",
        "against": "speaks against it",
        "very sure": "very sure",
        "fairly sure": "fairly sure",
        "rather likely": "rather likely",
        "not sure": "not sure enough",
    },
)
GERMAN = Wording(
    as_designed="Die Seite, wie ihr Besitzer sie angeordnet hat.",
    for_segment="Angeordnet für Besucher dieser Art: {}.",
    stands_out="Was für sie hervorsticht: {}.",
    most_used={
        "project": "In {visits} dieser Art war {title} das meistgenutzte Projekt.",
        "skill": "In {visits} dieser Art war {title} die meistbeachtete Fähigkeit.",
        "section": "In {visits} dieser Art war {title} der meistgesehene Abschnitt.",
    },
    visits=("{} Besuch", "{} Besuchen"),
    features={
        "event:project_click": "hat Projekte geöffnet",
        "event:skill_hover": "hat Fähigkeiten angesehen",
        "event:section_view": "hat Abschnitte angesehen",
        "event:contact_intent": "hat einen Weg zum Kontakt gesucht",
        "event:language_switch": "hat die Sprache gewechselt",
        "event:deep_read": "hat ein Projekt gründlich gelesen",
        "event:repeat_view": "ist zu etwas schon Gesehenem zurückgekehrt",
        "event:scroll_depth": "hat auf einer Seite nach unten geblättert",
        "event:career_timeline_interact": "hat den Werdegang erkundet",
        "event:download_resume": "hat den Lebenslauf heruntergeladen",
        "event:external_link_click": "ist einem Link auf eine andere Seite gefolgt",
        "pace:skim": "hat überflogen",
        "pace:read": "hat gelesen",
        "pace:study": "ist lange genug zum gründlichen Lesen geblieben",
        "depth:shallow": "ist am Anfang der Seite geblieben",
        "depth:half": "ist etwa bis zur Mitte der Seite gegangen",
        "depth:deep": "ist bis zum Ende der Seite gegangen",
        "referrer:direct": "kam ohne einen Link",
        "referrer:internal": "kam von der Seite selbst",
        "referrer:other": "kam von einer anderen Seite",
        "referrer:search": "kam von einer Suchmaschine",
        "referrer:developer": "kam von einer Plattform für Entwickler",
        "referrer:research": "kam von einer Plattform für Forschung",
        "referrer:professional": "kam von einem Karrierenetzwerk",
        "referrer:education": "kam von einem Ort des Lernens",
        "referrer:social": "kam von einem sozialen Netzwerk",
        "referrer:email": "kam aus einer E-Mail",
    },
    other={
        "project": "hat das Projekt {} geöffnet",
        "skill": "hat die Fähigkeit {} angesehen",
        "section": "hat den Abschnitt {} angesehen",
        "landing": "ist im Abschnitt {} angekommen",
        "event": "hat „{}“ ausgelöst",
        "referrer": "kam von „{}“",
    },
    acts={
        "project_click": "hat ein Projekt geöffnet",
        "skill_hover": "hat eine Fähigkeit angesehen",
        "section_view": "hat einen Abschnitt angesehen",
        "contact_intent": "hat einen Weg zum Kontakt gesucht",
        "language_switch": "hat die Sprache gewechselt",
        "deep_read": "hat ein Projekt gründlich gelesen",
        "repeat_view": "ist zu etwas zurückgekehrt",
        "scroll_depth": "hat nach unten geblättert",
        "career_timeline_interact": "hat den Werdegang erkundet",
        "download_resume": "hat den Lebenslauf heruntergeladen",
        "external_link_click": "ist einem Link auf eine andere Seite gefolgt",
    },
    degrees={
        "strongly for": "spricht stark dafür",
        "for": "spricht dafür",
        "a little for": "spricht ein wenig dafür",
        "hardly": "sagt kaum etwas",
        "against": "spricht dagegen",
        "very sure": "sehr sicher",
        "fairly sure": "ziemlich sicher",
        "rather likely": "eher wahrscheinlich",
        "not sure": "nicht sicher genug",
    },
)
WORDINGS: Mapping[str, Wording] = {"en": ENGLISH, "de": GERMAN}


def wording(language: str) -> Wording:
    """Return the sentences of a language tag such as `de-AT`; English where we have none."""
    return WORDINGS.get(language.split("-", 1)[0].lower(), ENGLISH)
