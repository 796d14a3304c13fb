"""The service as its users meet it: over HTTP, in a process of its own."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import httpx

from tests.acceptance.live import BROWSER, VITRINE, LiveService, vitrine
from tests.acceptance.prometheus import wait_for
from vitrine.operations.server import free_port

ML_VISIT: list[tuple[str, dict[str, object]]] = [
    ("project_click", {"project_id": "vision-api"}),
    ("skill_hover", {"skill_id": "pytorch", "duration_ms": 1_500}),
    ("deep_read", {"project_id": "nets-from-scratch", "duration_ms": 60_000}),
    ("project_click", {"project_id": "forecast-lab"}),
    ("section_view", {"section_id": "research", "duration_ms": 30_000}),
]


def send(
    client: httpx.Client, visitor: str, *events: tuple[str, dict[str, object]]
) -> httpx.Response:
    return client.post(
        "/api/events",
        json={
            "events": [
                {"event_name": name, "event_params": params, "user_pseudo_id": visitor}
                for name, params in events
            ]
        },
    )


def test_a_visit_is_understood_and_answered_within_itself(service: LiveService) -> None:
    with service.client() as client:
        assert client.get("/api/personalization?user_id=nobody").json()["variant"] == "default"
        shown = {}
        for number in range(8):
            answer = send(client, f"engineer-{number}", *ML_VISIT)
            assert answer.status_code == 202
            personalization = answer.json()["personalization"]
            shown[personalization["variant"]] = personalization
            again = client.get(f"/api/personalization?user_id=engineer-{number}").json()
            assert again == personalization
        page = shown["personalized"]
        assert page["segment"] == "ML_ENGINEER"
        assert page["confidence"] >= 0.6
        default = client.get("/api/personalization?user_id=nobody").json()
        assert page["priority_sections"] != default["priority_sections"]
        assert sorted(page["priority_sections"]) == sorted(default["priority_sections"])


def test_a_plain_script_on_the_machine_itself_is_no_bot_but_a_crawler_is(
    service: LiveService,
) -> None:
    event = {"event_name": "download_resume", "user_pseudo_id": "somebody"}
    with service.client("curl/8.0") as client:
        assert client.post("/api/events", json=event).json()["receipts"][0]["result"] == "accepted"
    with service.client("Googlebot/2.1") as client:
        receipt = client.post("/api/events", json=event).json()["receipts"][0]
        assert (receipt["result"], receipt["reason"]) == ("rejected", "bot")
    bots = service.counts("events_bots_total", "reason", "category")
    assert bots == {("listed", "search-engine"): 1}


def test_every_line_of_the_log_is_json_and_the_guides_line_is_among_them(
    service: LiveService,
) -> None:
    with service.client() as client:
        send(client, "engineer", *ML_VISIT)
    service.end()
    lines = service.lines()
    segmented = [line for line in lines if line["message"] == "Segmentation completed for user"]
    assert len(segmented) == 1
    line = segmented[0]
    assert list(line)[:7] == [
        "timestamp", "level", "logger", "message", "module", "function", "line",
    ]  # fmt: skip
    assert line["segment"] == "ML_ENGINEER"
    assert line["user_id"] != "engineer"
    assert "engineer" not in service.log.read_text().replace("ML_ENGINEER", "")


def test_what_was_learnt_survives_a_restart(service: LiveService) -> None:
    with service.client() as client:
        before = send(client, "engineer", *ML_VISIT).json()["personalization"]
        assert service.end() == 0
        service.start()
        assert client.get("/api/personalization?user_id=engineer").json() == before


def test_the_off_switch_gives_everybody_the_default_page(service: LiveService) -> None:
    with service.client() as client:
        for number in range(5):
            send(client, f"engineer-{number}", *ML_VISIT)
        code, out, _ = vitrine("switch", "off", "--home", service.home)
        assert (code, out) == (0, f"personalization is off in {service.home}\n")

        def variants() -> set[str]:
            return {
                client.get(f"/api/personalization?user_id=engineer-{n}").json()["variant"]
                for n in range(5)
            }

        wait_for(lambda: variants() == {"default"}, "the default page for everybody")
        vitrine("switch", "on", "--home", service.home)
        wait_for(lambda: "personalized" in variants(), "a page for somebody")


def test_a_body_over_the_cap_is_refused_and_the_service_lives_on(service: LiveService) -> None:
    with service.client() as client:
        answer = client.post("/api/events", content=b"x" * 70_000)
        assert answer.status_code == 413
        assert "65536 bytes" in answer.json()["detail"]
        assert client.get("/health").json()["status"] == "ok"


def test_a_second_service_on_the_same_home_is_refused_in_one_line(service: LiveService) -> None:
    code, _, err = vitrine("serve", "--home", service.home, "--port", str(free_port()))
    assert code == 1
    assert err.count("\n") == 1
    assert f"process {service.process.pid}" in err


def test_a_port_in_use_is_one_clear_line(service: LiveService, tmp_path: Path) -> None:
    code, _, err = vitrine("serve", "--home", tmp_path / "other", "--port", str(service.port))
    assert code == 1
    assert err.count("\n") == 1
    assert "already in use" in err


def test_what_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "vitrine.db").write_bytes(b"this is no database" * 1_000)
    code, _, err = vitrine("serve", "--home", home, "--port", str(free_port()))
    assert code == 1
    assert err.count("\n") == 1
    assert "database" in err


def test_a_start_on_an_existing_home_does_not_import_what_it_does_not_need(
    start_service: Callable[..., LiveService],
) -> None:
    service = start_service()
    service.end()
    script = (
        "import sys; from vitrine.settings import Settings;"
        "from vitrine.wiring.application import application;"
        "from vitrine.wiring.log import standard_log;"
        f"settings = Settings.load(home={str(service.home)!r});"
        "application(settings, standard_log(settings)); print(*sys.modules)"
    )
    found = subprocess.run([VITRINE[0], "-c", script], capture_output=True, check=True, text=True)
    unneeded = {"alembic", "boto3", "numpy", "plotly", "pydantic_ai", "watchtower"}
    assert not unneeded.intersection(found.stdout.split())


def test_the_openapi_document_describes_the_visitors_routes(service: LiveService) -> None:
    with service.client() as client:
        paths = client.get("/openapi.json").json()["paths"]
    assert {"/api/events", "/api/personalization", "/health", "/ready"} <= set(paths)


def test_text_plain_is_accepted_as_pages_that_are_closing_send_it(service: LiveService) -> None:
    with service.client(BROWSER) as client:
        answer = client.post(
            "/api/events",
            content=json.dumps({"event_name": "download_resume"}),
            headers={"content-type": "text/plain;charset=UTF-8"},
        )
    assert answer.json()["receipts"] == [{"event_id": None, "result": "accepted", "reason": None}]


def test_connections_that_browsers_keep_open_leave_room_for_the_next(
    service: LiveService,
) -> None:
    with ExitStack() as kept:
        for _ in range(300):
            connection = socket.create_connection(("127.0.0.1", service.port), timeout=60)
            kept.enter_context(closing(connection))
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        with service.client() as client:
            assert client.get("/ready").is_success
