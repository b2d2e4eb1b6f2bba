"""Reminders as those who run the branch set them and look after them; and the page on which a member consents."""

import socket
from collections.abc import Callable, Iterator
from datetime import date, time, timedelta
from threading import Thread

import pytest
import redis
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from models.member import Identity, Member
from models.notice import Notice, NoticeKind, NoticeState
from models.reminder import DayKind, GreetingChoice
from services import greetings, members, timetables, workdays
from services.credits import Purse, balances
from simulator.template import Template
from tests.branch import branch_on
from tests.engines import Database
from tests.pages.office import COMMITTEE, MEMBER, OFFICE, SECRETARY, Office, words_of

TOMORROW = NoticeKind.TOMORROW


def notice(office: Office, name: str, kind: NoticeKind, state: NoticeState, facts: str = "{}", why: str = "") -> str:
    """A notice of that person's, as a sender has left it; returns its public id."""

    def make(db: Session) -> str:
        now = office.branch.clock.now()
        made = Notice(
            member_id=members.find(db, name).id, kind=kind, once=f"{kind}.{state}.{name}", facts=facts, created_at=now,
            due_at=now, useful_until=now + timedelta(days=1), state=state, reason=why,
        )  # fmt: skip
        db.add(made)
        db.flush()
        return made.public_id

    return office.house.run(make)


def test_an_hour_is_changed_by_who_has_seen_it_as_it_is(office: Office) -> None:
    secretary, clerk = office.browser(SECRETARY), office.browser(OFFICE)
    assert "活动前一天 16:30 开" in secretary.reads("/h5/reminders")
    changed = {"version": "0", "kind": "tomorrow", "enabled": "on", "at": "15:00"}
    assert "已保存。" in secretary.does("/h5/reminders/tomorrow", **changed)
    assert "活动前一天 15:00 开" in secretary.reads("/h5/reminders")
    answer = clerk.sends("/h5/reminders/tomorrow", **changed)
    assert (answer.status_code, "张建国" in words_of(answer)) == (409, True)
    assert clerk.sends("/h5/reminders/tomorrow", **{**changed, "version": "1", "at": "21:15"}).status_code == 409
    assert clerk.sends("/h5/reminders/tomorrow", **{**changed, "version": "1", "at": "三点"}).status_code == 422
    assert clerk.sends("/h5/reminders/moved", **{**changed, "at": "15:00"}).status_code == 409
    with office.house.reading() as db:
        assert timetables.current(db).slots[TOMORROW].at == time(15)
    quiet = {"version": "0", "evening": "20:00", "morning": "08:00", "a_day": "2", "a_week": "5"}
    assert "20:00到第二天08:00" in clerk.does("/h5/reminders/quiet", **quiet)
    assert secretary.sends("/h5/reminders/quiet", **{**quiet, "version": "1", "a_week": "1"}).status_code == 409
    assert "改" not in office.browser(COMMITTEE).reads("/h5/reminders").partition("什么时候不发")[0].split()


def test_what_is_coming_is_counted_and_not_named(office: Office) -> None:
    office.plan("下周的党课", starts=timedelta(days=3))
    page = office.browser(COMMITTEE).reads("/h5/reminders/coming")
    assert "活动前一天 下周的党课" in page
    assert "定时任务没有在运行" in page
    assert MEMBER not in page


def test_who_looks_after_the_branch_sees_what_arrived_and_never_the_words(office: Office) -> None:
    notice(
        office, MEMBER, NoticeKind.LEAVE_DECIDED, NoticeState.SHOWN, '{"title": "主题党日", "note": "陪护住院的母亲"}'
    )
    notice(office, MEMBER, NoticeKind.BEHIND, NoticeState.WAITING, '{"missing": 85}', "cap")
    notice(office, MEMBER, NoticeKind.STUDY, NoticeState.SENT)
    notice(office, MEMBER, NoticeKind.SELF_CHECK, NoticeState.SENT)
    notice(office, MEMBER, NoticeKind.ANSWERED, NoticeState.SENT)
    notice(office, MEMBER, NoticeKind.UNREAD, NoticeState.SENT)
    page = office.browser(COMMITTEE).reads("/h5/notices")
    assert "请假结果：主题党日" in " ".join(page.replace("： ", "：").split())
    assert "那天已有一条" in page
    assert "陪护" not in page
    assert "85" not in page
    listed = page.partition("新的在前")[2].partition("这里只看")[0]
    assert "学习提醒" not in listed
    assert "月末自查" not in listed
    assert "意见答复" not in listed
    assert "公告还没看" not in listed
    assert "学时提醒" not in office.browser(COMMITTEE).reads("/h5/notices?state=shown").partition("条。")[2]


def test_what_failed_is_tried_again_while_it_is_of_use(office: Office) -> None:
    failed = notice(office, OFFICE, TOMORROW, NoticeState.FAILED, '{"title": "主题党日"}', "47003")
    secretary = office.browser(SECRETARY)
    assert "微信返回47003" in secretary.reads("/h5/notices?state=failed")
    assert office.browser(COMMITTEE).sends("/h5/notices/retry", which=failed).status_code == 403
    assert "1条正在再发" in secretary.does("/h5/notices/retry", which=failed)
    assert "没有可以再发的" in secretary.does("/h5/notices/retry")
    with office.house.reading() as db:
        assert db.scalar(select(Notice.state).where(Notice.public_id == failed)) is NoticeState.WAITING


def test_the_office_decides_about_a_birthday_and_the_record_says_who(office: Office) -> None:
    office.house.run(lambda db: setattr(members.find(db, MEMBER), "joined", "1996-11-29"))
    secretary, member = office.browser(SECRETARY), office.id_of(MEMBER)
    page = secretary.reads("/h5/birthdays")
    assert "入党 30 周年" in page
    assert "逢十" in page
    assert "赵敏同志：改为上门。" in secretary.does(f"/h5/birthdays/{member}", year="2026", choice="visit")
    secretary.does(f"/h5/birthdays/{member}", year="2026", choice="visit")
    assert secretary.sends(f"/h5/birthdays/{member}", year="2026", choice="shout").status_code == 422
    with office.house.reading() as db:
        (one,) = greetings.between(db, date(2026, 11, 29), date(2026, 11, 29))
        assert (one.choice, one.decided) == (GreetingChoice.VISIT, True)
    assert secretary.reads(f"/h5/members/{member}").count("2026年政治生日：改为上门") == 1


def test_a_day_is_changed_and_set_back(office: Office) -> None:
    clerk = office.browser(OFFICE)
    page = clerk.does("/h5/calendar", day="2026-12-31", kind="rest", name="单位调休")
    assert "12月31日（周四） 单位调休 休息 支部改的" in page
    with office.house.reading() as db:
        assert workdays.of(db).kind(date(2026, 12, 31)) is DayKind.REST
    assert "单位调休" not in clerk.does("/h5/calendar", day="2026-12-31", kind="")
    assert clerk.sends("/h5/calendar", day="2036-12-31", kind="rest").status_code == 409
    assert clerk.sends("/h5/calendar", day="", kind="rest").status_code == 422


@pytest.fixture
def at_home(database: Database, empty_redis: redis.Redis, redis_url: str) -> Iterator[tuple[Office, str]]:
    """A branch that is served where its settings say, as WeChat's signature wants it."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        address = f"http://127.0.0.1:{door.getsockname()[1]}"
        with branch_on(database, redis_url, server={"public_url": address}) as branch:
            server = make_server("127.0.0.1", door.getsockname()[1], branch.app, threaded=True, fd=door.fileno())
            thread = Thread(target=server.serve_forever)
            thread.start()
            yield Office(branch, address), address
            server.shutdown()
            thread.join()


def test_a_member_consents_on_the_own_page(at_home: tuple[Office, str], new_page: Callable[..., Page]) -> None:
    office, address = at_home
    given = office.house.settings.wechat.templates.given
    office.branch.world.subscriptions.templates = [
        Template.of(topic, one.id, one.channel, one.fields) for topic, one in given.items()
    ]
    phone = office.branch.bound("李娜")
    page = new_page(390, 844)
    page.context.add_cookies(
        [{"name": "visit", "value": office.token("李娜"), "domain": "127.0.0.1", "path": "/h5/", "httpOnly": True}]
    )
    page.goto(f"{address}/h5/subscribe")
    expect(page.get_by_text("意见的答复")).to_be_visible()
    with page.expect_popup() as opened:
        page.get_by_role("button", name="同意接收").first.click()
    opened.value.get_by_role("link", name="李娜").click()
    with opened.value.expect_event("close"):
        opened.value.get_by_role("button", name="允许").click()
    expect(page.get_by_text("已同意，谢谢。")).to_be_visible()
    template = given["activity"].id
    assert phone.person.credits(template) == 1
    with office.house.reading() as db:
        identity = db.scalars(select(Identity).join(Member, Member.id == Identity.member_id)).one()
        assert balances(db, [identity.id])[Purse(identity.id, template)].left == 1
    with page.expect_popup() as opened:
        page.get_by_role("button", name="同意接收").first.click()
    opened.value.get_by_role("link", name="李娜").click()
    opened.value.get_by_role("button", name="取消").click()
    expect(page.get_by_text("没有同意，不要紧，不会漏。")).to_be_visible()
