"""请假 and 批假 as people hear them: asked for once, decided once, by whoever may at that moment."""

from datetime import date, timedelta
from functools import partial

import pytest
import redis
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityKind
from models.appointment import Role
from models.leave import Leave, LeaveClass, LeaveState
from models.member import MemberStatus
from models.notice import Notice, NoticeKind, NoticeState
from services import activities, leaves, members, notices, orgs, standings
from services.errors import AlreadyAsked, NotAllowed
from services.leaves import Wish
from tests.branch import Branch, Phone
from tests.services.together import together

SOON = timedelta(days=3)  # 11月25日（周三）13:52
WHY = "为什么不能来？\n1 值班  2 出差  3 生病\n4 有事  5 其他\n6 外出、探亲、休假\n请回复数字。"
FIRST, SECOND = "第一党小组", "第二党小组"


def led(branch: Branch, name: str = "王芳", group: str = FIRST) -> Phone:
    """A group leader with a phone."""
    leader = branch.bound(name, group=group)
    branch.appoints(name, Role.GROUP_LEADER, group)
    return leader


def asker(branch: Branch) -> Phone:
    """A member with an activity to come."""
    member = branch.bound("张建国")
    branch.meeting(opened=False, starts=SOON)
    return member


def requests(branch: Branch) -> list[tuple[str, LeaveClass, str, LeaveState]]:
    with branch.house.reading() as db:
        return [(one.member.name, one.leave_class, one.reason, one.state) for one in db.scalars(select(Leave))]


def states(branch: Branch) -> list[LeaveState]:
    return [state for _, _, _, state in requests(branch)]


def told(branch: Branch, kind: NoticeKind) -> list[tuple[str, NoticeState]]:
    with branch.house.reading() as db:
        found = db.scalars(select(Notice).where(Notice.kind == kind).order_by(Notice.id))
        return [(one.member.name, one.state) for one in found]


# --- asking ------------------------------------------------------------------------------------------------------


def test_leave_is_asked_for_as_in_the_secretarys_transcript(each_branch: Branch) -> None:
    led(each_branch)
    zhang = each_branch.bound("张建国")
    each_branch.meeting("主题党日", opened=False, starts=SOON)
    zhang.says("请假")
    assert zhang.reply == f"11月25日（周三）主题党日，{WHY}"
    zhang.says("1")
    assert zhang.reply == "已提交，等王芳同志同意。同意后我告诉您。"
    zhang.again().hears("已提交，等王芳同志同意")
    assert requests(each_branch) == [("张建国", LeaveClass.DUTY, "", LeaveState.WAITING)]
    assert told(each_branch, NoticeKind.LEAVE_ASKED) == [("王芳", NoticeState.WAITING)]
    zhang.says("请假").hears("主题党日您已请过假").hears_not("已提交")


@pytest.mark.parametrize("said", ["来不了", "请假。", "请 假", "我要请假"])
def test_words_that_ask_for_leave(branch: Branch, said: str) -> None:
    asker(branch).says(said).hears(WHY)


@pytest.mark.parametrize("said", ["请价", "清假", "去不了"])
def test_words_that_are_asked_about_first(branch: Branch, said: str) -> None:
    asker(branch).says(said).hears("您是想“请假”吗？").says("1").hears(WHY)


@pytest.mark.parametrize(
    ("said", "leave_class"),
    [
        ("值班", LeaveClass.DUTY),
        ("２", LeaveClass.TRIP),
        ("生病了", LeaveClass.SICK),
        ("有事", LeaveClass.PERSONAL),
        ("第一个", LeaveClass.DUTY),
        ("夜班", LeaveClass.DUTY),
        ("6", LeaveClass.AWAY),
        ("外出", LeaveClass.AWAY),
        ("探亲", LeaveClass.AWAY),
        ("休假了", LeaveClass.AWAY),
    ],
)
def test_the_class_by_number_or_word(branch: Branch, said: str, leave_class: LeaveClass) -> None:
    asker(branch).says("请假").says(said).hears("已提交")
    assert [one for _, one, _, _ in requests(branch)] == [leave_class]


def test_another_reason_is_told_in_words(branch: Branch) -> None:
    zhang = asker(branch).says("请假").says("7").hears("没有这一项，只有1至6。").says("5")
    zhang.hears("请说一下原因，一句话就行。")
    zhang.says("字" * 61).hears("最多60字").says("老人住院").hears("已提交")
    assert requests(branch) == [("张建国", LeaveClass.OTHER, "老人住院", LeaveState.WAITING)]


def test_a_spoken_reason_is_confirmed_before_it_is_kept(branch: Branch) -> None:
    zhang = asker(branch).says("请假")
    zhang.speaks("其他").hears("我听到：其他", "请说一下原因")
    zhang.speaks("老人住远").hears("我听到：老人住远", "我听到的对吗？", "1 是  2 不是")
    zhang.says("2").hears("请再说一遍，或者打字。")
    zhang.speaks("老人住院").hears("我听到：老人住院", "1 是  2 不是")
    assert requests(branch) == []
    zhang.says("1").hears("已提交")
    assert requests(branch) == [("张建国", LeaveClass.OTHER, "老人住院", LeaveState.WAITING)]


def test_several_activities_are_listed_and_what_is_settled_is_not(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    branch.meeting("主题党日", opened=False, starts=SOON)
    branch.meeting("党课", kind=ActivityKind.LECTURE, opened=False, starts=2 * SOON)
    zhang.says("请假").hears("请哪一次的假？", "1 11月25日（周三）主题党日", "2 11月28日（周六）党课")
    zhang.says("2").hears("党课，为什么不能来？").says("出差").hears("已提交")
    zhang.says("请假").hears("11月25日（周三）主题党日，为什么不能来？")


def test_a_silent_question_times_out_and_goes_on(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    branch.meeting("主题党日", opened=False, starts=SOON)
    branch.meeting("党课", kind=ActivityKind.LECTURE, opened=False, starts=2 * SOON)
    zhang.says("请假").says("2").hears("党课，为什么不能来？")
    branch.clock.advance(601)
    zhang.says("1").hears("过了10分钟", "请假", "继续").hears_not("已提交")
    zhang.says("继续").hears("党课，为什么不能来？").says("1").hears("已提交")


def test_leave_may_be_asked_for_until_three_days_after_to_the_second(each_branch: Branch) -> None:
    zhang = each_branch.bound("张建国")
    meeting = each_branch.meeting()
    each_branch.close(meeting)
    each_branch.clock.advance(timedelta(days=3).total_seconds())
    zhang.says("请假").hears("11月主题党日，为什么没能来？")
    each_branch.clock.advance(1)
    zhang.says("1").hears("活动过去三天了").hears_not("已提交")
    zhang.says("请假").hears("近期没有要您请假的活动")
    assert requests(each_branch) == []


def test_at_the_last_second_it_counts(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    branch.close(branch.meeting())
    branch.clock.advance(timedelta(days=3).total_seconds())
    zhang.says("请假").says("1").hears("已提交")


def test_who_is_here_or_not_expected_or_unbound_needs_no_leave(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    zhang.scans(branch.screen(branch.meeting()).code).hears("签到成功")
    zhang.says("请假").hears("11月主题党日您已签到，不用请假")
    branch.bound("唐悦", status=MemberStatus.ACTIVIST).says("请假").hears("应到名单上没有您")
    branch.phone("somebody").says("请假").hears("绑定", "家属代请，请直接告诉党小组长")
    assert requests(branch) == []


def test_who_arrives_in_the_middle_of_asking_is_here(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    meeting = branch.meeting()
    zhang.says("请假").hears(WHY)
    zhang.scans(branch.screen(meeting).code).hears("签到成功")
    zhang.says("1").hears("您已签到，不用请假").hears_not("已提交")


def test_nothing_to_ask_for(branch: Branch) -> None:
    branch.bound("张建国").says("请假").hears("近期没有要您请假的活动")


def test_standing_leave_covers_its_days(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    branch.meeting(opened=False, starts=SOON)

    def away(until: date) -> None:
        span = (date(2026, 11, 1), until)
        branch.house.run(
            lambda db: standings.enter(
                db, branch.house.operator(), members.find(db, "张建国"), LeaveClass.TRIP, span, "驻村"
            )
        )

    away(date(2026, 11, 24))
    zhang.says("请假").hears(WHY).says("取消")
    away(date(2026, 11, 25))
    zhang.says("请假").hears("11月主题党日那天您登记了长期请假，不用再请。")


def test_an_activity_called_off_is_said_so(each_branch: Branch) -> None:
    zhang = each_branch.bound("张建国")
    meeting = each_branch.meeting("主题党日", opened=False, starts=SOON)
    zhang.says("请假").hears(WHY)
    each_branch.cancels(meeting, "启动暴雨应急响应")
    zhang.says("1").hears("主题党日已经取消").hears_not("已提交")
    zhang.says("请假").hears("主题党日已经取消")
    each_branch.meeting("党课", kind=ActivityKind.LECTURE, opened=False, starts=2 * SOON)
    zhang.says("请假").hears("11月25日（周三）的主题党日已经取消，不用请假。", "党课，为什么不能来？")
    assert requests(each_branch) == []


def test_an_activity_moved_meanwhile_is_asked_about_again(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    meeting = branch.meeting("主题党日", opened=False, starts=SOON)
    zhang.says("请假").hears("11月25日")
    branch.moves(meeting, timedelta(days=7))
    zhang.says("1").hears("主题党日刚刚改到12月2日（周三）13:52", "要请假吗？", "1 是  2 不是")
    zhang.says("2").hears("好的，没有请假。")
    zhang.says("请假").hears("12月2日（周三）主题党日（已改期），为什么不能来？").says("1").hears("已提交")


def test_an_old_code_of_a_moved_or_cancelled_activity(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    branch.meeting("党课", kind=ActivityKind.LECTURE)
    first = branch.meeting("主题党日", opened=False, starts=SOON)
    second = branch.meeting("党员大会", kind=ActivityKind.BRANCH_MEETING, opened=False, starts=SOON)
    scenes = [branch.scene_at(one, branch.clock.now()) for one in (first, second)]
    zhang.does(zhang.person.event("SCAN", EventKey=scenes[0])).hears("还没有开始签到")
    branch.moves(first, timedelta(days=7))
    branch.cancels(second)
    branch.clock.advance(1)
    zhang.does(zhang.person.event("SCAN", EventKey=scenes[0])).hears("主题党日改到12月2日（周三）13:52，到时候再签到。")
    zhang.does(zhang.person.event("SCAN", EventKey=scenes[1])).hears("党员大会已经取消。")


def test_a_family_goes_to_the_leader_who_may_enter_it(branch: Branch) -> None:
    led(branch)
    branch.member("杨德山", born="1942-03")
    meeting = branch.meeting(opened=False, starts=SOON)
    branch.phone("somebody").says("家属代请").hears("请直接告诉党小组长", "记“家属代请”")

    def enter(by: str, *, by_family: bool) -> None:
        branch.house.run(
            lambda db: leaves.ask(
                db, branch.act_of(db, by), members.find(db, "杨德山"), activities.find(db, meeting),
                Wish(LeaveClass.SICK, "住院", by_family=by_family),
            )
        )  # fmt: skip

    with pytest.raises(NotAllowed):
        enter("王芳", by_family=False)
    assert requests(branch) == []
    enter("王芳", by_family=True)
    assert requests(branch) == [("杨德山", LeaveClass.SICK, "住院", LeaveState.WAITING)]
    branch.phones["王芳"].says("批假").hears("杨德山同志请假（生病：住院）", "家属代请。").says("1").hears(
        "已同意杨德山"
    )


# --- who is asked ------------------------------------------------------------------------------------------------


def test_the_leaders_own_leave_goes_to_the_secretary_and_his_to_the_deputy(each_branch: Branch) -> None:
    wang = led(each_branch)
    chen, zhou = each_branch.bound("陈向阳"), each_branch.bound("周敏")
    each_branch.appoints("周敏", Role.DEPUTY)
    each_branch.appoints("陈向阳", Role.SECRETARY)
    each_branch.meeting(opened=False, starts=SOON)
    wang.says("请假").says("1").hears("等陈向阳同志同意")
    wang.says("批假").hears("现在没有等您同意的请假。")
    each_branch.dismisses("王芳")
    chen.says("请假").says("1").hears("等周敏同志同意")
    chen.says("批假").hears("王芳同志请假（值班）").says("1").hears("已同意王芳同志请假")
    zhou.says("批假").hears("陈向阳同志请假").says("2").hears("没有同意陈向阳同志请假")
    assert states(each_branch) == [LeaveState.APPROVED, LeaveState.REFUSED]


def test_nobody_to_decide_is_said_so(branch: Branch) -> None:
    asker(branch).says("请假").says("1").hears("已提交。支部还没有登记能批假的同志，请当面说一声。")


def test_only_who_may_decides(each_branch: Branch) -> None:
    led(each_branch)
    stranger = led(each_branch, "李强", SECOND)
    zhang = each_branch.bound("张建国")
    each_branch.meeting(opened=False, starts=SOON)
    zhang.says("请假").says("1").hears("已提交")
    zhang.says("批假").hears("您现在没有办这件事的权限")
    stranger.says("批假").hears("现在没有等您同意的请假。")
    each_branch.phone("somebody").says("批假").hears("绑定")
    assert states(each_branch) == [LeaveState.WAITING]


def test_an_office_that_ended_decides_nothing_even_in_an_open_talk(each_branch: Branch) -> None:
    wang = led(each_branch)
    asker(each_branch).says("请假").says("1")
    wang.says("批假").hears("张建国同志请假")
    each_branch.dismisses("王芳")
    wang.says("1").hears("没有办这件事的权限")
    assert states(each_branch) == [LeaveState.WAITING]


# --- deciding ----------------------------------------------------------------------------------------------------


def asked(branch: Branch, *names: str) -> Phone:
    """A leader for whose word the requests of these members wait."""
    leader = led(branch)
    phones = [branch.bound(name) for name in names]
    branch.meeting("主题党日", opened=False, starts=SOON)
    for phone in phones:
        phone.says("请假").says("1").hears("已提交，等王芳同志同意")
    return leader


def test_a_request_names_person_and_date_and_is_agreed_to(each_branch: Branch) -> None:
    wang = asked(each_branch, "李娜").says("批假")
    assert wang.reply == "李娜同志请假（值班）\n11月25日（周三）13:52主题党日\n1 同意  2 不同意\n请回复数字。"
    wang.says("同意").hears("已同意李娜同志请假，我会告诉本人。")
    wang.again().hears("已同意李娜同志请假")
    assert states(each_branch) == [LeaveState.APPROVED]
    assert told(each_branch, NoticeKind.LEAVE_DECIDED) == [("李娜", NoticeState.WAITING)]
    assert told(each_branch, NoticeKind.LEAVE_ASKED) == [("王芳", NoticeState.EXPIRED)]
    each_branch.phones["李娜"].says("通知").hears("您11月25日（周三）主题党日的请假，王芳同志已同意。")


def test_a_request_is_turned_down(branch: Branch) -> None:
    asked(branch, "李娜").says("批假").says("2").hears("没有同意李娜同志请假")
    li = branch.phones["李娜"].says("通知").hears("王芳同志没有同意。有困难请直接找王芳同志。")
    li.says("请假").hears(WHY)


def test_several_requests_are_listed_first_and_the_rest_follows(branch: Branch) -> None:
    wang = asked(branch, "李娜", "张伟", "何静").says("批假")
    wang.hears("请假等您同意，先看哪一个？", "1 李娜 11月25日（周三） 值班", "3 何静")
    wang.says("2").hears("张伟同志请假（值班）").says("1")
    wang.hears("已同意张伟同志请假", "请假等您同意，先看哪一个？", "1 李娜", "2 何静").hears_not("张伟 ")
    wang.says("2").says("2").hears("没有同意何静", "李娜同志请假（值班）\n11月25日").says("1").hears("已同意李娜")
    assert states(branch) == [LeaveState.APPROVED, LeaveState.APPROVED, LeaveState.REFUSED]
    wang.says("批假").hears("现在没有等您同意的请假。")


def test_of_two_leaders_the_second_is_told_by_whom(each_branch: Branch) -> None:
    wang = asked(each_branch, "李娜", "张伟")
    li = led(each_branch, "李强").says("批假").says("1").hears("李娜同志请假")
    wang.says("批假").says("1").says("1").hears("已同意李娜")
    li.says("2").hears("这个申请已经处理过：已同意（王芳）。", "张伟同志请假").hears_not("没有同意")
    wang.says("1").hears("已同意张伟")
    li.says("1").hears("这个申请已经处理过：已同意（王芳）。")
    assert states(each_branch) == [LeaveState.APPROVED, LeaveState.APPROVED]


def test_a_request_from_what_was_called_off_waits_no_more(branch: Branch) -> None:
    wang, li = led(branch), branch.bound("李娜")
    meeting = branch.meeting("主题党日", opened=False, starts=SOON)
    li.says("请假").says("1").hears("已提交")
    wang.says("批假").hears("李娜同志请假")
    branch.cancels(meeting)
    wang.says("1").hears("主题党日已经取消。")
    wang.says("批假").hears("现在没有等您同意的请假。")
    assert states(branch) == [LeaveState.WAITING]


def test_a_request_made_afterwards_says_so(branch: Branch) -> None:
    wang = led(branch)
    li = branch.bound("李娜")
    branch.close(branch.meeting())
    branch.clock.advance(3600)
    li.says("请假").says("3").hears("已提交")
    wang.says("批假").hears("李娜同志请假（生病）", "活动已经过了，事后补请。")


def test_a_second_1_decides_nothing_more(branch: Branch) -> None:
    wang = asked(branch, "李娜").says("批假").says("1").hears("已同意")
    wang.says("1").hears_not("已同意", "没有同意李娜")
    assert told(branch, NoticeKind.LEAVE_DECIDED) == [("李娜", NoticeState.WAITING)]


def test_at_the_same_moment_one_decision_stands_and_the_others_are_refused(each_branch: Branch) -> None:
    asked(each_branch, "李娜")
    led(each_branch, "李强")

    def decide(by: str, *, agreed: bool) -> None:
        def work(db: Session) -> None:
            request = db.scalars(select(Leave)).one()
            leaves.decide(db, each_branch.act_of(db, by), request, agreed=agreed, note="")
            notices.leave_decided(db, request, each_branch.clock.now(), each_branch.house.settings.zone)

        each_branch.house.run(work)

    acts = [partial(decide, name, agreed=name == "王芳") for name in ("王芳", "李强") * 3]
    results = together(acts)
    assert sorted(str(type(one).__name__) for one in results) == ["Decided"] * 5 + ["NoneType"]
    assert states(each_branch)[0] in {LeaveState.APPROVED, LeaveState.REFUSED}
    assert len(told(each_branch, NoticeKind.LEAVE_DECIDED)) == 1


def test_at_the_same_moment_one_request_is_made(each_branch: Branch) -> None:
    asker(each_branch)

    def ask() -> None:
        def work(db: Session) -> None:
            act = each_branch.act_of(db, "张建国")
            assert act.by
            leaves.ask(db, act, act.by, db.scalars(select(Activity)).one(), Wish(LeaveClass.DUTY))

        each_branch.house.run(work)

    results = together([ask] * 4)
    assert [one for one in results if one is not None and not isinstance(one, AlreadyAsked | IntegrityError)] == []
    assert states(each_branch) == [LeaveState.WAITING]


# --- the request that was sent -----------------------------------------------------------------------------------


@pytest.fixture
def wang(branch: Branch) -> Phone:
    """A leader to whom the request of 李娜 has been sent."""
    leader = asked(branch, "李娜")
    assert branch.sends() == 1
    branch.clock.advance(1)
    return leader


def test_the_request_is_sent_and_the_next_1_agrees(each_branch: Branch) -> None:
    wang = asked(each_branch, "李娜")
    assert each_branch.sends() == 1
    card = pushed_to(each_branch, wang)
    assert "事项：主题党日\n内容：李娜请假（值班）：11月25日（周三）" in card
    assert "发“1”同意，发“2”不同意" in card
    each_branch.clock.advance(5)
    wang.says("1").hears("已同意李娜同志请假")
    wang.again().hears("已同意李娜同志请假")
    assert states(each_branch) == [LeaveState.APPROVED]
    wang.says("1").hears("我没听懂")


def pushed_to(branch: Branch, phone: Phone) -> str:
    """What the account sent to this person by itself, last."""
    return branch.world.journal.lines(phone.person.id)[-1].text


def test_without_redis_a_redelivered_1_gets_the_same_answer(
    branch: Branch, wang: Phone, empty_redis: redis.Redis
) -> None:
    wang.says("1").hears("已同意李娜同志请假")
    empty_redis.flushall()
    wang.again().hears("已同意李娜同志请假")
    assert told(branch, NoticeKind.LEAVE_DECIDED) == [("李娜", NoticeState.WAITING)]


def test_2_turns_it_down_and_words_do_as_well(branch: Branch, wang: Phone) -> None:
    wang.says("不同意").hears("没有同意李娜同志请假")
    assert states(branch) == [LeaveState.REFUSED]


def test_what_is_no_answer_gets_the_question(branch: Branch, wang: Phone) -> None:
    wang.says("好的").hears("没有这一项，只有1至2。", "李娜同志请假（值班）", "1 同意  2 不同意")
    assert states(branch) == [LeaveState.WAITING]
    wang.says("1").hears("已同意")


def test_a_command_is_no_answer_and_the_question_stays(branch: Branch, wang: Phone) -> None:
    wang.says("活动").hears("近期活动")
    branch.clock.advance(3600)
    wang.says("1").hears("已同意李娜同志请假")


def test_a_message_from_before_the_sending_is_no_answer(branch: Branch, wang: Phone) -> None:
    sent = branch.clock.now()
    wang.does(wang.person.says("1", at=sent - timedelta(seconds=62))).hears("我没听懂")
    wang.does(wang.person.says("1", at=sent - timedelta(seconds=61))).hears("已同意")


def test_in_the_middle_of_another_talk_it_waits(branch: Branch) -> None:
    wang = asked(branch, "李娜").says("请假").hears(WHY)
    branch.sends()
    branch.clock.advance(1)
    wang.says("1").hears("已提交")
    assert states(branch) == [LeaveState.WAITING, LeaveState.WAITING]
    wang.says("通知").hears("有1个请假等您同意。", "李娜同志请假").says("1").hears("已同意李娜")


def test_sent_after_a_question_that_timed_out_it_is_what_is_answered(branch: Branch) -> None:
    wang = asked(branch, "李娜").says("请假").hears(WHY)
    branch.clock.advance(300)
    branch.sends()
    branch.clock.advance(400)
    wang.says("1").hears("已同意李娜")


def test_a_question_that_timed_out_after_the_sending_goes_first(branch: Branch) -> None:
    wang = asked(branch, "李娜")
    branch.sends()
    branch.clock.advance(5)
    wang.says("请假").hears(WHY)
    branch.clock.advance(601)
    wang.says("1").hears("过了10分钟", "请假")
    assert states(branch) == [LeaveState.WAITING]


def test_with_several_waiting_the_list_comes_first(branch: Branch) -> None:
    wang = asked(branch, "李娜", "张伟")
    branch.sends()
    branch.clock.advance(1)
    wang.says("1").hears("先看哪一个？", "1 李娜", "2 张伟").hears_not("已同意")
    assert states(branch) == [LeaveState.WAITING] * 2


def test_who_answers_second_is_told_by_whom_it_was_decided(branch: Branch) -> None:
    li = led(branch, "李强")
    wang = asked_of_two(branch)
    wang.says("1").hears("已同意李娜")
    branch.clock.advance(60)
    li.says("2").hears("这个申请已经处理过：已同意（王芳）。")
    li.says("2").hears("我没听懂")
    wang.says("谢谢").hears("不客气")


def asked_of_two(branch: Branch) -> Phone:
    leader, asks = led(branch), branch.bound("李娜")
    branch.meeting("主题党日", opened=False, starts=SOON)
    asks.says("请假").says("1").hears("等李强同志、王芳同志同意")
    assert branch.sends() == 2
    branch.clock.advance(1)
    return leader


def test_a_request_withdrawn_meanwhile_is_said_so(branch: Branch, wang: Phone) -> None:
    branch.phones["李娜"].says("撤回请假").says("1").hears("已撤回")
    wang.says("1").hears("这个申请已经处理过：本人已撤回（李娜）。")
    assert states(branch) == [LeaveState.WITHDRAWN]


def test_an_office_that_ended_answers_nothing(branch: Branch, wang: Phone) -> None:
    branch.dismisses("王芳")
    wang.says("1").hears("我没听懂")
    assert states(branch) == [LeaveState.WAITING]


# --- taking it back ----------------------------------------------------------------------------------------------


def test_a_request_is_taken_back_before_the_activity_begins(each_branch: Branch) -> None:
    wang = asked(each_branch, "李娜")
    li = each_branch.phones["李娜"].says("撤回请假").hears("撤回11月25日（周三）主题党日的请假", "1 是  2 不是")
    li.says("2").hears("好的，请假还在。")
    li.says("销假").says("1").hears("已撤回。11月25日（周三）13:52主题党日，请按时参加。")
    wang.says("通知").hears("没有新通知")
    assert states(each_branch) == [LeaveState.WITHDRAWN]
    li.says("撤回请假").hears("没有可以撤回的请假。")
    li.says("请假").says("2").hears("已提交")


def test_granted_leave_is_not_taken_back_once_the_activity_has_begun(branch: Branch) -> None:
    wang, li = led(branch), branch.bound("李娜")
    branch.meeting("主题党日", opened=False, starts=timedelta(minutes=5))
    li.says("请假").says("1").hears("已提交")
    wang.says("批假").says("1").hears("已同意")
    li.says("撤回请假").hears("撤回11月22日")
    branch.clock.advance(300)
    li.says("1").hears("主题党日已经开始，请假不再撤回。")
    li.says("撤回请假").hears("没有可以撤回的请假。")
    assert states(branch) == [LeaveState.APPROVED]


def test_foreign_groups_do_not_meet(branch: Branch) -> None:
    led(branch)
    li = led(branch, "李强", SECOND)
    branch.bound("张建国", group=SECOND).says("请假").hears("近期没有要您请假的活动")
    branch.meeting("第二党小组会", kind=ActivityKind.GROUP_MEETING, opened=False, starts=SOON, group=SECOND)
    branch.phones["张建国"].says("请假").hears("第二党小组会，为什么不能来？").says("1").hears("等李强同志同意")
    branch.phones["王芳"].says("批假").hears("现在没有等您同意的请假。")
    branch.phones["王芳"].says("请假").hears("近期没有要您请假的活动")
    li.says("批假").hears("张建国同志请假")
    with branch.house.reading() as db:
        assert [one.name for one in orgs.groups(db)] == [FIRST, SECOND]
