"""The reminder of those who read confidential cases: the same on the same days, whatever there is to read."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs import handlers as job
from jobs.timetable import TIMETABLE
from models.notice import Notice, NoticeKind
from sealed import handlerlist
from sealed.handlerlist import HandlerList
from sealed.keys import Identity, SigningKey, to_text
from services import handlers, members
from services.errors import NotAllowed
from tests.branch import Branch
from tests.engines import Database
from tests.services.operator import at
from tests.talks.conftest import branch  # noqa: F401 - the same fixture for this folder

ZONE = ZoneInfo("Asia/Shanghai")


def remind(branch: Branch, moment: datetime) -> str:  # noqa: F811 - the fixture handed on
    return job.remind(branch.house.desk(), moment.astimezone(UTC))


def test_monday_and_thursday_at_nine_everybody_tied_is_told_the_same_once(branch: Branch) -> None:  # noqa: F811
    for name in ("张建国", "李娜", "王芳"):
        branch.bound(name)
    house = branch.house

    def tie(db: Session) -> None:
        for handler, name in (("own-1", "张建国"), ("own-2", "李娜"), ("own-3", "李娜")):
            handlers.tie(db, house.operator(), handler, members.find(db, name))

    house.run(tie)
    with house.reading() as db, pytest.raises(NotAllowed):
        handlers.tie(db, branch.act_of(db, "张建国"), "own-9", members.find(db, "张建国"))
    told: dict[str, int] = {}
    begin = datetime(2026, 11, 16, 8, 59, tzinfo=ZONE)  # a Monday
    for hours in range(14 * 24):
        for moment in (begin + timedelta(hours=hours), begin + timedelta(hours=hours, minutes=1)):
            if (said := remind(branch, moment)) != "reminded=0":
                told[f"{moment:%a %H:%M}"] = told.get(f"{moment:%a %H:%M}", 0) + int(said[-1])
    assert told == {"Mon 09:00": 4, "Thu 09:00": 4}  # two people, two weeks; a person with two ids is told once
    with house.reading() as db:
        rows = db.scalars(select(Notice).where(Notice.kind == NoticeKind.HANDLER_DAY)).all()
        assert {row.facts for row in rows} == {"{}"}
    for _ in range(2):
        house.run(lambda db: handlers.untie(db, house.operator(), "own-1"))
    assert remind(branch, begin + timedelta(days=14, hours=1)) == "reminded=1"
    found = next(one for one in TIMETABLE if one.name == "handlers")
    assert found.cron == {"day_of_week": "mon,thu", "hour": "9"}


def test_the_operator_ties_those_who_are_on_the_list(
    database: Database, empty_redis: redis.Redis, redis_url: str,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    zhibu, root = at(database, redis_url, capsys, monkeypatch), SigningKey.draw()
    zhibu.configure(
        database={"url": database.url}, redis={"url": redis_url}, confidential={"root": to_text(root.verify_key)}
    )
    people = [(f"own-{n}", Identity.draw()) for n in (1, 2)]
    own = tuple(handlerlist.Handler(name, name, one.recipient, one.signing.verify_key) for name, one in people)
    file = zhibu.home / "var" / "confidential" / "handlers.json"
    file.parent.mkdir()
    listed = HandlerList(1, date(2027, 1, 1), (handlerlist.Desk("own", own), handlerlist.Desk("upper", ())))
    file.write_bytes(handlerlist.sign(listed, root))
    roster = "姓名,人员类别,党小组\n王芳,正式党员,第一党小组\n"
    zhibu.types("members", "import", zhibu.file("roster.csv", roster)).done()
    assert "王芳" in zhibu.types("handlers", "tie", "own-1", "王芳").done().out
    zhibu.types("handlers", "tie", "own-7", "王芳").refused("own-7")
    zhibu.types("handlers", "tie", "own-2", "无此人").refused("无此人")
    assert "own-1" in zhibu.types("handlers", "untie", "own-1").done().out
    zhibu.types("handlers", "untie", "own-1").refused("own-1")
