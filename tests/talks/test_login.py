"""登录 as people hear it: place and device are told before a browser is let in; numbers die after five minutes."""

from datetime import timedelta

import pytest

from models.appointment import Role
from services import visits
from tests.branch import Branch

DEVICE, PLACE = "Windows电脑，Edge", "内网"


def waits(branch: Branch) -> tuple[str, str]:
    """A browser that waits: its token and its number."""
    token, visit = branch.house.run(lambda db: visits.open_(db, branch.clock.now(), device=DEVICE, place=PLACE))
    assert visit.number
    return token, visit.number


def signed_in(branch: Branch, token: str) -> str | None:
    """Who stands behind a browser now."""
    with branch.house.reading() as db:
        visit = visits.of_token(db, token, branch.clock.now())
        return visit.member.name if visit and visit.member else None


@pytest.mark.parametrize("said", ["登录 {}", "登录{}", "{}", "登陆 {}"])
def test_a_browser_is_let_in_after_place_and_device_were_told(branch: Branch, said: str) -> None:
    zhang = branch.bound("张建国")
    branch.appoints("张建国", Role.SECRETARY)
    token, number = waits(branch)
    zhang.says(said.format(number)).hears(
        "有一个网页要用您的身份登录：\n地点：内网\n设备：Windows电脑，Edge\n是您本人正在登录吗？\n1 是  2 不是"
    )
    assert signed_in(branch, token) is None
    zhang.says("1").hears("登录成功，网页会自己打开。").hears_not("自己的记录")
    zhang.again().hears("登录成功")
    assert signed_in(branch, token) == "张建国"


def test_both_engines_let_in_once(each_branch: Branch) -> None:
    zhang, li = each_branch.bound("张建国"), each_branch.bound("李娜")
    token, number = waits(each_branch)
    zhang.says(f"登录 {number}").hears("是您本人")
    li.says(f"登录 {number}").hears("是您本人").says("1").hears("登录成功", "您可以看自己的记录。")
    zhang.says("1").hears("这个数字不能用了").hears_not("登录成功")
    assert signed_in(each_branch, token) == "李娜"


def test_no_means_no(branch: Branch) -> None:
    token, number = waits(branch)
    branch.bound("张建国").says(f"登录 {number}").says("2").hears("好的，没有登录。")
    assert signed_in(branch, token) is None


def test_the_word_alone_tells_where_to_go_and_takes_the_number(branch: Branch) -> None:
    zhang = branch.bound("张建国").says("登录").hears("/h5/", "把网页上的4位数字发给我。")
    _, number = waits(branch)
    zhang.says("12").hears("少了2位")
    zhang.says(number).hears("是您本人")


def test_an_unknown_number_is_asked_for_again_and_given_up(branch: Branch) -> None:
    zhang = branch.bound("张建国").says("登录 1234").hears("没有等着登录的网页是这个数字", "4位数字发给我")
    zhang.says("4321").hears("没有等着登录的网页").says("2222").hears("换一个新数字再试")
    zhang.says("1").hears("我没听懂")


def test_five_minutes_to_the_second(each_branch: Branch) -> None:
    zhang = each_branch.bound("张建国")
    token, number = waits(each_branch)
    each_branch.clock.advance(timedelta(minutes=5).total_seconds() - 1)
    zhang.says(f"登录 {number}").hears("是您本人")
    each_branch.clock.advance(1)
    zhang.says("1").hears("过了5分钟，这个数字不能用了").hears_not("登录成功")
    zhang.says(f"登录 {number}").hears("没有等着登录的网页")
    assert signed_in(each_branch, token) is None


def test_a_number_given_to_another_browser_meanwhile_lets_nobody_else_in(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    _, number = waits(branch)
    zhang.says(f"登录 {number}").hears("是您本人")
    branch.clock.advance(300)

    def same_number() -> str:
        token, visit = branch.house.run(lambda db: visits.open_(db, branch.clock.now(), device="手机", place="外网"))
        with branch.house.transaction() as db:
            db.merge(visit).number = number
        return token

    stranger = same_number()
    zhang.says("1").hears("不能用了")
    assert signed_in(branch, stranger) is None


def test_who_is_not_bound_is_told_how(branch: Branch) -> None:
    _, number = waits(branch)
    branch.phone("somebody").says(f"登录 {number}").hears("绑定").hears_not("是您本人")
