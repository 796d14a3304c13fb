from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from vitrine.cli.failure import clear_errors


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@clear_errors
def command(files: tuple[Path, ...]) -> None:
    """Check rule files of your own: by what Prometheus would take and answer wrongly.

    Every expression must select metrics and records that Vitrine has, or that the same file
    records before; counters with rate or increase, gauges without, quantiles with their le,
    two sides with the same labels. The exit code is 1 where anything is not in order.
    """
    found = [f"{path}: {problem}" for path in files for problem in _problems(path)]
    for line in found:
        click.echo(line, err=True)
    if found:
        sys.exit(1)
    click.echo(f"{', '.join(map(str, files))}: in order")


def _problems(path: Path) -> Iterator[str]:
    from vitrine.catalogue.groups import known
    from vitrine.catalogue.promql import PromQLError, Recorded
    from vitrine.catalogue.promql.reading import read

    names = known()
    for group, rule in _rules(path):
        name = rule.get("record") or rule.get("alert") or "a rule without a name"
        try:
            expression = read(str(rule.get("expr", "")), names)
            if "record" in rule:
                labels = tuple((rule.get("labels") or {}).items())
                names[str(name)] = Recorded(str(name), expression, "of this file", labels)
        except PromQLError as problem:
            yield f"{group}, {name}: {problem}"


def _rules(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each rule with the name of its group."""
    import yaml

    try:
        groups = yaml.safe_load(path.read_text())["groups"]
        for group in groups:
            for rule in group["rules"]:
                yield str(group["name"]), dict(rule)
    except (
        OSError,
        UnicodeDecodeError,
        yaml.YAMLError,
        TypeError,
        KeyError,
        ValueError,
    ) as problem:
        raise click.BadParameter(
            f"{path} is no rule file of Prometheus ({type(problem).__name__}):"
            " it has `groups`, each with a `name` and `rules`",
            param_hint="'FILES'",
        ) from None
