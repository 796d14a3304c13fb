"""The routes that FastAPI does not serve, described in its OpenAPI document all the same."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from vitrine.api.events import MOST_EVENTS
from vitrine.api.http import LONGEST_BODY
from vitrine.domain.event import LONGEST_EVENT_ID, LONGEST_ID, RejectionReason
from vitrine.domain.site import Site
from vitrine.signals import Receipt, Variant

Schema = dict[str, Any]

NULLABLE_TEXT: Schema = {"type": ["string", "null"]}
TEXTS: Schema = {"type": "array", "items": {"type": "string"}}


def _event(site: Site) -> Schema:
    return {
        "type": "object",
        "required": ["event_name"],
        "properties": {
            "event_name": {"type": "string", "enum": sorted(site.event_types)},
            "user_pseudo_id": {"type": "string", "minLength": 1, "maxLength": LONGEST_ID},
            "event_params": {"type": "object"},
            "event_timestamp": {
                "type": "number",
                "description": "Seconds or milliseconds since 1970; now where it is missing.",
            },
            "event_id": {
                "type": "string",
                "minLength": 1,
                "maxLength": LONGEST_EVENT_ID,
                "description": "Makes the event idempotent: sent again, it is a duplicate.",
            },
        },
    }


def _personalization(site: Site) -> Schema:
    return {
        "type": "object",
        "required": [
            "segment",
            "confidence",
            "priority_sections",
            "featured_projects",
            "highlight_skills",
            "reasoning",
            "variant",
            "cache_ttl",
        ],
        "properties": {
            "segment": {"enum": [*site.segment_ids, None]},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            "priority_sections": TEXTS,
            "featured_projects": TEXTS,
            "highlight_skills": TEXTS,
            "reasoning": {"type": "string"},
            "variant": {"enum": [variant.value for variant in Variant]},
            "cache_ttl": {"type": "integer", "description": "Seconds"},
        },
    }


RECEIPT: Schema = {
    "type": "object",
    "required": ["event_id", "result", "reason"],
    "properties": {
        "event_id": NULLABLE_TEXT,
        "result": {"enum": [receipt.value for receipt in Receipt]},
        "reason": {"enum": [*(reason.value for reason in RejectionReason), None]},
        "detail": {"type": "string", "description": "What was wrong, for a person."},
        "dropped": {**TEXTS, "description": "Parameters that this event does not have."},
    },
}
ERROR: Schema = {
    "type": "object",
    "required": ["detail"],
    "properties": {"detail": {"type": "string"}},
}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _content(schema: Schema, media_type: str = "application/json") -> Schema:
    return {media_type: {"schema": schema}}


def _error(description: str) -> Schema:
    return {"description": description, "content": _content(_reference("VitrineError"))}


def _events_path() -> Schema:
    batch: Schema = {
        "type": "object",
        "required": ["events"],
        "properties": {
            "events": {"type": "array", "minItems": 1, "maxItems": MOST_EVENTS, "items": {}}
        },
    }
    body: Schema = {"anyOf": [_reference("Event"), batch]}
    answer: Schema = {
        "type": "object",
        "required": ["receipts", "personalization"],
        "properties": {
            "receipts": {"type": "array", "items": _reference("EventReceipt")},
            "personalization": {"anyOf": [_reference("Personalization"), {"type": "null"}]},
        },
    }
    return {
        "post": {
            "tags": ["visitors"],
            "operationId": "post_events",
            "summary": "Take one event or a batch; acknowledged means durable",
            "requestBody": {
                "required": True,
                "content": {**_content(body), **_content(body, "text/plain")},
            },
            "responses": {
                "202": {"description": "A receipt for each event", "content": _content(answer)},
                "400": _error("The body is not JSON"),
                "403": _error("The page's origin is not among the site's"),
                "408": _error("The body came too slowly"),
                "413": _error(f"The body is larger than {LONGEST_BODY} bytes"),
                "415": _error("The content type is neither JSON nor plain text"),
                "422": _error("The body is no event and no batch"),
                "503": _error("Nothing was stored; send it again after Retry-After seconds"),
            },
        }
    }


def _personalization_path(site: Site) -> Schema:
    return {
        "get": {
            "tags": ["visitors"],
            "operationId": "get_personalization",
            "summary": "The page that suits a visitor, or the default one",
            "parameters": [
                {
                    "name": "user_id",
                    "in": "query",
                    "schema": {"type": "string", "maxLength": LONGEST_ID},
                },
                {
                    "name": "language",
                    "in": "query",
                    "schema": {"type": "string", "enum": list(site.languages)},
                },
            ],
            "responses": {
                "200": {
                    "description": "Always an answer; unknown visitors get the default page",
                    "content": _content(_reference("Personalization")),
                },
                "422": _error("The id is no printable text of the allowed length"),
            },
        }
    }


def _give_errors_their_form(paths: Schema) -> None:
    """Declare what every refusal looks like that a route names by its status alone."""
    for methods in paths.values():
        for route in methods.values():
            for status, declared in route["responses"].items():
                if int(status) >= 400:
                    declared.setdefault("content", _content(_reference("VitrineError")))


def document(app: FastAPI, site: Site) -> None:
    """Make `app.openapi()` describe the visitors' routes as well."""
    of_fastapi = app.openapi

    def openapi() -> Schema:
        found = of_fastapi()
        _give_errors_their_form(found["paths"])
        found["paths"]["/api/events"] = _events_path()
        found["paths"]["/api/personalization"] = _personalization_path(site)
        found.setdefault("components", {}).setdefault("schemas", {}).update(
            {
                "Event": _event(site),
                "EventReceipt": RECEIPT,
                "Personalization": _personalization(site),
                "VitrineError": ERROR,
            }
        )
        return found

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way
