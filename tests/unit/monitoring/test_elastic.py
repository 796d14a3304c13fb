"""What is shipped to Elasticsearch: every field has a mapping that takes its values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest
import yaml

from tests.unit.telemetry.test_bindings import EXAMPLES, Heard
from tests.unit.telemetry.test_logs import Finished, finished
from vitrine.domain.event import RejectionReason
from vitrine.monitoring.elastic import (
    FILEBEAT,
    KEPT_SEARCHES,
    LIFECYCLE,
    LOG_FILES,
    OWN,
    RENAMED,
    SEARCHES,
    STREAM,
    TEMPLATE,
    logging_files,
)
from vitrine.settings import Settings
from vitrine.signals import EventsReceived, Receipt
from vitrine.telemetry import log_fields
from vitrine.telemetry.bindings import BINDINGS, Binding
from vitrine.telemetry.log_fields import OUTPUT, logged_fields

FILES = logging_files(logged_fields())
FILEBEAT_YML = yaml.safe_load(FILES[FILEBEAT])
(INPUT,) = FILEBEAT_YML["filebeat.inputs"]
INDEX_TEMPLATE = json.loads(FILES[TEMPLATE])
SAVED = [json.loads(line) for line in FILES[SEARCHES].splitlines()]
EVERY_REASON = EventsReceived(
    {("unknown", Receipt.REJECTED, reason): 1 for reason in (None, *RejectionReason)}, 0
)


def flat(properties: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Yield each path of a mapping with its type."""
    for name, what in properties.items():
        if "properties" in what:
            yield from flat(what["properties"], f"{above}{name}.")
        else:
            yield f"{above}{name}", what["type"]


PATHS = dict(flat(INDEX_TEMPLATE["template"]["mappings"]["properties"]))


def test_lines_are_kept_there_as_long_as_a_week_can_be_traced() -> None:
    deleted = json.loads(FILES[LIFECYCLE])["policy"]["phases"]["delete"]
    assert deleted["min_age"] == f"{Settings.model_fields['log_key_days'].default}d"


def takes(kind: str, value: object) -> bool:
    """Tell whether a field of this type takes a value, without making anything else of it."""
    match kind:
        case "keyword" | "match_only_text" | "wildcard":
            return isinstance(value, str)
        case "long":
            return type(value) is int
        case "double":
            return type(value) in {int, float}
        case "boolean":
            return type(value) is bool
        case "date":
            return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    raise AssertionError(kind)


def shipped(line: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line under the names that it has in the index."""
    names = {**RENAMED, "timestamp": "@timestamp"}
    return {names.get(name, f"{OWN}.{name}"): value for name, value in line.items()}


def not_taken(line: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a line has no mapping, or one of another type."""
    return {
        name: value
        for name, value in shipped(line).items()
        if name not in PATHS or not (value is None or takes(PATHS[name], value))
    }


@pytest.mark.parametrize(
    "signal", [*EXAMPLES, EVERY_REASON], ids=lambda signal: type(signal).__name__
)
def test_every_value_of_a_real_line_is_taken_by_a_mapping(signal: Any) -> None:
    heard = Heard()
    heard.telemetry(signal)
    for line in heard.lines():
        assert not_taken(line) == {}


@pytest.mark.parametrize("first_byte_s", [0.001, None])
def test_every_value_of_a_requests_line_is_taken_by_a_mapping(first_byte_s: float | None) -> None:
    (line,) = finished(Finished(first_byte_s=first_byte_s))
    assert not_taken(line) == {}


def test_every_event_that_is_logged_has_an_example_above() -> None:
    logged = {kind for kind, binding in BINDINGS.items() if binding.message is not None}
    assert logged <= {type(signal) for signal in EXAMPLES}
    assert OUTPUT.items() <= logged_fields().items()


def test_one_name_with_two_types_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bindings = dict(BINDINGS)
    one, other, *_ = (kind for kind, bound in BINDINGS.items() if bound.message is not None)
    for kind, meant in ((one, str), (other, bool)):
        bindings[kind] = Binding(BINDINGS[kind].counting, "Said", types={"twofold": meant})
    monkeypatch.setattr(log_fields, "BINDINGS", bindings)
    with pytest.raises(TypeError, match="twofold: is str and bool"):
        logged_fields()


def test_what_libraries_add_is_kept_and_not_indexed() -> None:
    mappings = INDEX_TEMPLATE["template"]["mappings"]
    assert mappings["properties"][OWN]["dynamic"] is False
    assert INDEX_TEMPLATE["template"]["settings"]["index"]["mapping"]["ignore_malformed"] is True


def test_filebeat_reads_the_guides_files_as_its_ninth_version_wants_it() -> None:
    assert INPUT["type"] == "filestream"
    assert INPUT["paths"] == [LOG_FILES, f"{LOG_FILES}.*"]
    assert LOG_FILES == "/var/log/portfolio/*.log"
    assert INPUT["parsers"] == [{"ndjson": {"target": OWN, "add_error_key": True}}]
    assert FILEBEAT_YML["output.elasticsearch"]["hosts"] == ["elasticsearch:9200"]


def test_every_field_that_filebeat_renames_has_a_mapping_under_its_new_name() -> None:
    (renames,) = (one["rename"]["fields"] for one in INPUT["processors"] if "rename" in one)
    assert {one["from"].removeprefix(f"{OWN}."): one["to"] for one in renames} == RENAMED
    assert {one["to"] for one in renames} <= PATHS.keys()
    (stamp,) = (one["timestamp"] for one in INPUT["processors"] if "timestamp" in one)
    assert stamp["field"] == f"{OWN}.timestamp"


def test_stream_template_and_lifecycle_name_one_another() -> None:
    assert FILEBEAT_YML["output.elasticsearch"]["index"] == STREAM
    template = FILEBEAT_YML["setup.template"]
    assert {template["name"], template["pattern"], template["json"]["name"]} == {STREAM}
    assert INDEX_TEMPLATE["index_patterns"] == [STREAM]
    assert INDEX_TEMPLATE["template"]["settings"]["index"]["lifecycle"]["name"] == STREAM
    notes = FILES[FILEBEAT].split("filebeat.inputs")[0]
    assert f"_ilm/policy/{STREAM}" in notes
    for path in (TEMPLATE, LIFECYCLE):
        assert str(path.relative_to(FILEBEAT.parent)) in notes
    assert template["json"]["path"] in notes
    assert json.loads(FILES[LIFECYCLE])["policy"]["phases"].keys() == {"hot", "delete"}


def test_saved_searches_ask_for_fields_and_messages_that_there_are() -> None:
    ids = {(one["type"], one["id"]) for one in SAVED}
    assert len(SAVED) == len(ids) == len(KEPT_SEARCHES) + 1
    messages = {binding.message for binding in BINDINGS.values()} | {"Request finished"}
    for one, search in zip(SAVED[1:], KEPT_SEARCHES, strict=True):
        assert {(to["type"], to["id"]) for to in one["references"]} <= ids
        source = json.loads(one["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
        assert source["indexRefName"] == one["references"][0]["name"]
        (field, value) = re.fullmatch(r'([\w.]+): "?(.+?)"?', search.query).groups()  # type: ignore[union-attr]
        assert {field, *search.columns} <= PATHS.keys()
        assert field != "message" or value in messages
