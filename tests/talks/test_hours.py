"""学时 as people hear it: what counts, what is missing, the next chance; 记录 tells the same in one line."""

from datetime import date, timedelta

from models.activity import ActivityKind
from models.appointment import Role
from models.hours import CourseForm
from services import hours, members, standings
from services.hours import Told
from tests.branch import Branch

PROOF = "结业证书复印件，存党建档案盒3"


def course(branch: Branch, form: CourseForm, tenths: int, title: str = "党务培训", *names: str) -> None:
    told = Told(title, form, date(2026, 11, 20), tenths, proof=PROOF)
    branch.house.run(
        lambda db: hours.enter(db, branch.house.operator(), told, [members.find(db, one) for one in names])
    )


def test_a_year_of_hours(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    zhang.says("学时").hears(
        "张建国同志，2026年\n集中学习 0学时，还差32\n下次集中学习还没有安排。\n今年还没有学时记录。"
    )
    lecture = branch.meeting("党课", kind=ActivityKind.LECTURE)
    zhang.scans(branch.screen(lecture).code).hears("签到成功")
    branch.close(lecture)
    branch.meeting("只登记的会", kind=ActivityKind.COMMITTEE, opened=False, starts=timedelta(days=1))
    branch.meeting("12月主题党日", opened=False, starts=timedelta(days=12))
    course(branch, CourseForm.TOGETHER, 275, "党务培训", "张建国")
    course(branch, CourseForm.ONLINE, 30, "网上课", "张建国")
    zhang.says("学时")
    assert zhang.reply == (
        "张建国同志，2026年\n集中学习 29.5学时，还差2.5\n自学 在线、送学3学时，不计入\n"
        "下次集中学习：12月4日（周五）13:52 12月主题党日，2学时。\n回复1看明细。"
    )
    zhang.says("1").hears("共3次：\n11-22 党课 2学时\n", "11-20 网上课 3学时（自学）", "11-20 党务培训 27.5学时")
    zhang.says("记录").hears("集中学习 29.5学时，还差2.5\n回复1看明细，回复2看怎么补。")
    zhang.says("2").hears("学时还差2.5。下次集中学习：12月4日（周五）")
    course(branch, CourseForm.LECTURE, 25, "报告会", "张建国")
    zhang.says("我的学时").hears("集中学习 32学时，已达到32").hears_not("下次")


def test_the_committee_has_its_own_aim_and_the_exempt_none(branch: Branch) -> None:
    zhang, old = branch.bound("张建国"), branch.bound("杨德山")
    branch.appoints("张建国", Role.PUBLICITY)
    zhang.says("学时").hears("还差56")
    span = date(2026, 1, 1), None
    branch.house.run(
        lambda db: standings.enter(db, branch.house.operator(), members.find(db, "杨德山"), None, span, "年老体弱")
    )
    old.says("学时").hears("集中学习 0学时\n您登记了免，不作硬性要求。").hears_not("还差")
