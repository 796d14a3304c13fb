"""In and out of the console, and who is kept out."""

from __future__ import annotations

import pytest
from itsdangerous import URLSafeSerializer

from tests.console import HOST, PASSWORD, ConsoleParts, Person, csrf_of
from vitrine.catalogue.limits import NETWORK_LOGINS, SITE_LOGINS
from vitrine.console.frame.session import (
    COOKIE,
    IDLE_MS,
    LONGEST_MS,
    MOST,
    NOTE,
    Sessions,
    cookie_key,
)
from vitrine.signals import LoginResult, LoginTried

MINUTE_MS = 60_000


@pytest.fixture
def parts() -> ConsoleParts:
    return ConsoleParts()


@pytest.fixture
def person(parts: ConsoleParts) -> Person:
    return parts.person()


async def test_who_is_not_logged_in_is_sent_to_the_login_and_back(person: Person) -> None:
    reply = await person.get("/console/logs?level=ERROR")
    assert reply.status == 303
    assert reply.headers["location"] == "/console/login?next=/console/logs%3Flevel%3DERROR"
    page = await person.get("/console/login?next=/console/logs%3Flevel%3DERROR")
    assert 'name="next" value="/console/logs?level=ERROR"' in page.text
    reply = await person.log_in(going="/console/logs?level=ERROR")
    assert (reply.status, reply.headers["location"]) == (303, "/console/logs?level=ERROR")


async def test_the_right_password_opens_every_page_and_a_wrong_one_none(
    parts: ConsoleParts, person: Person
) -> None:
    wrong = await person.log_in("a guess")
    assert wrong.status == 401
    assert "That is not the password." in wrong.text
    assert COOKIE not in person.cookies
    assert (await person.get("/console")).status == 303
    right = await person.log_in()
    assert (right.status, right.headers["location"]) == (303, "/console")
    assert (await person.get("/console")).status == 200
    assert parts.of(LoginTried) == [
        LoginTried(LoginResult.WRONG_PASSWORD),
        LoginTried(LoginResult.SUCCESS),
    ]


async def test_the_cookie_is_kept_from_scripts_and_other_sites(person: Person) -> None:
    reply = await person.log_in()
    cookie = next(one for one in reply.cookies if one.startswith(f"{COOKIE}="))
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/console" in cookie
    assert "Secure" not in cookie
    assert PASSWORD not in cookie


async def test_the_cookie_is_secure_where_people_come_by_https() -> None:
    person = ConsoleParts(public_url="https://vitrine.example").person()
    page = await person.get("/console/login")
    form = {"csrf": csrf_of(page), "password": PASSWORD}
    reply = await person.post("/console/login", form, origin="https://vitrine.example")
    assert reply.status == 303
    assert all("Secure" in cookie for cookie in reply.cookies if cookie.startswith(f"{COOKIE}="))


async def test_after_logout_the_old_cookie_is_worth_nothing(person: Person) -> None:
    await person.log_in()
    old = dict(person.cookies)
    reply = await person.submit("/console", "/console/logout")
    assert reply.headers["location"] == "/console/login"
    assert COOKIE not in person.cookies
    person.cookies = old
    assert (await person.get("/console")).status == 303


async def test_a_session_ends_when_nobody_uses_it(parts: ConsoleParts, person: Person) -> None:
    await person.log_in()
    for _ in range(3):
        parts.now += IDLE_MS - 1
        assert (await person.get("/console")).status == 200
    parts.now += IDLE_MS + 1
    assert (await person.get("/console")).status == 303


async def test_a_session_ends_after_half_a_day_however_it_is_used(
    parts: ConsoleParts, person: Person
) -> None:
    await person.log_in()
    ends = parts.now + LONGEST_MS
    while parts.now + IDLE_MS <= ends:
        assert (await person.get("/console")).status == 200
        parts.now += IDLE_MS
    parts.now = ends + 1
    assert (await person.get("/console")).status == 303


@pytest.mark.parametrize("cookie", ["", "x", "eyJzZXNzaW9uIjoieCJ9.c2lnbmF0dXJl"])
async def test_an_invented_cookie_is_none(person: Person, cookie: str) -> None:
    person.cookies[COOKIE] = cookie
    assert (await person.get("/console")).status == 303


async def test_a_form_of_another_site_is_refused(person: Person) -> None:
    await person.log_in()
    token = csrf_of(await person.get("/console"))
    for origin in ("https://evil.example", "null", ""):
        reply = await person.post("/console/logout", {"csrf": token}, origin=origin)
        assert reply.status == 403, origin
        assert "was not sent from a page of this console" in reply.text
    assert (await person.get("/console")).status == 200


async def test_a_form_without_the_token_of_the_session_is_refused(
    parts: ConsoleParts, person: Person
) -> None:
    await person.log_in()
    other = parts.person()
    await other.log_in()
    foreign = csrf_of(await other.get("/console"))
    for form in ({}, {"csrf": ""}, {"csrf": "guess"}, {"csrf": foreign}):
        assert (await person.post("/console/logout", form)).status == 403
    assert (await person.get("/console")).status == 200


async def test_a_login_form_that_was_not_given_to_this_browser_is_refused(
    parts: ConsoleParts, person: Person
) -> None:
    page = await parts.person().get("/console/login")
    form = {"csrf": csrf_of(page), "password": PASSWORD}
    assert (await person.post("/console/login", form)).status == 403
    assert parts.of(LoginTried) == []


async def test_too_many_tries_from_a_network_are_held_up_and_told_so(
    parts: ConsoleParts, person: Person
) -> None:
    for _ in range(NETWORK_LOGINS.at_once):
        assert (await person.log_in("a guess")).status == 401
    held = await person.log_in()
    assert held.status == 429
    assert held.headers["retry-after"] == "10"
    assert "Wait 10 seconds" in held.text
    assert parts.of(LoginTried)[-1] == LoginTried(LoginResult.LIMITED)
    parts.now += 10_000
    assert (await person.log_in()).status == 303


async def test_tries_from_everywhere_are_held_up_together(parts: ConsoleParts) -> None:
    person = parts.person()
    page = await person.get("/console/login")
    form = {"csrf": csrf_of(page), "password": "a guess"}
    for number in range(SITE_LOGINS.per_minute):
        reply = await person.post("/console/login", form, peer=f"198.51.{number}.7")
        assert reply.status == 401
    reply = await person.post("/console/login", form, peer="203.0.113.9")
    assert reply.status == 429


async def test_a_password_that_nobody_could_have_is_not_even_hashed(person: Person) -> None:
    assert (await person.log_in("x" * 2_000)).status == 401


async def test_a_form_that_is_no_form_of_ours_is_refused(person: Person) -> None:
    await person.log_in()
    reply = await person.post("/console/theme", {"theme": "x" * 70_000})
    assert reply.status == 413
    token = csrf_of(await person.get("/console"))
    reply = await person.post("/console/theme", {"theme": "purple", "csrf": token})
    assert reply.status == 422


@pytest.mark.parametrize(
    "going",
    [
        "https://evil.example/console",
        "//evil.example/console",
        "/\\evil.example",
        "/console\\..\\..",
        "/api/admin",
        "javascript:alert(1)",
        "/consoleer",
        "/console\r\nset-cookie: x=y",
        "",
    ],
)
async def test_nobody_is_sent_elsewhere_after_the_login(person: Person, going: str) -> None:
    reply = await person.log_in(going=going)
    assert (reply.status, reply.headers["location"]) == (303, "/console")


async def test_who_is_logged_in_is_not_asked_again(person: Person) -> None:
    await person.log_in()
    reply = await person.get("/console/login?next=/console/logs")
    assert (reply.status, reply.headers["location"]) == (303, "/console/logs")


async def test_a_script_without_a_session_is_told_so_instead_of_sent_away(person: Person) -> None:
    reply = await person.get("/console", sec_fetch_dest="empty")
    assert reply.status == 401
    assert reply.json == {"detail": "you are logged out; log in again"}


async def test_the_theme_is_the_sessions(parts: ConsoleParts, person: Person) -> None:
    await person.log_in()
    assert 'data-theme="auto"' in (await person.get("/console")).text
    reply = await person.submit("/console", "/console/theme", theme="dark", next="/console")
    assert reply.status == 303
    assert 'data-theme="dark"' in (await person.get("/console")).text
    other = parts.person()
    await other.log_in()
    assert 'data-theme="auto"' in (await other.get("/console")).text


async def test_a_page_that_is_not_there_says_so_in_the_layout(person: Person) -> None:
    await person.log_in()
    reply = await person.get("/console/no/such<page>")
    assert reply.status == 404
    assert "There is no page &#39;no/such&lt;page&gt;&#39;" in reply.text
    assert 'aria-label="Console"' in reply.text


async def test_hosts_as_the_browser_names_them_are_ours(person: Person) -> None:
    await person.log_in()
    token = csrf_of(await person.get("/console"))
    form = {"csrf": token, "theme": "light"}
    named = await person.post(
        "/console/theme", form, host="127.0.0.1:8000", origin="http://127.0.0.1:8000"
    )
    assert named.status == 303
    behind_a_proxy = await person.post(
        "/console/theme", form, host="10.0.0.3:8000", origin=f"http://{HOST}"
    )
    assert behind_a_proxy.status == 303


async def test_a_login_at_one_process_holds_at_every_other_until_the_logout_at_any() -> None:
    one = ConsoleParts()
    other = ConsoleParts()
    other.notes = one.notes
    person, same = one.person(), other.person()
    await person.log_in()
    same.cookies = dict(person.cookies)
    assert (await same.get("/console")).status == 200
    await same.submit("/console", "/console/theme", theme="dark", next="/console")
    assert 'data-theme="dark"' in (await person.get("/console")).text
    stale = dict(person.cookies)
    assert (await person.submit("/console", "/console/logout")).status == 303
    same.cookies = stale
    one.now += IDLE_MS // 2
    assert (await same.get("/console")).status == 303


async def test_what_is_kept_of_a_session_opens_none(parts: ConsoleParts, person: Person) -> None:
    await person.log_in()
    token = csrf_of(await person.get("/console"))
    kept = (await parts.notes.get(NOTE) or b"").decode()
    assert kept
    assert token not in kept
    name = URLSafeSerializer(b"").loads_unsafe(person.cookies[COOKIE])[1]["session"]
    assert name not in kept


async def test_a_new_password_ends_every_session(parts: ConsoleParts) -> None:
    key = b"the key of the home"
    before, after = (
        Sessions(cookie_key(key, password), parts.given.clock, parts.notes)
        for password in ("old password", "new password")
    )
    cookie = await before.open()
    assert await before.find(cookie) is not None
    assert await after.find(cookie) is None


async def test_a_hundred_and_first_session_ends_the_oldest(parts: ConsoleParts) -> None:
    first = parts.person()
    await first.log_in()
    sessions = Sessions(parts.given.key, parts.given.clock, parts.notes)
    for _ in range(MOST):
        parts.now += 1
        await sessions.open()
    assert (await first.get("/console")).status == 303


async def test_tries_at_all_processes_count_together() -> None:
    one = ConsoleParts()
    other = ConsoleParts()
    other.notes = one.notes
    people = (one.person(), other.person())
    for number in range(NETWORK_LOGINS.at_once):
        assert (await people[number % 2].log_in("a guess")).status == 401
    assert [(await person.log_in()).status for person in people] == [429, 429]


async def test_a_store_that_hangs_keeps_nobody_waiting(
    parts: ConsoleParts, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vitrine.console.frame.session.WITHIN_S", 0.01)
    await person.log_in()
    parts.notes.hangs = True
    assert (await person.get("/console/catalogue")).status == 200


async def test_while_the_store_fails_who_is_logged_in_stays_and_others_still_come_in(
    parts: ConsoleParts, person: Person
) -> None:
    await person.log_in()
    assert (await person.get("/console/catalogue")).status == 200
    parts.notes.fails = True
    assert (await person.get("/console/catalogue")).status == 200
    other = parts.person()
    assert (await other.log_in()).status == 303
    assert (await other.get("/console/catalogue")).status == 200
    # A logout that nobody keeps would not last.
    assert (await other.submit("/console/catalogue", "/console/logout")).status == 503
