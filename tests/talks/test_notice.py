"""通知 as people hear it: one line after what they asked for, everything under the word, each thing once."""

from datetime import timedelta

from sqlalchemy import select

from models.activity import ActivityKind
from models.appointment import Role
from models.notice import Notice, NoticeState
from tests.branch import Branch, Phone

SOON = timedelta(days=3)  # 11月25日（周三）13:52
WAITS = "条通知，发“通知”看。"
MOVED = "【改期】因启动暴雨应急响应，11月25日（周三）的主题党日改到12月2日（周三）13:52，三楼会议室。来不了请发“请假”。"
CANCELLED = "【取消】因人员值守，11月25日（周三）13:52的党课取消。"


def states(branch: Branch) -> list[NoticeState]:
    with branch.house.reading() as db:
        return list(db.scalars(select(Notice.state).order_by(Notice.id)))


def changed(branch: Branch) -> Phone:
    """A member, an activity of whose has been moved and another one cancelled."""
    zhang = branch.bound("张建国")
    moved = branch.meeting("主题党日", opened=False, starts=SOON)
    cancelled = branch.meeting("党课", kind=ActivityKind.LECTURE, opened=False, starts=SOON)
    branch.moves(moved, timedelta(days=7), "启动暴雨应急响应")
    branch.cancels(cancelled, "因人员值守。")
    return zhang


def test_a_line_after_the_last_words_and_everything_under_the_word(each_branch: Branch) -> None:
    zhang = changed(each_branch)
    zhang.says("活动").hears("近期活动", "12月2日").hears(f"\n您有2{WAITS}")
    zhang.says("通知")
    assert zhang.reply == f"（1）{MOVED}\n（2）{CANCELLED}"
    zhang.again().hears(MOVED).hears_not(WAITS)
    assert states(each_branch) == [NoticeState.SHOWN] * 2
    zhang.says("活动").hears_not(WAITS)
    assert each_branch.sends() == 0


def test_what_was_told_last_can_be_read_again(branch: Branch) -> None:
    zhang = changed(branch)
    assert branch.sends() == 2
    zhang.says("活动").hears_not(WAITS)
    zhang.says("看通知").hears("没有新通知。\n最近的：\n（1）【取消】", "（2）【改期】")
    branch.bound("李娜").says("通知").hears("没有新通知。").hears_not("最近的")


def test_the_line_never_stands_in_the_middle_of_a_question(branch: Branch) -> None:
    zhang = changed(branch)
    branch.meeting()
    zhang.says("签到").hears("请看大屏").hears_not(WAITS)
    zhang.says("12345").hears("少了1位").hears_not(WAITS)
    zhang.says(branch.screen(branch.meeting("党员大会")).number).hears("签到成功", WAITS)
    zhang.says("帮助").hears("您想做什么").hears_not(WAITS)


def test_the_line_after_a_scan_and_a_refusal_has_none(branch: Branch) -> None:
    zhang = changed(branch)
    meeting = branch.meeting()
    zhang.scans(branch.screen(meeting).code).hears("签到成功", f"\n您有2{WAITS}")
    branch.close(meeting)
    branch.clock.advance(60)
    zhang.scans(branch.screen(branch.meeting("党员大会")).code).hears(WAITS)
    branch.phone("somebody").says("帮助").hears_not(WAITS)


def test_who_cannot_be_reached_is_told_at_the_next_contact(branch: Branch) -> None:
    digits = branch.member("李娜")
    meeting = branch.meeting("党课", kind=ActivityKind.LECTURE, opened=False, starts=SOON)
    branch.cancels(meeting)
    assert branch.sends() == 1
    li = branch.phone("李娜").says(digits).hears("绑定成功")
    li.says("记录").hears("李娜同志")
    li.says("谢谢").hears("不客气。")
    li.says("活动").hears(f"您有1{WAITS}")
    li.says("通知").hears("的党课取消。")


def test_more_than_fits_comes_at_the_next_asking(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    for number in range(6):
        branch.cancels(branch.meeting(f"党课{number}", kind=ActivityKind.LECTURE, opened=False, starts=SOON))
    zhang.says("通知").hears("（1）", "党课0", "（4）", "党课3", f"您有2{WAITS}").hears_not("党课4")
    zhang.says("通知").hears("党课4", "党课5").hears_not(WAITS, "党课3")


def test_leave_that_waits_comes_first_and_is_asked_about(each_branch: Branch) -> None:
    zhang, li = each_branch.bound("张建国"), each_branch.bound("李娜")
    each_branch.appoints("张建国", Role.GROUP_LEADER, "第一党小组")
    cancelled = each_branch.meeting("党课", kind=ActivityKind.LECTURE, opened=False, starts=SOON)
    each_branch.meeting("主题党日", opened=False, starts=2 * SOON)
    li.says("请假").says("2").says("1").hears("已提交，等张建国同志同意")
    each_branch.cancels(cancelled)
    zhang.says("活动").hears(f"您有2{WAITS}")
    zhang.says("通知").hears("有1个请假等您同意，另有1条通知：\n【取消】", "李娜同志请假（值班）", "1 同意  2 不同意")
    zhang.hears_not(WAITS)
    zhang.says("1").hears("已同意李娜同志请假").hears_not(WAITS)
    li.says("活动").hears(f"您有2{WAITS}")


def test_with_a_question_all_of_it_is_six_lines(branch: Branch) -> None:
    zhang, li = branch.bound("张建国"), branch.bound("李娜")
    branch.appoints("张建国", Role.GROUP_LEADER, "第一党小组")
    branch.meeting("主题党日", opened=False, starts=2 * SOON)
    li.says("请假").says("1").hears("已提交，等张建国同志同意")
    for number in range(2):
        branch.cancels(branch.meeting(f"党课{number}", kind=ActivityKind.LECTURE, opened=False, starts=SOON))
    zhang.says("通知").hears("有1个请假等您同意，另有1条通知：", "党课0", "1 同意  2 不同意").hears_not("党课1")
    assert len(zhang.reply.split("\n")) <= 6
    zhang.says("1").hears("已同意李娜同志请假", f"您有1{WAITS}")


def test_a_request_decided_elsewhere_is_not_told_any_more(branch: Branch) -> None:
    zhang, wang = branch.bound("张建国"), branch.bound("王芳")
    li = branch.bound("李娜")
    for name in ("张建国", "王芳"):
        branch.appoints(name, Role.GROUP_LEADER, "第一党小组")
    branch.meeting("主题党日", opened=False, starts=SOON)
    li.says("请假").says("1").hears("等张建国同志、王芳同志同意")
    zhang.says("活动").hears(f"您有1{WAITS}")
    wang.says("批假").says("1").hears("已同意")
    zhang.says("活动").hears_not(WAITS)
    zhang.says("通知").hears("没有新通知")


def test_a_later_word_replaces_an_earlier_one(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    meeting = branch.meeting("主题党日", opened=False, starts=SOON)
    branch.moves(meeting, timedelta(days=1))
    branch.cancels(meeting)
    zhang.says("通知").hears("的主题党日取消。").hears_not("改期")
