"""In and out: login, logout, and what the pages look like."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from vitrine.console.frame.door import Door
from vitrine.console.frame.guard import FOREIGN, LOGIN, Guard, safe_next
from vitrine.console.frame.navigation import HOME
from vitrine.console.frame.page import Pages
from vitrine.console.frame.session import COOKIE, INVITED, LONGEST_MS, Sessions
from vitrine.console.given import Given
from vitrine.signals import LoginResult


def login_router(
    given: Given, pages: Pages, sessions: Sessions, guard: Guard, door: Door
) -> APIRouter:
    """Return the routes that need no login."""
    router = APIRouter(route_class=guard.route(public=True), include_in_schema=False)
    wait_s = given.logins.network.refill_s
    said = {
        LoginResult.WRONG_PASSWORD: (401, "That is not the password."),
        LoginResult.LIMITED: (429, f"Too many tries. Wait {wait_s} seconds, then try again."),
    }

    def form(request: Request, going: str, status: int = 200, problem: str = "") -> Response:
        invitation = sessions.invite(request.cookies.get(INVITED))
        headers = {"retry-after": str(wait_s)} if status == 429 else None
        answer = pages.show(
            request,
            "frame/login.html",
            status,
            headers,
            csrf=invitation.csrf,
            next=going,
            problem=problem,
        )
        _give(answer, INVITED, invitation.cookie, given)
        return answer

    @router.get(LOGIN)
    async def ask(request: Request, next: str = HOME) -> Response:  # noqa: A002 - as it is in addresses
        if request.state.session is not None:
            return RedirectResponse(safe_next(next), 303)
        return form(request, safe_next(next))

    @router.post(LOGIN, name="login", responses={303: {}, 401: {}, 403: {}, 429: {}})
    async def enter(
        request: Request,
        password: Annotated[str, Form()],
        csrf: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = HOME,  # noqa: A002
    ) -> Response:
        held = request.cookies.get(INVITED)
        if request.state.session is None and not sessions.is_invited(held, csrf):
            raise HTTPException(403, FOREIGN)
        sender = given.sender(dict(request.scope), dict(request.scope["headers"]))
        result = await door.knock(password, sender.address)
        if result is not LoginResult.SUCCESS:
            return form(request, safe_next(next), *said[result])
        answer = RedirectResponse(safe_next(next), 303)
        answer.delete_cookie(INVITED, path=HOME)
        _give(answer, COOKIE, await sessions.open(), given)
        return answer

    return router


def session_router(pages: Pages, sessions: Sessions, guard: Guard) -> APIRouter:
    """Return what somebody who is logged in may do with the session."""
    router = APIRouter(route_class=guard.route(), include_in_schema=False)

    @router.post("/console/logout", name="logout", status_code=303)
    async def leave(request: Request) -> Response:
        await sessions.close(request.state.session)
        answer = RedirectResponse(LOGIN, 303)
        answer.delete_cookie(COOKIE, path=HOME)
        return answer

    @router.post("/console/theme", name="theme", status_code=303)
    async def look(
        request: Request,
        theme: Annotated[Literal["auto", "light", "dark"], Form()],
        next: Annotated[str, Form()] = HOME,  # noqa: A002
    ) -> Response:
        request.state.subject = theme
        await sessions.show_in(theme, request.state.session)
        return RedirectResponse(safe_next(next), 303)

    @router.get("/console/{path:path}", status_code=404)
    async def nowhere(request: Request, path: str) -> Response:
        what = f"there is no page {path[:80]!r}; the menu has all of them"
        return pages.refuse(request, 404, what)

    return router


def _give(answer: Response, name: str, cookie: str, given: Given) -> None:
    answer.set_cookie(
        name,
        cookie,
        max_age=LONGEST_MS // 1_000,
        path=HOME,
        secure=given.public_url.startswith("https:"),
        httponly=True,
        samesite="strict",
    )
