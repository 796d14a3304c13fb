"""Stands before every page: who is not logged in, and what another site sends, stays out."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException as StarletteHTTPException

from vitrine.console.frame.assets import Assets
from vitrine.console.frame.headers import PAGE, security_headers
from vitrine.console.frame.navigation import HOME
from vitrine.console.frame.page import Pages
from vitrine.console.frame.session import COOKIE, Session, Sessions, same
from vitrine.console.given import Given
from vitrine.domain.pseudonym import network_of
from vitrine.signals import Actor, AdminActed, StoreFailed
from vitrine.usecases.ports import StoreUnavailableError

LOGIN = "/console/login"
LONGEST_FORM = 64 * 1024
LOGGED_OUT = "you are logged out; log in again"
FOREIGN = "this form was not sent from a page of this console; open the page again"

Handle = Callable[[Request], Coroutine[Any, Any, Response]]


class Guard:
    """Checks a request before its page sees it, and puts the headers on every answer.

    Each form that is sent is announced with what became of it; the route's name says what it
    does, and `request.state.subject` what it was about.
    """

    def __init__(self, sessions: Sessions, pages: Pages, assets: Assets, given: Given) -> None:
        self._sessions = sessions
        self._pages = pages
        self._assets = assets
        self._sender = given.sender
        self._emit = given.emit
        self._origin = "{0.scheme}://{0.netloc}".format(urlsplit(given.public_url))

    def route(self, *, public: bool = False) -> type[APIRoute]:
        """Return the class of guarded routes; `public` ones need no login.

        They take HEAD where they take GET; servers leave the body out.
        """
        guard = self

        class Guarded(APIRoute):
            def __init__(self, *place: Any, methods: Any = None, **options: Any) -> None:
                taken = set(methods or ("GET",))
                taken |= {"HEAD"} if "GET" in taken else set()
                super().__init__(*place, methods=taken, **options)

            def get_route_handler(self) -> Handle:
                handle = super().get_route_handler()

                async def answer(request: Request) -> Response:
                    response = await guard.answer(request, handle, public=public)
                    if request.method == "POST":
                        guard.write_down(self.name, request, response.status_code)
                    return response

                return answer

        return Guarded

    async def answer(self, request: Request, handle: Handle, *, public: bool) -> Response:
        """Return the page's answer, or why there is none."""
        hashes = await self._assets.style_hashes()
        try:
            response = await self._checked(request, handle, public=public)
        except StarletteHTTPException as refusal:
            response = self._pages.refuse(
                request, refusal.status_code, str(refusal.detail), refusal.headers
            )
        except RequestValidationError:
            response = self._pages.refuse(request, 422, "the form is not filled in as it asks")
        except StoreUnavailableError as problem:
            what = f"the database does not answer ({problem}); try again in a moment"
            self._emit(StoreFailed("console", str(problem)))
            response = self._pages.refuse(request, 503, what, {"Retry-After": "2"})
        for name, value in {**security_headers(hashes), **PAGE}.items():
            response.headers.setdefault(name, value)
        return response

    def write_down(self, action: str, request: Request, status: int) -> None:
        """Announce what somebody did with a form, or tried to do."""
        said = request.state
        session, subject = getattr(said, "session", None), getattr(said, "subject", "")
        sender = self._sender(dict(request.scope), dict(request.scope["headers"]))
        actor = Actor.NOBODY if session is None else Actor.SESSION
        self._emit(AdminActed(action, subject, actor, network_of(sender.address), status))

    async def _checked(self, request: Request, handle: Handle, *, public: bool) -> Response:
        session = await self._sessions.find(request.cookies.get(COOKIE))
        request.state.session = session
        if request.method == "POST":
            self._must_be_ours(request)
        if session is None and not public:
            return _to_login(request)
        if session is not None and request.method == "POST":
            await _must_know(session, request)
        return await handle(request)

    def _must_be_ours(self, request: Request) -> None:
        """Refuse what is too long to be a form of ours, or comes from another site's page."""
        length = request.headers.get("content-length", "")
        if not length.isdigit() or int(length) > LONGEST_FORM:
            raise HTTPException(413, f"a form has at most {LONGEST_FORM} bytes, and says how many")
        origin = request.headers.get("origin", "")
        own = origin == self._origin or urlsplit(origin).netloc == request.headers.get("host")
        if not origin or not own:
            raise HTTPException(403, FOREIGN)


async def _must_know(session: Session, request: Request) -> None:
    """Refuse a form without the session's token: another page may have had it sent."""
    token = request.headers.get("x-csrf-token") or str((await request.form()).get("csrf", ""))
    if not same(session.csrf, token):
        raise HTTPException(403, FOREIGN)


def _to_login(request: Request) -> Response:
    """Send a person to the login page and back, a script its error."""
    if request.headers.get("sec-fetch-dest") == "empty":
        return JSONResponse({"detail": LOGGED_OUT}, 401)
    if request.method == "POST":
        return RedirectResponse(LOGIN, 303)
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = "" if path == HOME else f"?next={quote(path, safe='/')}"
    return RedirectResponse(LOGIN + back, 303)


def safe_next(path: str) -> str:
    """Return where to go after a form: a page of ours, whatever the address said."""
    parts = urlsplit(path)
    ours = parts.path == HOME or parts.path.startswith((f"{HOME}/", "/runbooks/"))
    plain = not parts.scheme and not parts.netloc and "\\" not in path and path.isprintable()
    return path if ours and plain and not path.startswith("//") else HOME
