import json

from click.testing import CliRunner

from vitrine.adapters.site_file import site_schema
from vitrine.cli.schema import command


def test_the_schema_of_a_site_file_is_printed_as_json() -> None:
    result = CliRunner().invoke(command)
    assert result.exit_code == 0
    assert json.loads(result.stdout) == site_schema()
    assert {"id", "title", "sections", "segments", "log"} <= set(site_schema()["properties"])
