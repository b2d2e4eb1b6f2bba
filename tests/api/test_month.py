"""The same month as in services/test_month.py, driven through the API: every table is the one worked out by hand."""

from pathlib import Path

import redis

from sheets import table
from tests.api.leading import told
from tests.api.month import MonthByApi
from tests.engines import Database
from tests.services.month import FIRST, GROUP, PEOPLE, lived
from tests.services.test_month import MEETINGS, SIGNS, same_tables, table_of


def test_the_month_driven_through_the_api_gives_the_same_tables(
    pg_database: Database, empty_redis: redis.Redis, redis_url: str, tmp_path: Path
) -> None:
    with lived(pg_database, redis_url, MonthByApi) as month:
        assert isinstance(month, MonthByApi)
        assert month.branch.world.calls["/wxa/msg_sec_check"] > 20, "what others read was looked over"
        same_tables(month, tmp_path)
        _rosters(month)
        _workbooks(month)


def _rosters(month: MonthByApi) -> None:
    """Line by line as by hand; a leader is told the own group alone."""
    numbers = {month.id_of(one): one for one in PEOPLE}
    first = {one for one in PEOPLE if PEOPLE[one][GROUP] == FIRST}
    for title, expected in MEETINGS.items():
        for who, sees in (("F", set(PEOPLE)), ("W", first)):
            wanted = {one: sign for one, sign in expected.items() if one in sees}
            if not wanted or (who == "W" and title == "支委会"):
                continue
            lines = told(month.opened(who).get(f"activities/{month.meetings[title]}/roster"))["lines"]
            assert isinstance(lines, list)
            known = [one for one in lines if one["member"] in numbers]
            assert {numbers[one["member"]]: SIGNS[one["label"]] for one in known} == wanted, (title, who)


def _workbooks(month: MonthByApi) -> None:
    """The workbooks the API gives hold what is printed, cell by cell, in that order."""
    for name, form in (("stats", "year"), ("leaves", "leave"), ("plan", "plan")):
        printed, _ = table_of(month.client("F"), f"/h5/print/{form}/2026-07")
        found = table.sheets(month.file("F", f"{name}.xlsx?period=2026-07"))
        assert found, name
        rows = [[str(cell) for cell in row.cells[: len(printed[0])]] for row in found[0].rows]
        assert [row for row in rows if row in printed] == printed, name
