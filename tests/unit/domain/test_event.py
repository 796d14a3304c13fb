from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sites import small_site
from vitrine.domain.event import (
    LONGEST_DURATION_MS,
    PAGE_REFERRER,
    STANDARD_PARAMETERS,
    Event,
    EventReader,
    EventType,
    Parameter,
    ParameterKind,
    Rejection,
    RejectionReason,
    is_visitor_id,
)

NOW = 1_750_000_000_000
HOUR = 3_600_000
"""One hour in milliseconds."""

READER = EventReader(
    {
        **small_site().event_types,
        "plan_view": EventType(
            "plan_view",
            (Parameter("plan", ParameterKind.CHOICE, True, frozenset({"free", "paid"})),),
        ),
    },
    max_age_ms=HOUR,
    max_ahead_ms=60_000,
    hosts={"me.example"},
    referrers={"club.example": "club"},
)


def read(name: Any, params: Any = None, **more: Any) -> Event | Rejection:
    raw = {"event_name": name, "event_params": params, **more}
    return READER.read(raw, "visitor", NOW)[0]


def params_of(name: str, params: dict[str, Any]) -> dict[str, str | int]:
    event = read(name, params)
    assert isinstance(event, Event)
    return event.params


def refusal(name: Any, params: Any = None, **more: Any) -> tuple[RejectionReason, str]:
    found = read(name, params, **more)
    assert isinstance(found, Rejection)
    return found.reason, found.detail


def test_an_event_is_read_with_what_it_says() -> None:
    raw = {
        "event_name": "deep_read",
        "event_params": {"project_id": "vision-api", "duration_ms": 41_000.4},
        "event_timestamp": NOW - 5,
        "event_id": "e-1",
    }
    event, dropped = READER.read(raw, "visitor", NOW)
    params: dict[str, str | int] = {"project_id": "vision-api", "duration_ms": 41_000}
    assert event == Event("visitor", "deep_read", NOW - 5, params, "e-1", clocked=True)
    assert dropped == ()


def test_an_event_without_a_time_happened_now_by_no_clock_of_the_sender() -> None:
    assert read("download_resume") == Event(
        "visitor", "download_resume", NOW, {}, None, clocked=False
    )


def test_every_standard_event_is_taken_with_its_required_parameters_alone() -> None:
    values = {"project_id": "vision-api", "skill_id": "react", "section_id": "home"}
    values |= {"item_id": "react"}
    for name, parameters in STANDARD_PARAMETERS.items():
        given = {
            parameter: 50 if kind is ParameterKind.PERCENT else values[parameter]
            for parameter, kind, required in parameters
            if required
        }
        assert isinstance(read(name, given), Event), name


@pytest.mark.parametrize(
    "stamp", [NOW / 1000, NOW // 1000, NOW, float(NOW)], ids=["s", "whole s", "ms", "float ms"]
)
def test_a_time_may_be_in_seconds_or_in_milliseconds(stamp: float) -> None:
    event = read("download_resume", event_timestamp=stamp)
    assert isinstance(event, Event)
    assert event.at == NOW
    assert isinstance(event.at, int)


@pytest.mark.parametrize(
    ("stamp", "reason"),
    [
        (NOW - HOUR, None),
        (NOW - HOUR - 1, RejectionReason.TOO_OLD),
        (NOW + 60_000, None),
        (NOW + 60_001, RejectionReason.TOO_FAR_IN_THE_FUTURE),
        (0, RejectionReason.TOO_OLD),
        (-1, RejectionReason.TOO_OLD),
        (-1e308, RejectionReason.TOO_OLD),
        (-(10**400), RejectionReason.TOO_OLD),
        (1e308, RejectionReason.TOO_FAR_IN_THE_FUTURE),
        (10**400, RejectionReason.TOO_FAR_IN_THE_FUTURE),
        (float("nan"), RejectionReason.MALFORMED),
        (float("inf"), RejectionReason.MALFORMED),
        (float("-inf"), RejectionReason.MALFORMED),
        (True, RejectionReason.MALFORMED),
        ("2026-01-01", RejectionReason.MALFORMED),
        ([NOW], RejectionReason.MALFORMED),
    ],
)
def test_a_time_out_of_bounds_is_refused_for_what_it_is(
    stamp: Any, reason: RejectionReason | None
) -> None:
    found = read("download_resume", event_timestamp=stamp)
    assert (found.reason if isinstance(found, Rejection) else None) is reason


def test_a_refused_time_says_what_was_allowed() -> None:
    old = refusal("download_resume", event_timestamp=1)
    ahead = refusal("download_resume", event_timestamp=NOW * 2)
    assert old[1] == "event_timestamp: more than 1 hours ago"
    assert ahead[1] == "event_timestamp: more than 1 minutes ahead"


@pytest.mark.parametrize("raw", [None, [], "project_click", 3, True, 1.5])
def test_what_is_no_object_is_malformed(raw: Any) -> None:
    found, dropped = READER.read(raw, "visitor", NOW)
    assert found == Rejection(RejectionReason.MALFORMED, "an event must be a JSON object")
    assert dropped == ()


def test_an_unknown_or_missing_name_is_refused_without_repeating_it() -> None:
    assert refusal("<b>click</b>") == (
        RejectionReason.UNKNOWN_EVENT,
        f"event_name: not one of this site's {len(STANDARD_PARAMETERS) + 1} events",
    )
    assert refusal(None) == (RejectionReason.UNKNOWN_EVENT, "event_name: is missing")
    others: list[Any] = [3, ["project_click"], {}, True]
    for other in others:
        assert refusal(other)[0] is RejectionReason.UNKNOWN_EVENT


@pytest.mark.parametrize("event_id", ["", "x" * 65, 7, ["a"], "a\nb", "\ud800"])
def test_an_event_id_must_be_a_short_printable_text(event_id: Any) -> None:
    assert refusal("download_resume", event_id=event_id) == (
        RejectionReason.MALFORMED,
        "event_id: must be a text of 1 to 64 characters",
    )


def test_the_longest_event_id_is_taken() -> None:
    event = read("download_resume", event_id="x" * 64)
    assert isinstance(event, Event)
    assert event.event_id == "x" * 64


@pytest.mark.parametrize("params", [[], "a", 3, True])
def test_parameters_must_be_an_object(params: Any) -> None:
    assert refusal("download_resume", params) == (
        RejectionReason.BAD_PARAMETER,
        "event_params: must be an object",
    )


@pytest.mark.parametrize(
    ("name", "params", "detail"),
    [
        ("project_click", {}, "project_id: is missing"),
        ("project_click", {"project_id": None}, "project_id: no project of this site has that id"),
        ("project_click", {"project_id": "x"}, "project_id: no project of this site has that id"),
        ("project_click", {"project_id": 3}, "project_id: no project of this site has that id"),
        ("project_click", {"project_id": []}, "project_id: no project of this site has that id"),
        ("skill_hover", {"skill_id": "x"}, "skill_id: no skill of this site has that id"),
        ("section_view", {"section_id": "x"}, "section_id: no section of this site has that id"),
        ("repeat_view", {"item_id": "x"}, "item_id: no item of this site has that id"),
        ("contact_intent", {"channel": "x"}, "channel: no channel of this site has that id"),
        ("career_timeline_interact", {"entry_id": "x"}, "entry_id: no timeline of this site"),
        ("plan_view", {"plan": "huge"}, "plan: no choice of this site has that id"),
        ("scroll_depth", {"percent": 101}, "percent: must be a number from 0 to 100"),
        ("scroll_depth", {"percent": -1}, "percent: must be a number from 0 to 100"),
        ("scroll_depth", {"percent": "50"}, "percent: must be a number from 0 to 100"),
        ("scroll_depth", {"percent": True}, "percent: must be a number from 0 to 100"),
        ("scroll_depth", {"percent": float("nan")}, "percent: must be a number from 0 to 100"),
        ("scroll_depth", {"percent": float("inf")}, "percent: must be a number from 0 to 100"),
        ("scroll_depth", {"percent": 10**400}, "percent: must be a number from 0 to 100"),
        ("repeat_view", {"item_id": "react", "count": 0}, "count: must be a number from 1 to"),
        (
            "section_view",
            {"section_id": "home", "duration_ms": LONGEST_DURATION_MS + 1},
            "duration_ms: must be milliseconds from 0 to 86,400,000",
        ),
        ("language_switch", {"to": "English!"}, "to: must be a language tag such as en or pt-BR"),
        ("language_switch", {"to": 3}, "to: must be a text of 1 to 2048 characters"),
        ("external_link_click", {"url": "/about"}, "url: must be an absolute URL"),
        ("external_link_click", {"url": "https://[x"}, "url: "),
        ("external_link_click", {"url": "https://" + "a" * 254}, "url: must be an absolute URL"),
        ("external_link_click", {"url": "https://\ud800/"}, "url: must be an absolute URL"),
        ("external_link_click", {"url": ""}, "url: must be a text of 1 to 2048 characters"),
        ("download_resume", {"page_referrer": 3}, "page_referrer: must be a URL"),
    ],
)
def test_a_bad_parameter_is_named_with_what_it_must_be(
    name: str, params: dict[str, Any], detail: str
) -> None:
    reason, said = refusal(name, params)
    assert reason is RejectionReason.BAD_PARAMETER
    assert said.startswith(detail)


def test_unknown_parameters_are_dropped_and_named() -> None:
    raw = {
        "event_name": "project_click",
        "event_params": {"email": "a@b", "project_id": "vision-api", "duration_ms": 3},
    }
    event, dropped = READER.read(raw, "visitor", NOW)
    assert isinstance(event, Event)
    assert event.params == {"project_id": "vision-api"}
    assert dropped == ("email", "duration_ms")


def test_an_optional_parameter_may_be_null() -> None:
    assert params_of("contact_intent", {"channel": None}) == {}


def test_numbers_are_kept_whole_and_their_bounds_belong_to_them() -> None:
    assert params_of("scroll_depth", {"percent": 0}) == {"percent": 0}
    assert params_of("scroll_depth", {"percent": 99.6}) == {"percent": 100}
    given = {"section_id": "home", "duration_ms": LONGEST_DURATION_MS}
    assert params_of("section_view", given) == given


def test_of_an_outside_link_only_the_host_is_kept() -> None:
    url = "https://user:secret@GitHub.com:443/someone?token=1#x"
    assert params_of("external_link_click", {"url": url}) == {"url": "github.com"}


def test_a_language_is_kept_in_lower_case() -> None:
    given = {"from": "EN", "to": "pt-BR"}
    assert params_of("language_switch", given) == {"from": "en", "to": "pt-br"}


@pytest.mark.parametrize(
    ("referrer", "kind"),
    [
        ("", "direct"),
        ("https://me.example/about", "internal"),
        ("https://www.google.com/search?q=secret", "search"),
        ("https://club.example/members", "club"),
        ("https://elsewhere.example/", "other"),
        ("http://[bad", "other"),
    ],
)
def test_of_a_referrer_only_its_class_is_kept(referrer: str, kind: str) -> None:
    given = {PAGE_REFERRER.name: referrer}
    assert params_of("download_resume", given) == {"page_referrer": kind}


@pytest.mark.parametrize(
    ("user_id", "good"),
    [
        ("a", True),
        ("x" * 128, True),
        ("x" * 129, False),
        ("", False),
        (None, False),
        (3, False),
        ("a\x00b", False),
    ],
)
def test_a_visitor_id_is_a_printable_text_of_bounded_length(user_id: Any, *, good: bool) -> None:
    assert is_visitor_id(user_id) is good


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(), max_size=20)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=12), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = sorted({name for given in STANDARD_PARAMETERS.values() for name, _, _ in given})
LIKELY = st.fixed_dictionaries(
    {"event_name": st.one_of(st.sampled_from([*STANDARD_PARAMETERS, "plan_view"]), JSON)},
    optional={
        "event_params": st.one_of(
            JSON,
            st.dictionaries(
                st.sampled_from([*NAMES, "page_referrer"]),
                st.one_of(JSON, st.sampled_from(["react", "home", "vision-api", "en"])),
            ),
        ),
        "event_timestamp": st.one_of(JSON, st.integers(NOW - HOUR, NOW)),
        "event_id": JSON,
    },
)


@given(st.one_of(JSON, LIKELY))
def test_whatever_is_sent_becomes_a_clean_event_or_a_refusal(raw: Any) -> None:
    found, dropped = READER.read(raw, "visitor", NOW)
    if isinstance(found, Rejection):
        assert found.detail
        assert dropped == ()
    else:
        assert NOW - HOUR <= found.at <= NOW + 60_000
        assert not {*dropped} & {*found.params}
        for value in found.params.values():
            assert isinstance(value, int) or value.isprintable()
