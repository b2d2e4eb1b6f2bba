"""The sender: what becomes of a notice for every way a send can go, and that none is sent twice or lost."""

import logging
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import yaml
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from jobs.sender import Sender
from models.activity import ActivityKind
from models.member import Member
from models.notice import Notice, NoticeKind, NoticeState
from services import activities, members, notices, orgs
from services.members import Account
from services.notices import LEASE, SENDING, Told
from simulator.faults import Fault
from simulator.journal import Side
from simulator.windows import Opener
from tests.branch import ROOT, Branch, Phone, _merge
from tests.engines import eventually
from tests.services.operator import ZHIBU
from tests.services.together import together
from tests.talks.conftest import branch, each_branch  # noqa: F401 - the same fixtures for this folder

SEND = "/cgi-bin/message/custom/send"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def sender(each_branch: Branch) -> Sender:  # noqa: F811
    return sender_of(each_branch)


def sender_of(branch: Branch) -> Sender:  # noqa: F811
    return Sender(branch.house.desk(), branch.house.settings.zone, branch.clock.now)


def reached(branch: Branch, name: str) -> Phone:  # noqa: F811
    """A member whose phone may be written to; bound behind the chat's back, which is quicker."""
    branch.member(name)
    phone = Phone(branch.world.join(name, following=True))
    opened(branch, phone)
    with branch.house.transaction() as db:
        member = members.find(db, name)
        identity = members.meet(db, Account(branch.house.parts.app_id, phone.person.openid), branch.clock.now())
        identity.member_id, identity.bound_at = member.id, branch.clock.now()
    return phone


def opened(branch: Branch, phone: Phone) -> None:  # noqa: F811
    """The person has just written something, so five messages may go out."""
    phone.person.windows.open(Opener.MESSAGE, branch.clock.now())


def cancelled(branch: Branch, title: str = "11月主题党日") -> str:  # noqa: F811
    """An activity of the day after tomorrow, called off just now; returns its public id."""
    house = branch.house

    def call_off(db: Session) -> str:
        at = branch.clock.now() + 2 * DAY
        activity = activities.plan(
            db, house.operator(), activities.Plan(ActivityKind.PARTY_DAY, title, at, orgs.branch(db), "三楼会议室")
        )
        activities.cancel(db, house.operator(), activity, "启动暴雨应急响应", activity.version)
        notices.cancelled(db, activity, branch.clock.now(), house.settings.zone)
        return activity.public_id

    return house.run(call_off)


def pushed(phone: Phone) -> list[str]:
    """What the account has said to that person of itself."""
    carrier = phone.person.carrier
    return [
        one.text for one in carrier.journal.lines(phone.person.id) if one.side is Side.ACCOUNT and one.exchange is None
    ]


def row(branch: Branch, name: str = "张建国") -> Notice:  # noqa: F811
    """The person's newest notice."""
    with branch.house.reading() as db:
        found = db.scalars(
            select(Notice).join(Member).where(Member.name == name).order_by(Notice.id.desc()).limit(1)
        ).one()
        db.expunge(found)
        return found


def states(branch: Branch) -> dict[str, tuple[str, str]]:  # noqa: F811
    """Everybody's notice: name -> (state, reason)."""
    with branch.house.reading() as db:
        found = db.execute(select(Member.name, Notice.state, Notice.reason).join(Member)).all()
    return {name: (state.value, reason) for name, state, reason in found}


# --- what becomes of it ------------------------------------------------------------------------------------------


def test_a_notice_reaches_everybody_expected_at_once_and_only_once(each_branch: Branch, sender: Sender) -> None:  # noqa: F811
    people = [reached(each_branch, name) for name in ("张建国", "李娜", "王芳")]
    cancelled(each_branch)
    assert sender.send_due() == 3
    for one in people:
        assert [text.startswith("【取消】因启动暴雨应急响应") for text in pushed(one)] == [True]
    assert set(states(each_branch).values()) == {("sent", "")}
    assert row(each_branch).closed_at == each_branch.clock.now()
    assert sender.send_due() == 0
    assert each_branch.world.calls[SEND] == 3


def test_nothing_due_is_one_look_that_writes_nothing(each_branch: Branch, sender: Sender) -> None:  # noqa: F811
    with statements(each_branch) as asked:
        assert sender.send_due() == 0
    assert [one.split()[0] for one in asked if one.split()[0] not in {"PRAGMA", "BEGIN"}] == ["SELECT"]


def test_contract_17_who_cannot_be_reached_is_not_tried_again_and_stops_nobody_else(
    each_branch: Branch,  # noqa: F811
    sender: Sender,
) -> None:
    zhang, li = reached(each_branch, "张建国"), reached(each_branch, "李娜")
    for number, errcode in enumerate((40003, 40241, 43004, 43101, 43117, 45015, 45047), start=1):
        opened(each_branch, li)
        cancelled(each_branch)
        each_branch.world.faults.plan(SEND, Fault(errcode=errcode))
        assert sender.send_due() == 2
        zhangs, lis = row(each_branch, "张建国"), row(each_branch, "李娜")
        assert (zhangs.state, zhangs.reason) == (NoticeState.WAITING, str(errcode))
        assert (lis.state, len(pushed(li))) == (NoticeState.SENT, number)
        each_branch.clock.advance(60)
        assert sender.send_due() == 0
    assert pushed(zhang) == []


def test_the_platforms_own_windows_close_and_open(each_branch: Branch, sender: Sender) -> None:  # noqa: F811
    silent, spent, gone = (reached(each_branch, name) for name in ("沈默", "陈多", "吴走"))
    each_branch.clock.advance((2 * DAY + HOUR).total_seconds())  # 48 hours after anybody said anything
    opened(each_branch, spent)
    for number in range(5):
        each_branch.world.push(spent.person.openid, "text", f"已发{number}")
    gone.person.following = False  # and the event never came
    cancelled(each_branch)
    assert sender.send_due() == 3
    assert states(each_branch) == {
        "沈默": ("waiting", "45015"),
        "陈多": ("waiting", "45047"),
        "吴走": ("waiting", "43004"),
    }
    assert pushed(silent) == []


def test_somebody_without_wechat_waits_to_be_told(each_branch: Branch, sender: Sender) -> None:  # noqa: F811
    each_branch.member("张建国")
    cancelled(each_branch)
    assert sender.send_due() == 1
    assert states(each_branch) == {"张建国": ("waiting", "unbound")}
    assert sender.send_due() == 0
    with each_branch.house.reading() as db:
        member = db.scalars(select(Member)).one()
        assert len(notices.unseen(db, member, each_branch.clock.now())) == 1


@pytest.mark.parametrize("errcode", [-1, 45011])
def test_contract_17_a_busy_platform_delays_and_the_wait_grows(
    each_branch: Branch,  # noqa: F811
    sender: Sender,
    errcode: int,
) -> None:
    zhang, li = reached(each_branch, "张建国"), reached(each_branch, "李娜")
    cancelled(each_branch)
    now = each_branch.clock.now()
    each_branch.world.faults.plan(SEND, Fault(errcode=errcode))
    sender.send_due()
    assert states(each_branch) == {"张建国": ("waiting", ""), "李娜": ("waiting", "")}
    first = row(each_branch).due_at - now
    assert timedelta(0) < first <= timedelta(minutes=1)
    assert sender.send_due() == 0
    assert each_branch.world.calls[SEND] == 1  # one try for all: it is away for everybody
    each_branch.clock.advance(first.total_seconds())
    each_branch.world.faults.plan(SEND, Fault(errcode=-1))
    sender.send_due()
    second = row(each_branch).due_at - each_branch.clock.now()
    assert second == timedelta(seconds=4)
    each_branch.clock.advance(second.total_seconds())
    assert sender.send_due() == 2
    assert [len(pushed(one)) for one in (zhang, li)] == [1, 1]
    assert sender.pause == timedelta(0)


def test_a_platform_that_is_not_reached_delays(each_branch: Branch) -> None:  # noqa: F811
    zhang = reached(each_branch, "张建国")
    cancelled(each_branch)
    desk = each_branch.house.desk()
    there = desk.account._client._wire.base
    desk.account.send_text(zhang.person.openid, "在")  # a token is at hand, so that the send itself meets the wall
    sender = sender_of(each_branch)
    desk.account._client._wire.base = "http://127.0.0.1:9"  # nobody listens
    assert sender.send_due() == 1
    assert states(each_branch) == {"张建国": ("waiting", "")}
    desk.account._client._wire.base = there
    each_branch.clock.advance(2)
    assert sender.send_due() == 1
    assert len(pushed(zhang)) == 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault(wait=30, after=True),  # longer than we wait: it arrived, and we were not told
        Fault(wait=30),
        Fault(status=502, after=True),
        Fault(html=True, after=True),
        Fault(html=True),
    ],
    ids=["times out after", "times out before", "502 after", "HTML after", "HTML before"],
)
def test_contract_16_an_outcome_nobody_knows_is_never_sent_again(
    each_branch: Branch,  # noqa: F811
    fault: Fault,
) -> None:
    zhang, li = reached(each_branch, "张建国"), reached(each_branch, "李娜")
    cancelled(each_branch)
    desk = each_branch.house.desk()
    desk.account._client._wire._timeout = 0.3
    sender = sender_of(each_branch)
    each_branch.world.faults.plan(SEND, fault)
    sender.send_due()
    each_branch.world.faults.forgive()
    assert states(each_branch) == {"张建国": ("unsure", "no_answer"), "李娜": ("waiting", "")}
    for _ in range(3):
        each_branch.clock.advance(timedelta(minutes=3).total_seconds())
        sender.send_due()
    assert states(each_branch) == {"张建国": ("unsure", "no_answer"), "李娜": ("sent", "")}
    assert len(pushed(zhang)) <= 1
    assert len(pushed(li)) == 1
    with each_branch.house.reading() as db:
        member = db.scalars(select(Member).where(Member.name == "张建国")).one()
        assert len(notices.unseen(db, member, each_branch.clock.now())) == 1  # shown at the next contact


def test_contract_17_a_daily_quota_stops_the_api_till_midnight_and_the_morning_after(
    each_branch: Branch,  # noqa: F811
    sender: Sender,
) -> None:
    for name in ("张建国", "李娜"):
        reached(each_branch, name)
    cancelled(each_branch)
    each_branch.world.faults.plan(SEND, Fault(errcode=45009))
    assert sender.send_due() == 2
    assert set(states(each_branch).values()) == {("waiting", "")}
    each_branch.clock.advance((5 * HOUR).total_seconds())
    assert sender.send_due() == 0
    assert each_branch.world.calls[SEND] == 1
    zone = each_branch.house.settings.zone
    due = row(each_branch).due_at.astimezone(zone)
    assert (due.day, due.hour, due.minute) == (23, 7, 30)  # at midnight the quota is there, but people sleep
    each_branch.clock.advance((due - each_branch.clock.now()).total_seconds())
    assert sender.send_due() == 2
    assert set(states(each_branch).values()) == {("sent", "")}


def test_a_mistake_of_ours_fails_and_is_told_once(
    each_branch: Branch,  # noqa: F811
    sender: Sender,
    caplog: pytest.LogCaptureFixture,
) -> None:
    names = ("张建国", "李娜", "王芳")
    for name in names:
        reached(each_branch, name)
    for number, errcode in enumerate((40164, 48001, 45002, 99999), start=1):
        cancelled(each_branch)
        each_branch.world.faults.plan(SEND, Fault(times=3, errcode=errcode))
        with caplog.at_level(logging.ERROR):
            assert sender.send_due() == 3
        assert {(one.state, one.reason) for one in (row(each_branch, name) for name in names)} == {
            (NoticeState.FAILED, str(errcode))
        }
        assert len([one for one in caplog.records if "ALERT" in one.getMessage()]) == number
        assert sender.send_due() == 0


def test_a_notice_nobody_can_word_holds_up_nobody(each_branch: Branch, sender: Sender) -> None:  # noqa: F811
    reached(each_branch, "张建国")
    li = reached(each_branch, "李娜")
    cancelled(each_branch)
    first = row(each_branch).id
    with each_branch.house.transaction() as db:
        db.execute(update(Notice).where(Notice.id == first).values(facts="{}"))
    assert sender.send_due() == 2
    assert states(each_branch) == {"张建国": ("failed", "wordless"), "李娜": ("sent", "")}
    assert len(pushed(li)) == 1


def test_a_token_ended_from_outside_costs_one_try_more(each_branch: Branch, sender: Sender) -> None:  # noqa: F811
    zhang = reached(each_branch, "张建国")
    each_branch.house.account.send_text(zhang.person.openid, "在")
    each_branch.world.tokens.invalidate()
    cancelled(each_branch)
    assert sender.send_due() == 1
    assert len(pushed(zhang)) == 2
    assert states(each_branch) == {"张建国": ("sent", "")}


@pytest.mark.parametrize(
    ("fault", "lands"),
    [
        (Fault(errcode=-1), "sent"),
        (Fault(errcode=45009), "sent"),
        (Fault(errcode=43004), "waiting"),
        (Fault(errcode=40164), "failed"),
        (Fault(wait=30, after=True), "unsure"),
    ],
    ids=["busy", "day", "left", "ours", "times out"],
)
def test_trouble_at_any_place_of_a_batch_touches_that_one_alone(
    branch: Branch,  # noqa: F811
    fault: Fault,
    lands: str,
) -> None:
    people = {name: reached(branch, name) for name in ("张建国", "李娜", "王芳")}
    desk = branch.house.desk()
    desk.account._client._wire._timeout = 0.3
    for place, unlucky in enumerate(people):
        for phone in people.values():
            opened(branch, phone)
        before = {name: len(pushed(phone)) for name, phone in people.items()}
        cancelled(branch, f"第{place}次")
        sender = Sender(desk, branch.house.settings.zone, branch.clock.now)
        if place:
            branch.world.faults.plan(SEND, Fault(times=place, after=True))  # nothing happens to those
        branch.world.faults.plan(SEND, replace(fault))
        for _ in range(5):
            sender.send_due()
            branch.world.faults.forgive()
            latest = [row(branch, name) for name in people]
            if not [one for one in latest if one.state is NoticeState.WAITING and not one.reason]:
                break
            branch.clock.advance((max(one.due_at for one in latest) - branch.clock.now()).total_seconds())
        ended = {name: row(branch, name).state.value for name in people}
        heard = {name: len(pushed(phone)) - before[name] for name, phone in people.items()}
        assert ended.pop(unlucky) == lands
        assert set(ended.values()) == {"sent"}
        assert heard.pop(unlucky) in ({0, 1} if lands == "unsure" else {int(lands == "sent")})
        assert set(heard.values()) == {1}


# --- when --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "until"), [(NoticeKind.LEAVE_DECIDED, (20, 30)), (NoticeKind.MOVED, (21, 0))])
def test_nothing_goes_in_the_quiet_hours_even_if_it_fell_due_before(
    each_branch: Branch,  # noqa: F811
    sender: Sender,
    kind: NoticeKind,
    until: tuple[int, int],
) -> None:
    reached(each_branch, "张建国")
    zone = each_branch.house.settings.zone
    now = each_branch.clock.now()
    facts: dict[str, notices.Plain] = {"title": "t", "at": now.isoformat(), "before": now.isoformat(), "place": "", "reason": "", "agreed": True,
             "by": "", "note": ""}  # fmt: skip
    with each_branch.house.transaction() as db:
        member = db.scalars(select(Member)).one()
        notices.write(db, member, Told(kind, "x", facts, now, now + 2 * DAY), now)
    evening = now.astimezone(zone).replace(hour=until[0], minute=until[1])
    each_branch.clock.advance((evening - now).total_seconds())  # the sender was down all afternoon
    assert sender.send_due() == 0
    with each_branch.house.reading() as db:
        assert not notices.pending(db, each_branch.clock.now(), zone)
    morning = (evening + DAY).replace(hour=7, minute=30)
    each_branch.clock.advance((morning - each_branch.clock.now()).total_seconds() - 1)
    assert sender.send_due() == 0
    each_branch.clock.advance(1)
    assert sender.send_due() == 1
    assert states(each_branch)["张建国"][0] == "sent"


def test_past_its_use_it_is_not_sent_any_more(each_branch: Branch, sender: Sender) -> None:  # noqa: F811
    zhang = reached(each_branch, "张建国")
    cancelled(each_branch)
    each_branch.clock.advance((3 * DAY).total_seconds())
    opened(each_branch, zhang)
    sender.send_due()
    assert states(each_branch) == {"张建国": ("expired", "")}
    assert pushed(zhang) == []


def test_what_is_no_longer_so_is_not_sent(each_branch: Branch, sender: Sender) -> None:  # noqa: F811
    zhang = reached(each_branch, "张建国")
    house, zone = each_branch.house, each_branch.house.settings.zone
    evening = each_branch.clock.now().astimezone(zone).replace(hour=22)
    each_branch.clock.advance((evening - each_branch.clock.now()).total_seconds())
    at = each_branch.clock.now() + 2 * DAY

    def plan(db: Session) -> str:
        asked = activities.Plan(ActivityKind.PARTY_DAY, "党日", at, orgs.branch(db), "三楼")
        return activities.plan(db, house.operator(), asked).public_id

    meeting = house.run(plan)

    def move(db: Session, to: datetime) -> None:
        activity = activities.find(db, meeting)
        activities.move(db, house.operator(), activity, (to, "三楼"), "有台风", activity.version)
        notices.moved(db, activity, each_branch.clock.now(), zone)

    def cancel(db: Session) -> None:
        activity = activities.find(db, meeting)
        activities.cancel(db, house.operator(), activity, "有台风", activity.version)
        notices.cancelled(db, activity, each_branch.clock.now(), zone)

    for work in (lambda db: move(db, at + DAY), lambda db: move(db, at + 2 * DAY), cancel):
        house.run(work)
    each_branch.clock.advance((10 * HOUR).total_seconds())
    assert sender.send_due() == 1
    assert [text[:4] for text in pushed(zhang)] == ["【取消】"]
    with house.reading() as db:
        assert [one.state for one in db.scalars(select(Notice).order_by(Notice.id))] == [
            NoticeState.EXPIRED,
            NoticeState.EXPIRED,
            NoticeState.SENT,
        ]


# --- several, and half-way ---------------------------------------------------------------------------------------


def test_two_senders_at_once_send_each_notice_once(each_branch: Branch) -> None:  # noqa: F811
    people = [reached(each_branch, f"同志{number:02}") for number in range(12)]
    cancelled(each_branch)

    def send() -> None:
        sender = sender_of(each_branch)
        while sender.send_due():
            pass

    assert together([send, send]) == [None, None]
    sender_of(each_branch).send_due()  # what both left, each because the other was looking at it
    assert [len(pushed(one)) for one in people] == [1] * 12
    assert each_branch.world.calls[SEND] == 12
    assert set(states(each_branch).values()) == {("sent", "")}


def test_what_a_sender_took_and_never_began_is_sent_by_the_next(each_branch: Branch, sender: Sender) -> None:  # noqa: F811
    zhang = reached(each_branch, "张建国")
    cancelled(each_branch)
    lost = each_branch.house.run(lambda db: sender._claim(db, each_branch.clock.now()))
    assert len(lost) == 1
    assert sender.send_due() == 0
    each_branch.clock.advance(LEASE.total_seconds() + 1)
    assert sender.send_due() == 1
    assert len(pushed(zhang)) == 1
    assert sender._send(*lost[0])  # the first comes back to life: it is no longer its own
    assert len(pushed(zhang)) == 1
    sender._put_back([lost[0][0]])
    assert states(each_branch) == {"张建国": ("sent", "")}


def test_what_a_sender_had_begun_is_unsure_and_corrected_if_it_comes_back(
    each_branch: Branch,  # noqa: F811
    sender: Sender,
) -> None:
    zhang = reached(each_branch, "张建国")
    cancelled(each_branch)
    claimed = each_branch.house.run(lambda db: sender._claim(db, each_branch.clock.now()))
    notice = claimed[0][0]
    assert each_branch.house.run(lambda db: notices.begin(db, notice))
    assert not each_branch.house.run(lambda db: notices.begin(db, notice))
    each_branch.clock.advance(LEASE.total_seconds() + 1)
    assert sender_of(each_branch).send_due() == 0
    assert states(each_branch) == {"张建国": ("unsure", SENDING)}
    assert pushed(zhang) == []
    sender._close(notice, NoticeState.SENT)
    assert states(each_branch) == {"张建国": ("sent", "")}


def test_told_to_end_it_puts_back_what_it_has_not_begun(each_branch: Branch, sender: Sender) -> None:  # noqa: F811
    for name in ("张建国", "李娜"):
        reached(each_branch, name)
    cancelled(each_branch)
    sender._ending.set()
    assert sender.send_due() == 2
    assert set(states(each_branch).values()) == {("waiting", "")}
    assert each_branch.world.calls[SEND] == 0
    assert sender_of(each_branch).send_due() == 2


def test_a_leave_decided_meanwhile_is_not_asked_about(each_branch: Branch, sender: Sender) -> None:  # noqa: F811
    reached(each_branch, "张建国")
    now = each_branch.clock.now()
    with each_branch.house.transaction() as db:
        member = db.scalars(select(Member)).one()
        for leave in ("aaaaaaaaaa", "bbbbbbbbbb"):
            facts = {"leave": leave, "name": "李娜", "class": "duty", "title": "t", "at": now.isoformat()}
            notices.write(db, member, Told(NoticeKind.LEAVE_ASKED, leave, facts, now, now + DAY), now)
        notices._replace(db, (NoticeKind.LEAVE_ASKED,), "aaaaaaaaaa:", now)
    assert sender.send_due() == 1
    with each_branch.house.reading() as db:
        assert [one.state.value for one in db.scalars(select(Notice).order_by(Notice.id))] == ["expired", "sent"]


# --- the process -------------------------------------------------------------------------------------------------


def noon() -> ZoneInfo:
    """A zone in which it is about noon: a process goes by the real clock, and people sleep in some zones."""
    ahead = 12 - datetime.now(UTC).hour
    return ZoneInfo(f"Etc/GMT{-ahead:+d}")  # the signs of these names are the other way round


@contextmanager
def process(branch: Branch, *arguments: str) -> Iterator["subprocess.Popen[str]"]:  # noqa: F811
    """`zhibu jobs …` on the branch's database and its simulated WeChat."""
    settings = branch.house.settings
    content = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))
    changed = {
        "wechat": {"api_base": settings.wechat.api_base, "timeout": 20},
        "database": {"url": settings.database.url},
        "redis": {"url": settings.redis.url},
        "branch": {"timezone": str(noon())},
    }
    _merge(content, changed)
    (settings.home / "config.yaml").write_text(yaml.safe_dump(content), "utf-8")
    started = subprocess.Popen(
        [ZHIBU, "--verbose", "jobs", *arguments],
        cwd=settings.home,
        env={**os.environ, "ZHIBU_HOME": str(settings.home)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


def due_really(branch: Branch) -> None:  # noqa: F811
    """Make all notices due by the real clock."""
    now = datetime.now(UTC)
    with branch.house.transaction() as db:
        db.execute(update(Notice).values(due_at=now - HOUR, useful_until=now + DAY))


def test_kill_9_in_the_middle_loses_nothing_and_sends_nothing_twice(each_branch: Branch) -> None:  # noqa: F811
    people = {name: reached(each_branch, name) for name in ("张建国", "李娜", "王芳")}
    cancelled(each_branch)
    due_really(each_branch)
    calls = each_branch.world.calls
    each_branch.world.faults.plan(SEND, Fault(after=True))  # the first: nothing happens to it
    each_branch.world.faults.plan(SEND, Fault(wait=60, after=True))  # the second arrives, and nobody hears so
    with process(each_branch, "--only", "sender") as first:
        eventually(lambda: calls[SEND] == 2 or first.poll() is not None, within=60, what="the second send")
        eventually(lambda: len(pushed(people["李娜"])) == 1)
        first.send_signal(signal.SIGKILL)
        first.wait()
    each_branch.world.faults.forgive()
    assert states(each_branch) == {"张建国": ("sent", ""), "李娜": ("claimed", SENDING), "王芳": ("claimed", "")}
    soon = datetime.now(UTC) + LEASE + timedelta(seconds=1)
    Sender(each_branch.house.desk(), noon(), lambda: soon).send_due()
    assert states(each_branch) == {"张建国": ("sent", ""), "李娜": ("unsure", SENDING), "王芳": ("sent", "")}
    assert [len(pushed(one)) for one in people.values()] == [1, 1, 1]


def test_the_process_sends_what_comes_due_and_ends_at_once_when_told(branch: Branch) -> None:  # noqa: F811
    zhang = reached(branch, "张建国")
    with process(branch) as jobs:
        assert jobs.stderr is not None
        next(line for line in jobs.stderr if "job name=" in line)  # the scheduler is there as well
        cancelled(branch)
        due_really(branch)
        eventually(lambda: pushed(zhang), within=60, what="the notice")
        eventually(lambda: states(branch) == {"张建国": ("sent", "")})
        jobs.send_signal(signal.SIGTERM)
        assert "Traceback" not in jobs.stderr.read()
        assert jobs.wait() == 0


def test_the_database_away_for_a_while_does_not_end_the_sender(branch: Branch) -> None:  # noqa: F811
    zhang = reached(branch, "张建国")
    with branch.house.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE notice RENAME TO away")
    sender = Sender(branch.house.desk(), branch.house.settings.zone, branch.clock.now)
    with heard("sender waits error=OperationalError") as told:
        sender.start()
        assert told.wait(20)
    with branch.house.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO notice")
    cancelled(branch)
    eventually(lambda: pushed(zhang), what="the notice")
    sender.shutdown()
    assert not sender._thread or not sender._thread.is_alive()


@contextmanager
def heard(words: str) -> Iterator[threading.Event]:
    """An event that comes when the sender's log says these words."""
    come = threading.Event()

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if words in record.getMessage():
                come.set()

    ear = Ear()
    logging.getLogger("jobs.sender").addHandler(ear)
    yield come
    logging.getLogger("jobs.sender").removeHandler(ear)


@contextmanager
def statements(branch: Branch) -> Iterator[list[str]]:  # noqa: F811
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    event.listen(branch.house.engine, "before_cursor_execute", note)
    yield asked
    event.remove(branch.house.engine, "before_cursor_execute", note)
