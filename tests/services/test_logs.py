"""The log as JSON: what a message says is fields, what an exception or an address says is nobody's."""

import json
import logging
import sys
from collections.abc import Callable, Iterable

import flask
import pytest
from werkzeug.test import Client

from app import _Site
from logs import Json, Seldom, numbered

SECRET = "没有人知道的字"


def said(message: str, *given: object, logger: str = "bot.webhook") -> dict[str, object]:
    """The line of JSON that such a message becomes."""
    record = logging.LogRecord(logger, logging.INFO, __file__, 1, message, given, None)
    line: dict[str, object] = json.loads(Json().format(record))
    assert {line.pop("level"), line.pop("logger")} == {"INFO", logger}
    assert str(line.pop("time")).endswith("+00:00")
    return line


@pytest.mark.parametrize(
    ("message", "given", "line"),
    [
        ("turn kind=%s ms=%.1f replied=%s", ("text", 12.34, True), {"event": "turn", "kind": "text", "ms": 12.34, "replied": True}),
        ("bug number=%s error=%s at=%s", ("9f", "ValueError", "a.py:1 f"), {"event": "bug", "number": "9f", "error": "ValueError", "at": "a.py:1 f"}),
        ("worker killed place=%d", (1,), {"event": "worker killed", "place": 1}),
        ("100%% of %s", ("x",), {"event": "100% of x"}),
        ("done", (), {"event": "done"}),
        ("half %s", (), {"event": "half %s"}),
        ("names=%s", ([1, 2],), {"event": "", "names": "[1, 2]"}),
        ("event lost event=%s", ("x",), {"event": "event lost", "event_": "x"}),
    ],
)  # fmt: skip
def test_what_a_message_knows_becomes_fields(message: str, given: tuple[object, ...], line: dict[str, object]) -> None:
    assert said(message, *given) == line


def test_an_exception_is_told_by_kind_and_place() -> None:
    try:
        int(SECRET)
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "broken", (), sys.exc_info())
    line = Json().format(record)
    assert SECRET not in line
    assert json.loads(line)["error"] == "ValueError"
    assert json.loads(line)["at"].startswith("test_logs.py:")
    assert "\n" not in line


def test_lines_of_one_request_bear_its_number_and_the_desks_none() -> None:
    lines: list[dict[str, object]] = []

    def app(_environ: dict[str, object], start: Callable[..., object]) -> Iterable[bytes]:
        lines.extend([said("turn"), said("desk closed", logger="confidential.wire")])
        start("200 OK", [])
        return []

    client = Client(numbered(app))
    given = "0123456789abcdef0123456789abcdef"
    for header in (given, "not a number\u00a0", ""):
        client.get("/", headers={"X-Request-ID": header})
    first, desk, second, _, third, _ = lines
    assert first["request"] == given
    assert "request" not in desk
    assert len({first["request"], second["request"], third["request"]}) == 3
    assert len(str(second["request"])) == 16


def test_a_bug_in_a_page_is_logged_without_its_address_and_words(caplog: pytest.LogCaptureFixture) -> None:
    site = _Site("zhibu", static_folder=None)

    @site.get("/open/<secret>")
    def opened(secret: str) -> flask.Response:
        raise ValueError(SECRET, secret)

    assert site.test_client().get("/open/capability123").status_code == 500
    whole = caplog.text + "".join(map(Json().format, caplog.records))
    assert "bug endpoint=opened error=ValueError at=test_logs.py:" in whole
    assert "capability123" not in whole
    assert SECRET not in whole


def test_what_anybody_can_bring_about_is_said_seldom() -> None:
    now = [1000.0]
    seldom = Seldom(most=2, seconds=60, clock=lambda: now[0])
    assert [seldom.unsaid() for _ in range(5)] == [0, 0, None, None, None]
    now[0] += 60
    assert seldom.unsaid() == 3
    assert seldom.unsaid() == 0
