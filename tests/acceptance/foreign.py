"""A website that is not Vitrine's: static pages from an origin of their own, and its site file."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SECTIONS = ("welcome", "work", "skills", "talks", "garden", "contact")
SITE = """
id: foreign
title: A website elsewhere
languages: [en]
sections:
  - {{id: welcome, title: Welcome}}
  - {{id: work, title: Work, tags: [models]}}
  - {{id: skills, title: Skills}}
  - {{id: talks, title: Talks, tags: [models]}}
  - {{id: garden, title: Garden, tags: [plants]}}
  - {{id: contact, title: Contact}}
projects:
  - {{id: roses, title: Roses, tags: [plants]}}
  - {{id: shed, title: Shed}}
  - {{id: forecast, title: Forecast, tags: [models]}}
  - {{id: vision, title: Vision, tags: [models]}}
skills:
  - {{id: digging, title: Digging, tags: [plants]}}
  - {{id: python, title: Python, tags: [models]}}
timeline:
  - {{id: first-job, title: First job}}
channels: [email, phone, form]
segments:
  - id: MODELLER
    title: Modeller
    signs: [{{tag: models, strength: 4}}, {{tag: plants, strength: -4}}]
    reasoning: You look at models.
  - id: GARDENER
    title: Gardener
    signs: [{{tag: plants, strength: 4}}]
    reasoning: You look at plants.
events:
  cart_add: {{project_id: {{kind: project, required: true}}}}
origins: ["{origin}"]
featured: 2
highlighted: 1
"""
TALL = "section, aside { min-height: 110vh; margin: 0 } body { margin: 0 }"
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Elsewhere</title>
<link rel="icon" href="data:,"><style>{style}</style>{head}</head>
<body>
<header><button data-vitrine-original disabled>Original order</button>
<a data-vitrine-visitor href="{service}/visitor">My data</a></header>
<main>
<section data-vitrine-section="welcome"><h1>Elsewhere</h1>
<ul><li data-vitrine-skill="digging">Digging</li><li data-vitrine-skill="python">Python</li></ul>
<p data-vitrine-project="vision"><a href="#vision">Vision</a></p>
<p data-vitrine-project="roses"><a href="#roses">Roses</a></p>
<p data-vitrine-entry="first-job">First job</p>
<p><a href="mailto:a@elsewhere.example">Mail</a> <a href="tel:+493023125014">Call</a>
<a href="/cv" download>CV</a> <a href="/de/" hreflang="de">Deutsch</a>
<a href="https://other.example/page?secret=1">Other</a>
<button data-vitrine-channel="form">Send</button></p></section>
<section data-vitrine-section="work"><h2>Work</h2>
<ul id="projects"><li data-vitrine-project="roses"><a href="#r">Roses</a></li>
<li data-vitrine-project="shed"><a href="#s">Shed</a></li>
<li data-vitrine-project="forecast"><a href="#f">Forecast</a></li></ul></section>
<section data-vitrine-section="skills"><h2>Skills</h2></section>
<aside id="notice">A notice that stays third from the end</aside>
<section data-vitrine-section="garden"><h2>Garden</h2>
<a id="in-garden" href="#g">Garden</a></section>
<section data-vitrine-section="talks"><h2>Talks</h2></section>
<section data-vitrine-section="contact"><h2>Contact</h2></section>
</main>
<footer id="foot">The foot</footer>
{tail}
</body></html>
"""


class PlainServer(socketserver.ThreadingTCPServer):
    """Speaks just enough HTTP to hand out pages; `answer` gives a path's type and body."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, answer: Callable[[str], tuple[str, bytes] | None]) -> None:
        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                words = self.rfile.readline().split()
                while self.rfile.readline().strip():
                    pass
                if len(words) < 2:
                    return
                found = answer(words[1].decode())
                status = b"200 OK" if found else b"404 Not Found"
                kind, body = found or ("text/plain", b"not here")
                head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n"
                head += b"Connection: close\r\n\r\n"
                self.wfile.write(head % (status, kind.encode(), len(body)) + body)

        super().__init__(("127.0.0.1", 0), Handler)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def end(self) -> None:
        self.shutdown()
        self.server_close()


class ForeignSite:
    """Pages by path; what is not there is a 404. `origin` is where they are."""

    def __init__(self) -> None:
        self._pages: dict[str, tuple[str, bytes]] = {}
        self._server = PlainServer(lambda path: self._pages.get(path.partition("?")[0]))
        self.origin = f"http://localhost:{self._server.port}"

    def page(
        self,
        service: str,
        path: str = "/",
        *,
        style: str = TALL,
        head: str = "",
        account: str = "",
    ) -> str:
        """Put a page of six sections there that includes the snippet; return its address."""
        logged_in = f' data-account="{account}"' if account else ""
        script = f'<script async src="{service}/vitrine.js"{logged_in}></script>'
        return self.put(path, PAGE.format(style=style, head=head, tail=script, service=service))

    def put(self, path: str, text: str) -> str:
        """Put a page there; return its address."""
        self._pages[path] = ("text/html; charset=utf-8", text.encode())
        return self.origin + path

    def site_file(self, folder: Path) -> Path:
        """Write the site file that lets these pages call."""
        file = folder / "foreign.yaml"
        file.write_text(SITE.format(origin=self.origin))
        return file

    def end(self) -> None:
        self._server.end()


@contextmanager
def foreign_site() -> Iterator[ForeignSite]:
    """Give a website for as long as a test looks at it."""
    site = ForeignSite()
    try:
        yield site
    finally:
        site.end()
