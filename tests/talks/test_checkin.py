"""签到 as people hear it: by scan, by number, before and after binding."""

import re
from datetime import timedelta

import redis

from models.member import MemberStatus
from tests.branch import NOON, Branch
from tests.talks.test_place import HALL, allow


def test_a_scan_signs_in_at_once(each_branch: Branch) -> None:
    zhang = each_branch.bound("张建国")
    meeting = each_branch.meeting()
    zhang.scans(each_branch.screen(meeting).code).hears("签到成功", "张建国同志，11月主题党日", "13:52，请就座")
    assert each_branch.arrivals(meeting) == {"张建国": NOON}


def test_a_second_scan_is_told_since_when(branch: Branch) -> None:
    meeting = branch.meeting()
    zhang = branch.bound("张建国").scans(branch.screen(meeting).code)
    branch.clock.advance(60)
    zhang.scans(branch.screen(meeting).code).hears("您13:52已签到，不用再扫。").hears_not("签到成功")


def test_scan_first_bind_after_counts_from_the_scan(each_branch: Branch) -> None:
    meeting = each_branch.meeting()
    digits = each_branch.member("李娜")
    li = each_branch.phone("李娜").scans(each_branch.screen(meeting).code).hears("8位绑定码", "发完就算签到")
    assert each_branch.arrivals(meeting) == {}
    each_branch.clock.advance(120)
    li.says(f"{digits[:4]} {digits[4:]}").hears("绑定成功，李娜同志。", "✅ 签到成功，13:52。")
    assert each_branch.arrivals(meeting) == {"李娜": NOON}


def test_following_by_the_halls_code_is_a_scan_too(branch: Branch) -> None:
    meeting = branch.meeting()
    digits = branch.member("李娜")
    li = branch.phone("somebody")
    li.unfollows()
    li.scans(branch.screen(meeting).code).hears("8位绑定码")
    li.says(digits).hears("绑定成功", "签到成功")


def test_the_number_on_the_screen(each_branch: Branch) -> None:
    meeting = each_branch.meeting()
    zhang = each_branch.bound("张建国").says("签到").hears("请看大屏，把6位数字发给我。")
    zhang.says("12345").hears("少了1位")
    zhang.says(each_branch.screen(meeting).number).hears("签到成功")
    assert list(each_branch.arrivals(meeting)) == ["张建国"]


def test_a_redelivery_after_the_end_is_told_the_same_without_redis(
    each_branch: Branch, empty_redis: redis.Redis
) -> None:
    meeting = each_branch.meeting()
    allow(each_branch, meeting)
    shown = each_branch.screen(meeting)
    zhang, li, wang = (each_branch.bound(name) for name in ("张建国", "李娜", "王芳"))
    zhang.scans(shown.code)
    number = shown.number
    li.says(number)
    wang.does(wang.person.sends_location(*HALL))
    said = [one.hears("签到成功").reply for one in (zhang, li, wang)]
    each_branch.close(meeting)
    empty_redis.flushall()
    assert [one.again().reply for one in (zhang, li, wang)] == said
    li.says(number).hears_not("签到成功")


def test_the_number_alone_and_in_every_spelling(branch: Branch) -> None:
    meeting = branch.meeting()
    number = branch.screen(meeting).number
    spelled = number.translate(str.maketrans("0123456789", "零一二三四五六七八九"))
    for name, said in {
        "甲": number,
        "乙": f"{number[:3]} {number[3:]}",
        "丙": f"签到{number}。",
        "丁": spelled,
        "戊": number.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    }.items():
        branch.bound(f"张{name}").says(said).hears("签到成功")


def test_a_spoken_number_is_echoed(branch: Branch) -> None:
    meeting = branch.meeting()
    zhang = branch.bound("张建国").says("签到")
    zhang.speaks(branch.screen(meeting).number).hears("我听到：", "签到成功")


def test_three_wrong_numbers_and_the_leader_helps(branch: Branch) -> None:
    branch.meeting()
    zhang = branch.bound("张建国").says("签到")
    zhang.says("12345").hears("少了1位")
    zhang.says("1234567").hears("多了1位")
    zhang.says("123").hears("请党小组长给您登记")


def test_nothing_to_sign_in_to(branch: Branch) -> None:
    branch.bound("张建国").says("签到").hears("现在没有正在签到的活动")


def test_an_old_code_is_refused_politely(branch: Branch) -> None:
    meeting = branch.meeting()
    zhang, li = branch.bound("张建国"), branch.bound("李娜")
    scene = branch.screen(meeting).scene
    branch.clock.advance(59)  # one slot of grace
    zhang.does(zhang.person.event("SCAN", EventKey=scene)).hears("签到成功")
    branch.clock.advance(31)
    li.does(li.person.event("SCAN", EventKey=scene)).hears("这张码过时了，请扫大屏上现在的码")


def test_somebody_off_the_list_is_in_and_told(branch: Branch) -> None:
    meeting = branch.meeting()
    guest = branch.bound("唐悦", status=MemberStatus.ACTIVIST)
    guest.scans(branch.screen(meeting).code).hears("签到成功", "应到名单上没有您")


def test_a_number_lives_five_minutes(branch: Branch) -> None:
    meeting = branch.meeting()
    zhang, li = branch.bound("张建国"), branch.bound("李娜")
    number, born = branch.screen(meeting).number, branch.clock.now()
    turned = born
    while branch.number_at(meeting, turned) == number:
        turned += timedelta(seconds=1)
    assert turned - born <= timedelta(seconds=240)
    branch.clock.advance((turned - born).total_seconds() + 59)
    zhang.says(number).hears("签到成功")
    branch.clock.advance(2)
    li.says(number).hears("过时了")


def test_a_scan_leaves_an_open_talk_as_it_is(branch: Branch) -> None:
    meeting = branch.meeting()
    zhang = branch.bound("张建国").says("帮助")
    found = re.search(r"(\d) 我的记录", zhang.reply)
    assert found
    zhang.scans(branch.screen(meeting).code).hears("签到成功")
    zhang.says(found[1]).hears("另外参加1次")


def test_a_scan_answers_the_question_for_the_number(branch: Branch) -> None:
    meeting = branch.meeting()
    zhang = branch.bound("张建国").says("签到").hears("请看大屏")
    zhang.scans(branch.screen(meeting).code).hears("签到成功")
    zhang.says("取消").hears("没有正在办的事")
