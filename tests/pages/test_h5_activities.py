"""The pages of planning, over HTTP: four fields, 改期 and 取消 with their notices, 开始, 结束, record, guests, copying."""

import io
import re
import zipfile
from datetime import UTC, datetime, timedelta

from models.activity import ActivityKind, ActivityState
from models.notice import NoticeKind
from services import members, notices
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


def group(office: Office, name: str) -> str:
    """The public id of a group, as the page's list of kinds carries it."""
    with office.house.reading() as db:
        found = members.find(db, LEADER if name == FIRST else OTHER_LEADER).group
        assert found is not None
        return found.public_id


def starting(day: str, time: str) -> dict[str, str]:
    """The two fields of 时间."""
    return {"starts-day": day, "starts-time": time}


def told(office: Office, name: str) -> list[NoticeKind]:
    """What waits to be told to a person, of which kind."""
    with office.house.reading() as db:
        return [one.kind for one in notices.unseen(db, members.find(db, name), office.branch.clock.now())]


def test_four_fields_plan_an_activity_and_seat_everybody(office: Office) -> None:
    secretary = office.browser(SECRETARY)
    page = secretary.reads("/h5/activities/new")
    for words in ("类型", "主题", "时间", "地点", "本月还差：", "支部党员大会", f"党小组会（{FIRST}）"):
        assert words in page
    after = secretary.does(
        "/h5/activities/new",
        what="party_day",
        title="重温入党志愿书",
        **starting("2026-11-27", "14:00"),
        place="三楼会议室",
    )
    for words in ("已发起，应到7人。", "重温入党志愿书", "11月27日（周五）14:00", "三楼会议室", "未开始", "管理员"):
        assert words in after or words == "管理员"
    twice = secretary.does(
        "/h5/activities/new",
        what="party_day",
        title="重温入党志愿书",
        **starting("2026-11-27", "14:00"),
        place="三楼会议室",
    )
    assert "没有再发一次" in twice
    assert secretary.reads("/h5/activities").count("重温入党志愿书") == 1


def test_a_gap_leads_to_its_plan_and_closes(office: Office) -> None:
    secretary, of_second = office.browser(SECRETARY), f"group_meeting:{group(office, SECOND)}"
    assert f"{SECOND}会1次" in secretary.reads("/h5/activities")
    assert f'value="{of_second}" selected' in secretary.get(f"/h5/activities/new?what={of_second}").text
    page = secretary.does(
        "/h5/activities/new", what=of_second, title="学习讨论", **starting("2026-11-25", "09:00"), place=""
    )
    assert "已发起，应到3人。" in page
    assert f"{SECOND}会1次" not in secretary.reads("/h5/activities")


def test_a_leader_plans_for_the_own_group_alone(office: Office) -> None:
    leader = office.browser(LEADER)
    page = leader.reads("/h5/activities/new")
    assert f"党小组会（{FIRST}）" in page
    assert SECOND not in page
    assert "支部党员大会" not in page
    own = f"group_meeting:{group(office, FIRST)}"
    assert "已发起，应到4人。" in leader.does(
        "/h5/activities/new", what=own, title="小组学习", **starting("2026-11-26", "09:00")
    )
    for foreign, status in ((f"group_meeting:{group(office, SECOND)}", 403), ("party_day", 403), ("", 422)):
        answer = leader.sends("/h5/activities/new", what=foreign, title="越权", **starting("2026-11-26", "09:00"))
        assert answer.status_code == status
    assert "越权" not in office.browser(SECRETARY).reads("/h5/activities")


def test_what_is_missing_or_wrong_is_named_and_nothing_written_is_lost(office: Office) -> None:
    secretary = office.browser(SECRETARY)
    answer = secretary.sends(
        "/h5/activities/new", what="lecture", title="党课题目", **starting("明天", "下午"), place="礼堂"
    )
    assert answer.status_code == 422
    assert "时间请填日期和时间" in answer.text
    assert 'value="党课题目"' in answer.text
    assert 'value="礼堂"' in answer.text
    assert '<option value="lecture" selected>' in answer.text
    assert (
        "请填写主题。" in secretary.sends("/h5/activities/new", what="lecture", **starting("2026-11-27", "14:00")).text
    )
    long = secretary.sends("/h5/activities/new", what="lecture", title="长" * 61, **starting("2026-11-27", "14:00"))
    assert "主题太长，最多60个字。" in long.text


def test_moving_tells_everybody_expected_in_the_same_breath(office: Office) -> None:
    meeting = office.plan("台风天的党日", starts=timedelta(days=2))
    secretary = office.browser(SECRETARY)
    assert "改期并通知7人" in secretary.reads(f"/h5/a/{meeting}/move")
    page = secretary.does(
        f"/h5/a/{meeting}/move",
        version="1",
        **starting("2026-11-30", "14:00"),
        place="一楼大厅",
        reason="启动暴雨应急响应",
    )
    for words in ("已改期，马上通知应到的7位同志。", "改期：原定11月24日", "11月30日（周一）14:00", "一楼大厅"):
        assert words in page
    assert NoticeKind.MOVED in told(office, MEMBER)
    copied = secretary.reads(f"/h5/a/{meeting}/copy")
    assert "【改期】因启动暴雨应急响应，原定11月24日（周二）13:52的主题党日：台风天的党日，改到11月30日" in copied


def test_cancelling_tells_everybody_and_asks_for_a_reason(office: Office) -> None:
    meeting = office.plan("取消的党日", starts=timedelta(days=3))
    secretary = office.browser(SECRETARY)
    assert secretary.sends(f"/h5/a/{meeting}/cancel", version="1").status_code == 422
    page = secretary.does(f"/h5/a/{meeting}/cancel", version="1", reason="台风登陆")
    assert "已取消，马上通知应到的7位同志。" in page
    assert NoticeKind.CANCELLED in told(office, OTHER_MEMBER)
    assert "【取消】因台风登陆，原定" in secretary.reads(f"/h5/a/{meeting}/copy")
    assert secretary.sends(f"/h5/a/{meeting}/open").status_code == 409


def test_of_two_clerks_the_second_is_told_and_loses_nothing(office: Office) -> None:
    meeting = office.plan("两个人改", starts=timedelta(days=4))
    address = f"/h5/a/{meeting}/particulars"
    office.browser(SECRETARY).does(address, version="1", host="张建国", recorder="王芳")
    late = office.browser(OFFICE).sends(address, version="1", host="周涛", agenda="一、学习\n二、讨论")
    assert late.status_code == 409
    text = words_of(late)
    assert f"您打开以后，{SECRETARY}" in text
    assert "现在记的是：张建国" in text
    assert 'value="周涛"' in late.text
    assert "一、学习\n二、讨论" in late.text
    assert 'name="version" value="2"' in late.text
    assert office.record(meeting).host == "张建国"
    office.browser(OFFICE).does(address, version="2", host="周涛", agenda="一、学习")
    assert office.record(meeting).host == "周涛"


def test_a_mistyped_form_keeps_the_version_it_was_made_from(office: Office) -> None:
    meeting = office.plan("先填错", starts=timedelta(days=4))
    address = f"/h5/a/{meeting}/particulars"
    office.browser(SECRETARY).does(address, version="1", host="张建国")
    mistyped = office.browser(OFFICE).sends(address, version="1", host="周" * 41)
    assert mistyped.status_code == 422
    assert 'name="version" value="1"' in mistyped.text
    assert office.browser(OFFICE).sends(address, version="1", host="周涛").status_code == 409


def test_beginning_and_ending_a_meeting(office: Office) -> None:
    meeting = office.plan("开会", ActivityKind.BRANCH_MEETING)
    secretary = office.browser(SECRETARY)
    page = secretary.sends(f"/h5/a/{meeting}/open")
    assert page.status_code == 303
    begun = secretary.get(page.headers["Location"])
    assert "签到已开始" in begun.text
    assert f"/screen/{office.record(meeting).screen}" in begun.text
    assert "未到 7" in secretary.reads(f"/h5/a/{meeting}/close")
    assert office.record(meeting).state is ActivityState.OPEN
    assert "签到已结束。" in secretary.does(f"/h5/a/{meeting}/close")
    assert office.record(meeting).state is ActivityState.CLOSED
    refused = secretary.sends(f"/h5/a/{meeting}/register", who=office.id_of(MEMBER))
    assert refused.status_code == 409
    assert "签到已结束" in refused.text


def test_the_particulars_of_the_record(office: Office) -> None:
    meeting = office.plan("会议记录")
    secretary, address = office.browser(SECRETARY), f"/h5/a/{meeting}/particulars"
    early = secretary.sends(address, version="1", **{"ends-day": "2026-11-22", "ends-time": "13:00"})
    assert early.status_code == 422
    assert "结束时间早于开始时间" in early.text
    secretary.does(address, version="1", host="张建国", **{"ends-day": "2026-11-22", "ends-time": "15:30"}, page="12")
    kept = office.record(meeting)
    assert (kept.host, kept.page, kept.ends_at) == ("张建国", "12", datetime(2026, 11, 22, 7, 30, tzinfo=UTC))
    assert 'type="time" value="15:30"' in secretary.get(address).text


def test_badges_are_numbers_without_names(office: Office) -> None:
    meeting = office.open(office.plan("党徽"))
    secretary = office.browser(SECRETARY)
    wrong = secretary.sends(f"/h5/a/{meeting}/badges", of="5", worn="6")
    assert wrong.status_code == 422
    assert "佩戴人数比抽查人数多" in wrong.text
    secretary.does(f"/h5/a/{meeting}/badges", of="6", worn="5")
    kept = office.record(meeting)
    assert (kept.badges_of, kept.badges_worn) == (6, 5)


def test_the_text_for_the_group_names_nobody_who_was_not_there(office: Office) -> None:
    meeting = office.open(office.plan("复制", ActivityKind.LECTURE))
    secretary = office.browser(SECRETARY)
    assert "【通知】11月22日（周日）13:52，三楼会议室，党课：复制。" in secretary.reads(f"/h5/a/{meeting}/copy")
    secretary.does(f"/h5/a/{meeting}/register", who=office.id_of(SECRETARY))
    office.close(meeting)
    answer = secretary.get(f"/h5/a/{meeting}/copy")
    body = answer.text.partition("<h1>")[2].partition("</main>")[0]
    assert (
        "【情况】11月22日（周日）党课：复制。\n应到7人，到会率1/7（14.3%）。\n没能参加的同志，请在公众号发“补课”。"
        in body
    )
    for name in (MEMBER, OTHER_MEMBER, LEADER, OTHER_LEADER):
        assert name not in body
    own = office.browser(LEADER).reads(f"/h5/a/{meeting}/copy")
    assert "应到4人" in own
    assert "只有您负责的党小组" in own


def test_what_people_write_cannot_become_markup(office: Office) -> None:
    secretary = office.browser(SECRETARY)
    title = "<script>alert(1)</script>"
    secretary.does("/h5/activities/new", what="other", title=title, **starting("2026-12-01", "14:00"), place="<b>x")
    assert "<script>alert" not in secretary.get("/h5/activities").text


def test_checking_in_by_place_is_allowed_and_taken_back_on_the_page(office: Office) -> None:
    meeting = office.open(office.plan("清明祭扫"))
    secretary, address = office.browser(SECRETARY), f"/h5/a/{meeting}/position"
    page = secretary.reads(f"/h5/a/{meeting}")
    for words in ("位置签到（没有开）", "平时不用开", "只判断远近，不存任何人的位置"):
        assert words in page
    assert "位置签到" not in office.browser(MEMBER).get(f"/h5/a/{meeting}").text
    for field, wrong, said in (
        ("latitude", "东边", "纬度请填-90到90的度数"),
        ("latitude", "119.57", "纬度请填-90到90的度数"),  # the two confused
        ("longitude", "1e2", "经度请填-180到180的度数"),
        ("radius", "49", "多少米以内请填50到5000的数字"),
    ):
        form = {"latitude": "31.7400", "longitude": "119.5700", "radius": "300", field: wrong}
        answer = secretary.sends(address, **form)
        assert answer.status_code == 422
        assert said in answer.text
    page = secretary.does(address, latitude=" ３１.7400° ", longitude="119.5700", radius="300")
    assert "位置签到已开：会场300米以内" in page
    assert "位置签到（已开，会场300米以内）" in page
    found = office.record(meeting)
    assert (found.latitude, found.longitude, found.radius) == (31.74, 119.57, 300)
    phone = office.branch.bound(OTHER_MEMBER, group=SECOND)
    phone.does(phone.person.sends_location(31.7412, 119.5708)).hears("签到成功")
    page = secretary.does(address, do="off")
    assert "位置签到（没有开）" in page
    assert "关闭位置签到" in page.partition("修改记录")[2]
    assert office.record(meeting).latitude is None
    office.close(meeting)
    assert 'id="position"' not in secretary.get(f"/h5/a/{meeting}").text
    assert secretary.sends(address, latitude="31.74", longitude="119.57", radius="300").status_code == 409


def test_guests_from_outside_are_entered_counted_and_printed(office: Office) -> None:
    meeting = office.plan("民主评议", ActivityKind.LIFE_MEETING, starts=timedelta(hours=1))
    secretary, address = office.browser(SECRETARY), f"/h5/a/{meeting}/guests"
    assert secretary.sends(f"{address}/outside", name=" ", unit="市局").status_code == 422
    page = secretary.does(f"{address}/outside", name="陈志远", unit="市气象局机关党委副书记")
    assert "已加入列席：陈志远。" in page
    assert "陈志远同志" not in page  # a guest's title is not ours to give
    assert "已经在列席名单上" in secretary.does(f"{address}/outside", name="陈志远", unit="市气象局机关党委副书记")
    secretary.does(f"{address}/outside", name="=1+1<b>", unit="")
    secretary.does(f"{address}/outside", name="吴越", unit="市农业农村局党支部")
    assert "您好。请您列席我支部" in secretary.reads(f"/h5/a/{meeting}/copy")
    before = secretary.reads(f"/h5/a/{meeting}")
    assert "列席的客人 陈志远 市气象局机关党委副书记" in before
    assert "列席 3" not in before  # nobody has come before it begins
    assert "陈志远" not in office.browser(LEADER).reads(f"/h5/a/{meeting}")  # who sees the own group alone
    office.open(meeting)
    away = re.findall(rf'action="({address}/\w+/remove)"', secretary.get(address).text)
    assert "已从列席名单去掉吴越。" in secretary.does(away[2])
    assert secretary.does(away[2]).count("已保存") == 1  # tapped twice
    foreign = away[0].replace(meeting, office.open(office.plan("别的会")))
    secretary.does(foreign)
    page = secretary.reads(f"/h5/a/{meeting}")
    assert "应到 7 实到 0 请假 0 未到 7 列席 2" in page
    for words in ("请陈志远（市气象局机关党委副书记）列席", "从列席名单去掉吴越（市农业农村局党支部）"):
        assert words in page.partition("修改记录")[2]
    assert "有没来的，先从列席名单去掉" in secretary.reads(f"/h5/a/{meeting}/close")
    secretary.does(f"/h5/a/{meeting}/close")
    assert "列席2人" in secretary.reads(f"/h5/a/{meeting}/copy")
    for late in (f"{address}/outside", away[0]):
        assert secretary.sends(late, name="王伟", unit="省局").status_code == 409
    assert "签到已结束，名单不再改" in secretary.reads(address)
    assert "列席人员 陈志远（市气象局机关党委副书记）、=1+1&lt;b&gt;" in secretary.reads(f"/h5/print/record/{meeting}")
    signed = secretary.reads(f"/h5/print/signin/{meeting}")
    assert "应到：7 实到：0 请假：0 未到：7 列席：2" in signed
    assert "8 陈志远 列，市气象局机关党委副书记 9 =1+1&lt;b&gt; 列" in signed
    overview = secretary.reads("/h5/print/plan/2026-11")
    assert re.search(r"组织生活会 三楼会议室 民主评议 7 0 0 7 2 0/7（0.0%）", overview)
    for form in ("record", "signin"):
        workbook = secretary.get(f"/h5/export/{form}/{meeting}").data
        with zipfile.ZipFile(io.BytesIO(workbook)) as package:
            parts = [package.read(name).decode() for name in package.namelist() if name.endswith(".xml")]
        assert any("市气象局机关党委副书记" in one for one in parts)
        assert not any("<f>" in one for one in parts)
