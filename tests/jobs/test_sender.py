"""The sender: by which channel a notice goes, what becomes of it for every way a send can go, none twice and none lost."""

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
from redis import Redis
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from jobs.channels import ways
from jobs.sender import Errand, Sender
from models.activity import ActivityKind
from models.member import Identity, Member
from models.notice import Channel, Notice, NoticeKind, NoticeState
from services import activities, credits, members, notices, orgs, outbox, quiet
from services.credits import Balance, Purse
from services.deliveries import AGAIN, SENDING
from services.members import Account
from services.notices import Line, Told
from settings import Quota, Quotas
from simulator.faults import Fault
from simulator.journal import Side
from simulator.outcomes import Telling, When
from simulator.windows import Opener
from tests.branch import ROOT, Branch, Phone, _merge, branch_on
from tests.engines import Database, eventually
from tests.services.operator import ZHIBU
from tests.services.together import together

SERVICE = "/cgi-bin/message/custom/send"
TEMPLATE = "/cgi-bin/message/template/send"
SUBSCRIPTION = "/cgi-bin/message/subscribe/bizsend"
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LEASE = timedelta(minutes=2)  # as config.yaml has it
FACTS = '{"name": "王芳", "joined": "1998-11-22", "day": "2026-11-22", "years": 28}'


@pytest.fixture
def sender(each_branch: Branch) -> Sender:
    return sender_of(each_branch)


def sender_of(branch: Branch) -> Sender:
    return Sender(branch.house.desk(), branch.house.settings.zone, branch.clock.now)


def reached(branch: Branch, name: str) -> Phone:
    """A member whose phone may be written to; bound behind the chat's back, which is quicker."""
    branch.member(name)
    phone = Phone(branch.world.join(name, following=True))
    with branch.house.transaction() as db:
        member = members.find(db, name)
        identity = members.meet(db, Account(branch.house.parts.app_id, phone.person.openid), branch.clock.now())
        identity.member_id, identity.bound_at = member.id, branch.clock.now()
    branch.phones[name] = phone
    return phone


def opened(branch: Branch, phone: Phone) -> None:
    """The person has just written something, so five messages may go out; behind the chat's back, which is quicker."""
    phone.person.windows.open(Opener.MESSAGE, branch.clock.now())
    with branch.house.transaction() as db:
        mine = update(Identity).where(Identity.openid == phone.person.openid)
        db.execute(mine.values(spoke_at=branch.clock.now(), answered=0))


def cancelled(branch: Branch, title: str = "11月主题党日") -> str:
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


def told(branch: Branch, kind: NoticeKind, *names: str, occurrence: str = "x") -> None:
    """A notice of that kind, due now, for each of these people."""
    now = branch.clock.now()
    facts: dict[str, notices.Plain] = {
        "title": "11月主题党日", "at": (now + DAY).isoformat(), "before": now.isoformat(), "place": "三楼会议室",
        "kind": "party_day", "reason": "", "agreed": True, "by": "王芳", "note": "", "name": "张建国", "class": "duty",
        "joined": "1998-11-22", "day": "2026-11-22", "years": 28, "done": 240, "missing": 80, "next": None,
    }  # fmt: skip
    with branch.house.transaction() as db:
        lines = [Line(members.find(db, name).id, Told(kind, occurrence, facts, now, now + 2 * DAY)) for name in names]
        assert notices.write_all(db, lines, now) == len(names)


def pushed(phone: Phone) -> list[str]:
    """What has reached that person of itself: the channels, in their order."""
    carrier = phone.person.carrier
    lines = carrier.journal.lines(phone.person.id)
    return [
        "service" if one.kind == "text" else "card"
        for one in lines
        if one.side is Side.ACCOUNT and one.exchange is None
    ]


def row(branch: Branch, name: str = "张建国") -> Notice:
    """The person's newest notice."""
    with branch.house.reading() as db:
        found = db.scalars(
            select(Notice).join(Member).where(Member.name == name).order_by(Notice.id.desc()).limit(1)
        ).one()
        db.expunge(found)
        return found


def states(branch: Branch) -> dict[str, tuple[str, str]]:
    """Everybody's notice: name -> (state, reason)."""
    with branch.house.reading() as db:
        found = db.execute(select(Member.name, Notice.state, Notice.reason).join(Member)).all()
    return {name: (state.value, reason) for name, state, reason in found}


def left(branch: Branch, phone: Phone, topic: str) -> int:
    """What the ledger says is left to that person."""
    with branch.house.reading() as db:
        identity = db.scalars(select(Identity).where(Identity.openid == phone.person.openid)).one()
        template = branch.house.settings.wechat.templates.given[topic].id
        return credits.balances(db, [identity.id]).get(Purse(identity.id, template), Balance()).left


def hurried(branch: Branch) -> Sender:
    """A sender that waits for no answer for long."""
    branch.house.account._posts._timeout = 0.3
    return sender_of(branch)


# --- by which channel --------------------------------------------------------------------------------------------


def test_a_notice_reaches_everybody_expected_at_once_and_only_once(each_branch: Branch, sender: Sender) -> None:
    people = [reached(each_branch, name) for name in ("张建国", "李娜", "王芳")]
    cancelled(each_branch)
    assert sender.send_due() == 3
    for one in people:
        assert [card.data["thing1"] for card in each_branch.world.received(one.person)] == ["11月主题党日"]
    assert set(states(each_branch).values()) == {("sent", "")}
    sent = row(each_branch)
    assert (sent.closed_at, sent.channel, sent.tries) == (each_branch.clock.now(), Channel.TEMPLATE, 1)
    assert sender.send_due() == 0
    assert each_branch.world.calls[TEMPLATE] == 3
    each_branch.world.outcomes.deliver(shuffled=True)
    assert set(states(each_branch).values()) == {("delivered", "")}


def test_nothing_due_is_one_look_that_writes_nothing(each_branch: Branch, sender: Sender) -> None:
    with statements(each_branch) as asked:
        assert sender.send_due() == 0
    assert {one.split()[0] for one in asked} <= {"SELECT", "PRAGMA", "BEGIN"}


def test_a_notice_goes_by_what_is_open_and_waits_where_nothing_is(branch: Branch) -> None:
    sender = sender_of(branch)
    zhang = reached(branch, "张建国")
    branch.member("李娜")  # without WeChat
    for kind in (NoticeKind.BIRTHDAY, NoticeKind.PLANNED):
        told(branch, kind, "张建国", "李娜")
        assert sender.send_due() == 2
        assert states(branch) == {"张建国": ("waiting", "closed"), "李娜": ("waiting", "unbound")}
    assert pushed(zhang) == []
    zhang.accepts("birthday")
    zhang.accepts("activity")
    told(branch, NoticeKind.BIRTHDAY, "张建国", occurrence="by consent")
    sender.send_due()
    assert row(branch).channel is Channel.SUBSCRIPTION
    told(branch, NoticeKind.BIRTHDAY, "张建国", occurrence="the consent is used up")
    sender.send_due()
    assert states(branch)["张建国"] == ("waiting", "closed")
    opened(branch, zhang)
    for number in range(5):  # of the five of a window the last is kept back
        told(branch, NoticeKind.PLANNED, "张建国", occurrence=f"not worth a consent {number}")
    sender.send_due()
    assert pushed(zhang) == ["card", "service", "service", "service", "service"]
    assert row(branch).reason == "closed"
    branch.clock.advance((2 * DAY + HOUR).total_seconds())
    told(branch, NoticeKind.PLANNED, "张建国", occurrence="two days later")
    sender.send_due()
    assert row(branch).reason == "closed"
    assert branch.world.calls[SERVICE] == 4
    with branch.house.reading() as db:
        assert len(notices.unseen(db, members.find(db, "张建国"), branch.clock.now())) == 1  # the others are past use


def test_consents_go_to_what_ranks_first(branch: Branch) -> None:
    zhang = reached(branch, "张建国").accepts("activity")
    told(branch, NoticeKind.PLANNED, "张建国")
    told(branch, NoticeKind.TOMORROW, "张建国")
    reached(branch, "李娜").accepts("study", 2)
    for number in range(3):
        told(branch, NoticeKind.STUDY, "李娜", occurrence=f"day {number}")
    sender_of(branch).send_due()
    assert [card.topic for card in branch.world.received(zhang.person)] == ["activity"]
    with branch.house.reading() as db:
        found = db.execute(select(Notice.kind, Notice.state).order_by(Notice.id)).all()
    assert [(kind.value, state.value) for kind, state in found] == [
        ("planned", "waiting"), ("tomorrow", "sent"), ("study", "sent"), ("study", "sent"), ("study", "waiting"),
    ]  # fmt: skip


def test_a_mini_programs_consents_are_asked_from_its_own_person(branch: Branch) -> None:
    birthday = branch.house.settings.wechat.templates.given["birthday"]
    desk = branch.house.desk()
    mini = birthday.model_copy(update={"channel": "mini"})
    desk = replace(desk, post=replace(desk.post, templates={"birthday": mini}))
    branch.world.subscriptions.templates = [
        replace(one, channel="mini") if one.topic == "birthday" else one for one in branch.world.subscriptions.templates
    ]
    zhang = reached(branch, "张建国")
    zhang.accepts("birthday")  # its event would go elsewhere: so far we know of none
    told(branch, NoticeKind.BIRTHDAY, "张建国")
    with branch.house.transaction() as db:
        member = members.find(db, "张建国")
        identity = members.meet(db, Account(desk.post.apps.mini, zhang.person.mini_openid), branch.clock.now())
        identity.member_id = member.id
        db.flush()
        credits.accepted(db, Purse(identity.id, mini.id), branch.clock.now(), "x")
    Sender(desk, desk.zone, branch.clock.now).send_due()
    assert [card.channel for card in branch.world.received(zhang.person)] == ["mini"]
    assert row(branch).channel is Channel.MINI


# --- what becomes of it ------------------------------------------------------------------------------------------


def test_contract_17_who_cannot_be_reached_stops_nobody_else(branch: Branch) -> None:
    sender = sender_of(branch)
    zhang, li = reached(branch, "张建国"), reached(branch, "李娜")
    for number, errcode in enumerate((40241, 43101, 43117, 43004, 40003), start=1):
        cancelled(branch)
        branch.world.faults.plan(TEMPLATE, Fault(errcode=errcode))
        assert sender.send_due() == 2
        unlucky, lucky = sorted(
            (row(branch, name) for name in ("张建国", "李娜")), key=lambda one: one.state != "waiting"
        )
        assert (unlucky.state, unlucky.reason, unlucky.begun_at) == (NoticeState.WAITING, str(errcode), None)
        assert lucky.state is NoticeState.SENT
        branch.clock.advance(60)
        assert sender.send_due() == 0
        assert branch.world.calls[TEMPLATE] == 2 * number
        with branch.house.transaction() as db:
            db.execute(update(Notice).values(state=NoticeState.SHOWN, claimed_until=None))
    assert len(pushed(zhang)) + len(pushed(li)) == 5


def test_contract_17_who_does_not_follow_is_left_alone_until_the_next_follow(branch: Branch) -> None:
    sender = sender_of(branch)
    gone = reached(branch, "吴走")
    gone.person.following = False  # and the event never came
    for occurrence in ("first", "second"):
        told(branch, NoticeKind.MOVED, "吴走", occurrence=occurrence)
        sender.send_due()
        assert row(branch, "吴走").reason == "43004"
    assert branch.world.calls[TEMPLATE] == 1  # the second was not even tried
    gone.follows()
    assert sender.send_due() == 2
    assert pushed(gone) == ["card", "card"]


def test_contract_17_a_window_that_closed_unnoticed_is_believed(branch: Branch) -> None:
    sender = sender_of(branch)
    silent, spent = reached(branch, "沈默"), reached(branch, "陈多")
    for one in (silent, spent):
        opened(branch, one)
    silent.person.windows.close()
    for number in range(5):
        branch.world.push(spent.person.openid, "text", f"已发{number}")
    for occurrence in ("first", "second"):
        told(branch, NoticeKind.PLANNED, "沈默", "陈多", occurrence=occurrence)
        sender.send_due()
    assert branch.world.calls[SERVICE] == 2
    with branch.house.reading() as db:
        reasons = db.scalars(select(Notice.reason).order_by(Notice.id)).all()
    assert reasons == ["45015", "45047", "closed", "closed"]


def test_contract_17_a_consent_that_is_not_there_is_believed_and_a_window_helps(branch: Branch) -> None:
    sender = sender_of(branch)
    zhang, li = reached(branch, "张建国").accepts("birthday", 3), reached(branch, "李娜").accepts("birthday", 3)
    branch.world.subscriptions.forget(zhang.person.openid)
    branch.world.subscriptions.forget(li.person.openid)
    opened(branch, li)
    told(branch, NoticeKind.BIRTHDAY, "张建国", "李娜")
    sender.send_due()
    assert states(branch) == {"张建国": ("waiting", "43101"), "李娜": ("sent", "")}
    assert pushed(li) == ["service"]
    assert left(branch, zhang, "birthday") == left(branch, li, "birthday") == 0


@pytest.mark.parametrize("errcode", [-1, 45011])
def test_contract_17_a_busy_api_is_left_alone_for_a_while_and_the_others_go_on(
    branch: Branch, errcode: int, caplog: pytest.LogCaptureFixture
) -> None:
    sender = sender_of(branch)
    people = [reached(branch, name) for name in ("张建国", "李娜")]
    people[0].accepts("birthday")
    cancelled(branch)
    told(branch, NoticeKind.BIRTHDAY, "张建国")
    now = branch.clock.now()
    branch.world.faults.plan(TEMPLATE, Fault(times=2, errcode=errcode))  # both are under way at once: one reason
    sender.send_due()
    assert branch.world.calls[TEMPLATE] == 2
    assert branch.world.calls[SUBSCRIPTION] == 1
    assert len([one for one in caplog.records if "sender rests" in one.getMessage()]) == 1
    waits = row(branch, "李娜")
    assert (waits.state, waits.reason, waits.begun_at) == (NoticeState.WAITING, "", None)
    first = waits.due_at - now
    assert first == (SECOND if errcode == -1 else timedelta(seconds=60 - now.second, microseconds=-now.microsecond))
    branch.clock.advance(first.total_seconds())
    branch.world.faults.plan(TEMPLATE, Fault(times=2, errcode=-1))
    sender.send_due()
    second = row(branch, "李娜").due_at - branch.clock.now()
    assert second == 2 * SECOND
    branch.clock.advance(second.total_seconds())
    assert sender.send_due() == 2
    assert {len([one for one in pushed(phone) if one == "card"]) for phone in people} == {1, 2}
    assert Channel.TEMPLATE not in sender.rests.of


def test_a_platform_that_is_not_reached_delays(branch: Branch) -> None:
    zhang = reached(branch, "张建国")
    cancelled(branch)
    desk = branch.house.desk()
    sender = sender_of(branch)
    posts = desk.account._posts
    there = posts._port
    posts._keeper.token()  # a token is at hand, so that the send itself meets the wall
    posts._port = 9  # nobody listens
    assert sender.send_due() == 1
    assert states(branch) == {"张建国": ("waiting", "")}
    posts._port = there
    branch.clock.advance(1)
    assert sender.send_due() == 1
    assert pushed(zhang) == ["card"]


LOST = [
    Fault(wait=30, after=True),  # longer than we wait: it arrived, and we were not told
    Fault(wait=30),
    Fault(status=502, after=True),
    Fault(html=True, after=True),
    Fault(html=True),
]
LOST_IDS = ["times out after", "times out before", "502 after", "HTML after", "HTML before"]


@pytest.mark.parametrize("fault", LOST, ids=LOST_IDS)
def test_contract_16_an_outcome_nobody_knows_is_tried_again_under_the_same_key_alone(
    branch: Branch,
    fault: Fault,
) -> None:
    zhang = reached(branch, "张建国").accepts("birthday")
    sender = hurried(branch)
    told(branch, NoticeKind.MOVED, "张建国")
    branch.world.faults.plan(TEMPLATE, replace(fault))
    sender.send_due()
    branch.world.faults.forgive()
    assert states(branch) == {"张建国": ("waiting", AGAIN)}
    branch.clock.advance(MINUTE.total_seconds())
    assert sender.send_due() == 1
    assert (row(branch).state, row(branch).tries) == (NoticeState.SENT, 2)
    assert pushed(zhang) == ["card"]
    told(branch, NoticeKind.BIRTHDAY, "张建国")  # by an API that knows no key
    branch.world.faults.plan(SUBSCRIPTION, replace(fault))
    sender.send_due()
    branch.world.faults.forgive()
    for _ in range(3):
        branch.clock.advance((3 * MINUTE).total_seconds())
        sender.send_due()
    assert (row(branch).state, row(branch).reason) == (NoticeState.UNSURE, "no_answer")
    assert branch.world.calls[SUBSCRIPTION] == 1
    assert left(branch, zhang, "birthday") == 0 <= zhang.person.credits("birthday")
    with branch.house.reading() as db:
        member = db.scalars(select(Member)).one()
        assert len(notices.unseen(db, member, branch.clock.now())) == 1  # shown at the next contact


def test_contract_16_after_ten_minutes_the_key_is_worth_nothing(branch: Branch) -> None:
    zhang = reached(branch, "张建国")
    told(branch, NoticeKind.MOVED, "张建国")
    sender = hurried(branch)
    branch.world.faults.plan(TEMPLATE, Fault(html=True, after=True))
    sender.send_due()
    branch.clock.advance((10 * MINUTE).total_seconds())
    sender.send_due()
    assert states(branch) == {"张建国": ("unsure", "no_answer")}
    assert (branch.world.calls[TEMPLATE], pushed(zhang)) == (1, ["card"])


def test_a_daily_quota_stops_the_api_till_midnight_and_nothing_else(branch: Branch) -> None:
    sender = sender_of(branch)
    zhang, li = reached(branch, "张建国"), reached(branch, "李娜")
    opened(branch, li)
    cancelled(branch)
    branch.world.faults.plan(TEMPLATE, Fault(times=2, errcode=45009))
    sender.send_due()
    assert states(branch) == {"张建国": ("waiting", ""), "李娜": ("sent", "")}  # who has a window need not wait
    assert pushed(li) == ["service"]
    branch.clock.advance((5 * HOUR).total_seconds())
    assert sender.send_due() == 0
    assert branch.world.calls[TEMPLATE] == 2
    zone = branch.house.settings.zone
    due = row(branch).due_at.astimezone(zone)
    assert (due.day, due.hour, due.minute) == (23, 7, 30)  # at midnight the quota is there, but people sleep
    branch.clock.advance((due - branch.clock.now()).total_seconds())
    assert sender.send_due() == 1
    assert pushed(zhang) == ["card"]


def test_a_setting_of_ours_rests_the_api_and_is_told_once(branch: Branch, caplog: pytest.LogCaptureFixture) -> None:
    sender = sender_of(branch)
    names = ("张建国", "李娜", "王芳")
    people = [reached(branch, name) for name in names]
    for number, errcode in enumerate((40164, 48001, 40001), start=1):
        cancelled(branch)
        branch.world.faults.plan(TEMPLATE, Fault(times=6, errcode=errcode))
        with caplog.at_level(logging.ERROR):
            sender.send_due()
        branch.world.faults.forgive()
        assert {(one.state, one.reason) for one in (row(branch, name) for name in names)} == {(NoticeState.WAITING, "")}
        assert len([one for one in caplog.records if "ALERT" in one.getMessage()]) == number
        assert sender.send_due() == 0
        branch.clock.advance(900)
        assert sender.send_due() == 3
        assert {len(pushed(one)) for one in people} == {number}


def test_what_is_wrong_with_a_message_fails_and_can_be_retried(
    branch: Branch, caplog: pytest.LogCaptureFixture
) -> None:
    sender = sender_of(branch)
    zhang, li = reached(branch, "张建国"), reached(branch, "李娜")
    cancelled(branch)
    with branch.house.transaction() as db:
        broken = select(Notice.id).order_by(Notice.id).limit(1)
        db.execute(update(Notice).where(Notice.id.in_(broken)).values(facts="{}"))
    branch.world.faults.plan(TEMPLATE, Fault(errcode=47003))
    with caplog.at_level(logging.ERROR):
        assert sender.send_due() == 2
    assert states(branch) == {"张建国": ("failed", "wordless"), "李娜": ("failed", "47003")}
    assert len([one for one in caplog.records if "ALERT" in one.getMessage()]) == 1
    assert sender.send_due() == 0
    with branch.house.transaction() as db:
        quiet_times = quiet.of(db, branch.house.settings.zone)
        assert [one.reason for one in outbox.dead(db, 9)] == ["47003", "wordless"]
        assert outbox.retry(db, branch.clock.now(), quiet_times, [row(branch, "李娜").public_id]) == 1
    assert sender.send_due() == 1
    assert (pushed(zhang), pushed(li)) == ([], ["card"])


def test_one_that_cannot_be_read_at_all_stops_no_other(branch: Branch) -> None:
    zhang, li = reached(branch, "张建国"), reached(branch, "李娜")
    cancelled(branch)
    with branch.house.transaction() as db:
        db.execute(update(Notice).where(Notice.id == select(func.min(Notice.id)).scalar_subquery()).values(facts="[]"))
    assert sender_of(branch).send_due() == 2
    assert (pushed(zhang), pushed(li)) == ([], ["card"])
    assert states(branch)["张建国"] == ("failed", "wordless")


def test_every_kind_has_a_way() -> None:
    assert set(ways({})) == set(NoticeKind)  # one without would wait for ever without anybody having tried


def test_a_token_ended_from_outside_costs_one_try_more(branch: Branch) -> None:
    zhang = reached(branch, "张建国")
    branch.house.account._posts._keeper.token()
    branch.world.tokens.invalidate()
    cancelled(branch)
    assert sender_of(branch).send_due() == 1
    assert pushed(zhang) == ["card"]
    assert states(branch) == {"张建国": ("sent", "")}


def test_our_own_count_stops_before_the_platform_does_and_keeps_a_reserve(branch: Branch) -> None:
    desk = branch.house.desk()
    few = Quotas(template=Quota(minute=10, day=12), reserve=0.2)
    desk = replace(desk, post=replace(desk.post, quotas=few))
    sender = Sender(desk, desk.zone, branch.clock.now)
    names = [f"同志{number:02}" for number in range(11)]
    people = [reached(branch, name) for name in names]
    told(branch, NoticeKind.GAPS, *names)
    with branch.house.transaction() as db:
        db.execute(update(Notice).values(facts='{"month": 11, "gaps": "committee:False:"}'))
    sender.send_due()
    assert branch.world.calls[TEMPLATE] == 8  # of 10 in a minute 2 are for what is urgent
    told(branch, NoticeKind.MOVED, *names)
    sender.send_due()
    assert branch.world.calls[TEMPLATE] == 10
    branch.clock.advance(60)
    sender_of(branch)  # another sender would count on: the count is shared
    Sender(desk, desk.zone, branch.clock.now).send_due()
    assert branch.world.calls[TEMPLATE] == 12
    branch.clock.advance(60)
    assert sender.send_due() == 0  # the day is over
    assert sum(len(pushed(one)) for one in people) == 12


# --- what WeChat tells later -------------------------------------------------------------------------------------


def test_an_event_may_come_before_the_answer_twice_or_with_bad_news(branch: Branch) -> None:
    sender = sender_of(branch)
    reached(branch, "张建国").accepts("birthday")
    outcomes = branch.world.outcomes
    outcomes.plan(Telling(When.BEFORE, copies=2))
    told(branch, NoticeKind.MOVED, "张建国")
    sender.send_due()
    assert states(branch)["张建国"] == ("delivered", "")
    outcomes.plan(Telling(When.HELD, copies=2, failed="user block"))
    told(branch, NoticeKind.MOVED, "张建国", occurrence="blocked")
    sender.send_due()
    outcomes.deliver()
    assert states(branch)["张建国"] == ("failed", "user_block")
    told(branch, NoticeKind.BIRTHDAY, "张建国")  # its answer does not name the message, the event does
    sender.send_due()
    outcomes.deliver()
    assert (row(branch).state, bool(row(branch).message_id)) == (NoticeState.DELIVERED, True)


def test_an_event_tells_what_the_answer_would_have(branch: Branch) -> None:
    reached(branch, "张建国").accepts("birthday", 2)
    sender = hurried(branch)
    told(branch, NoticeKind.BIRTHDAY, "张建国")
    branch.world.faults.plan(SUBSCRIPTION, Fault(html=True, after=True))
    sender.send_due()
    assert states(branch)["张建国"] == ("unsure", "no_answer")
    branch.world.outcomes.deliver()
    assert states(branch)["张建国"] == ("delivered", "")
    branch.clock.advance(300)
    branch.world.outcomes.plan(Telling(When.BEFORE))  # before even the loss is noticed
    told(branch, NoticeKind.BIRTHDAY, "张建国", occurrence="second")
    branch.world.faults.plan(SUBSCRIPTION, Fault(html=True, after=True))
    sender.send_due()
    assert states(branch)["张建国"] == ("delivered", "")


def test_what_could_be_of_two_messages_is_of_none(branch: Branch) -> None:
    reached(branch, "张建国").accepts("birthday", 2)
    sender = hurried(branch)
    branch.world.outcomes.plan(Telling(When.NEVER))
    for occurrence in ("first", "second"):
        told(branch, NoticeKind.BIRTHDAY, "张建国", occurrence=occurrence)
        branch.world.faults.plan(SUBSCRIPTION, Fault(html=True, after=True))
        sender.send_due()
        branch.clock.advance(30)
    branch.world.outcomes.deliver()
    with branch.house.reading() as db:
        assert db.scalars(select(Notice.state)).all() == [NoticeState.UNSURE] * 2


def test_a_person_who_leaves_is_pushed_nothing_more_and_the_ledger_forgets(branch: Branch) -> None:
    zhang = reached(branch, "张建国").accepts("birthday", 2)
    told(branch, NoticeKind.BIRTHDAY, "张建国")
    zhang.unfollows()
    assert states(branch) == {"张建国": ("expired", "unfollowed")}
    assert sender_of(branch).send_due() == 0
    with branch.house.reading() as db:
        assert credits.balances(db, None) == {}


# --- several, and half-way ---------------------------------------------------------------------------------------


def test_contract_15_two_schedulers_and_two_senders_tell_everybody_once(each_branch: Branch) -> None:
    names = [f"同志{number:02}" for number in range(12)]
    people = [reached(each_branch, name) for name in names]
    house = each_branch.house
    now = each_branch.clock.now()
    facts: dict[str, notices.Plain] = {"month": 11, "gaps": "committee:False:"}

    def write(db: Session) -> int:
        found = [members.find(db, name).id for name in names]
        return notices.write_all(
            db, [Line(one, Told(NoticeKind.GAPS, "11", facts, now, now + DAY)) for one in found], now
        )

    written = together([lambda: house.run(write)] * 2)
    assert {*written} == {0, 12}

    def send() -> None:
        sender = sender_of(each_branch)
        while sender.send_due():
            pass

    assert together([send, send]) == [None, None]
    sender_of(each_branch).send_due()  # what both left, each because the other was looking at it
    assert [len(pushed(one)) for one in people] == [1] * 12
    assert each_branch.world.calls[TEMPLATE] == 12
    assert house.run(write) == 0
    assert sender_of(each_branch).send_due() == 0


def begun(branch: Branch, sender: Sender) -> list[Errand]:
    """What a sender has begun to send; here it ends."""
    sender._bucket.fill(9, branch.clock.now(), list(Channel))
    return list(branch.house.run(lambda db: sender._note_and_take(db, branch.clock.now(), 9)).errands)


def test_what_a_dead_sender_had_begun_goes_again_under_its_key_or_is_unsure(
    each_branch: Branch, sender: Sender
) -> None:
    zhang, li = reached(each_branch, "张建国"), reached(each_branch, "李娜").accepts("birthday")
    cancelled(each_branch)
    with each_branch.house.transaction() as db:
        db.execute(
            update(Notice).where(Notice.member_id == members.find(db, "李娜").id).values(kind="birthday", facts=FACTS)
        )
    lost = {one.leaving.channel: one for one in begun(each_branch, sender)}
    assert set(lost) == {Channel.TEMPLATE, Channel.SUBSCRIPTION}
    assert left(each_branch, li, "birthday") == 0
    assert sender_of(each_branch).send_due() == 0
    each_branch.clock.advance(LEASE.total_seconds() + 1)
    assert sender_of(each_branch).send_due() == 1
    assert states(each_branch) == {"张建国": ("sent", ""), "李娜": ("unsure", SENDING)}
    assert (pushed(zhang), pushed(li)) == (["card"], [])
    sender._outcomes = [sender._heard(one, "7") for one in lost.values()]  # it comes back to life
    sender.send_due()
    assert states(each_branch) == {"张建国": ("sent", ""), "李娜": ("sent", "")}
    assert row(each_branch).message_id != "7"  # the other's try is the later


def test_whose_ledger_is_in_use_waits_for_the_next_look(
    pg_database: Database, empty_redis: Redis, redis_url: str
) -> None:
    with branch_on(pg_database, redis_url) as branch:
        zhang = reached(branch, "张建国")
        cancelled(branch)
        with branch.house.transaction() as db:
            db.execute(select(Identity).with_for_update())
            assert sender_of(branch).send_due() == 0
        assert sender_of(branch).send_due() == 1
        assert pushed(zhang) == ["card"]


def test_told_to_end_it_begins_nothing_more(branch: Branch) -> None:
    reached(branch, "张建国")
    cancelled(branch)
    sender = sender_of(branch)
    sender._ending.set()
    assert sender.send_due() == 0
    assert states(branch) == {"张建国": ("waiting", "")}
    assert branch.world.calls[TEMPLATE] == 0


# --- when --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "until"), [(NoticeKind.LEAVE_DECIDED, (20, 30)), (NoticeKind.MOVED, (21, 0))])
def test_nothing_goes_in_the_quiet_hours_even_if_it_fell_due_before(
    branch: Branch,
    kind: NoticeKind,
    until: tuple[int, int],
) -> None:
    reached(branch, "张建国")
    zone = branch.house.settings.zone
    now = branch.clock.now()
    told(branch, kind, "张建国")
    evening = now.astimezone(zone).replace(hour=until[0], minute=until[1])
    branch.clock.advance((evening - now).total_seconds())  # the sender was down all afternoon
    assert sender_of(branch).send_due() == 0
    morning = (evening + DAY).replace(hour=7, minute=30)
    branch.clock.advance((morning - branch.clock.now()).total_seconds() - 1)
    assert sender_of(branch).send_due() == 0
    branch.clock.advance(1)
    assert sender_of(branch).send_due() == 1
    assert states(branch)["张建国"][0] == "sent"


def test_past_its_use_it_is_not_sent_any_more(branch: Branch) -> None:
    zhang = reached(branch, "张建国")
    cancelled(branch)
    branch.clock.advance((3 * DAY).total_seconds())
    sender_of(branch).send_due()
    assert states(branch) == {"张建国": ("expired", "")}
    assert pushed(zhang) == []


def test_what_is_no_longer_so_is_not_sent(branch: Branch) -> None:
    zhang = reached(branch, "张建国")
    house, zone = branch.house, branch.house.settings.zone
    evening = branch.clock.now().astimezone(zone).replace(hour=22)
    branch.clock.advance((evening - branch.clock.now()).total_seconds())
    at = branch.clock.now() + 2 * DAY

    def plan(db: Session) -> str:
        asked = activities.Plan(ActivityKind.PARTY_DAY, "党日", at, orgs.branch(db), "三楼")
        return activities.plan(db, house.operator(), asked).public_id

    meeting = house.run(plan)

    def move(db: Session, to: datetime) -> None:
        activity = activities.find(db, meeting)
        activities.move(db, house.operator(), activity, (to, "三楼"), "有台风", activity.version)
        notices.moved(db, activity, branch.clock.now(), zone)

    def cancel(db: Session) -> None:
        activity = activities.find(db, meeting)
        activities.cancel(db, house.operator(), activity, "有台风", activity.version)
        notices.cancelled(db, activity, branch.clock.now(), zone)

    for work in (lambda db: move(db, at + DAY), lambda db: move(db, at + 2 * DAY), cancel):
        house.run(work)
    branch.clock.advance((10 * HOUR).total_seconds())
    assert sender_of(branch).send_due() == 1
    assert pushed(zhang) == ["card"]
    with house.reading() as db:
        assert [one.state for one in db.scalars(select(Notice).order_by(Notice.id))] == [
            NoticeState.EXPIRED,
            NoticeState.EXPIRED,
            NoticeState.SENT,
        ]


# --- the rest of the way -----------------------------------------------------------------------------------------


def test_a_leave_decided_meanwhile_is_not_asked_about(branch: Branch) -> None:
    reached(branch, "张建国")
    now = branch.clock.now()
    with branch.house.transaction() as db:
        member = db.scalars(select(Member)).one()
        for leave in ("aaaaaaaaaa", "bbbbbbbbbb"):
            facts = {"leave": leave, "name": "李娜", "class": "duty", "title": "t", "at": now.isoformat()}
            notices.write(db, member, Told(NoticeKind.LEAVE_ASKED, leave, facts, now, now + DAY), now)
        notices._replace(db, (NoticeKind.LEAVE_ASKED,), "aaaaaaaaaa:", now)
    assert sender_of(branch).send_due() == 1
    with branch.house.reading() as db:
        assert [one.state.value for one in db.scalars(select(Notice).order_by(Notice.id))] == ["expired", "sent"]


# --- the process -------------------------------------------------------------------------------------------------


def noon() -> ZoneInfo:
    """A zone in which it is about noon: a process goes by the real clock, and people sleep in some zones."""
    ahead = 12 - datetime.now(UTC).hour
    return ZoneInfo(f"Etc/GMT{-ahead:+d}")  # the signs of these names are the other way round


@contextmanager
def process(branch: Branch, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
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


def due_really(branch: Branch) -> None:
    """Make all notices due by the real clock."""
    now = datetime.now(UTC)
    with branch.house.transaction() as db:
        db.execute(update(Notice).values(due_at=now - HOUR, useful_until=now + DAY))


def test_kill_9_in_the_middle_loses_nothing_and_sends_nothing_twice(each_branch: Branch) -> None:
    people = {name: reached(each_branch, name) for name in ("张建国", "李娜", "王芳")}
    people["王芳"].accepts("birthday")
    cancelled(each_branch)
    with each_branch.house.transaction() as db:
        fang = members.find(db, "王芳").id
        db.execute(update(Notice).where(Notice.member_id == fang).values(kind="birthday", facts=FACTS))
    due_really(each_branch)
    for path in (TEMPLATE, SUBSCRIPTION):
        each_branch.world.faults.plan(path, Fault(times=2, wait=60, after=True))  # it arrives, and nobody hears so
    with process(each_branch, "--only", "sender") as first:
        eventually(lambda: all(map(pushed, people.values())) or first.poll() is not None, within=120, what="the sends")
        first.send_signal(signal.SIGKILL)
        first.wait()
    each_branch.world.faults.forgive()
    assert set(states(each_branch).values()) == {("claimed", SENDING)}
    soon = datetime.now(UTC) + LEASE + SECOND
    Sender(each_branch.house.desk(), noon(), lambda: soon).send_due()
    assert states(each_branch) == {"张建国": ("sent", ""), "李娜": ("sent", ""), "王芳": ("unsure", SENDING)}
    assert [pushed(one) for one in people.values()] == [["card"]] * 3


def test_the_process_sends_what_comes_due_and_ends_at_once_when_told(branch: Branch) -> None:
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


def test_the_database_away_for_a_while_does_not_end_the_sender(branch: Branch) -> None:
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
def statements(branch: Branch) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    event.listen(branch.house.engine, "before_cursor_execute", note)
    yield asked
    event.remove(branch.house.engine, "before_cursor_execute", note)
