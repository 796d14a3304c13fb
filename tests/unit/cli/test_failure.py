from __future__ import annotations

import ast
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

import vitrine
from vitrine.cli.failure import clear_errors
from vitrine.domain.failure import Failure
from vitrine.settings import SettingsError
from vitrine.usecases.ports import StoreUnavailableError

CAUGHT_ELSEWHERE = {
    "HttpError",
    "UnmappedSiteError",
    "AnswerTooLongError",
    "ModelError",
    "NoAnswerError",
    "OutrunError",
    "RefusedAnswerError",
    "UnusableTargetError",
}
"""Errors that never leave the module, or the one command, that they are made for."""


def failing(problem: BaseException) -> Result:
    @click.command()
    @clear_errors
    def command() -> None:
        raise problem

    return CliRunner().invoke(command)


@pytest.mark.parametrize("problem", [SettingsError("LOG_LEVEL: no"), StoreUnavailableError("full")])
def test_an_expected_error_is_its_message_and_code_1(problem: Exception) -> None:
    result = failing(problem)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{problem}\n")


def test_a_database_in_trouble_is_one_line() -> None:
    engine = create_engine("sqlite://")
    query = text("SELECT :secret FROM nowhere")
    with engine.connect() as connection, pytest.raises(OperationalError) as met:
        connection.execute(query, {"secret": "green-gables"})
    engine.dispose()
    result = failing(met.value)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "the database cannot be used: " in result.stderr
    assert "no such table: nowhere" in result.stderr
    assert "green-gables" not in result.stderr


def test_ctrl_c_says_nothing() -> None:
    result = failing(KeyboardInterrupt())
    assert (result.exit_code, result.output) == (130, "")


def test_a_fault_of_ours_is_not_hidden() -> None:
    result = failing(ZeroDivisionError("ours"))
    assert isinstance(result.exception, ZeroDivisionError)


def test_every_error_of_ours_that_can_reach_a_person_is_written_for_people() -> None:
    source = Path(vitrine.__file__).parent
    ours = {
        node.name
        for path in source.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id == "Exception" for base in node.bases)
    }
    assert ours - CAUGHT_ELSEWHERE == {Failure.__name__}
