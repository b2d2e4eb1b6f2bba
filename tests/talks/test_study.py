"""答题 as people hear it: a question, its answer kept at once, 继续; 错题, 专题, 导学, 跳过, 不会, 解析."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from engines.redis import connect
from models.appointment import Role
from models.question import Bank, Certainty, Question, QuestionKind, QuestionState, Topic
from models.study import Answer, Card, Outcome, PathStep, Progress, Purpose, Reading, TopicTally
from tests.branch import NOON, Branch, Phone

PERIOD = ("预备党员的预备期是多长？", ("半年", "一年", "两年"), [1])


def asks(
    branch: Branch,
    stem: str,
    options: tuple[str, ...] = (),
    key: object = None,
    kind: QuestionKind = QuestionKind.SINGLE,
    **more: object,
) -> str:
    """Put a question into the bank; returns its public id."""

    def put(db: Session) -> str:
        bank = db.scalar(select(Bank)) or Bank(name="党章", made_at=NOON)
        made = Question(
            bank=bank, kind=kind, stem=stem, digest=stem, options=json.dumps(options), key=json.dumps(key), made_at=NOON
        )
        facts = {"document": "中国共产党章程", "edition": "2022-10-22", "article": "第七条", "topic": Topic.RIGHTS}
        live = {"state": QuestionState.LIVE, "reviewed_at": NOON, "certainty": Certainty.CERTAIN}
        for name, value in {**facts, **live, **more}.items():
            setattr(made, name, value)
        db.add(made)
        db.flush()
        return made.public_id

    return branch.house.run(put)


def several(branch: Branch, count: int) -> list[str]:
    return [asks(branch, f"第{number}问？", ("甲", "乙"), [0]) for number in range(1, count + 1)]


def answered(branch: Branch) -> list[tuple[str, Outcome, Purpose]]:
    with branch.house.reading() as db:
        rows = db.execute(select(Question.stem, Answer.outcome, Answer.purpose).join_from(Answer, Question))
        return [(row[0], row[1], row[2]) for row in rows.all()]


def changed(branch: Branch, public_id: str, **values: object) -> None:
    branch.house.run(lambda db: db.execute(update(Question).where(Question.public_id == public_id).values(**values)))


def days_later(branch: Branch, days: int = 1) -> None:
    branch.clock.advance(timedelta(days=days).total_seconds())


@pytest.fixture
def zhang(branch: Branch) -> Phone:
    return branch.bound("张建国")


def test_thanks_leave_the_question_and_a_nod_is_right(branch: Branch, zhang: Phone) -> None:
    asks(branch, "党员永远是劳动人民的普通一员。", key=True, kind=QuestionKind.JUDGE)
    zhang.says("答题").says("谢谢").hears("不客气。").hears_not("第1题").says("嗯").hears("回答正确")


def test_the_words_of_a_question_and_of_what_came_of_it(each_branch: Branch) -> None:
    zhang = each_branch.bound("张建国")
    asks(each_branch, *PERIOD, explanation="党章第七条：预备党员的预备期为一年。")
    several(each_branch, 2)
    zhang.says("答题")
    assert zhang.reply == (
        "【单选】第1题，共3题\n预备党员的预备期是多长？\nA 半年\nB 一年\nC 两年\n请发字母。不知道就发“不会”。"
    )
    zhang.says("E").hears("这题只有A到C，请再发一次。", "预备党员的预备期是多长？")
    zhang.says("选b")
    assert zhang.reply == "回答正确。党章第七条：预备党员的预备期为一年。发“继续”做下一题。"
    zhang.again().hears("回答正确。")
    zhang.says("继续").hears("【单选】第2题，共3题", "第1问？").says("b")
    assert zhang.reply == "回答错误，应选 A 甲（党章第七条）。发“继续”做下一题。"
    zhang.says("继续").hears("第3题，共3题").says("A").hears(
        "回答正确（党章第七条）。今天的3题做完了。还想做，发“继续”。"
    )
    zhang.says("继续").hears("现在没有该做的题，过几天再来。")
    assert [(one[1], one[2]) for one in answered(each_branch)] == [
        (Outcome.RIGHT, Purpose.TODAY),
        (Outcome.WRONG, Purpose.TODAY),
        (Outcome.RIGHT, Purpose.TODAY),
    ]
    with each_branch.house.reading() as db:
        tally = db.scalars(select(TopicTally)).one()
        assert (tally.asked, tally.right) == (3, 2)


@pytest.mark.parametrize(
    ("kind", "options", "key", "words"),
    [
        (
            QuestionKind.MULTIPLE,
            ("表决权", "选举权", "申诉权"),
            [0, 1],
            ("请发字母，可以不止一个，不用标点。", "b、a", "应选 AB（党章第七条）"),
        ),
        (
            QuestionKind.JUDGE,
            (),
            True,
            ("请发“对”或“错”。不知道就发“不会”。", "√", "应为“对”（党章第七条）"),
        ),
        (
            QuestionKind.BLANK,
            (),
            [["永不叛党", "不叛党"]],
            ("请发空里的内容。不知道就发“不会”。", "永不 叛党。", "应填 永不叛党（党章第七条）"),
        ),
    ],
)
def test_every_kind_says_how_to_answer_it(
    branch: Branch, kind: QuestionKind, options: tuple[str, ...], key: object, words: tuple[str, str, str]
) -> None:
    zhang, (prompt, right, solution) = branch.bound("张建国"), words
    asks(branch, "问？", options, key, kind)
    asked = zhang.says("做题").hears("第1题，共3题", prompt).reply
    assert not [one for one in ("AB", "ABC", "如") if one in asked], "a possible answer stands in the question"
    zhang.says("不会").hears(solution).hears_not("回答错误")
    days_later(branch)
    zhang.says("学习").says(right).hears("回答正确")


def test_words_that_are_commands_elsewhere_answer_a_blank(branch: Branch, zhang: Phone) -> None:
    asks(branch, "党员的第一项义务是认真____。", (), [["学习"]], QuestionKind.BLANK)
    asks(branch, "中国共产党成立于____年。", (), [["1921"]], QuestionKind.BLANK)
    zhang.says("答题").says("学习").hears("回答正确")
    zhang.says("继续").says("1927").hears("回答错误，应填 1921")


def test_skipping_changes_nothing_and_not_knowing_does(branch: Branch, zhang: Phone) -> None:
    several(branch, 3)
    zhang.says("答题").hears("第1问？").says("跳过").hears("好的，先不做这题。", "第1题，共3题", "第2问？")
    assert answered(branch) == []
    zhang.says("不知道").hears("应选 A 甲（党章第七条）。发“继续”做下一题。")
    zhang.says("下一题").hears("第3问？").says("跳过").hears("现在没有该做的题")
    zhang.says("答题").hears("第1问？")
    assert [one[:2] for one in answered(branch)] == [("第2问？", Outcome.UNKNOWN)]
    with branch.house.reading() as db:
        assert db.scalar(select(func.count()).select_from(Card)) == 1


def test_the_explanation_is_given_after_the_answer_or_instead_of_one(branch: Branch, zhang: Phone) -> None:
    long = "预备党员的预备期为一年。" * 20
    asks(branch, *PERIOD, explanation=long)
    several(branch, 1)
    zhang.says("解析").hears("还没有做过题")
    zhang.says("答题").says("b").hears("回答正确。党章第七条：", "…发“解析”看全文。")
    zhang.says("解析").hears(
        "预备党员的预备期是多长？\n应选 B 一年。", "依据：党章第七条（2022-10-22）", "发“继续”做下一题。"
    )
    assert len(zhang.reply) <= 600
    zhang.says("继续").hears("第1问？").says("解析").hears("应选 A 甲（党章第七条）。")
    assert [one[1] for one in answered(branch)] == [Outcome.RIGHT, Outcome.UNKNOWN]
    branch.clock.advance(timedelta(minutes=20).total_seconds())
    zhang.says("解析").hears("第1问？", "应选 A 甲。")


def test_a_second_answer_never_lands_on_another_question(branch: Branch, zhang: Phone) -> None:
    several(branch, 3)
    zhang.says("答题").hears("第1问？").says("A").hears("回答正确")
    zhang.says("A").hears("刚才那题已经记下。", "发“继续”做下一题。")
    zhang.says("继续").hears("第2问？").says("取消").hears("好的，先不做了，做过的都记着。")
    zhang.says("A").hears("我没听懂")
    zhang.says("继续").hears("第2题，共3题", "第2问？")
    days_later(branch, 2)  # longer than a question waits
    zhang.says("A").hears("我没听懂")
    assert [one[0] for one in answered(branch)] == ["第1问？"]
    zhang.says("继续").hears("没有留着的内容")


def test_yesterdays_question_takes_its_own_answer(branch: Branch, zhang: Phone) -> None:
    several(branch, 4)
    zhang.says("答题").hears("第1问？")
    branch.clock.advance(timedelta(hours=20).total_seconds())
    zhang.says("A").hears("回答正确").says("继续").hears("第2题，共3题", "第2问？")
    assert [one[0] for one in answered(branch)] == ["第1问？"]


def test_a_question_changed_meanwhile_is_asked_anew_and_a_retired_one_dropped(branch: Branch, zhang: Phone) -> None:
    first, second = several(branch, 2)
    zhang.says("答题").hears("第1问？")
    changed(branch, first, key="[1]", version=2)
    zhang.says("A").hears("这题刚改过，前面的回答没有算，请看新的。", "第1问？").says("b").hears("回答正确")
    zhang.says("继续").hears("第2问？")
    changed(branch, second, state=QuestionState.RETIRED)
    zhang.says("A").hears("这题刚停用，没有算。发“继续”做下一题。")
    zhang.says("继续").hears("现在没有该做的题")
    assert [one[0] for one in answered(branch)] == ["第1问？"]


def test_a_talk_that_lost_its_question_in_a_deploy_judges_nothing(branch: Branch, zhang: Phone, redis_url: str) -> None:
    first, _ = several(branch, 2)
    zhang.says("答题").hears("第1问？")
    with connect(redis_url) as store:
        (kept,) = [key for key in store.scan_iter() if "talk" in str(key)]
        chat = json.loads(str(store.get(kept)))
        chat["talk"]["kept"] = {}  # as another version of the program might have named it
        store.set(kept, json.dumps(chat), keepttl=True)
    changed(branch, first, state=QuestionState.RETIRED)
    zhang.says("A").hears("第2问？").hears_not("回答")
    assert answered(branch) == []


def test_an_answer_delivered_again_counts_once_after_a_death_in_between(each_branch: Branch, redis_url: str) -> None:
    zhang = each_branch.bound("张建国")
    several(each_branch, 3)
    zhang.says("答题").hears("第1问？")
    with connect(redis_url) as store:
        asked = {key: store.dump(key) for key in store.scan_iter()}
        zhang.says("A").hears("回答正确")
        store.flushall()
        for key, value in asked.items():
            assert value is not None
            store.restore(key, 0, value)  # the process died before it kept its reply and what comes next
    zhang.again().hears("回答正确（党章第七条）。发“继续”做下一题。")
    zhang.says("继续").hears("第2问？").says("B").hears("回答错误")
    zhang.again().hears("回答错误")
    assert [one[:2] for one in answered(each_branch)] == [("第1问？", Outcome.RIGHT), ("第2问？", Outcome.WRONG)]


def test_pictures_emoji_and_a_novel_get_a_sentence_that_helps(branch: Branch, zhang: Phone) -> None:
    asks(branch, *PERIOD)
    zhang.says("答题")
    zhang.does(zhang.person.sends_picture()).hears("我只看得懂文字，请打字告诉我。", "预备党员的预备期是多长？")
    zhang.says("🙂").hears("没看出选的是哪个，请再发一次。", "A 半年")
    zhang.says("我认为" * 1000).hears("太长了，请只发答案。", "A 半年")
    zhang.speaks(None).hears("没听清", "A 半年")
    zhang.speaks("第二个。").hears("我听到：第二个。\n回答正确")
    assert len(answered(branch)) == 1


def test_no_question_is_longer_than_a_message_may_be(branch: Branch, zhang: Phone) -> None:
    asks(branch, "长" * 900, tuple(letter * 300 for letter in "甲乙丙丁"), [0])
    zhang.says("答题").hears("A 甲", "D 丁", "请发字母")
    assert len(zhang.reply) <= 600


def test_wrong_ones_stay_until_right_on_two_days(branch: Branch, zhang: Phone) -> None:
    several(branch, 2)
    zhang.says("错题").hears("现在没有错题")
    zhang.says("答题").says("B").hears("回答错误").says("继续").says("不会")
    branch.clock.advance(60)
    zhang.says("错题").hears("【单选】错题，共2题", "第1问？").says("A").hears("回答正确").hears_not("从错题里去掉")
    zhang.says("继续").hears("第2问？").says("B").hears("回答错误").says("继续").hears("错题都做过一遍了")
    days_later(branch)
    zhang.says("错题").says("A").hears("回答正确", "这题隔天又答对了，从错题里去掉。")
    zhang.says("继续").hears("错题，共1题", "第2问？")


def test_a_topic_is_chosen_and_kept_to(branch: Branch, zhang: Phone) -> None:
    zhang.says("专题").hears("题库里还没有题")
    several(branch, 2)
    asks(branch, "宗旨？", ("甲", "乙"), [0], topic=Topic.IDEALS)
    zhang.says("专题").hears("1 理想信念  2 权利义务", "请回复数字")
    zhang.says("权利义务").hears("【单选】专题：权利义务", "第1问？").says("A").says("继续").hears("第2问？").says("A")
    branch.clock.advance(timedelta(minutes=20).total_seconds())
    zhang.says("继续").hears("“权利义务”现在没有新题")
    zhang.says("答题").hears("第1题，共3题", "宗旨？")


def test_only_what_is_live_goes_out_but_in_a_demo(branch: Branch, zhang: Phone) -> None:
    asks(branch, *PERIOD, state=QuestionState.DRAFT, reviewed_at=None)
    zhang.says("答题").hears("【待审】【单选】第1题，共3题")
    assert branch.house.settings.study.show_unreviewed
    zhang.says("b").hears("回答正确")


def test_the_path_is_read_step_by_step_and_its_questions_come_first(branch: Branch, zhang: Phone) -> None:
    zhang.says("导学").hears("支部还没有安排导学")
    several(branch, 1)
    asks(branch, "宗旨？", ("甲", "乙"), [0], topic=Topic.WORK)

    def lay(db: Session) -> None:
        db.add(PathStep(place=1, title="学总纲", reading="党章总纲第一段。", topic=Topic.WORK))
        db.add(PathStep(place=2, title="学第一章", reading="党章第一章。"))
        db.add(PathStep(place=3, title="学第二章", starts=NOON.date() + timedelta(days=9)))

    branch.house.run(lay)
    zhang.says("导学")
    assert zhang.reply == "导学第1步，共2步：学总纲\n党章总纲第一段。\n1 已读\n请回复数字。"
    zhang.says("答题").hears("宗旨？")
    zhang.says("导学").says("1").hears("已记下，算自学。", "导学第2步，共2步：学第一章")
    zhang.says("好的").hears("不客气。").says("读完了").hears("导学的2步都读完了。")
    zhang.again().hears("导学的2步都读完了。")
    with branch.house.reading() as db:
        assert db.scalar(select(func.count()).select_from(Reading)) == 2


def test_study_leaves_way_for_everything_else(branch: Branch, zhang: Phone) -> None:
    meeting = branch.meeting()
    several(branch, 1)
    zhang.says("帮助").hears("4 学习").says("4").hears("第1问？")
    zhang.says(branch.screen(meeting).number).hears("签到成功")
    zhang.says("答题").hears("第1问？").says("签到").hears("请看大屏")


def test_a_question_from_this_morning_does_not_stand_in_the_way(branch: Branch, zhang: Phone) -> None:
    several(branch, 1)
    zhang.says("答题").says("帮助").hears("您正在“答题”", "第1问？")
    branch.clock.advance(6 * 3600)
    zhang.says("签倒").hears("您是想“签到”吗？").says("不是").hears("好的。")
    zhang.says("嗯哼").hears("没看出选的是哪个", "第1问？").says("A").hears("回答正确")
    zhang.says("答题")
    branch.clock.advance(6 * 3600)
    zhang.says("帮助").hears("您想做什么？", "4 学习")


def test_a_number_after_another_question_was_sent_is_taken_for_neither(branch: Branch) -> None:
    several(branch, 1)
    zhang, li = branch.bound("张建国"), branch.bound("李娜")
    branch.appoints("张建国", Role.GROUP_LEADER, "第一党小组")
    branch.meeting(opened=False, starts=timedelta(days=3))
    zhang.says("答题").hears("第1问？")
    branch.clock.advance(5)
    li.says("请假").says("1").hears("已提交")
    assert branch.sends() == 1
    zhang.says("1").hears("刚才还有一件事问您，这个数字没有算。", "请发“批假”；接着“答题”，请再答一次。", "第1问？")
    assert answered(branch) == []
    zhang.says("批假").hears("李娜").says("1").hears("同意")
    zhang.says("答题").says("1").hears("回答正确")


def test_progress_moves_past_what_was_asked(branch: Branch, zhang: Phone) -> None:
    several(branch, 3)
    zhang.says("答题").says("A").says("继续").says("A")
    with branch.house.reading() as db:
        lanes = {one.lane: one.question_id for one in db.scalars(select(Progress))}
    assert lanes["l:rights"] == 2
