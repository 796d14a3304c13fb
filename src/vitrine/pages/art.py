"""A small picture for each project, drawn from its id and tags: the same every time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from itertools import pairwise
from random import Random

from markupsafe import Markup

WIDTH, HEIGHT = 320, 200

Draw = Callable[[Random], Iterator[str]]


@lru_cache(256)
def art(seed: str, tags: Collection[str], hue: int | None = None) -> Markup:
    """Return an SVG whose colours follow from the seed and whose motif follows from the tags."""
    random = Random(seed)
    hue = random.randrange(0, 360, 12) if hue is None else hue
    draw = next((motif for tag, motif in _MOTIFS if tag in tags), _bars)
    colours = {
        "{back}": f"hsl({hue} 42% 26%)",
        "{deep}": f"hsl({hue + 24} 48% 18%)",
        "{soft}": f"hsl({hue} 38% 44%)",
        "{light}": f"hsl({hue} 70% 84%)",
        "{bright}": f"hsl({hue + 160} 78% 66%)",
    }
    drawn = "".join(['<path fill="{back}" d="M0 0h320v200H0z"/>', *draw(random)])
    for name, colour in colours.items():
        drawn = drawn.replace(name, colour)
    return Markup(  # noqa: S704 - numbers and colours of ours alone
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="xMidYMid slice"'
        f' aria-hidden="true" focusable="false">{drawn}</svg>'
    )


def _rect(x: float, y: float, width: float, height: float, fill: str, radius: float = 0) -> str:
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}"'
        f' rx="{radius:.0f}" fill="{{{fill}}}"/>'
    )


def _dot(x: float, y: float, radius: float, fill: str) -> str:
    return f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.1f}" fill="{{{fill}}}"/>'


def _line(points: list[tuple[float, float]], stroke: str, width: float = 2) -> str:
    path = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
    return (
        f'<polyline points="{path}" fill="none" stroke="{{{stroke}}}" stroke-width="{width:g}"'
        ' stroke-linejoin="round" stroke-linecap="round"/>'
    )


def _glass_case(_random: Random) -> Iterator[str]:
    """Draw a glass case, a *vitrine*, in which one thing has been put first."""
    yield '<path fill="{deep}" d="M48 40h224v118H48z"/>'
    for x, height, fill in ((66, 44, "soft"), (134, 26, "soft"), (202, 34, "soft")):
        yield _rect(x, 158 - height, 52, height, fill, 2)
    yield '<path fill="{bright}" d="M92 62 116 102H68z" transform="translate(0 8)"/>'
    yield _rect(142, 96, 36, 36, "light", 3)
    yield _dot(228, 104, 19, "light")
    yield '<path d="M48 40h224v118H48zM36 170h248" fill="none" stroke="{light}" stroke-width="3"/>'
    yield '<path d="M62 122 118 48M76 138 148 48" stroke="{light}" stroke-opacity=".35"/>'


def _network(random: Random) -> Iterator[str]:
    """Draw layers of nodes, each joined with the next; one path through them is bright."""
    sizes = [random.randint(3, 5), random.randint(4, 6), random.randint(3, 5), 2]
    layers = [
        [(60 + 66 * column, 100 + (row - (size - 1) / 2) * 30) for row in range(size)]
        for column, size in enumerate(sizes)
    ]
    for left, right in pairwise(layers):
        for one in left:
            yield from (_line([one, other], "soft", 1) for other in right)
    yield _line([random.choice(layer) for layer in layers], "bright", 3)
    for layer in layers:
        yield from (_dot(x, y, 7, "light") for x, y in layer)


def _bars(random: Random) -> Iterator[str]:
    """Draw a forecast: bars that end in a range."""
    level = random.uniform(50, 80)
    for number in range(12):
        level = min(108.0, max(35.0, level + random.uniform(-20, 22)))
        x, known = 34 + number * 22, number < 8
        yield _rect(x, 172 - level, 14, level, "light" if known else "soft", 2)
        if not known:
            spread = 9 + 6 * (number - 7)
            yield _line([(x + 7, 172 - level - spread), (x + 7, 172 - level + spread)], "bright")
            yield _dot(x + 7, 172 - level, 4, "bright")
    yield _line([(24, 173), (300, 173)], "light", 1)


def _boxes(random: Random) -> Iterator[str]:
    """Draw a picture with things in it, and frames around those that were recognised."""
    yield _rect(40, 30, 240, 140, "deep", 6)
    for number in range(9):
        x, y = 62 + number % 3 * 72, 52 + number // 3 * 40
        size, found = random.uniform(8, 14), random.random() < 0.45
        shape = _dot(x + 14, y + 8, size, "soft" if not found else "light")
        yield shape
        if found:
            yield (
                f'<rect x="{x - 6:.0f}" y="{y - 10:.0f}" width="40" height="36" rx="3"'
                ' fill="none" stroke="{bright}" stroke-width="2.5"/>'
            )


def _pages(random: Random) -> Iterator[str]:
    """Draw sheets of paper, and the lines in them that answer."""
    for sheet, (x, y) in enumerate(((60, 46), (112, 34), (168, 26))):
        yield _rect(x, y, 104, 146, "deep" if sheet < 2 else "soft", 4)
        for row in range(9):
            width = random.uniform(40, 84)
            hit = sheet == 2 and row in (2, 5)
            yield _rect(x + 10, y + 14 + row * 14, width, 5, "bright" if hit else "light", 2)


def _window(random: Random) -> Iterator[str]:
    """Draw a page in a browser."""
    yield _rect(44, 30, 232, 150, "deep", 8)
    yield from (_dot(58 + 13 * number, 43, 4, "soft") for number in range(3))
    yield _rect(56, 58, 208, 40, "soft", 4)
    yield _rect(66, 70, random.uniform(50, 90), 7, "light", 3)
    yield _rect(66, 82, random.uniform(30, 60), 6, "bright", 3)
    for number in range(3):
        x = 56 + number * 72
        yield _rect(x, 108, 64, random.uniform(34, 58), "soft", 4)
        yield _rect(x + 8, 116, random.uniform(20, 46), 6, "light", 3)


def _layers(random: Random) -> Iterator[str]:
    """Draw slabs that lie on each other, with something that passes through."""
    centre = 160
    for number in range(4):
        y = 152 - number * 32
        fill = ("deep", "soft", "light", "soft")[number]
        points = f"{centre - 92},{y} {centre},{y - 34} {centre + 92},{y} {centre},{y + 34}"
        yield f'<polygon points="{points}" fill="{{{fill}}}" stroke="{{back}}" stroke-width="3"/>'
    x = centre + random.uniform(-34, 34)
    yield _line([(x, 18), (x, 182)], "bright", 3)
    yield from (_dot(x, 56 + 32 * number, 5, "bright") for number in range(4))


def _hills(random: Random) -> Iterator[str]:
    """Draw hills behind each other, a sun, and a path."""
    yield _dot(random.uniform(210, 270), 56, 22, "bright")
    for number, fill in enumerate(("soft", "light", "deep")):
        base = 96 + 28 * number
        tops = [base + random.uniform(-26, 18) for _ in range(6)]
        points = " ".join(f"L{64 * place} {top:.0f}" for place, top in enumerate(tops))
        yield f'<path fill="{{{fill}}}" d="M0 200 {points} L320 200z"/>'
    trail = [(40 + 30 * step, 186 - 9 * step + random.uniform(-6, 6)) for step in range(8)]
    yield from (_dot(x, y, 3, "bright") for x, y in trail)


def _steps(random: Random) -> Iterator[str]:
    """Draw stairs, and where one has got to."""
    for number in range(6):
        x, height = 40 + number * 40, 26 + number * 22
        yield _rect(x, 176 - height, 36, height, "soft" if number % 2 else "light", 3)
    place = random.randint(2, 4)
    yield _dot(58 + place * 40, 176 - (26 + place * 22) - 14, 11, "bright")


def _sorting(random: Random) -> Iterator[str]:
    """Draw bars half way into their order; two of them are being compared."""
    heights = sorted(random.sample(range(24, 140, 8), 14))
    heights[7:] = random.sample(heights[7:], 7)
    for number, height in enumerate(heights):
        fill = "bright" if number in (8, 9) else "light" if number < 7 else "soft"
        yield _rect(28 + number * 19, 176 - height, 14, height, fill, 2)


def _pixels(random: Random) -> Iterator[str]:
    """Draw plants of square leaves."""
    yield _rect(0, 176, 320, 24, "deep")
    for plant in range(5):
        x, tall = 44 + plant * 58, random.randint(5, 11)
        for step in range(tall):
            x += random.choice((-12, 0, 0, 12)) if step else 0
            yield _rect(x, 164 - 12 * step, 11, 11, "light" if step % 3 else "soft", 1)
        yield _rect(x - 12, 164 - 12 * tall, 11, 11, "bright", 1)
        yield _rect(x + 12, 164 - 12 * tall, 11, 11, "bright", 1)
        yield _rect(x, 152 - 12 * tall, 11, 11, "bright", 1)


_MOTIFS: tuple[tuple[str, Draw], ...] = (
    ("vitrine", _glass_case),
    ("game", _pixels),
    ("mobile", _hills),
    ("vision", _boxes),
    ("nlp", _pages),
    ("algorithms", _sorting),
    ("tutorial", _steps),
    ("frontend", _window),
    ("research", _bars),
    ("mlops", _network),
    ("infra", _layers),
)
"""The first tag that a project has decides."""
