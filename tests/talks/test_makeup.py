"""补课 as people hear it: what is owed, the ways its kind has, told once; 记录 shows what came of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from models.activity import ActivityKind
from models.appointment import Role
from models.attendance import MakeUp, MakeUpWay, MarkKind
from services import activities, makeups, members, registrations
from services.errors import NotAllowed
from tests.branch import Branch


def missed(branch: Branch, kind: ActivityKind = ActivityKind.PARTY_DAY, title: str = "主题党日") -> str:
    """An activity that is over and that nobody came to."""
    meeting = branch.meeting(title, kind=kind)
    branch.close(meeting)
    return meeting


def told(branch: Branch) -> list[tuple[str, MakeUpWay, str]]:
    with branch.house.reading() as db:
        return [(one.member.name, one.way, one.content) for one in db.scalars(select(MakeUp))]


def confirm(branch: Branch, by: str) -> None:
    branch.house.run(lambda db: makeups.confirm(db, branch.act_of(db, by), db.scalars(select(MakeUp)).one()))


def correct(branch: Branch, meeting: str, name: str, kind: MarkKind) -> None:
    branch.house.run(
        lambda db: registrations.mark(
            db, branch.house.operator(), activities.find(db, meeting), members.find(db, name), (kind, None), "核对"
        )
    )


def test_what_was_missed_is_made_up_and_told(each_branch: Branch) -> None:
    zhang = each_branch.bound("张建国")
    missed(each_branch)
    zhang.says("补课").hears("11月22日（周日）主题党日，怎么补的？\n1 看录播  2 自学\n3 听传达")
    zhang.says("1").hears("看了什么，记住了什么？一两句话就行。")
    zhang.says("看了录播，学了党章总纲").hears("已提交。主题党日的补课，党小组长核对后记上。")
    zhang.again().hears("已提交")
    assert told(each_branch) == [("张建国", MakeUpWay.RECORDING, "看了录播，学了党章总纲")]
    zhang.says("补课").hears("现在没有要补课的活动。").hears_not("已提交")


@pytest.mark.parametrize(
    ("kind", "asks"),
    [
        (ActivityKind.LECTURE, "1 看录播  2 自学\n请回复数字。"),
        (ActivityKind.BRANCH_MEETING, "谁给您传达的"),
        (ActivityKind.COMMITTEE, "现在没有要补课的活动。"),
        (ActivityKind.LIFE_MEETING, "现在没有要补课的活动。"),
    ],
)
def test_the_ways_follow_from_the_kind(branch: Branch, kind: ActivityKind, asks: str) -> None:
    zhang = branch.bound("张建国")
    branch.appoints("张建国", Role.SECRETARY)
    missed(branch, kind)
    zhang.says("补课").hears(asks)


def test_several_are_listed(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    missed(branch)
    missed(branch, ActivityKind.LECTURE, "党课")
    zhang.says("补课").hears("补哪一次的？", "1 11月22日（周日）主题党日", "2 11月22日（周日）党课")
    zhang.says("2").says("自学").hears("学了什么").speaks("学了党章").hears("我听到：学了党章", "1 是  2 不是")
    zhang.says("1").hears("已提交。党课的补课")
    assert told(branch) == [("张建国", MakeUpWay.STUDY, "学了党章")]


def test_who_came_owes_nothing_also_where_a_person_said_so(branch: Branch) -> None:
    zhang, li = branch.bound("张建国"), branch.bound("李娜")
    meeting = branch.meeting()
    zhang.scans(branch.screen(meeting).code).hears("签到成功")
    branch.close(meeting)
    zhang.says("补课").hears("现在没有要补课的活动。")
    li.says("补课").hears("怎么补的？").says("取消")
    correct(branch, meeting, "李娜", MarkKind.CAME)
    correct(branch, meeting, "张建国", MarkKind.NOT_CAME)
    li.says("补课").hears("现在没有要补课的活动。")
    zhang.says("补课").hears("怎么补的？")


def test_the_term_ends_after_fourteen_days(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    missed(branch)
    branch.clock.advance(timedelta(days=14).total_seconds())
    zhang.says("补课").hears("怎么补的？").says("自学")
    branch.clock.advance(1)
    zhang.says("学了党章").hears("不用补课").hears_not("已提交")


def test_a_leader_confirms_it_nobody_the_own_nobody_foreign(each_branch: Branch) -> None:
    zhang = each_branch.bound("张建国")
    for name, group in (("王芳", "第一党小组"), ("李强", "第二党小组")):
        each_branch.member(name, group=group)
        each_branch.appoints(name, Role.GROUP_LEADER, group)
    missed(each_branch)
    zhang.says("补课").says("2").says("学了党章").hears("已提交")
    for foreign in ("张建国", "李强"):
        with pytest.raises(NotAllowed):
            confirm(each_branch, foreign)
    zhang.says("记录").hears("应到1次，到会0次\n未到1次\n").hears_not("补课）")
    confirm(each_branch, "王芳")
    confirm(each_branch, "王芳")
    zhang.says("记录").says("1").hears("共1次：\n11-22 主题党日 未到，已补课")


def test_the_record_as_in_the_secretarys_transcript(branch: Branch) -> None:
    zhang, wang = branch.bound("张建国"), branch.bound("王芳")
    branch.appoints("王芳", Role.GROUP_LEADER, "第一党小组")
    came = branch.meeting("党员大会", kind=ActivityKind.BRANCH_MEETING)
    zhang.scans(branch.screen(came).code).hears("签到成功")
    branch.close(came)
    branch.clock.advance(60)
    missed(branch)
    zhang.says("请假").says("1").hears("已提交")
    wang.says("批假").says("1").hears("已同意张建国")
    branch.clock.advance(60)
    missed(branch, ActivityKind.LECTURE, "党课")
    zhang.says("补课").says("1").says("2").says("学了党章").hears("已提交。主题党日")
    confirm(branch, "王芳")
    zhang.says("记录")
    assert zhang.reply == (
        "张建国同志，2026年\n组织生活 应到3次，到会1次\n请假1次（已补课），未到1次\n"
        "集中学习 0学时，还差32\n回复1看明细，回复2看怎么补。"
    )
    zhang.says("1").hears("共3次：\n11-22 党课 未到\n11-22 主题党日 请假（值班），已补课\n11-22 党员大会 到会")
    zhang.says("记录").says("2").hears("党课：看录播、自学，到12月6日\n补好了，请发“补课”。")


def test_the_records_question_is_left_by_anything(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    missed(branch)
    zhang.says("记录").hears("回复1看明细")
    zhang.says("谢谢").hears("不客气。")
    zhang.says("记录").says("活动").hears("近期没有安排活动")
