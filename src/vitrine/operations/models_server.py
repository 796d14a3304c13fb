"""A server that speaks Gemini's and OpenAI's protocols, and misbehaves on command."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self

Answering = Callable[[Mapping[str, Any]], Any]
"""What a well-behaved model answers to the evidence that it was sent."""

HUGE = 3 * 1024 * 1024
USAGE = (1_000, 200, 100)
"""Tokens in, out and cached that every answer reports."""


class Behaviour(StrEnum):
    """What the server does with a question."""

    OK = "ok"
    LATE = "late"
    SLOW_HEADERS = "slow_headers"
    SLOW_BODY = "slow_body"
    ENDLESS = "endless"
    CUT = "cut"
    CUT_BODY = "cut_body"
    RATE_LIMITED = "rate_limited"
    RATE_LIMITED_FOR = "rate_limited_for"
    SERVER_ERROR = "server_error"
    NOT_FOUND = "not_found"
    UNAUTHORIZED = "unauthorized"
    BAD_REQUEST = "bad_request"
    EMPTY = "empty"
    SPACES = "spaces"
    PROSE = "prose"
    WRONG_SCHEMA = "wrong_schema"
    WRONG_IDS = "wrong_ids"
    ONE_MISSING = "one_missing"
    ONE_TOO_MANY = "one_too_many"
    BLOCKED = "blocked"
    BLOCKED_PROMPT = "blocked_prompt"
    CUT_SHORT = "cut_short"
    HUGE = "huge"
    NO_PROTOCOL = "no_protocol"


STATUSES = {
    Behaviour.RATE_LIMITED: 429,
    Behaviour.RATE_LIMITED_FOR: 429,
    Behaviour.SERVER_ERROR: 500,
    Behaviour.NOT_FOUND: 404,
    Behaviour.UNAUTHORIZED: 401,
    Behaviour.BAD_REQUEST: 400,
}
RETRY_AFTER_S = 7
DRIP_S = 0.02
ENDLESS_BYTES = 1024 * 1024
LATE_S = {"gemini": 5.4, "openai": 10.4}
"""Later than the guide's targets for Gemini and DeepSeek, and still an answer."""


class Call(NamedTuple):
    """One request: `provider` is `gemini` or `openai`, `body` is its JSON."""

    provider: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_args: object) -> None:
        """Say nothing: who asks breaks the connection whenever it likes."""


class ModelsServer:
    """Listens on a free port of this machine until its `with` block ends.

    `gemini` and `openai` (DeepSeek speaks that too) behave as `behave` last said.
    """

    def __init__(self, answering: Answering = lambda _evidence: {}, port: int = 0) -> None:
        self.answering = answering
        self.calls: list[Call] = []
        self.checks: list[str] = []
        self.models = ["gemini-3.1-flash-lite", "deepseek-v4-flash", "local"]
        self.closing = threading.Event()
        self._behaviours = {"gemini": Behaviour.OK, "openai": Behaviour.OK}
        self._server = _Server(("127.0.0.1", port), type("Handler", (_Handler,), {"owner": self}))
        self._server.daemon_threads = True  # a connection kept open holds nobody up
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def behave(self, provider: str, behaviour: Behaviour) -> None:
        """Have every later question to a provider met with this."""
        self._behaviours[provider] = behaviour

    def behaviour(self, provider: str) -> Behaviour:
        return self._behaviours[provider]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    owner: ModelsServer
    disable_nagle_algorithm = True
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: object) -> None:
        """Say nothing on standard error."""

    def do_GET(self) -> None:
        provider = "gemini" if "/v1beta/" in self.path else "openai"
        self.owner.checks.append(self.path)
        behaviour = self.owner.behaviour(provider)
        name = self.path.rpartition("/")[2]
        if behaviour in STATUSES:
            self._refuse(behaviour)
        elif provider == "gemini" and name not in self.owner.models:
            self._refuse(Behaviour.NOT_FOUND)
        elif provider == "gemini":
            self._send(json.dumps({"name": f"models/{name}"}).encode())
        else:
            listed = [{"id": model, "object": "model"} for model in self.owner.models]
            self._send(json.dumps({"object": "list", "data": listed}).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        provider = "gemini" if ":generateContent" in self.path else "openai"
        self.owner.calls.append(Call(provider, self.path, dict(self.headers), body))
        behaviour = self.owner.behaviour(provider)
        if behaviour in STATUSES:
            self._refuse(behaviour)
        elif behaviour is Behaviour.CUT:
            self.close_connection = True
        elif behaviour is Behaviour.NO_PROTOCOL:
            self._send(b"<html>a captive portal</html>")
        else:
            text = _text(behaviour, body, provider, self.owner.answering)
            self._answer(provider, behaviour, text)

    def _drip(self) -> None:
        """Begin an answer and never end it, while it never falls silent either."""
        self._head(200, ENDLESS_BYTES, {})
        with suppress(OSError):  # who asked has left
            while not self.owner.closing.wait(DRIP_S):
                self.wfile.write(b" ")
        self.close_connection = True

    def _answer(self, provider: str, behaviour: Behaviour, text: str) -> None:
        if behaviour is Behaviour.SLOW_HEADERS:
            self.owner.closing.wait()
            self.close_connection = True
            return
        if behaviour is Behaviour.ENDLESS:
            self._drip()
            return
        content = json.dumps(_protocol(provider, behaviour, text)).encode()
        if behaviour is Behaviour.LATE:
            self.owner.closing.wait(LATE_S[provider])
        if behaviour not in (Behaviour.SLOW_BODY, Behaviour.CUT_BODY):
            self._send(content)
            return
        self._head(200, len(content), {})
        self.wfile.write(content[: len(content) // 2])
        self.wfile.flush()
        if behaviour is Behaviour.SLOW_BODY:
            self.owner.closing.wait()
        self.close_connection = True

    def _refuse(self, behaviour: Behaviour) -> None:
        status = STATUSES[behaviour]
        headers = {}
        if behaviour is Behaviour.RATE_LIMITED_FOR:
            headers["retry-after"] = str(RETRY_AFTER_S)
        error = {"code": status, "message": behaviour.value, "status": "FAILED"}
        self._send(json.dumps({"error": error}).encode(), status, headers)

    def _send(
        self, content: bytes, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        self._head(status, len(content), headers or {})
        try:
            self.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # who asked has heard enough

    def _head(self, status: int, length: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def evidence_of(provider: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the evidence that a question carries, which is JSON in its last message."""
    if provider == "gemini":
        text = body["contents"][-1]["parts"][-1]["text"]
    else:
        text = body["messages"][-1]["content"]
    evidence: Mapping[str, Any] = json.loads(text)
    return evidence


def _text(
    behaviour: Behaviour, body: Mapping[str, Any], provider: str, answering: Answering
) -> str:
    """Return what the model says: a right answer, or one that is wrong in just one way."""
    answer = answering(evidence_of(provider, body))
    visits = answer.get("visits") if isinstance(answer, dict) else None
    if behaviour is Behaviour.WRONG_IDS and visits:
        visits[0]["id"] = "v999"
    elif behaviour is Behaviour.ONE_MISSING and visits:
        visits.pop()
    elif behaviour is Behaviour.ONE_TOO_MANY and visits:
        visits.append({**visits[-1], "id": "v999"})
    elif behaviour is Behaviour.WRONG_SCHEMA:
        answer = {"thoughts": "none"}
    said = json.dumps(answer)
    return {
        Behaviour.EMPTY: "",
        Behaviour.SPACES: "  \n" * 40,
        Behaviour.PROSE: f"Certainly! Here is your JSON:\n{said}\nAnything else?",
        Behaviour.HUGE: f"{said[:-1]},{' ' * HUGE}{said[-1:]}",
    }.get(behaviour, said)


def _protocol(provider: str, behaviour: Behaviour, text: str) -> dict[str, Any]:
    tokens_in, tokens_out, cached = USAGE
    if provider == "gemini":
        reasons = {Behaviour.BLOCKED: "SAFETY", Behaviour.CUT_SHORT: "MAX_TOKENS"}
        candidate = {
            "content": {"role": "model", "parts": [{"text": text}] if text else []},
            "finishReason": reasons.get(behaviour, "STOP"),
            "index": 0,
        }
        if behaviour is Behaviour.BLOCKED:
            del candidate["content"]
        prompt = behaviour is Behaviour.BLOCKED_PROMPT
        return {
            "candidates": [] if prompt else [candidate],
            **({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}} if prompt else {}),
            "usageMetadata": {
                "promptTokenCount": tokens_in,
                "candidatesTokenCount": tokens_out,
                "cachedContentTokenCount": cached,
                "totalTokenCount": tokens_in + tokens_out,
            },
            "modelVersion": "gemini",
        }
    finishes = {
        Behaviour.BLOCKED: "content_filter",
        Behaviour.BLOCKED_PROMPT: "content_filter",
        Behaviour.CUT_SHORT: "length",
    }
    return {
        "id": "answer-1",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": "model",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": None if behaviour is Behaviour.BLOCKED else text,
                },
                "finish_reason": finishes.get(behaviour, "stop"),
            }
        ],
        "usage": {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "total_tokens": tokens_in + tokens_out,
            "prompt_tokens_details": {"cached_tokens": cached},
        },
    }
