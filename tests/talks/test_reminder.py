"""提醒, 重温誓词, 自查 and the one question for consent, as people hear them."""

import json
from datetime import time, timedelta

from sqlalchemy import select

from models.notice import NoticeKind
from models.reminder import OathReading, SelfCheck, StudyWish
from services import members, timetables, wishes
from services.wishes import Wanted
from tests.branch import Branch
from texts.oath import OATH


def wanted(branch: Branch, name: str) -> Wanted:
    with branch.house.reading() as db:
        return wishes.of(db, members.find(db, name))


def test_reminders_are_shown_and_changed_by_whom_they_reach(branch: Branch) -> None:
    zhang = branch.bound("张建国").says("提醒")
    assert zhang.reply == (
        "活动、改期、请假结果，都会告诉您。\n学习：不提醒；自查：不提醒\n公告没看：第3天提醒一次\n要改哪一样？\n"
        "1 学习提醒  2 自查提醒\n3 公告提醒  4 微信通知\n请回复数字。"
    )
    zhang.says("1").hears("学习自愿，不计入考核", "1 周一、周四12:30\n2 每天12:30  3 不提醒")
    zhang.says("1").hears(
        "已改好。学习：周一、周四12:30；自查：不提醒；公告没看：第3天提醒一次。\n放假日不发。要再改，请发“提醒”。"
    )
    zhang.again().hears("已改好")
    zhang.says("提醒").says("自查提醒").hears("每月最后一个工作日").says("要").hears("自查：每月最后一个工作日15:00；")
    assert wanted(branch, "张建国") == Wanted(StudyWish.TWICE, self_check=True)
    zhang.says("提醒").says("公告提醒").hears("3天").says("不要").hears("公告没看：不提醒")
    assert not wanted(branch, "张建国").unread
    zhang.says("提醒").says("4").hears("不会漏", '<a href="', "/h5/subscribe")
    zhang.says("提醒").says("记录").hears("2026年")  # leaving it loses nothing
    branch.phone("客人").says("提醒").hears("绑定")


def test_the_hours_are_those_of_the_branch(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    act = branch.house.operator()
    branch.house.run(lambda db: timetables.change(db, act, NoticeKind.STUDY, enabled=True, at=time(19, 0), version=0))
    zhang.says("提醒").says("1").says("2").hears("学习：每天19:00")
    branch.house.run(lambda db: timetables.change(db, act, NoticeKind.STUDY, enabled=False, at=time(19, 0), version=1))
    zhang.says("提醒").hears("学习：支部没有开")


def test_consent_is_asked_once_and_never_at_a_check_in(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    meeting = branch.meeting()
    zhang.scans(branch.screen(meeting).code).hears("签到成功").hears_not("同意")
    branch.meeting("党课", opened=False, starts=timedelta(days=2))
    asked = '\n下次活动提前一天告诉您，好吗？<a href="'
    zhang.says("活动").hears("党课", asked, '/h5/subscribe">点这里同意</a>')
    zhang.again().hears(asked)  # the same message has the same answer
    zhang.says("活动").hears("党课").hears_not(asked)
    zhang.says("提醒").says("微信通知").hears('/h5/subscribe">点这里同意</a>')  # whenever somebody wants it


def test_the_oath_is_read_whole_and_kept_as_read_again(branch: Branch) -> None:
    zhang = branch.bound("张建国").says("宣誓")
    assert zhang.reply == f"入党誓词\n{OATH}\n1 已重温\n请回复数字。"
    zhang.says("签到").hears_not("已重温")
    zhang.says("重温誓词").says("已重温").hears("已重温，张建国同志。", "自愿重温，不算支部的活动").again()
    branch.clock.advance(2 * 86_400)
    zhang.says("誓词").says("1").hears("上一次是2026年11月22日")
    with branch.house.reading() as db:
        assert len(db.scalars(select(OathReading)).all()) == 2


def test_lines_for_oneself_are_ones_own(branch: Branch) -> None:
    zhang, li = branch.bound("张建国"), branch.bound("李娜")
    zhang.says("自查").hears("只有您看得到", "消息要经过微信", "管数据库的人技术上读得到")
    zhang.says("值班台账要当天记完，不拖。").hears("已记下，只给您自己看").again().hears("已记下")
    li.says("自查").hears("请写").hears_not("看以前写的")
    li.says("取消")
    zhang.says("自查").hears("您写过1次", "2 看以前写的").says("2").hears("1 2026-11-22 值班台账要当天记…")
    zhang.says("1").hears("2026年11月22日写的：\n值班台账要当天记完，不拖。", "2 删掉").says("1").hears("好的，留着")
    with branch.house.reading() as db:
        assert [one.member.name for one in db.scalars(select(SelfCheck))] == ["张建国"]
    zhang.says("自查").says("2").says("1").says("删掉").hears("已删掉")
    with branch.house.reading() as db:
        assert db.scalars(select(SelfCheck)).all() == []
    assert "台账" not in json.dumps(branch.phones["李娜"].reply, ensure_ascii=False)


def test_spoken_lines_are_confirmed_and_long_ones_refused(branch: Branch) -> None:
    zhang = branch.bound("张建国").says("自查").says("写" * 401).hears("最多400字")
    zhang.speaks("少说多做").hears("我听到：少说多做", "我听到的对吗").says("1").hears("已记下")
