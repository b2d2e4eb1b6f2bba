"""测验 as people hear it: told it is voluntary, one question at a time, timed, gone on with on another phone, closed."""

import json
import re
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs import sittings
from models.exam import Sitting, SittingAnswer
from models.question import Bank, Question, QuestionKind, QuestionState, Topic
from services import exams
from services.exams import Asked, Row
from tests.branch import Branch, Phone


def bank(branch: Branch, many: int = 3) -> None:
    """Questions whose right option is always B."""

    def fill(db: Session) -> None:
        made = Bank(name="党章", made_at=branch.clock.now())
        db.add(made)
        db.flush()
        for number in range(many):
            db.add(
                Question(
                    bank_id=made.id,
                    kind=QuestionKind.SINGLE,
                    stem=f"预备期多长（{number}）？",
                    options=json.dumps(["半年", "一年", "两年"]),
                    key="[1]",
                    topic=Topic.RIGHTS if number % 2 else Topic.ORGANISATION,
                    state=QuestionState.LIVE,
                    reviewed_at=branch.clock.now(),
                    digest=f"{number}",
                    made_at=branch.clock.now(),
                )
            )

    branch.house.run(fill)


def paper(branch: Branch, many: int = 3, *, tries: int = 2, wait_hours: int = 0, title: str = "党章测验") -> str:
    """An open paper of 30 minutes."""

    def make(db: Session) -> str:
        now, act = branch.clock.now(), branch.house.operator()
        span = now - timedelta(hours=1), now + timedelta(days=7)
        made = exams.make(db, act, Asked(title, [Row(many)], 30, 60, *span, tries=tries, wait_hours=wait_hours))
        exams.open_(db, act, made)
        return made.public_id

    return branch.house.run(make)


def kept(branch: Branch) -> list[bool]:
    with branch.house.reading() as db:
        return list(db.scalars(select(SittingAnswer.right)))


def scores(branch: Branch) -> list[int | None]:
    with branch.house.reading() as db:
        return list(db.scalars(select(Sitting.score).order_by(Sitting.id)))


def begun(branch: Branch, *, tries: int = 2, wait_hours: int = 0) -> Phone:
    bank(branch)
    paper(branch, tries=tries, wait_hours=wait_hours)
    phone = branch.bound("张建国")
    phone.says("测验").hears("党章测验：3题，30分钟，60分合格。", "自愿做", "不进考核", "1 开始  2 先不做")
    return phone.says("1").hears("开始。做到14:22", "【单选】第1题，共3题", "A 半年", "不知道就发“不会”。")


def stem(phone: Phone) -> str:
    found = re.search(r"（(\d)）", phone.reply)
    assert found
    return found[1]


def test_an_exam_from_first_to_last_question(each_branch: Branch) -> None:
    zhang = begun(each_branch)
    zhang.says("选b").hears("已记下。", "第2题").hears_not("正确", "错误", "应选", "接着做")
    zhang.again().hears("已记下。", "第2题")
    assert kept(each_branch) == [True]
    zhang.says("E").hears("这题只有A到C，请再发一次。", "第2题")
    zhang.says("两年").hears("第3题")
    zhang.speaks("第二个").hears("我听到：第二个", "“党章测验”3题答对2题，66分，合格。", "组织制度", "权利义务")
    zhang.hears_not("还可以再做")
    assert len(zhang.reply.splitlines()) <= 6
    zhang.again().hears("66分")
    assert scores(each_branch) == [66]
    zhang.says("测验").hears("66分", "您已经合格，不用再做。")
    assert kept(each_branch).count(True) == 2


def test_a_question_edited_after_it_was_asked_takes_no_answer_to_what_it_was(branch: Branch) -> None:
    zhang = begun(branch)
    first = stem(zhang)

    def turned(db: Session) -> None:
        asked = db.scalars(select(Question).where(Question.digest == first)).one()
        asked.options, asked.key, asked.version = json.dumps(["一年", "半年", "两年"]), "[0]", asked.version + 1

    branch.house.run(turned)
    zhang.says("B").hears("这题刚改过，前面的回答没有算", "第1题", f"（{first}）", "A 一年").hears_not("已记下")
    zhang.says("A").hears("已记下。", "第2题")
    assert kept(branch) == [True]


def test_a_sitting_that_was_left_is_handed_in_by_the_word_it_was_told(branch: Branch) -> None:
    zhang = begun(branch)
    asked = stem(zhang)
    zhang.says("取消").hears("测验先放下").says("交卷").hears("还有3题没答，现在交卷吗？").says("2")
    zhang.hears("好的，接着做。", "第1题", f"（{asked}）").says("B").hears("已记下。", "第2题")
    zhang.says("取消").says("我要交卷").hears("还有2题没答").says("1").hears("已交卷。", "33分")
    zhang.says("交卷").hears("您上次33分", "现在开始吗？")


def test_an_end_past_midnight_is_told_with_its_day(branch: Branch) -> None:
    branch.clock.advance(timedelta(hours=10).total_seconds())
    bank(branch)
    paper(branch)
    zhang = branch.bound("张建国").says("测验").says("1").hears("做到11月23日（周一）00:22，停下了发“测验”接着做")
    branch.clock.advance(timedelta(minutes=20).total_seconds())
    zhang.says("取消").says("测验").hears("接着做“党章测验”，做到00:22。")


def test_nobody_else_hears_of_it_and_nothing_is_asked_of_who_does_not_want(branch: Branch) -> None:
    zhang = begun(branch)
    for _ in range(3):
        zhang.says("B")
    wang = branch.bound("王芳")
    wang.says("测验").hears("党章测验").hears_not("66", "100", "张建国")
    wang.says("2").hears("好的，想做的时候发“测验”。")
    wang.says("记录").hears_not("测验", "分")
    branch.phone("nobody").says("测验").hears("绑定")


def test_another_phone_goes_on_where_the_first_stopped(branch: Branch) -> None:
    zhang = begun(branch)
    first = stem(zhang)
    zhang.says("B")
    second = stem(zhang)
    branch.clock.advance(1)
    other = branch.phone("new phone").says(branch.code("张建国")).hears("绑定成功")
    other.says("测验").hears("接着做“党章测验”，做到14:22。", "第2题", f"（{second}）").hears_not(f"（{first}）")
    other.says("跳过").hears("先跳过，最后再问。", "第3题")
    third = stem(other)
    other.says("B").hears("已记下。", "第2题", f"（{second}）").hears_not(f"（{third}）")
    other.says("不会").hears("66分")
    with branch.house.reading() as db:
        assert db.scalars(select(SittingAnswer.given).where(SittingAnswer.right.is_(False))).all() == [""]


def test_an_answer_sent_after_the_end_is_refused_and_one_sent_before_counts(branch: Branch) -> None:
    zhang = begun(branch)
    branch.clock.advance(29 * 60 + 59)
    zhang.says("B").hears("已记下。")  # half an hour of silence would have ended another talk
    branch.clock.advance(2)
    zhang.says("B").hears("时间到了，这个回答没有算。", "3题答对1题，33分，没有合格。", "还可以再做1次，发“测验”。")
    assert kept(branch) == [True]
    zhang.says("测验").hears("您上次33分。", "现在开始吗？")


def test_what_nobody_comes_back_to_is_handed_in_by_the_clock(branch: Branch) -> None:
    zhang = begun(branch)
    zhang.says("B")
    close = branch.house.desk()
    branch.clock.advance(30 * 60 + 30)
    assert sittings.close(close, branch.clock.now()) == "closed=0"  # an answer may still be on its way
    branch.clock.advance(120)
    assert sittings.close(close, branch.clock.now()) == "closed=1"
    assert sittings.close(close, branch.clock.now()) == "closed=0"
    assert scores(branch) == [33]
    zhang.says("C").hears("已经交过卷", "33分")
    assert kept(branch) == [True]


def test_time_that_ran_out_is_told_at_the_next_contact(branch: Branch) -> None:
    zhang = begun(branch)
    zhang.says("B").says("取消").hears("时间照走", "发“测验”")
    zhang.says("C").hears("没听懂")
    assert kept(branch) == [True]
    branch.clock.advance(31 * 60)
    zhang.says("测验").hears("时间到，已自动交卷。", "33分", "还可以再做1次")
    assert scores(branch) == [33]


def test_handing_in_early_is_asked_about(branch: Branch) -> None:
    zhang = begun(branch, tries=1)
    zhang.says("记录").hears("1 接着“测验”", "2 先办“记录”").says("1").hears("第1题")
    zhang.says("B").says("交卷").hears("还有2题没答，现在交卷吗？")
    zhang.says("2").hears("好的，接着做。", "第2题")
    zhang.says("交卷").says("1").hears("已交卷。", "33分").hears_not("再做")
    zhang.says("测验").hears("33分", "最多做1次，您已经做完。")


def test_a_second_go_waits_its_hours_and_draws_anew(branch: Branch) -> None:
    zhang = begun(branch, wait_hours=24)
    zhang.says("交卷").says("1").hears("0分", "还可以再做1次，11月23日（周一）13:52以后")
    zhang.says("测验").hears("0分", "11月23日（周一）13:52以后可以。")
    branch.clock.advance(24 * 3600)
    zhang.says("测验").hears("您上次0分。").says("1").hears("第1题")
    for _ in range(3):
        zhang.says("B")
    zhang.hears("100分，合格。")
    assert scores(branch) == [0, 100]


def test_what_is_no_answer_gets_a_hint_and_the_question_again(branch: Branch) -> None:
    zhang = begun(branch)
    for text in ("😀", "长" * 300, "好", "？"):
        zhang.says(text).hears("第1题", "请发字母")
    zhang.does(zhang.person.sends_picture()).hears("第1题", "请发字母")
    assert kept(branch) == []
    branch.clock.advance(5)
    zhang.says("B").hears("第2题")
    branch.clock.advance(-4)  # sent before the last answer, delivered after it
    zhang.says("C").hears("没有算作回答", "第2题")
    assert kept(branch) == [True]


def test_nothing_on_offer_is_said_and_two_papers_are_asked_about(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    zhang.says("测验").hears("现在没有可以做的测验。")
    bank(branch)
    paper(branch, 2)
    paper(branch, 1, title="第二份")
    zhang.says("测验").hears("做哪一份？", "1 党章测验", "2 第二份").says("2").hears("第二份：1题")
