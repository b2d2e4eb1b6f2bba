"""Rounds by their rules: who is asked, reminded and told, and what a breakdown shows."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from engines.sql import reading, run
from models.member import Member, MemberStatus
from models.notice import Notice, NoticeKind, NoticeState
from models.opinion import Verdict
from models.round import FormKind, Round, RoundAudience, RoundPurpose
from services import members, orgs, rights, rosters, round_results, rounds
from services.errors import NoSuchRound, RoundLacks
from services.forms import Question, Sheet
from services.rights import Act
from services.rosters import Entry
from services.round_results import Line
from services.small_cells import HIDDEN, Cell
from tests.engines import Database

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 22, 5, 52, tzinfo=UTC)
FORM = (
    Question(1, FormKind.SINGLE, "同意吗？", ("同意", "不同意")),
    Question(2, FormKind.MULTIPLE, "哪天？", ("周一", "周二"), required=False),
    Question(3, FormKind.TEXT, "意见？", required=False),
)


def operator(now: datetime = NOON) -> Act:
    """The operator, then."""
    return rights.operator(now, ZONE)


def roll(db: Session) -> None:
    """Twelve in each of two groups, one activist, one who has moved away, one retired to another branch."""
    for group in ("第一党小组", "第二党小组"):
        for number in range(12):
            rosters.take(db, Entry(name=f"{group[1]}组{number}", group=group), {})
    rosters.take(db, Entry(name="积极分子", status=MemberStatus.ACTIVIST), {})
    rosters.take(db, Entry(name="转出的", status=MemberStatus.MOVED), {})


def opened(db: Session, audience: RoundAudience, *, unnamed: bool = False, group: str = "") -> Round:
    """A round that closes on Tuesday at noon."""
    org = orgs.known_group(db, group) if group else None
    closes = NOON + timedelta(days=2)
    draft = rounds.Draft(RoundPurpose.SURVEY, "值班", "", audience, closes, FORM, unnamed, org)
    made = rounds.make(db, operator(), draft)
    rounds.open_(db, operator(), made)
    return made


def test_who_is_asked_by_each_audience_and_told_once(database: Database) -> None:
    written: list[str] = []

    def heard(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        written.append(statement)

    event.listen(database.engine, "before_cursor_execute", heard)

    def work(db: Session) -> None:
        roll(db)
        asked = {
            RoundAudience.MEMBERS: 24,
            RoundAudience.GROUP: 12,
            RoundAudience.EVERYONE: 25,
            RoundAudience.BOTH: 24,
            RoundAudience.OUTSIDE: 0,
        }
        for audience, count in asked.items():
            written.clear()
            made = opened(db, audience, group="第一党小组" if audience is RoundAudience.GROUP else "")
            assert len([one for one in written if "INTO notice" in one]) <= 1  # however many are asked
            assert rounds.people(db, made) == count, audience
            rounds.open_(db, operator(), made)  # tapped twice
            told = select(Notice).where(Notice.kind == NoticeKind.ROUND, Notice.once.contains(made.public_id))
            assert len(db.scalars(told).all()) == count
        activist = members.find(db, "积极分子")
        assert [one.audience for one in rounds.asked(db, activist, NOON)] == [RoundAudience.EVERYONE]
        last = rounds.asked(db, activist, NOON)[0]
        rounds.close(db, operator(), last)
        waiting = select(Notice.state).where(Notice.once.contains(last.public_id))
        assert set(db.scalars(waiting)) == {NoticeState.EXPIRED}  # nobody is asked to fill in what is over
        draft = rounds.Draft(RoundPurpose.SURVEY, "空", "", RoundAudience.MEMBERS, NOON, ())
        with pytest.raises(RoundLacks):
            rounds.open_(db, operator(), rounds.make(db, operator(), draft))

    run(database.engine, work)


def test_reminded_is_who_has_not_answered_and_of_an_unnamed_round_everybody(database: Database) -> None:
    def work(db: Session) -> None:
        roll(db)
        signed = opened(db, RoundAudience.MEMBERS)
        opened(db, RoundAudience.MEMBERS, unnamed=True)
        person = members.find(db, "一组3")
        rounds.answer(db, signed, person, {1: 1}, NOON, "message")
        due = datetime(2026, 11, 23, 2, tzinfo=UTC)  # 10:00 on the day before
        for since, until, count in (
            (due - timedelta(hours=2), due - timedelta(seconds=1), 0),
            (due - timedelta(minutes=1), due, 23 + 24),
            (due, due + timedelta(hours=2), 0),
            (due - timedelta(days=2), due + timedelta(days=5), 23 + 24),  # as the list of what comes asks
        ):
            found = list(rounds.closing(db, since, until, ZONE))
            assert len(found) == count
        assert person.name in {
            one.name for one, told in rounds.closing(db, due - timedelta(hours=1), due, ZONE) if told.facts["unnamed"]
        }
        assert [one.unnamed for one in rounds.open_for(db, person, NOON)] == [True]
        assert len(rounds.open_for(db, members.find(db, "一组4"), NOON)) == 2

    run(database.engine, work)


def test_a_breakdown_by_group_hides_what_is_small_and_what_would_give_it_away(database: Database) -> None:
    def work(db: Session) -> None:
        roll(db)
        signed = opened(db, RoundAudience.MEMBERS)
        for number, one in enumerate(
            db.scalars(select(Member).where(Member.group_id.is_not(None)).order_by(Member.id))
        ):
            against = number in {0, 1, 12, 13, 14, 15, 16, 17}  # two of the first group, six of the second
            given = {1: 2 if against else 1, 2: [1] if number % 3 else [1, 2], 3: "" if number else "一句话"}
            rounds.answer(db, signed, one, given, NOON, f"message{number}")
        rounds.close(db, operator(), signed)
        single, multiple, words = round_results.results(db, signed, [], words=True).figures
        assert list(single.cells) == [Cell(16), Cell(8)]
        assert [part for part, _ in single.parts] == ["第一党小组", "第二党小组"]
        assert [list(cells) for _, cells in single.parts] == [[HIDDEN, HIDDEN], [HIDDEN, HIDDEN]]
        assert list(multiple.cells) == [Cell(None, 90), Cell(8)]
        assert words.too_few
        assert len(round_results.results(db, signed, [], words=False).figures) == 2

    run(database.engine, work)


def test_an_unnamed_sheet_tells_its_part_only_where_ten_share_it(database: Database) -> None:
    def work(db: Session) -> None:
        roll(db)
        both = opened(db, RoundAudience.BOTH, unnamed=True)
        for count, part in ((9, ""), (1, "outside")):
            secrets = rounds.invite(db, operator(), both, count)
            _, link = rounds.of_secret(db, secrets[0])
            assert rounds.part(db, both, link) == part
        rounds.withdraw_links(db, operator(), both)
        _, link = rounds.of_secret(db, rounds.invite(db, operator(), both, 1)[0])
        assert rounds.part(db, both, link) == ""  # the only one that is out
        person = members.find(db, "一组3")
        assert Sheet.load(rounds.sheet(db, both, person, {1: 1}, NOON).dump()) == Sheet("inside", {1: 1})
        few = opened(db, RoundAudience.GROUP, unnamed=True, group="第一党小组")
        assert rounds.part(db, few, person) == ""

    run(database.engine, work)


def test_the_table_is_told_to_everybody_asked_once_and_is_nobody_elses(database: Database) -> None:
    def work(db: Session) -> None:
        roll(db)
        made = opened(db, RoundAudience.GROUP, group="第一党小组")
        rounds.close(db, operator(), made)
        with pytest.raises(RoundLacks):
            round_results.publish(db, operator(), made)
        round_results.respond(db, operator(), made, [Line("用录播", 3, Verdict.ADOPTED, "可行")], made.version)
        assert round_results.publish(db, operator(), made) == 12
        assert round_results.publish(db, operator(), made) == 0
        assert rounds.told(db, members.find(db, "一组1")) == [made]
        with pytest.raises(NoSuchRound):
            rounds.own(db, members.find(db, "二组1"), made.public_id)
        assert round_results.results(db, made, [], words=False).few

    run(database.engine, work)
    with reading(database.engine) as db:
        kinds = db.scalars(select(Notice.kind).where(Notice.kind == NoticeKind.ROUND_PUBLISHED)).all()
        assert len(kinds) == 12
