"""The pages of attendance, over HTTP and without scripts: today, the tick list, corrections, leave, make-ups, sheets."""

import re
from datetime import timedelta

from sqlalchemy.orm import Session

from models.activity import ActivityKind, ActivityState
from models.attendance import MakeUpWay
from models.leave import LeaveClass, LeaveState
from models.notice import NoticeKind
from services import activities, leaves, makeups, members, notices, rights
from services.leaves import Wish
from tests.pages.office import (
    FIRST,
    LEADER,
    MEMBER,
    OFFICE,
    OTHER_LEADER,
    OTHER_MEMBER,
    SECOND,
    SECRETARY,
    Office,
    words_of,
)


def ask_leave(office: Office, name: str, activity: str) -> str:
    """A request for leave, as the chat takes it."""

    def work(db: Session) -> str:
        person = members.find(db, name)
        act = rights.act_of(db, person, office.branch.clock.now(), office.house.settings.zone)
        return leaves.ask(db, act, person, activities.find(db, activity), Wish(LeaveClass.DUTY, "台风值班")).public_id

    return office.house.run(work)


def unseen(office: Office, name: str) -> list[NoticeKind]:
    """What waits to be told to a person."""
    with office.house.reading() as db:
        return [one.kind for one in notices.unseen(db, members.find(db, name), office.branch.clock.now())]


def test_the_tick_list_registers_everybody_at_once_and_the_page_counts_them(office: Office) -> None:
    meeting = office.plan("学习党章")
    secretary = office.browser(SECRETARY)
    page = secretary.reads(f"/h5/a/{meeting}")
    assert "应到 7" in page
    assert page.index("应到名单") < page.index(MEMBER)
    everybody = re.findall(r'name="who" value="(\w+)"', secretary.get(f"/h5/a/{meeting}").text)
    assert len(everybody) == 7
    after = secretary.does(f"/h5/a/{meeting}/register", who=everybody, reason="")
    assert "已登记7人。" in after
    assert "应到 7 实到 7" in after
    again = secretary.does(f"/h5/a/{meeting}/register", who=everybody[:2])
    assert "都已经在名单上了" in again


def test_a_leader_sees_and_registers_the_own_group_alone(office: Office) -> None:
    meeting = office.open(office.plan("学习条例"))
    leader = office.browser(LEADER)
    page = leader.reads(f"/h5/a/{meeting}")
    assert MEMBER in page
    assert OTHER_MEMBER not in page
    assert "应到 4" in page
    refused = leader.sends(f"/h5/a/{meeting}/register", who=[office.id_of(MEMBER), office.id_of(OTHER_MEMBER)])
    assert refused.status_code == 403
    assert OTHER_MEMBER not in refused.text
    assert "应到 4 实到 0" in leader.reads(f"/h5/a/{meeting}")
    assert "应到 4 实到 1" in leader.does(f"/h5/a/{meeting}/register", who=office.id_of(MEMBER))


def test_an_empty_tick_list_is_told_so_and_keeps_what_was_written(office: Office) -> None:
    meeting = office.plan("学习精神")
    answer = office.browser(SECRETARY).sends(f"/h5/a/{meeting}/register", reason="会场点名")
    assert answer.status_code == 422
    assert "请先点选到会的同志" in answer.text
    assert 'value="会场点名"' in answer.text


def test_the_first_page_shows_what_is_under_way_and_the_count_lives(office: Office) -> None:
    meeting = office.open(office.plan("今天的党日"))
    secretary = office.browser(SECRETARY)
    assert "今天的党日" in secretary.reads("/h5/")
    assert secretary.get(f"/h5/a/{meeting}/now").get_json() == {
        "state": "open",
        "expected": 7,
        "present": 0,
        "here": {},
    }
    secretary.does(f"/h5/a/{meeting}/register", who=office.id_of(MEMBER))
    assert secretary.get(f"/h5/a/{meeting}/now").get_json()["here"] == {office.id_of(MEMBER): "登"}


def test_leave_is_decided_on_the_page_once_and_the_member_is_told(office: Office) -> None:
    meeting = office.plan("下周党课", ActivityKind.LECTURE, starts=timedelta(days=7))
    asked = ask_leave(office, MEMBER, meeting)
    leader = office.browser(LEADER)
    assert f"{MEMBER} 请假：值班值守，台风值班" in leader.reads("/h5/")
    assert MEMBER not in office.browser(OTHER_LEADER).reads("/h5/")
    refused = office.browser(OTHER_LEADER).sends(f"/h5/a/{meeting}/leave/{asked}", agreed="1")
    assert refused.status_code == 403
    page = leader.does(f"/h5/a/{meeting}/leave/{asked}", agreed="1", **{"from": f"/h5/a/{meeting}"})
    assert f"已同意{MEMBER}同志请假" in page
    assert "请假 1" in page
    assert NoticeKind.LEAVE_DECIDED in unseen(office, MEMBER)
    late = office.browser(SECRETARY).sends(f"/h5/a/{meeting}/leave/{asked}", agreed="0")
    assert late.status_code == 409
    assert f"已经处理过：已同意（{LEADER}）" in late.text
    with office.house.reading() as db:
        found = leaves.find(db, asked)
        assert found is not None
        assert found.state is LeaveState.APPROVED


def test_nobody_decides_the_own_leave(office: Office) -> None:
    meeting = office.plan("书记请假", starts=timedelta(days=8))
    asked = ask_leave(office, SECRETARY, meeting)
    assert office.browser(SECRETARY).sends(f"/h5/a/{meeting}/leave/{asked}", agreed="1").status_code == 403


def test_absence_is_a_persons_word_after_the_meeting_and_can_be_taken_back(office: Office) -> None:
    meeting = office.open(office.plan("谁没来"))
    leader, mark = office.browser(LEADER), f"/h5/a/{meeting}/mark/{office.id_of(MEMBER)}"
    assert "无故缺席" not in leader.reads(mark)
    assert leader.sends(mark, kind="absent", reason="问过").status_code == 422
    office.close(meeting)
    assert "没有到的" in leader.reads(f"/h5/a/{meeting}")
    assert leader.sends(mark, kind="absent").status_code == 422
    page = leader.does(mark, kind="absent", reason="已问过本人")
    assert "无故缺席，已记下" in page
    leader.does(mark, kind="not_absent", reason="记错了人")
    page = leader.does(mark, kind="on_leave", reason="值班表有他", **{"class": "duty"})
    assert "请假（值班值守）" in page
    history = leader.reads(mark)
    assert "以前的更正" in history
    for word in ("无故缺席，已问过本人", "撤销无故缺席，记错了人", "改为请假（值班值守），值班表有他"):
        assert word in history


def test_leave_without_a_class_and_marks_that_do_not_fit_are_refused(office: Office) -> None:
    meeting = office.open(office.plan("更正"))
    leader, mark = office.browser(LEADER), f"/h5/a/{meeting}/mark/{office.id_of(MEMBER)}"
    missing = leader.sends(mark, kind="on_leave", reason="电话请的")
    assert missing.status_code == 422
    assert "请选请假的原因" in missing.text
    assert 'value="电话请的"' in missing.text
    assert leader.sends(mark, kind="early", reason="没来怎么早退").status_code == 422
    leader.does(f"/h5/a/{meeting}/register", who=office.id_of(MEMBER))
    assert "登，早退" in leader.does(mark, kind="early", reason="接孩子")
    assert (
        "早退" not in leader.does(mark, kind="not_early", reason="又回来了").partition("已到")[2].partition("修改")[0]
    )


def test_a_stranger_at_the_door_is_named_by_the_leader(office: Office) -> None:
    meeting = office.open(office.plan("一组的会", ActivityKind.GROUP_MEETING, group=FIRST))
    secretary = office.browser(SECRETARY)
    secretary.does(f"/h5/a/{meeting}/mark/{office.id_of(MEMBER)}", kind="came", reason="看见的")
    page = secretary.does(f"/h5/a/{meeting}/guests", who=office.id_of(OTHER_MEMBER))
    assert "已加入列席1人" in page
    assert OTHER_MEMBER in page
    page = secretary.does(f"/h5/a/{meeting}/register", who=office.id_of(OTHER_MEMBER))
    assert "列席 1" in page
    assert "应到 4 实到 1" in page


def test_a_makeup_is_confirmed_by_a_leader_of_the_group(office: Office) -> None:
    meeting = office.close(office.open(office.plan("补课", ActivityKind.LECTURE)))

    def tell(db: Session) -> str:
        person = members.find(db, MEMBER)
        act = rights.act_of(db, person, office.branch.clock.now(), office.house.settings.zone)
        return makeups.tell(db, act, person, activities.find(db, meeting), MakeUpWay.STUDY, "读了第三章").public_id

    told = office.house.run(tell)
    leader = office.browser(LEADER)
    assert f"{MEMBER} 补课：自学，读了第三章（补课）" in leader.reads("/h5/")
    assert office.browser(OTHER_LEADER).sends(f"/h5/a/{meeting}/makeup/{told}").status_code == 403
    assert "已确认补课。" in leader.does(f"/h5/a/{meeting}/makeup/{told}", **{"from": f"/h5/a/{meeting}"})
    assert "，已补课" in leader.reads(f"/h5/a/{meeting}")


def test_the_month_shows_signs_rates_and_what_they_mean(office: Office) -> None:
    meeting = office.open(office.plan("月表", ActivityKind.BRANCH_MEETING))
    secretary = office.browser(SECRETARY)
    secretary.does(f"/h5/a/{meeting}/register", who=[office.id_of(MEMBER), office.id_of(OTHER_MEMBER)])
    office.close(meeting)
    page = secretary.reads("/h5/month/2026-11")
    for words in ("2026年11月考勤表", "2/7（28.6%）", "应到：按活动当天名册", "登＝人工登记", "参加率＝"):
        assert words in page
    own = office.browser(LEADER).reads("/h5/month/2026-11")
    assert MEMBER in own
    assert OTHER_MEMBER not in own
    assert secretary.get("/h5/month/2026-13").status_code == 404
    assert secretary.get("/h5/month/2026").status_code == 404
    assert office.browser(MEMBER).get("/h5/month/2026-11").status_code == 403
    assert "这个月没有活动" in secretary.reads("/h5/month/2031-01")


def test_the_own_record_is_open_to_everybody_and_does_not_say_late(office: Office) -> None:
    meeting = office.open(office.plan("迟到", ActivityKind.BRANCH_MEETING, starts=timedelta(hours=-1)))
    office.branch.member(MEMBER)
    phone = office.branch.phone(MEMBER).says(office.branch.code(MEMBER)).hears("绑定成功")
    phone.says(f"签到 {office.branch.number_at(meeting, office.branch.clock.now())}").hears("签到成功")
    office.close(meeting)
    address = f"/h5/m/{office.id_of(MEMBER)}"
    own = office.browser(MEMBER).reads(address)
    assert "迟到 支部党员大会" not in own
    assert re.search(r"迟到 11月22日（周日）12:52 到 ", own)
    assert re.search(r"迟到 11月22日（周日）12:52 迟到 ", office.browser(LEADER).reads(address))
    assert office.browser(OTHER_LEADER).get(address).status_code == 403
    assert office.browser(OTHER_MEMBER).get(address).status_code == 403
    assert office.browser(MEMBER).reads("/h5/").count("我的记录") == 2


def test_a_family_asks_and_the_leader_enters_it(office: Office) -> None:
    meeting = office.plan("台风后的党课", ActivityKind.LECTURE, starts=timedelta(days=9))
    leader, address = office.browser(LEADER), f"/h5/a/{meeting}/family"
    assert "家属代请" in leader.reads(f"/h5/a/{meeting}")
    page = leader.reads(address)
    assert MEMBER in page
    assert "探亲、休假" in page
    for name in (LEADER, OTHER_MEMBER):  # oneself asks in the chat; another group has its own leader
        assert f'value="{office.id_of(name)}"' not in leader.get(address).text
        answer = leader.sends(address, who=office.id_of(name), **{"class": "sick"})
        assert answer.status_code == (422 if name == LEADER else 403)
    assert "请选请假的原因" in leader.sends(address, who=office.id_of(MEMBER)).text
    page = leader.does(address, who=office.id_of(MEMBER), reason="爱人来电话，住院", **{"class": "sick"})
    assert "记“家属代请”，结果会告诉本人" in page
    assert f"{MEMBER} 请假（病假）" in page
    assert f"{MEMBER}请假（病假，家属代请）" in page.partition("修改记录")[2]
    assert NoticeKind.LEAVE_DECIDED in unseen(office, MEMBER)
    again = leader.sends(address, who=office.id_of(MEMBER), **{"class": "sick"})
    assert again.status_code == 422
    assert "这次不用代请" in again.text


def test_what_the_office_enters_for_a_family_waits_for_the_groups_leader(office: Office) -> None:
    meeting = office.plan("冬训动员", starts=timedelta(days=10))
    page = office.browser(OFFICE).does(f"/h5/a/{meeting}/family", who=office.id_of(OTHER_MEMBER), **{"class": "away"})
    assert "等党小组长同意" in page
    assert NoticeKind.LEAVE_ASKED in unseen(office, OTHER_LEADER)
    assert f"{OTHER_MEMBER} 请假：外出（家属代请）" in office.browser(OTHER_LEADER).reads(f"/h5/a/{meeting}")
    office.branch.clock.advance(timedelta(days=14).total_seconds())
    assert "没有要代请的同志" in office.browser(OFFICE).reads(f"/h5/a/{meeting}/family")


def test_the_log_tells_who_did_what_and_nothing_of_other_groups(office: Office) -> None:
    meeting = office.open(office.plan("留痕"))
    secretary = office.browser(SECRETARY)
    secretary.does(f"/h5/a/{meeting}/register", who=[office.id_of(MEMBER), office.id_of(OTHER_MEMBER)])
    page = secretary.reads(f"/h5/a/{meeting}")
    assert "修改记录" in page
    assert f"{SECRETARY}：" in page.partition("修改记录")[2]
    assert OTHER_MEMBER not in office.browser(LEADER).get(f"/h5/a/{meeting}").text
    assert SECOND not in words_of(office.browser(LEADER).get(f"/h5/a/{meeting}"))


def test_the_secretary_has_no_business_with_a_cancelled_meeting_but_to_read_it(office: Office) -> None:
    meeting = office.plan("不开了", starts=timedelta(days=1))
    secretary = office.browser(SECRETARY)
    secretary.does(f"/h5/a/{meeting}/cancel", version="1", reason="暴雨")
    page = secretary.get(f"/h5/a/{meeting}")
    assert "取消原因：暴雨" in page.text
    assert 'name="who"' not in page.text
    assert secretary.sends(f"/h5/a/{meeting}/register", who=office.id_of(MEMBER)).status_code == 409
    assert office.record(meeting).state is ActivityState.CANCELLED


def test_those_not_here_are_reminded_once_in_two_hours(office: Office) -> None:
    meeting = office.open(office.plan("学习条例之二"))
    secretary, leader = office.browser(SECRETARY), office.browser(LEADER)
    address = f"/h5/a/{meeting}/register"
    secretary.does(address, who=office.id_of(OTHER_MEMBER))
    both = [office.id_of(MEMBER), office.id_of(OTHER_MEMBER)]
    assert "马上提醒1位同志。" in secretary.does(address, who=both, do="call")  # the other one is here
    assert "没有再发" in leader.does(address, who=office.id_of(MEMBER), do="call")
    assert leader.sends(address, who=both, do="call").status_code == 403
    office.branch.clock.advance(7201)
    assert "马上提醒1位同志。" in leader.does(address, who=office.id_of(MEMBER), do="call")
    office.close(meeting)
    assert leader.sends(address, who=office.id_of(MEMBER), do="call").status_code == 409
