"""A database that is away: every page says so in a sentence, the log in a line."""

import logging
from pathlib import Path

import pytest

from app import build, create_app
from tests.branch import settings_for


def test_a_database_that_is_away_is_a_sentence_and_a_line_and_no_traceback(
    tmp_path: Path, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    away = {"url": f"postgresql://zhibu@/zhibu?host={tmp_path}"}
    house = build(settings_for(tmp_path, database=away, redis={"url": redis_url}))
    client = create_app(house).test_client()
    with caplog.at_level(logging.WARNING):
        page = client.get("/screen/a-hall-that-may-well-exist")
        news = client.get("/screen/a-hall-that-may-well-exist/now")
    house.close()
    assert [one.status_code for one in (page, news)] == [503, 503]
    assert "系统出了问题" in page.text
    assert [(one.getMessage(), one.exc_info) for one in caplog.records] == [
        ("database away error=OperationalError", None)
    ] * 2
