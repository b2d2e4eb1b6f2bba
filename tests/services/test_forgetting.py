"""`zhibu forget`: nothing tells any more who it was, and every figure is as it was before."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import Connection, Enum, insert, select, update

from backups.rows import lines, shape_of
from commands.forgetting import _out_of_unsigned
from confidential.keeper import copy_of
from confidential.unsigned import UnsignedFile
from engines import sql
from models import Base
from models.activity import Activity
from models.guest import Guest
from models.member import Identity, Member
from services.forgetting import FATES, Fate, Traces, told_without, traces
from settings import load
from tests.branch import NOON, ROOT, branch_on
from tests.engines import Database
from tests.services import every_table
from tests.services.operator import Operator, at
from texts.backup import FORGOTTEN

NAME, PHONE, NUMBER, BORN = "欧阳金丝雀", "13900007531", "JSQ-75310", "1931-07-13"
WORDS = "金丝雀说的话"
CANARIES = ("金丝雀", json.dumps("金丝雀")[1:-1], PHONE, NUMBER, BORN)
COUNTED = (
    "seat",
    "checkin",
    "leave",
    "mark",
    "makeup",
    "answer",
    "card",
    "topic_tally",
    "sitting",
    "round_seat",
    "standing",
)


@pytest.fixture
def zhibu(
    each_database: Database,
    empty_redis: redis.Redis,
    redis_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Operator:
    return at(each_database, redis_url, capsys, monkeypatch)


def cells(database: Database) -> dict[str, list[str]]:
    with sql.snapshot(database.engine) as db:
        return {one.name: [line.decode() for line in lines(db, shape_of(one))] for one in Base.metadata.sorted_tables}


def left(database: Database, store: redis.Redis, canaries: tuple[str, ...]) -> list[str]:
    """Where something of them is still to be found: cells, Redis, bytes of all files of the installation."""
    found = [
        f"{table}: {row}" for table, rows in cells(database).items() for row in rows for one in canaries if one in row
    ]
    for key in store.scan_iter():
        held = store.dump(key) if store.type(key) != "string" else store.get(key)
        found += [f"redis {key}" for one in canaries if one in str(key) or one in str(held)]
    for file in database.home.rglob("*"):
        if file.is_file() and not file.is_socket():
            content = file.read_bytes()
            found += [f"{file.name}: {one}" for one in canaries if one.encode() in content]
    return found


def test_every_column_of_words_has_its_fate() -> None:
    """A new column of text or bytes: say in services/forgetting.py what becomes of it."""
    columns = {
        f"{made.name}.{column.name}"
        for made in Base.metadata.sorted_tables
        for column in made.columns
        if dict(shape_of(made).columns)[column.name] in {"text", "bytes"} and not isinstance(column.type, Enum)
    }
    assert columns == set(FATES)


def test_no_cell_of_any_table_tells_who_it_was(zhibu: Operator, each_database: Database) -> None:
    facts = json.dumps({"name": NAME, "reason": WORDS, "note": WORDS, "at": "2026-11-25"})  # escaped, as some are
    spoken = json.dumps({"part": "", "answers": {str(every_table.NUMBER): WORDS}}, ensure_ascii=False)
    own: dict[str, dict[str, every_table.Value]] = {
        "notice": {"facts": facts, "state": "sent", "claimed_until": None},
        "event": {"facts": facts},
        "round_answer": {"body": spoken},
        "round_question": {"kind": "text"},
        "question": {"kind": "blank"},
        "identity": {"app_id": "wx", "openid": "o金丝雀"},
        "held_scan": {"openid": "o金丝雀"},
        "wrong_code": {"who": hashlib.sha256("wx o金丝雀".encode()).hexdigest()[:32]},
        "member": {"name": NAME, "phone": PHONE, "number": NUMBER, "born": BORN, "status": "full", "moved_out": None},
        "given": {"ending": f"{NAME}同志，{WORDS}"},
    }
    zhibu.types("db", "upgrade").done()
    with sql.rebuilding(each_database.engine) as db:
        for made in Base.metadata.sorted_tables:
            row = {**every_table.row(made), **own.get(made.name, {})}
            for name in row.keys() - own.get(made.name, {}).keys():
                fate = FATES.get(f"{made.name}.{name}")
                length = getattr(made.c[name].type, "length", None)
                if fate is Fate.NAMED:
                    row[name] = f"请{NAME}（{PHONE}）到会"[:length]
                elif fate is Fate.OWN and isinstance(row[name], str):
                    row[name] = WORDS[:length]
            db.execute(made.insert(), row)
    before = cells(each_database)
    assert sum("金丝雀" in row or CANARIES[1] in row for rows in before.values() for row in rows) > 20
    zhibu.types("forget", NAME, "--yes").done()

    after = cells(each_database)
    assert [(name, row) for name, rows in after.items() for row in rows for one in CANARIES if one in row] == []
    gone = {name for name in after if len(after[name]) < len(before[name])}
    assert gone == {key.partition(".")[0] for key, fate in FATES.items() if fate is Fate.DROPPED} | {"greeting", "wish"}


def test_a_member_of_many_affairs_is_forgotten_and_every_figure_stays(
    zhibu: Operator, each_database: Database, empty_redis: redis.Redis, redis_url: str
) -> None:
    with branch_on(each_database, redis_url) as branch:
        gone = branch.bound(NAME, phone=PHONE, number=NUMBER, born=BORN)
        with branch.house.reading() as db:
            first = db.scalars(select(Identity.openid).join(Member).where(Member.name == NAME)).one()
        other = branch.bound(f"{NAME}兰")  # a longer name, that has to stay
        later = branch.meeting("12月党课", opened=False, starts=timedelta(days=3))
        meeting = branch.meeting()
        gone.says(branch.number_at(meeting, NOON)).hears("签到成功")
        other.says("没有来")
        branch.close(meeting)
        gone.says("请假").says("5").says(f"{WORDS}一").hears("已提交")
        gone.says("意见").says("1").says("1").says(f"{WORDS}二").says("1").hears("已提交")
        gone.says("自查").says(f"{WORDS}三")
        branch.clock.advance(60)
        gone = branch.phone(NAME).says(branch.code(NAME)).hears("绑定成功")  # a new account, with the office's new slip
        gone.says("意见").says("1").says("1").says(f"{WORDS}四")  # a talk left open, in Redis
        house = branch.house
        with house.reading() as db:
            assert first not in db.scalars(select(Identity.openid)).all(), "once rebound nobody knows whose it was"
            openid = db.scalars(select(Identity.openid).join(Member).where(Member.name == NAME)).one()
            public_id = db.scalars(select(Member.public_id).where(Member.name == NAME)).one()
        house.run(
            lambda db: db.execute(
                update(Activity).where(Activity.public_id == meeting).values(host=NAME, recorder=f"{NAME}兰")
            )
        )
        guests = [
            {"public_id": f"guest{number}", "name": name, "unit": "", "entered_at": NOON}
            for number, name in enumerate((NAME, FORGOTTEN))  # one forgotten before was a guest of the same meeting
        ]
        held = select(Activity.id).where(Activity.public_id == meeting).scalar_subquery()
        house.run(lambda db: [db.execute(insert(Guest).values(activity_id=held, **one)) for one in guests])
        unsigned = UnsignedFile(
            house.settings.home / house.settings.confidential.unsigned_database, house.settings.zone
        )
        unsigned.submit("b" * 64, "work", f"请{NAME}同志多讲讲", datetime(2026, 11, 25, tzinfo=UTC))
        unsigned.file.close()
        empty_redis.set("shelf:roster", json.dumps([NAME, PHONE]))
        empty_redis.set("shelf:others", json.dumps([f"{NAME}兰", f"{PHONE}0"]))
        assert later
    canaries = (
        openid,
        first,
        WORDS,
        json.dumps(WORDS)[1:-1],
        PHONE,
        NUMBER,
        BORN,
        f"{NAME}，",
        f'{NAME}"',
        f"{NAME}同志",
    )
    assert len(left(each_database, empty_redis, canaries)) > 5
    before = {name: _numbers(each_database, name) for name in COUNTED}

    zhibu.types("appointments", "add", NAME, "宣传委员").done()
    zhibu.types("forget", NAME, "--yes").refused("还有职务")
    (office,) = _column(each_database, "appointment", "public_id")
    zhibu.types("appointments", "end", office).done()
    zhibu.types("forget", NAME).refused("--yes")
    told = zhibu.types("forget", NAME, "--yes").done().out
    assert "旧备份" in told
    assert NAME not in told
    assert [one for one in left(each_database, empty_redis, canaries) if "shelf:others" not in one] == []
    assert {name: _numbers(each_database, name) for name in COUNTED} == before
    assert empty_redis.delete("shelf:others"), "what names others alone stays"
    assert FORGOTTEN in _column(each_database, "activity", "host")
    assert f"{NAME}兰" in _column(each_database, "activity", "recorder")
    assert f"{NAME}兰" in _column(each_database, "member", "name")
    zhibu.types("forget", public_id, "--yes").done()
    zhibu.types("forget", NAME, "--yes").refused("没有")


def _column(database: Database, table: str, column: str) -> list[str]:
    made = Base.metadata.tables[table]
    with sql.snapshot(database.engine) as db:
        return [str(one) for one in db.scalars(select(made.c[column]))]


def _numbers(database: Database, table: str) -> list[str]:
    """All of a table that is counted: everything but words."""
    made = Base.metadata.tables[table]
    kept = [one for one in made.columns if FATES.get(f"{table}.{one.name}") is not Fate.OWN]
    with sql.snapshot(database.engine) as db:
        return sorted(map(repr, db.execute(select(*kept))))


def test_a_number_is_no_part_of_a_longer_one_and_json_stays_json() -> None:
    found = Traces(("10001", "马克"), (), ("马克思",), shared=False)
    text = '{"rows": 10001, "t": "0571-88100012，马克思主义，10001，马克"}'
    assert json.loads(told_without(text, found, "某")) == {"rows": 10001, "t": "0571-88100012，马克思主义，某，某"}
    assert told_without("编号10001号，A10001", found, "某") == "编号某号，A10001"


def test_a_copy_of_the_unsigned_file_is_searched_too(tmp_path: Path) -> None:
    """A deletion killed between the file and its copies leaves the name in these alone."""
    settings = load(ROOT / "config.yaml", {"ZHIBU_HOME": str(tmp_path)})
    unsigned = UnsignedFile(tmp_path / settings.confidential.unsigned_database, settings.zone)
    unsigned.submit("b" * 64, "work", f"请{NAME}同志多讲讲", datetime(2026, 11, 25, tzinfo=UTC))
    copy = copy_of(unsigned.file.path, "weekly")
    copy.parent.mkdir()
    unsigned.file.copy_to(copy)
    unsigned.reword(lambda text: text.replace(NAME, FORGOTTEN))
    unsigned.file.close()
    assert NAME.encode() in copy.read_bytes()
    _out_of_unsigned(settings, Traces((NAME,), (), (), shared=False), FORGOTTEN)
    assert NAME.encode() not in copy.read_bytes()


def row(table: str, **columns: every_table.Value) -> dict[str, every_table.Value]:
    return {**every_table.row(Base.metadata.tables[table]), **columns}


def two_members(db: Connection, *names: str) -> None:
    db.execute(Base.metadata.tables["org"].insert(), row("org", parent_id=None))
    made = [row("member", id=at, public_id=f"m{at}", name=one, number=None) for at, one in enumerate(names, 1)]
    db.execute(Base.metadata.tables["member"].insert(), made)


def test_of_two_of_one_name_the_events_that_are_the_members_own_lose_it(
    database: Database,
    empty_redis: redis.Redis,
    redis_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = {"name": NAME, "leave_class": "sick"}
    told = (
        ("member", 1, 2, "edited", {"note": f"同{NAME}", "post": f"{NAME}工作室"}),
        ("activity", 7, 1, "leave_asked", {**asked, "by_family": False}),
        ("activity", 7, 1, "leave_withdrawn", {"name": NAME}),
        ("activity", 7, 1, "makeup_told", {"name": NAME, "way": "read"}),
        ("activity", 7, 1, "leave_asked", {**asked, "by_family": True}),  # a leader, for the namesake
        ("activity", 7, 2, "mark_on_leave", {"name": NAME, "reason": f"{NAME}住院"}),
        ("activity", 7, 2, "leave_asked", {**asked, "by_family": False}),
        ("member", 2, 1, "edited", {"note": f"同{NAME}"}),
    )
    with sql.rebuilding(database.engine) as db:
        two_members(db, NAME, NAME)
        for number, (subject, about, by, verb, facts) in enumerate(told, 1):
            made = row("event", id=number, subject=subject, subject_id=about, by_id=by, verb=verb)
            db.execute(Base.metadata.tables["event"].insert(), {**made, "facts": json.dumps(facts)})
    done = at(database, redis_url, capsys, monkeypatch).types("forget", "m1", "--yes").done()
    assert "有同名的同志" in done.out
    now = [json.loads(one) for one in _column(database, "event", "facts")][: len(told)]
    assert now[:4] == [
        {"note": "", "post": f"{FORGOTTEN}工作室"},
        {**asked, "name": FORGOTTEN, "by_family": False},
        {"name": FORGOTTEN},
        {"name": FORGOTTEN, "way": "read"},
    ]
    assert now[4:] == [facts for *_, facts in told[4:]]


def test_an_account_left_behind_is_known_by_what_was_sent_to_it(database: Database) -> None:
    """By the message that arrived there, by the credit spent, by the unionid; nobody else's by any of them."""
    accounts = {1: 1, 2: None, 3: None, 4: None, 5: None, 6: 2}  # the number of its member
    with sql.rebuilding(database.engine) as db:
        two_members(db, NAME, "李娜")
        for number, member in accounts.items():
            union = "u-1" if number in {1, 4} else None
            made = row("identity", id=number, openid=f"o-{number}", unionid=union, member_id=member)
            db.execute(Base.metadata.tables["identity"].insert(), made)
        for number, member in ((1, 1), (11, 2)):
            made = row("notice", id=number, public_id=f"n{number}", member_id=member, once=f"n{number}")
            db.execute(Base.metadata.tables["notice"].insert(), {**made, "message_id": f"msg{number}"})
        for number, about in ((2, 1), (5, 11), (6, 1)):
            made = row("delivery", id=number, message_id=f"msg{about}", identity_id=number, app_id=f"wx{number}")
            db.execute(Base.metadata.tables["delivery"].insert(), made)
        for number, about in ((3, 1), (5, 11)):
            made = row("credit_entry", id=number, identity_id=number, move="spent", once=f"spent:{about}.1")
            db.execute(Base.metadata.tables["credit_entry"].insert(), made)
    with sql.reading(database.engine) as session:
        found = traces(session, session.get_one(Member, 1)).keys
    assert {one for one in found if one.startswith("o-")} == {"o-1", "o-2", "o-3", "o-4"}


@pytest.mark.parametrize(
    ("held", "names"),
    [
        ("10001", True),
        ('{"rows": 10001}', False),
        ('{"phone": "0571-88100012"}', False),
        (json.dumps({"talk": "电话\n10001"}), True),
        (json.dumps({"talk": json.dumps(["马克同志"])}), True),
        ("马克思主义", False),
        ("马克和马克思", True),
        ("zhibu:wx:talk:oAbc", True),
        ("zhibu:wx:talk:oAbcd", False),
    ],
)
def test_in_redis_nobody_elses_is_taken_for_the_members(held: str, names: bool) -> None:  # noqa: FBT001 - a table
    assert Traces(("10001", "马克"), ("oAbc",), ("马克思",), shared=False).held_by(held) is names
