"""Failures as a person meets them: one clear line and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click

from vitrine.domain.failure import Failure

P = ParamSpec("P")
T = TypeVar("T")


def clear_errors(command: Callable[P, T]) -> Callable[P, T]:
    """Show expected errors as lines on standard error and end with exit code 1."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            sys.exit(130)
        except Failure as problem:
            click.echo(str(problem), err=True)
            sys.exit(1)
        except Exception as problem:
            if _is_database(problem):
                reason = " ".join(str(problem.args[0]).split())
                click.echo(f"the database cannot be used: {reason}", err=True)
                sys.exit(1)
            raise

    return wrapped


def _is_database(problem: Exception) -> bool:
    return any(kind.__name__ == "DBAPIError" for kind in type(problem).__mro__)
