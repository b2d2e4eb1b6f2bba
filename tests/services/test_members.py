"""People and their accounts: found without guessing, bound once, never merged; on both engines."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, update

from engines.sql import run, transaction
from models import Identity, Member
from models.member import BindCode, MemberStatus, WrongCode
from services import members, rosters
from services.errors import (
    BoundToAnother,
    CodeExpired,
    CodeUnknown,
    CodeUsed,
    MemberBound,
    NoSuchMember,
    Refusal,
    TooManyTries,
)
from services.members import Account, BindingRules
from services.rosters import Entry
from tests.engines import Database
from tests.services.together import together

NOW = datetime(2026, 11, 22, 5, 52, tzinfo=UTC)
LIVES = timedelta(days=30)
RULES = BindingRules(LIVES, wrong_tries=3, lock=timedelta(hours=1))
APP = "wx-account"


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def someone(database: Database, name: str, **known: str) -> str:
    """Put a person on the roll; returns a fresh code."""

    def add(db: object) -> str:
        member = rosters.take(db, Entry(name=name, **known), {}).member  # type: ignore[arg-type] # the session
        return members.issue_code(db, member, NOW, LIVES).digits  # type: ignore[arg-type]

    return run(database.engine, add)


def fresh_code(database: Database, name: str, at: datetime) -> str:
    return run(database.engine, lambda db: members.issue_code(db, members.find(db, name), at, LIVES).digits)


def bind(
    database: Database, openid: str, digits: str, message: str = "", at: datetime = NOW, app_id: str = APP
) -> str | type[Refusal]:
    """Bind as an entrance does; returns the name, or which refusal it was."""
    account, message = Account(app_id, openid), message or f"{openid} {digits} {at:%H%M%S}"
    try:
        return run(database.engine, lambda db: members.bind(db, account, digits, message, at, RULES).name)
    except CodeUnknown:
        run(database.engine, lambda db: members.note_wrong_code(db, account, message, at))
        return CodeUnknown
    except Refusal as refusal:
        return type(refusal)


def bound(database: Database) -> dict[str, str]:
    """Who is bound to which account of the official account."""
    with database.engine.connect() as connection:
        rows = connection.execute(select(Identity.openid, Member.name).join(Member).where(Identity.app_id == APP))
        return {str(openid): str(name) for openid, name in rows}


# --- finding -----------------------------------------------------------------------------------------------------


def test_a_member_is_found_by_id_number_or_unique_name(each_database: Database) -> None:
    for entry in (Entry("张伟", number="7"), Entry("张伟", number="8"), Entry("李娜", number="张伟7")):
        run(each_database.engine, partial(rosters.take, entry=entry, times_in_file={}))
    with transaction(each_database.engine) as db:
        assert members.find(db, "7").number == "7"
        assert members.find(db, " 李娜 ").number == "张伟7"
        seventh = members.find(db, "7")
        assert members.find(db, seventh.public_id) is seventh
        with pytest.raises(NoSuchMember) as several:
            members.find(db, "张伟")
        assert len(several.value.candidates) == 2
        assert several.value.candidates[0] == (seventh.public_id, "张伟")
        for nobody in ("", "张", "%", "9"):
            with pytest.raises(NoSuchMember) as none:
                members.find(db, nobody)
            assert none.value.candidates == ()


# --- binding -----------------------------------------------------------------------------------------------------


def test_a_code_binds_once_and_the_same_message_again_is_the_same_binding(each_database: Database) -> None:
    digits = someone(each_database, "张建国")
    assert bind(each_database, "o-1", digits, "m1") == "张建国"
    assert bind(each_database, "o-1", digits, "m1") == "张建国"
    assert bind(each_database, "o-1", digits, "m2") is CodeUsed
    assert bind(each_database, "o-2", digits, "m3") is CodeUsed
    assert bound(each_database) == {"o-1": "张建国"}


@pytest.mark.parametrize(("seconds", "outcome"), [(-1, "张建国"), (0, CodeExpired), (1, CodeExpired)])
def test_a_code_expires_at_its_very_second(each_database: Database, seconds: int, outcome: object) -> None:
    digits = someone(each_database, "张建国")
    assert bind(each_database, "o-1", digits, at=NOW + LIVES + timedelta(seconds=seconds)) == outcome


def test_two_people_never_merge(each_database: Database) -> None:
    first, second = someone(each_database, "张建国"), someone(each_database, "李娜")
    assert bind(each_database, "o-1", first) == "张建国"
    assert bind(each_database, "o-1", second) is BoundToAnother
    assert bind(each_database, "o-2", second) == "李娜"
    assert bound(each_database) == {"o-1": "张建国", "o-2": "李娜"}


def test_one_person_has_an_account_of_each_application(database: Database) -> None:
    assert bind(database, "o-1", someone(database, "张建国")) == "张建国"
    assert bind(database, "m-1", fresh_code(database, "张建国", later(1)), app_id="wx-mini") == "张建国"
    assert bound(database) == {"o-1": "张建国"}


def test_a_slip_issued_after_the_binding_moves_it_and_an_older_one_does_not(each_database: Database) -> None:
    someone(each_database, "张建国")
    old = fresh_code(each_database, "张建国", NOW)
    assert bind(each_database, "o-1", old, at=later(10)) == "张建国"
    same = fresh_code(each_database, "张建国", later(10))  # issued in the moment of the binding, not after it
    assert bind(each_database, "o-2", same, at=later(20)) is MemberBound
    new = fresh_code(each_database, "张建国", later(11))
    assert bind(each_database, "o-2", new, at=later(20)) == "张建国"
    assert bound(each_database) == {"o-2": "张建国"}


def test_a_fresh_code_ends_the_one_before_it_and_a_slip_printed_again_does_not(each_database: Database) -> None:
    first = someone(each_database, "张建国")

    def slip(at: datetime) -> str:
        return run(each_database.engine, lambda db: members.slip_code(db, members.find(db, "张建国"), at, LIVES).digits)

    assert slip(later(5)) == first
    assert slip(NOW + LIVES) != first
    second = fresh_code(each_database, "张建国", later(5))
    assert bind(each_database, "o-1", first) is CodeUnknown
    assert bind(each_database, "o-1", second) == "张建国"


def test_wrong_codes_lock_count_once_a_message_and_open_at_the_very_second(each_database: Database) -> None:
    digits = someone(each_database, "张建国")
    for _ in range(5):
        assert bind(each_database, "o-1", "10000000", "the same") is CodeUnknown
    assert bind(each_database, "o-1", "10000001", at=later(10)) is CodeUnknown
    assert bind(each_database, "o-2", "10000001", at=later(10)) is CodeUnknown
    assert bind(each_database, "o-1", "10000002", at=later(20)) is CodeUnknown
    assert bind(each_database, "o-1", digits, at=later(21)) is TooManyTries
    with transaction(each_database.engine) as db, pytest.raises(TooManyTries) as locked:
        members.bind(db, Account(APP, "o-1"), digits, "m", later(21), RULES)
    assert locked.value.until == later(20 + 3600)
    run(each_database.engine, lambda db: members.forget_account(db, Account(APP, "o-1"), NOW))
    assert bind(each_database, "o-1", digits, at=later(3599)) is TooManyTries
    assert bind(each_database, "o-1", digits, at=later(3600)) == "张建国"  # the first of the three is an hour old


def test_what_is_forgotten_is_gone_at_its_time(each_database: Database) -> None:
    bind(each_database, "o-1", "10000000", "m1")
    hour = timedelta(hours=1)

    def purge(at: datetime) -> int:
        return run(each_database.engine, lambda db: members.purge(db, at, timedelta(hours=12), hour))

    assert purge(NOW + hour) == 0
    assert purge(NOW + hour + timedelta(seconds=1)) == 1
    assert purge(NOW + hour + timedelta(seconds=1)) == 0
    with each_database.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(WrongCode)) == 0


# --- at the same moment ------------------------------------------------------------------------------------------


def test_two_accounts_with_one_slip_one_wins_and_the_others_hear_it(each_database: Database) -> None:
    for turn in range(5):
        digits = someone(each_database, f"同志{turn}")
        names = together([partial(bind, each_database, f"o-{turn}-{n}", digits) for n in range(4)])
        assert sorted(map(str, names)) == sorted([f"同志{turn}", *[str(CodeUsed)] * 3])
    assert sorted(bound(each_database).values()) == [f"同志{turn}" for turn in range(5)]


def test_one_account_with_two_slips_becomes_one_member(each_database: Database) -> None:
    for turn in range(5):
        slips = [someone(each_database, f"同志{turn}-{n}") for n in range(3)]
        run(each_database.engine, partial(members.meet, account=Account(APP, f"o-{turn}"), now=NOW))
        found = together([partial(bind, each_database, f"o-{turn}", digits) for digits in slips])
        won = [one for one in found if isinstance(one, str)]
        assert won == [bound(each_database)[f"o-{turn}"]], found
        assert found.count(BoundToAnother) == 2, found
    with each_database.engine.connect() as connection:
        used = select(func.count()).select_from(BindCode).where(BindCode.used_at.is_not(None))
        assert connection.scalar(used) == 5


def test_the_same_message_delivered_twice_at_once_binds_once(each_database: Database) -> None:
    digits = someone(each_database, "张建国")
    run(each_database.engine, partial(members.meet, account=Account(APP, "o-1"), now=NOW))
    assert together([partial(bind, each_database, "o-1", digits, "m")] * 4) == ["张建国"] * 4


# --- unionid -----------------------------------------------------------------------------------------------------


def learn(database: Database, openid: str, unionid: str | None, app_id: str = APP) -> str | None:
    def work(db: object) -> str | None:
        identity = members.meet(db, Account(app_id, openid), NOW)  # type: ignore[arg-type] # the session
        member = members.learn_unionid(db, identity, unionid, NOW)  # type: ignore[arg-type]
        return member.name if member else None

    return run(database.engine, work)


def test_a_unionid_binds_the_other_account_and_an_empty_one_nobody(each_database: Database) -> None:
    bind(each_database, "m-1", someone(each_database, "张建国"), app_id="wx-mini")
    assert learn(each_database, "m-1", "u-1", "wx-mini") is None
    assert learn(each_database, "o-2", None) is None
    assert learn(each_database, "o-3", "") is None
    assert learn(each_database, "o-4", "u-2") is None
    assert learn(each_database, "o-1", "u-1") == "张建国"
    assert learn(each_database, "o-1", "u-1") is None
    assert learn(each_database, "o-5", "u-1") is None  # the member has an account of this application
    assert bound(each_database) == {"o-1": "张建国"}


def test_nobody_already_bound_is_moved_by_a_unionid(database: Database) -> None:
    bind(database, "m-1", someone(database, "张建国"), app_id="wx-mini")
    learn(database, "m-1", "u-1", "wx-mini")
    bind(database, "o-1", someone(database, "李娜"))
    assert learn(database, "o-1", "u-1") is None
    assert bound(database) == {"o-1": "李娜"}
    assert learn(database, "o-9", "u-1") is None  # two members share it now: a person has to look


def test_who_is_not_yet_bound(database: Database) -> None:
    for name, status in (("张建国", "full"), ("李娜", "probationary"), ("周静", "activist"), ("老王", "moved")):
        someone(database, name)
        with database.engine.begin() as connection:
            connection.execute(update(Member).where(Member.name == name).values(status=MemberStatus(status)))
    bind(database, "o-1", fresh_code(database, "张建国", NOW))
    with transaction(database.engine) as db:
        assert [one.name for one in members.unbound(db, APP)] == ["李娜"]
        assert {one.name for one in members.unbound(db, "wx-mini")} == {"张建国", "李娜"}
