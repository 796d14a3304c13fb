from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vitrine.cli.failure import clear_errors
from vitrine.cli.options import home_option, site_option

if TYPE_CHECKING:
    from vitrine.operations.logs.places import Place
    from vitrine.settings import Settings
    from vitrine.usecases.log_search import Wanted

STANDARD_INPUT = Path("-")
LAST = 50
GRACE = timedelta(minutes=1)
"""Lines of several threads are not quite in the order of their times."""
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
COLOURS = {"ERROR": "red", "WARNING": "yellow", "DEBUG": "bright_black", "INFO": "green"}
_AGO = re.compile(rf"(\d{{1,6}})([{''.join(UNITS)}])")


class Moment(click.ParamType[datetime]):
    """A time, as so long ago or as an ISO time, which is UTC where it names no zone."""

    name = "TIME"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        ago = _AGO.fullmatch(value)
        try:
            if ago:
                return datetime.now(UTC) - timedelta(**{UNITS[ago[2]]: int(ago[1])})
            read = datetime.fromisoformat(value)
            return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time; write 15m, 2h, 1d or 2026-03-01T10:00", param, ctx)


@click.command()
@click.argument("file", metavar="[FILE|-]", required=False)
@click.option(
    "-n",
    "--lines",
    "most",
    type=click.IntRange(0),
    help=f"The last so many that pass; {LAST}, or all from --since or standard input.",
)
@click.option("-f", "--follow", is_flag=True, help="Go on with lines as they are written.")
@click.option(
    "--level",
    type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"], case_sensitive=False),
    help="This level and above.",
)
@click.option("--component", default="", help="Of loggers that begin so: api, usecases.ingest.")
@click.option("--request", default="", metavar="ID", help="Of one request.")
@click.option("--user", metavar="ID", help="Of one visitor, by id, by pseudonym, or as in a line.")
@click.option("--since", type=Moment(), help="Since 15m, 2h, 1d ago, or 2026-03-01T10:00 (UTC).")
@click.option("--json", "as_json", is_flag=True, help="Print lines as they are in the log.")
@home_option
@site_option
@clear_errors
def command(
    *,
    file: str | None,
    most: int | None,
    follow: bool,
    level: str | None,
    component: str,
    request: str,
    user: str | None,
    since: datetime | None,
    as_json: bool,
    home: Path | None,
    site: str | None,
) -> None:
    """Show the last lines of the service's log, or of FILE, or of standard input (-).

    Without FILE it is the one of LOG_DIR or of `vitrine up` that was written to last. Files
    that it was rotated to, also gzipped ones, are read where lines are wanted that far back.
    What is no line of a service, such as another program's words, is shown as it is.
    """
    from vitrine.operations.logs.places import Place, newest, places
    from vitrine.settings import Settings
    from vitrine.usecases.log_search import Wanted

    settings = Settings.load(home=home, site=site)
    if file is None:
        place = newest(places(settings.home, settings.log_dir))
    else:
        place = Place(Path(file), settings.home)
    wanted = Wanted(
        level=level or "",
        component=component,
        request=request,
        since=_stamp(since) if since else "",
        own=True,
        users=_names(settings, place, user) if user else (),
    )
    if most is None and since is None and not _is_stream(place.path):
        most = LAST
    stop = _stamp(since - GRACE) if since else ""
    if _is_stream(place.path):
        lines = _of_stream(place.path, wanted, most)
    else:
        lines = _of_files(place.path, wanted, most, stop, follow=follow)
    _show(lines, wanted, as_json=as_json, at_once=follow or _is_stream(place.path))


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _names(settings: Settings, place: Place, who: str) -> list[str]:
    import asyncio

    from vitrine.wiring.visitors import names_in_log

    return asyncio.run(names_in_log(settings.model_copy(update={"home": place.home}), who))


def _is_stream(path: Path) -> bool:
    """Tell whether it can be read once only, from its beginning."""
    return path == STANDARD_INPUT or path.is_fifo()


def _of_stream(path: Path, wanted: Wanted, most: int | None) -> Iterable[bytes]:
    from collections import deque

    from vitrine.operations.logs.parts import Reach, pieces

    lines = pieces(sys.stdin.buffer if path == STANDARD_INPUT else path.open("rb"))
    if most is None:
        return lines
    reach = Reach(wanted, most)
    return deque((line for line in lines if reach.passes(line)), maxlen=most)


def _of_files(
    path: Path, wanted: Wanted, most: int | None, stop: str, *, follow: bool
) -> Iterator[bytes]:
    from vitrine.operations.logs.parts import Reach
    from vitrine.operations.logs.reading import Audience, Growing, followed, lines_from, starts

    found = starts(path, Reach(wanted, most, stop), _tell)
    if not follow or found[-1][0].zipped:
        yield from lines_from(found)
        return
    yield from lines_from(found[:-1])
    (newest, position) = found[-1]
    stays = Audience(sys.stdout.fileno()).stays
    yield from followed(path, Growing(newest.file, position), stays)


def _tell(line: str) -> None:
    click.echo(line, err=True)


def _show(lines: Iterable[bytes], wanted: Wanted, *, as_json: bool, at_once: bool) -> None:
    """Print until there is no more, or nobody reads it."""
    out = sys.stdout.buffer
    try:
        for line in _printed(lines, wanted, as_json=as_json, paint=_paint()):
            out.write(line)
            if at_once:
                out.flush()
        out.flush()
    except BrokenPipeError:
        # What is still buffered must not be written at the interpreter's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _printed(
    lines: Iterable[bytes], wanted: Wanted, *, as_json: bool, paint: Callable[[str, str], str]
) -> Iterator[bytes]:
    from vitrine.operations.logs.text import as_text
    from vitrine.usecases.log_search import is_wanted, read

    for line in lines:
        members = read(line)
        if members is None or (as_json and is_wanted(members, wanted)):
            yield line
        elif is_wanted(members, wanted):
            yield as_text(members, paint).encode(errors="backslashreplace")


def _paint() -> Callable[[str, str], str]:
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return lambda text, _level: text
    return lambda text, level: click.style(text, fg=COLOURS.get(level))
