"""The portfolio's résumé as a PDF, made from the same words as its pages."""

from __future__ import annotations

from io import BytesIO
from textwrap import wrap

import pydyf

from vitrine.pages.content import Edition

WIDTH, HEIGHT = 595, 842
"""A4 in points."""
LEFT, RIGHT, TOP, BOTTOM = 64, 64, 72, 64
INK, QUIET, ACCENT = (0.11, 0.13, 0.15), (0.36, 0.39, 0.42), (0.06, 0.39, 0.36)
PLAIN, BOLD = "Plain", "Bold"
CHARACTER = 0.5
"""Mean width of a character of Helvetica, of its size; wide enough for prose, never too wide."""

Colour = tuple[float, float, float]


def resume(edition: Edition) -> bytes:
    """Return the file in the language of an edition."""
    content = edition.content
    sheets = _Sheets(content.name, edition.language)
    sheets.line(content.name, 26, BOLD)
    sheets.line(f"{content.role} · {content.contact['email'].text}", 11, PLAIN, QUIET)
    sheets.paragraph(content.leads["home"], 12)
    sheets.heading(content.sections["career"])
    for post in content.timeline.values():
        sheets.entry(f"{post.title}", f"{post.place} · {post.years}", post.text)
    sheets.heading(content.sections["projects"])
    for project in list(content.projects.values())[: edition.site.featured]:
        sheets.entry(project.title, f"{project.year} · {project.role}", project.summary)
    sheets.heading(content.sections["skills"])
    sheets.paragraph(", ".join(skill.title for skill in content.skills.values()) + ".", 10)
    sheets.heading(content.sections["education"])
    for entry in content.education:
        sheets.entry(entry.title, entry.meta, entry.text)
    sheets.gap(14)
    sheets.line(content.made_up, 9, PLAIN, QUIET)
    return sheets.file()


class _Sheets:
    """Pages that fill from top to bottom."""

    def __init__(self, title: str, language: str) -> None:
        self._pdf = pydyf.PDF()
        self._pdf.info["Title"] = pydyf.String(title)
        self._pdf.catalog["Lang"] = pydyf.String(language)
        self._fonts = pydyf.Dictionary(
            {PLAIN: self._font("Helvetica"), BOLD: self._font("Helvetica-Bold")}
        )
        self._turn()

    def _font(self, name: str) -> bytes:
        font = pydyf.Dictionary(
            {
                "Type": "/Font",
                "Subtype": "/Type1",
                "BaseFont": f"/{name}",
                "Encoding": "/WinAnsiEncoding",
            }
        )
        self._pdf.add_object(font)
        return bytes(font.reference)

    def _turn(self) -> None:
        """Begin a new page."""
        self._stream = pydyf.Stream(compress=True)
        self._pdf.add_object(self._stream)
        page = {
            "Type": "/Page",
            "Parent": self._pdf.pages.reference,
            "MediaBox": pydyf.Array([0, 0, WIDTH, HEIGHT]),
            "Contents": self._stream.reference,
            "Resources": pydyf.Dictionary({"Font": self._fonts}),
        }
        self._pdf.add_page(pydyf.Dictionary(page))
        self._y = float(HEIGHT - TOP)

    def gap(self, points: float) -> None:
        self._y -= points

    def line(self, text: str, size: float, font: str, colour: Colour = INK) -> None:
        """Write one line as it is."""
        self.gap(size * 1.4)
        if self._y < BOTTOM:
            self._turn()
            self.gap(size * 1.4)
        stream = self._stream
        stream.begin_text()
        stream.set_font_size(font, size)
        stream.set_color_rgb(*colour)
        stream.move_text_to(LEFT, self._y)
        # WinAnsi is what every reader knows these fonts by; hexadecimal needs no escapes.
        written = text.encode("cp1252", "replace").hex().encode()
        stream.stream.append(b"<" + written + b"> Tj")
        stream.end_text()

    def paragraph(self, text: str, size: float, colour: Colour = INK) -> None:
        """Write text in as many lines as it needs."""
        for part in wrap(text, int((WIDTH - LEFT - RIGHT) / (size * CHARACTER))):
            self.line(part, size, PLAIN, colour)

    def heading(self, text: str) -> None:
        if self._y < BOTTOM + 90:  # not alone at the foot of a page
            self._turn()
        self.gap(16)
        self.line(text, 13, BOLD, ACCENT)
        self.gap(2)

    def entry(self, title: str, meta: str, text: str) -> None:
        if self._y < BOTTOM + 60:
            self._turn()
        self.gap(4)
        self.line(title, 10.5, BOLD)
        self.line(meta, 9, PLAIN, QUIET)
        self.paragraph(text, 10)

    def file(self) -> bytes:
        written = BytesIO()
        self._pdf.write(written, version=b"1.7")
        return written.getvalue()
