"""Ships log files to Elasticsearch by Filebeat: its configuration, and what they are kept in.

Fields are named after the Elastic Common Schema where it has a name for them; the events' own
stay together below `vitrine`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from vitrine.monitoring.reference import MARK, as_json
from vitrine.monitoring.yml import documents, head

FOLDER = Path("deploy/logging")
FILEBEAT = FOLDER / "filebeat.yml"
TEMPLATE = FOLDER / "elasticsearch" / "index-template.json"
LIFECYCLE = FOLDER / "elasticsearch" / "lifecycle.json"
SEARCHES = FOLDER / "kibana" / "searches.ndjson"

LOG_FILES = "/var/log/portfolio/*.log"
FILEBEAT_HOME = "/etc/filebeat"
STREAM = "vitrine-logs"
"""Name of the data stream, of its template and of its lifecycle."""
OWN = "vitrine"
KEPT_DAYS = 30

RENAMED = {
    "message": "message",
    "level": "log.level",
    "logger": "log.logger",
    "module": "log.origin.file.name",
    "function": "log.origin.function",
    "line": "log.origin.file.line",
    "request_id": "http.request.id",
    "method": "http.request.method",
    "status": "http.response.status_code",
    "user_id": "user.hash",
    "exception": "error.stack_trace",
}
"""Our names, and those of the Elastic Common Schema; the timestamp becomes `@timestamp`."""

Kind = Mapping[str, Any]
"""How a field is mapped."""
_KEYWORD: Kind = {"type": "keyword", "ignore_above": 8191}
_LONG: Kind = {"type": "long"}
MAPPED: Mapping[str, Kind] = {
    "@timestamp": {"type": "date"},
    "message": {"type": "match_only_text"},
    "log.level": _KEYWORD,
    "log.logger": _KEYWORD,
    "log.origin.file.name": _KEYWORD,
    "log.origin.function": _KEYWORD,
    "log.origin.file.line": _LONG,
    "http.request.id": _KEYWORD,
    "http.request.method": _KEYWORD,
    "http.response.status_code": _LONG,
    "user.hash": _KEYWORD,
    "error.stack_trace": {"type": "wildcard"},
}
"""As https://www.elastic.co/docs/reference/ecs has them."""
TYPES: Mapping[type, Kind] = {
    str: _KEYWORD,
    int: _LONG,
    float: {"type": "double"},
    bool: {"type": "boolean"},
}

NOTES = (
    "For Filebeat 9. Three steps, once; the addresses are the guide's:",
    "",
    f"  curl -X PUT -H 'content-type: application/json' elasticsearch:9200/_ilm/policy/{STREAM} \\",
    "    --data-binary @elasticsearch/lifecycle.json",
    f"  install -D -m 644 elasticsearch/index-template.json {FILEBEAT_HOME}/vitrine-template.json",
    f"  install -m 600 filebeat.yml {FILEBEAT_HOME}/filebeat.yml",
    "",
    "Filebeat puts the template in place when it starts. It takes up a file when that has 1 KB.",
)


class Search(NamedTuple):
    """A saved search: what it looks for, in Kibana's query language, and which columns it has."""

    title: str
    query: str
    columns: tuple[str, ...] = ("log.level", "log.logger", "message")


KEPT_SEARCHES = (
    Search("Errors", "log.level: ERROR", ("log.logger", "message", "error.stack_trace")),
    Search(
        "Slow statements",
        'message: "Slow statement"',
        ("vitrine.seconds", "vitrine.fingerprint", "vitrine.db_query"),
    ),
    Search(
        "Segmentations",
        'message: "Segmentation completed for user"',
        ("user.hash", "vitrine.segment", "vitrine.confidence"),
    ),
    Search(
        "Requests",
        'message: "Request finished"',
        (
            *("http.request.method", "vitrine.endpoint", "http.response.status_code"),
            *("vitrine.outcome", "vitrine.duration_ms", "http.request.id"),
        ),
    ),
    Search(
        "Models",
        "vitrine.provider: *",
        ("message", "vitrine.provider", "vitrine.model", "vitrine.result", "vitrine.reason"),
    ),
    Search("Log outputs that fail", "vitrine.output: *", ("message", "vitrine.problem")),
)


def logging_files(fields: Mapping[str, type]) -> Mapping[Path, str]:
    """Return every file; `fields` are those that lines can have beside what all have."""
    return {
        FILEBEAT: head(*NOTES) + documents(_filebeat()),
        TEMPLATE: as_json(index_template(fields)),
        LIFECYCLE: as_json(_lifecycle()),
        SEARCHES: "".join(f"{json.dumps(saved)}\n" for saved in _saved_objects()),
    }


def index_template(fields: Mapping[str, type]) -> dict[str, Any]:
    """Return the index template of the data stream.

    What libraries add to their lines has any name and type: below `vitrine` nothing but our own
    fields is indexed, the rest is only kept.
    """
    own = {name: TYPES[kind] for name, kind in fields.items() if name not in RENAMED}
    mapped = _nested({**MAPPED, **{f"{OWN}.{name}": kind for name, kind in own.items()}})
    mapped[OWN]["dynamic"] = False
    words = {"match_mapping_type": "string", "mapping": _KEYWORD}
    return {
        "index_patterns": [STREAM],
        "data_stream": {},
        "priority": 200,
        "template": {
            "settings": {
                "index": {
                    "lifecycle": {"name": STREAM},
                    "mapping": {"ignore_malformed": True},
                }
            },
            "mappings": {
                "date_detection": False,
                "dynamic_templates": [{"words_of_filebeat": words}],
                "properties": mapped,
            },
        },
        "_meta": {"description": MARK},
    }


def _nested(mapped: Mapping[str, Kind]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for path, kind in mapped.items():
        *above, name = path.split(".")
        place = properties
        for part in above:
            place = place.setdefault(part, {"properties": {}})["properties"]
        place[name] = dict(kind)
    return properties


def _filebeat() -> dict[str, Any]:
    renames = [{"from": f"{OWN}.{ours}", "to": theirs} for ours, theirs in RENAMED.items()]
    layout, example = "2006-01-02T15:04:05.999Z", "2026-11-22T14:28:40.269Z"
    stamp = {"field": f"{OWN}.timestamp", "layouts": [layout], "test": [example]}
    leave = {"ignore_missing": True, "fail_on_error": False}
    return {
        "filebeat.inputs": [
            {
                "type": "filestream",
                "id": "vitrine",
                "paths": [LOG_FILES, f"{LOG_FILES}.*"],
                "prospector.scanner.exclude_files": [r"\.gz$"],
                "file_identity.fingerprint": None,
                "parsers": [{"ndjson": {"target": OWN, "add_error_key": True}}],
                "processors": [
                    {"timestamp": {**stamp, "ignore_missing": True}},
                    {"drop_fields": {"fields": [stamp["field"]], "ignore_missing": True}},
                    {"rename": {"fields": renames, **leave}},
                    {"add_fields": {"target": "service", "fields": {"name": "vitrine"}}},
                ],
            }
        ],
        "output.elasticsearch": {"hosts": ["elasticsearch:9200"], "index": STREAM},
        "setup.ilm.enabled": False,  # else Filebeat would name the stream; the template has it
        "setup.template": {
            "name": STREAM,
            "pattern": STREAM,
            "json": {
                "enabled": True,
                "path": f"{FILEBEAT_HOME}/vitrine-template.json",
                "name": STREAM,
                "data_stream": True,
            },
        },
    }


def _lifecycle() -> dict[str, Any]:
    begin_anew = {"max_age": "1d", "max_primary_shard_size": "10gb"}
    return {
        "policy": {
            "phases": {
                "hot": {"actions": {"rollover": begin_anew}},
                "delete": {"min_age": f"{KEPT_DAYS}d", "actions": {"delete": {}}},
            },
            "_meta": {"description": MARK},
        }
    }


def _saved_objects() -> list[dict[str, Any]]:
    view = {"title": STREAM, "name": "Vitrine's log", "timeFieldName": "@timestamp"}
    place = "kibanaSavedObjectMeta.searchSourceJSON.index"
    searches = [
        {
            "type": "search",
            "id": f"{STREAM}-{search.title.lower().replace(' ', '-')}",
            "attributes": {
                "title": f"Vitrine: {search.title}",
                "description": MARK,
                "columns": list(search.columns),
                "sort": [["@timestamp", "desc"]],
                "kibanaSavedObjectMeta": {
                    "searchSourceJSON": json.dumps(
                        {
                            "query": {"language": "kuery", "query": search.query},
                            "filter": [],
                            "indexRefName": place,
                        }
                    )
                },
            },
            "references": [{"name": place, "type": "index-pattern", "id": STREAM}],
        }
        for search in KEPT_SEARCHES
    ]
    return [
        {"type": "index-pattern", "id": STREAM, "attributes": view, "references": []},
        *searches,
    ]
