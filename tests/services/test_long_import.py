"""A long roster with one bad row in a thousand: each is named, the rest is in, once and with the right groups."""

import json

import pytest
import redis
from sqlalchemy import func, select

from bench.rows.roster import write_roster
from models.member import Member
from models.org import Org, OrgKind
from tests.engines import Database
from tests.services.operator import at

ROWS = 2_000


def test_one_bad_row_in_a_thousand_is_named_and_the_rest_is_in(
    each_database: Database,
    empty_redis: redis.Redis,
    redis_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    zhibu = at(each_database, redis_url, capsys, monkeypatch)
    roster, report = zhibu.home / "roster.csv", zhibu.home / "report.json"
    bad = write_roster(roster, ROWS)
    assert len(bad) == 2
    said = zhibu.types("members", "import", roster, "--report", report).done().out
    assert all(f"第 {row} 行" in said for row in bad)
    told = json.loads(report.read_text("utf-8"))
    assert {name: told[name] for name in ("read", "imported", "updated", "duplicates")} == {
        "read": ROWS,
        "imported": ROWS - 2,
        "updated": 0,
        "duplicates": 0,
    }
    assert [(one["row"], one["column"]) for one in told["rejected"]] == [(row, "入党日期") for row in bad]
    with each_database.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Member)) == ROWS - 2
        groups = select(Org.id).where(Org.kind == OrgKind.GROUP)
        assert len(connection.execute(groups).all()) == 40
        # Of 2,000 rows dealt to 40 groups each has 50; the two bad rows would have gone to the first of them.
        sizes = connection.execute(select(func.count()).where(Member.group_id.is_not(None)).group_by(Member.group_id))
        assert sorted(size for (size,) in sizes) == [48, *[50] * 39]
    zhibu.types("members", "import", roster, "--report", report).done()
    again = json.loads(report.read_text("utf-8"))
    assert (again["imported"], again["updated"], again["duplicates"]) == (0, 0, ROWS - 2)
