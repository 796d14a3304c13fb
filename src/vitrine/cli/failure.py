"""Failures as a person meets them: one clear line and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click

P = ParamSpec("P")
T = TypeVar("T")

EXPECTED = frozenset(
    {
        "AddressInUseError",
        "HomeInUseError",
        "LogFileError",
        "NewerDatabaseError",
        "SettingsError",
        "SiteFileError",
        "StoreUnavailableError",
        "TrafficError",
    }
)
"""Errors whose message is written for people, by name so that none is imported for nothing."""


def clear_errors(command: Callable[P, T]) -> Callable[P, T]:
    """Show expected errors as lines on standard error and end with exit code 1."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            sys.exit(130)
        except Exception as problem:
            if type(problem).__name__ in EXPECTED:
                click.echo(str(problem), err=True)
                sys.exit(1)
            if _is_database(problem):
                click.echo(f"the database cannot be used: {problem.args[0]}", err=True)
                sys.exit(1)
            raise

    return wrapped


def _is_database(problem: Exception) -> bool:
    return any(kind.__name__ == "DBAPIError" for kind in type(problem).__mro__)
