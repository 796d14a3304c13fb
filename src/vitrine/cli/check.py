from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from vitrine.cli.failure import clear_errors

if TYPE_CHECKING:
    from vitrine.adapters.site_file import SiteFileError
    from vitrine.domain.event import Event
    from vitrine.domain.rule import Rule
    from vitrine.domain.site import Site

_SAID = {
    "duration_ms": "{} ms",
    "percent": "{} %",
    "count": "{} times",
    "page_referrer": "from {}",
}


@click.command()
@click.argument("site", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@clear_errors
def command(site: str | None, *, as_json: bool) -> None:
    """Check a site file and show what a sample visitor of each segment would get.

    SITE is a file or the name of a shipped site (VITRINE_SITE, else portfolio). The exit code
    is 1 where the file has mistakes; all of them are shown at once.
    """
    from vitrine.adapters.site_file import SiteFileError, find_site, load_site
    from vitrine.settings import Settings

    name = Settings.load(site=site).site
    try:
        file = str(find_site(name))
        checked = load_site(file)
    except SiteFileError as error:
        _refuse(error, as_json=as_json)
    samples = [_sample(checked, segment) for segment in checked.segment_ids]
    if as_json:
        click.echo(json.dumps(_as_data(file, checked, samples), indent=2, ensure_ascii=False))
    else:
        _show(file, checked, samples)


class Sample(NamedTuple):
    """What became of a segment's sample visitor, and what the segment is shown.

    `after` is the number of events before the first decision.
    """

    segment: str
    events: tuple[Event, ...]
    decided: str | None
    confidence: float
    after: int | None
    rule: Rule

    @property
    def outcome(self) -> str:
        if self.after is None:
            return f"its sample visitor stays undecided, confidence {self.confidence:.2f}"
        events = "the first event" if self.after == 1 else f"{self.after} events"
        return (
            f"its sample visitor is {self.decided or 'undecided'} "
            f"with confidence {self.confidence:.2f}, first decided after {events}"
        )

    @property
    def warning(self) -> str | None:
        if self.decided == self.segment:
            return None
        got = self.decided or "no segment"
        return (
            f"a sample visitor of {self.segment} gets {got} (confidence {self.confidence:.2f}); "
            "give the segment stronger signs, or signs that others do not share"
        )


def _sample(site: Site, segment_id: str) -> Sample:
    from vitrine.domain.evidence import Evidence
    from vitrine.domain.rule import rule_for
    from vitrine.domain.visit import Folding
    from vitrine.domain.weights import FITTED
    from vitrine.usecases.sample import sample_visit

    segment = next(segment for segment in site.segments if segment.id == segment_id)
    events = sample_visit(site, segment)
    evidence = Evidence(site, FITTED)
    folding = Folding(evidence, site.threshold, site.conversions, held_out=lambda _: False)
    visit = None
    for event in events:
        visit = folding.fold(visit, [event], serving=False)[-1]
    assert visit is not None
    rule = rule_for(site, segment_id, site.languages[0])
    return Sample(segment_id, events, visit.segment, visit.confidence, visit.decided_after, rule)


def _refuse(error: SiteFileError, *, as_json: bool) -> None:
    if as_json:
        problems = [problem._asdict() for problem in error.problems]
        click.echo(json.dumps({"ok": False, "problems": problems}, indent=2, ensure_ascii=False))
    for problem in error.problems:
        click.echo(str(problem), err=True)
    count = len(error.problems)
    click.echo(f"{count} mistake{'s' if count > 1 else ''}", err=True)
    sys.exit(1)


def _summary(site: Site) -> dict[str, int]:
    return {
        "sections": len(site.sections),
        "projects": len(site.projects),
        "skills": len(site.skills),
        "segments": len(site.segments),
        "signs": sum(len(segment.signs) for segment in site.segments),
        "events": len(site.event_types),
        "conversions": len(site.conversions),
        "log rules": len(site.log.pages),
    }


def _as_data(file: str, site: Site, samples: list[Sample]) -> dict[str, Any]:
    return {
        "ok": True,
        "file": file,
        "site": site.id,
        "version": site.version,
        "counts": _summary(site),
        "samples": [
            {
                "segment": sample.segment,
                "events": [
                    {"event_name": event.name, "event_params": event.params}
                    for event in sample.events
                ],
                "decided": sample.decided,
                "confidence": round(sample.confidence, 4),
                "decided_after": sample.after,
                "priority_sections": sample.rule.priority_sections,
                "featured_projects": sample.rule.featured_projects,
                "highlight_skills": sample.rule.highlight_skills,
                "reasoning": sample.rule.reasoning,
            }
            for sample in samples
        ],
        "warnings": [sample.warning for sample in samples if sample.warning],
    }


def _show(file: str, site: Site, samples: list[Sample]) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    counts = ", ".join(
        f"{number} {what.removesuffix('s') if number == 1 else what}"
        for what, number in _summary(site).items()
    )
    console.print(Text(f"{file}: {site.title} is in order (version {site.version})"))
    console.print(Text(counts))
    for sample in samples:
        console.print(Text(f"\n{sample.segment}: {sample.outcome}", style="bold"))
        table = Table.grid(padding=(0, 2))
        table.add_row("does", Text(" → ".join(map(_words, sample.events))))
        table.add_row("sections", Text(", ".join(sample.rule.priority_sections)))
        table.add_row("projects", Text(", ".join(sample.rule.featured_projects)))
        table.add_row("skills", Text(", ".join(sample.rule.highlight_skills)))
        table.add_row("because", Text(sample.rule.reasoning))
        console.print(Padding(table, (0, 0, 0, 2)))
    for sample in samples:
        if sample.warning:
            console.print(Text(f"\nwarning: {sample.warning}", style="yellow"))


def _words(event: Event) -> str:
    values = ", ".join(_SAID.get(name, "{}").format(value) for name, value in event.params.items())
    return f"{event.name} ({values})" if values else event.name
