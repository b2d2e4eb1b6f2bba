"""公告 and 我的权利 as members hear them: what is for them, once told, until it is read."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.bulletin import BulletinAudience, BulletinKind
from models.member import MemberStatus
from models.notice import Notice, NoticeState
from services import bulletins, members
from services.errors import BulletinLacks
from tests.branch import Branch
from tests.bulletins import TEXT, published, revised, withdrawn
from tests.rounds import opened

LONG = "制度正文。" * 100


def readers(branch: Branch, bulletin_id: str) -> tuple[list[str], list[str]]:
    """Names of who has read it, and of who has not."""
    with branch.house.reading() as db:
        act = branch.house.operator()
        found = bulletins.readers(db, act, bulletins.find(db, act, bulletin_id))
        return [member.name for member, _ in found.read], [member.name for member in found.unread]


def reads(branch: Branch, bulletin_id: str, name: str) -> None:
    """Somebody opens the page."""

    def work(db: Session) -> None:
        found = bulletins.find(db, branch.house.operator(), bulletin_id)
        bulletins.read(db, found, members.find(db, name), branch.clock.now())

    branch.house.run(work)


def due(branch: Branch, hours: float) -> list[tuple[str, str]]:
    """Whom the clock would remind in the hours to come: name and occurrence."""
    now = branch.clock.now()
    with branch.house.reading() as db:
        told = bulletins.unread(db, now, now + timedelta(hours=hours), branch.house.settings.zone)
        return [(member.name, one.occurrence) for member, one in told]


def test_a_short_one_is_read_out_and_then_it_is_read(each_branch: Branch) -> None:
    branch = each_branch
    zhang, _li = branch.bound("张建国"), branch.bound("李娜", group="第二党小组")
    guest = branch.bound("赵敏", status=MemberStatus.ACTIVIST)
    zhang.says("公告").hears("没有要看的公告")
    first = published(branch)
    zhang.says("活动").hears("您有1条通知")
    zhang.says("通知").hears("没看的公告：“关于主题党日的通知”。发“公告”看。").hears_not("【通知】")
    zhang.says("活动").hears_not("条通知")
    assert readers(branch, first) == ([], ["张建国", "李娜"])
    zhang.says("公告").hears("【通知】关于主题党日的通知", *TEXT.split("\n")).again().hears("三楼会议室")
    assert readers(branch, first) == (["张建国"], ["李娜"])
    zhang.says("通知").hears("没有新通知").hears_not("没看的公告")
    guest.says("公告").hears("没有要看的公告")
    second = published(branch, "一组的事", group="第一党小组")
    zhang.says("看公告").hears("1 【通知】一组的事（没看）", "2 【通知】关于").says("1").hears("请按时")
    assert readers(branch, second) == (["张建国"], [])
    with branch.house.reading() as db:
        kept = {(one.member.name, one.state) for one in db.scalars(select(Notice))}
    assert ("李娜", NoticeState.WAITING) in kept
    assert ("张建国", NoticeState.WAITING) not in kept


def test_a_new_edition_of_a_rule_is_to_be_read_again_and_a_correction_is_not(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    rule = published(branch, "值班安排办法", kind=BulletinKind.RULE, body=LONG)
    notice = published(branch, "放假通知")
    zhang.says("通知").hears("“放假通知”、“值班安排办法”")
    zhang.says("公告").says("2").hears("【制度】值班安排办法", "制度正文", "…", "看全文请打开：http", f"board/{rule}")
    assert readers(branch, rule)[1] == ["张建国"], "a beginning is not the whole"
    reads(branch, rule, "张建国")
    zhang.says("公告").says("1").hears("放假通知")
    assert revised(branch, rule, LONG) == 0, "the same text is no edition"
    assert (revised(branch, rule, LONG + "第二条。"), revised(branch, notice, "改了一个字。")) == (1, 0)
    assert readers(branch, rule)[1] == ["张建国"]
    assert readers(branch, notice)[1] == []
    zhang.says("活动").hears("您有1条通知")
    withdrawn(branch, rule)
    zhang.says("活动").hears_not("条通知")
    zhang.says("公告").hears("改了一个字").hears_not("值班安排办法")


def test_a_display_runs_its_working_days_and_names_where_objections_go(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    with pytest.raises(BulletinLacks):
        published(branch, "拟发展对象公示", kind=BulletinKind.DISPLAY)
    for body in ("手机13800000000", "身份证11010119900101123X"):
        with pytest.raises(BulletinLacks, match="numbers"):
            published(branch, "公示", kind=BulletinKind.DISPLAY, body=body, contact="王芳")
    published(branch, "拟发展对象公示", kind=BulletinKind.DISPLAY, body="赵敏，预报员。", contact="王芳，三楼301")
    zhang.says("公告").hears("【公示】拟发展对象公示", "赵敏，预报员", "公示到11月27日，有意见请找：王芳，三楼301")
    zhang.hears_not("请打开")
    branch.clock.advance(timedelta(days=5).total_seconds())
    zhang.says("公告").hears("拟发展对象公示")  # 11月27日, the last day
    branch.clock.advance(timedelta(days=1).total_seconds())
    zhang.says("公告").hears("没有要看的公告")


def test_who_has_not_read_is_reminded_once_after_three_days(each_branch: Branch) -> None:
    branch = each_branch
    for name in ("张建国", "李娜"):
        branch.bound(name)
    first = published(branch)
    outside = published(branch, "对外的", audience=BulletinAudience.OUTSIDE, decision="11月20日支委会")
    reads(branch, first, "李娜")
    assert due(branch, 48) == []
    expected = [("张建国", f"{first}.1"), ("张建国", f"{outside}.1"), ("李娜", f"{outside}.1")]
    assert due(branch, 72) == expected
    branch.clock.advance(timedelta(hours=60).total_seconds())
    revised(branch, first, "改正了。")
    assert due(branch, 24) == expected[1:], "a correction is nothing to remind of"
    withdrawn(branch, outside)
    assert due(branch, 240) == []


def test_my_rights_are_told_in_one_reply(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    zhang.says("我的权利").hears("都看过了", "现在没有要填的", "还没有署名提过")
    published(branch)
    opened(branch)
    zhang.says("我的权利").hears("“关于主题党日的通知”没看，请发“公告”", "“值班安排办法”可以填，请发“征集”")
    assert len(zhang.reply.split("\n")) <= 6


def test_an_attachment_leads_to_the_page_and_is_not_read_by_its_words(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    first = published(branch)

    def work(db: Session) -> None:
        act = branch.house.operator()
        bulletins.attach(db, act, bulletins.find(db, act, first), "方案.pdf", b"%PDF-1.7")

    branch.house.run(work)
    zhang.says("公告").hears("三楼会议室", "附件1个，请打开：http", f"board/{first}")
    assert readers(branch, first)[1] == ["张建国"]
    assert len(zhang.reply.split("\n")) <= 6
