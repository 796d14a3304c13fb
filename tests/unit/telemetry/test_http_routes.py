from __future__ import annotations

from fastapi import APIRouter, FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from vitrine.catalogue.labels import METHODS
from vitrine.telemetry.http.routes import UNMATCHED, Routes


async def answer(_request: Request) -> Response:
    return PlainTextResponse("here")


def found(routes: Routes, path: str, method: str = "GET") -> str:
    return routes.find(method, path).template


def starlette(*routes: Route | Mount | WebSocketRoute) -> Routes:
    return Routes({}, Starlette(routes=routes))


def test_routers_in_routers_keep_all_their_prefixes() -> None:
    inner, outer, app = APIRouter(prefix="/inner"), APIRouter(prefix="/outer"), FastAPI()
    inner.add_api_route("/{item}", lambda item: item)
    outer.include_router(inner, prefix="/more")
    app.include_router(outer, prefix="/api")

    assert found(Routes({}, app), "/api/outer/more/inner/7") == "/api/outer/more/inner/{item}"


def test_a_mount_below_a_router_and_an_application_below_a_mount_are_found() -> None:
    deep, app, router = FastAPI(), FastAPI(), APIRouter()
    deep.add_api_route("/{name}/{number:int}", lambda name, number: name)
    router.routes.append(Mount("/deep/{tenant}", deep))
    app.include_router(router, prefix="/console")
    routes = Routes({}, app)

    assert found(routes, "/console/deep/a/b/7") == "/console/deep/{tenant}/{name}/{number}"
    assert found(routes, "/console/deep/a/b/c") == UNMATCHED
    assert routes.find("GET", "/console/deep/a/b/7").group == "console"


def test_a_mount_without_routes_is_one_endpoint() -> None:
    routes = starlette(Mount("/static", StaticFiles(directory=".")))

    assert found(routes, "/static/a/b.css") == "/static/{path}"
    assert found(routes, "/static") == UNMATCHED


def test_the_first_route_that_takes_a_path_has_it() -> None:
    shadowed = starlette(Route("/{who}", answer), Route("/me", answer))
    ahead = starlette(Route("/me", answer), Route("/{who}", answer))

    assert found(shadowed, "/me") == "/{who}"
    assert found(ahead, "/me") == "/me"
    assert found(ahead, "/you") == "/{who}"


def test_nothing_behind_a_mount_is_reached_below_it() -> None:
    routes = starlette(Mount("/sub", routes=[Route("/a", answer)]), Route("/sub/b", answer))

    assert found(routes, "/sub/a") == "/sub/a"
    assert found(routes, "/sub/b") == UNMATCHED


def test_methods_find_their_own_route_of_a_path() -> None:
    routes = starlette(
        Route("/{a}", answer, methods=["POST"]), Route("/{b}", answer, methods=["GET"])
    )

    assert found(routes, "/x", "POST") == "/{a}"
    assert found(routes, "/x", "HEAD") == "/{b}"
    assert found(routes, "/x", "PUT") == UNMATCHED


def test_convertors_with_groups_of_their_own_do_not_shift_the_others() -> None:
    routes = starlette(
        Route("/f/{number:float}", answer),
        Route("/u/{one:uuid}", answer),
        Route("/p/{rest:path}", answer),
    )

    assert found(routes, "/f/1.5") == "/f/{number}"
    assert found(routes, "/u/12345678-1234-1234-1234-123456789abc") == "/u/{one}"
    assert found(routes, "/p/a/b/c") == "/p/{rest}"
    assert found(routes, "/f/x") == UNMATCHED


def test_a_direct_path_is_never_the_applications() -> None:
    routes = Routes({"/here": ("POST",)}, Starlette(routes=[Route("/here", answer)]))

    assert found(routes, "/here", "POST") == "/here"
    assert found(routes, "/here", "GET") == UNMATCHED


def test_websockets_are_no_endpoints() -> None:
    routes = starlette(WebSocketRoute("/socket", lambda _socket: None))

    assert routes.templates == (UNMATCHED,)
    assert found(routes, "/socket") == UNMATCHED


def test_each_path_has_the_group_of_its_longest_prefix() -> None:
    routes = Routes({})
    groups = {
        "/api/events": "api",
        "/api/admin/summary": "own",
        "/apiary": "page",
        "/console": "console",
        "/console/a": "console",
        "/metrics/public": "own",
        "/": "page",
        "": "page",
    }

    assert {path: routes.find("GET", path).group for path in groups} == groups


def test_what_is_declared_starts_at_0_and_a_failure_of_it_too() -> None:
    app = FastAPI(openapi_url=None)
    app.add_api_route("/a", lambda: None, status_code=201, responses={409: {}, "4XX": {}})
    direct = {"/metrics": ("GET", "HEAD"), "/b": ("POST",)}
    routes = Routes(direct, app, statuses={"/b": (202, 400)})

    assert routes.templates == ("/metrics", "/b", "/a", UNMATCHED)
    assert set(routes.combinations()) == {
        ("GET", "/metrics", "500"),
        ("POST", "/b", "202"),
        ("POST", "/b", "400"),
        ("POST", "/b", "500"),
        ("GET", "/a", "201"),
        ("GET", "/a", "409"),
        ("GET", "/a", "500"),
        ("GET", UNMATCHED, "404"),
    }
    assert set(routes.pairs()) == {("POST", "/b"), ("GET", "/a"), ("GET", UNMATCHED)}
    assert not routes.find("GET", "/metrics").timed
    assert routes.find("GET", "/a").timed


SEGMENT = st.sampled_from(["a", "b", "1", "2.5"])
PATH = st.lists(SEGMENT, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))
PARAMETERS = ["a", "b", "{p}", "{p:int}", "{p:float}", "{p:path}"]
TEMPLATE = st.tuples(SEGMENT, st.sampled_from(PARAMETERS)).map(lambda parts: "/" + "/".join(parts))
VERBS = st.sets(st.sampled_from(["GET", "POST", "PUT"]), min_size=1)


@given(st.lists(st.tuples(TEMPLATE, VERBS), max_size=6), PATH, st.sampled_from(METHODS))
def test_the_route_found_is_the_one_that_starlette_chooses(
    declared: list[tuple[str, set[str]]], path: str, method: str
) -> None:
    made = [Route(template, answer, methods=list(verbs)) for template, verbs in declared]
    scope = {"type": "http", "path": path, "method": method, "headers": []}
    chosen = next((route for route in made if route.matches(scope)[0].name == "FULL"), None)

    expected = UNMATCHED if chosen is None else chosen.path_format

    assert found(starlette(*made), path, method) == expected


@given(st.text(), st.text())
def test_any_method_and_path_has_an_endpoint_within_bounds(method: str, path: str) -> None:
    endpoint = Routes({"/a": ("GET",)}).find(method, path)

    assert endpoint.method in METHODS
    assert endpoint.template in ("/a", UNMATCHED)
