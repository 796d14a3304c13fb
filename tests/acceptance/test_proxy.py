"""`deploy/proxy/`: a real nginx in front of a real service, on ports that need no rights."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.deployed import REPOSITORY
from tests.acceptance.live import LiveService, loopback
from tests.acceptance.prometheus import wait_for
from tests.acceptance.test_deploy import passes
from vitrine.api.http import LONGEST_BODY
from vitrine.operations.server import free_port

PROXY = REPOSITORY / "deploy" / "proxy"
SITE = "vitrine.example.com"
AROUND = """\
daemon off;
{user}
pid {at}/nginx.pid;
error_log stderr warn;
events {{}}
http {{
    access_log off;
    {places}
    include {at}/site.conf;
}}
"""
PLACES = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
OWNER = "198.51.100.7"
"""The address of an owner, whose visits are left out: so it shows who a visitor is taken for."""
PASSWORD = "correct-horse"
ME = {"event_name": "section_view", "event_params": {"section_id": "projects"}}


class Nginx:
    """Debian's nginx with the shipped file; ports and places are the test's own."""

    def __init__(self, at: Path, service: int, watched: int) -> None:
        self.plain, self.secure = free_port(), free_port()
        certify(at)
        text = (PROXY / "nginx.conf").read_text()
        text = re.sub(r"\n *listen \[::\].*", "", text)
        for there, here in {
            "listen 80;": f"listen 127.0.0.1:{self.plain};",
            "listen 443 ": f"listen 127.0.0.1:{self.secure} ",
            "127.0.0.1:8000": f"127.0.0.1:{service}",
            "127.0.0.1:9090": f"127.0.0.1:{watched}",
            "/etc/nginx/tls": str(at),
            "/etc/nginx/vitrine.htpasswd": f"{at}/htpasswd",
        }.items():
            assert there in text
            text = text.replace(there, here)
        (at / "site.conf").write_text(text)
        (at / "htpasswd").write_text("ada:{PLAIN}hush\n")
        places = " ".join(f"{name}_temp_path {at}/{name};" for name in PLACES)
        user = "" if os.geteuid() else "user root;"
        (at / "nginx.conf").write_text(AROUND.format(at=at, places=places, user=user))
        self._at = at

    def check(self) -> None:
        passes("nginx", "-t", "-c", self._at / "nginx.conf", cwd=self._at)

    def start(self) -> subprocess.Popen[bytes]:
        words = ["nginx", "-c", str(self._at / "nginx.conf")]
        with (self._at / "log").open("wb") as log:
            return subprocess.Popen(words, stdout=log, stderr=log)

    def client(self, name: str = SITE) -> httpx.Client:
        return loopback(f"https://127.0.0.1:{self.secure}", headers={"host": name})


def certify(at: Path) -> None:
    """Make a certificate that nobody but this test trusts."""
    key, subject = ("-newkey", "rsa:2048", "-nodes"), ("-subj", f"/CN={SITE}")
    files = ("-keyout", at / "vitrine.key", "-out", at / "vitrine.crt")
    passes("openssl", "req", "-x509", *key, *subject, "-days", "1", *files, cwd=at)


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """Give an nginx before a service that trusts it; the service stands for Prometheus, too."""
    at = tmp_path_factory.mktemp("nginx")
    service = LiveService(
        at / "home",
        VITRINE_TRUSTED_PROXIES="127.0.0.1",
        VITRINE_OWNER_ADDRESSES="127.0.0.1",
        VITRINE_ADMIN_PASSWORD=PASSWORD,
    )
    proxy = Nginx(at, service.port, service.port)
    proxy.check()
    process = proxy.start()
    try:
        wait_for(lambda: process.poll() is not None or reached(proxy), "an answer of nginx")
        assert process.poll() is None, (at / "log").read_text()
        yield proxy
    finally:
        process.terminate()
        process.wait(15)
        service.end()


def reached(proxy: Nginx) -> bool:
    try:
        with proxy.client() as client:
            return client.get("/health").is_success
    except httpx.HTTPError:
        return False


def told(client: httpx.Client, **headers: str) -> str:
    """Send an event as a browser does; return why it was not taken, or that it was."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    agent = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    answer = client.post("/api/events", json=ME, headers={**agent, **named})
    (receipt,) = answer.json()["receipts"]
    return str(receipt["reason"] or receipt["result"])


def test_the_address_is_the_one_that_reached_the_proxy_whatever_a_visitor_says(
    nginx: Nginx,
) -> None:
    """Here that is the owner's own, 127.0.0.1; a made-up one would have been taken as a guest."""
    with nginx.client() as client:
        assert told(client) == "owner"
        for header in ("x_forwarded_for", "forwarded", "x_real_ip"):
            assert told(client, **{header: OWNER}) == "owner"


def test_the_header_counts_from_the_trusted_proxy_alone(tmp_path: Path) -> None:
    for trusted, expected in (("127.0.0.1", "owner"), ("192.0.2.0/24", "accepted")):
        service = LiveService(
            tmp_path / trusted.replace("/", "-"),
            VITRINE_TRUSTED_PROXIES=trusted,
            VITRINE_OWNER_ADDRESSES=OWNER,
        )
        try:
            with service.client() as client:
                assert told(client, x_forwarded_for=OWNER) == expected
        finally:
            service.end()


def test_what_is_inside_stays_inside(nginx: Nginx) -> None:
    with nginx.client() as client:
        for path in ("/metrics", "/metrics/public", "/api/admin/summary", "/ready"):
            assert client.get(path).status_code == 403, path
        for path in ("/", "/vitrine.js", "/visitor", "/console/login", "/health"):
            answer = client.get(path)
            assert answer.status_code == 200, path
            assert "max-age" in answer.headers["strict-transport-security"]


def test_what_has_no_users_of_its_own_asks_for_a_password(nginx: Nginx) -> None:
    for part in ("prometheus", "alertmanager", "grafana"):
        with nginx.client(f"{part}.{SITE}") as client:
            answer = client.get("/")
            assert answer.status_code == 401
            assert "Basic" in answer.headers["www-authenticate"]
            assert client.get("/", auth=("ada", "wrong")).status_code == 401
    with nginx.client(f"prometheus.{SITE}") as client:
        assert client.get("/health", auth=("ada", "hush")).is_success
        assert client.post("/api/v1/admin/tsdb/x", auth=("ada", "hush")).status_code == 403


def test_a_body_is_as_long_as_the_service_takes_and_no_longer(nginx: Nginx) -> None:
    with nginx.client() as client:
        for size, status in ((LONGEST_BODY, 400), (LONGEST_BODY + 1, 413)):
            answer = client.post("/api/events", content=b"x" * size)
            assert answer.status_code == status
        # The second was refused by the proxy, which speaks no JSON.
        assert "nginx" in answer.text


def test_the_log_is_followed_through_the_proxy_line_by_line(nginx: Nginx) -> None:
    """Buffered, the first line would come with four kilobytes of others, or at the end."""
    with nginx.client() as client, nginx.client() as other:
        client.headers["origin"] = f"https://{SITE}"
        (token,) = re.findall(r'name="csrf" value="([^"]+)"', client.get("/console/login").text)
        form = {"csrf": token, "password": PASSWORD}
        assert client.post("/console/login", data=form).status_code == 303
        with client.stream("GET", "/console/logs/tail") as lines:
            assert lines.headers["content-type"].startswith("text/event-stream")
            other.get("/resume")
            assert any("/resume" in line for line in lines.iter_lines())


def test_without_tls_a_visitor_is_sent_where_there_is(nginx: Nginx) -> None:
    with loopback(f"http://127.0.0.1:{nginx.plain}", headers={"host": SITE}) as client:
        answer = client.get("/resume?lang=de")
    assert answer.status_code == 308
    assert answer.headers["location"] == f"https://{SITE}/resume?lang=de"


def test_caddy_takes_its_file_as_it_formats_it(tmp_path: Path) -> None:
    made = passes("caddy", "hash-password", "--plaintext", "hush", cwd=tmp_path).strip()
    words = ("validate", "--adapter", "caddyfile", "--config", PROXY / "Caddyfile")
    passes("caddy", *words, cwd=tmp_path, VITRINE_PROXY_PASSWORD_HASH=made)
    text = (PROXY / "Caddyfile").read_text()
    assert passes("caddy", "fmt", PROXY / "Caddyfile", cwd=tmp_path) == text
    assert "max_size 64KiB" in text
