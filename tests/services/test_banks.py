"""Question banks kept: taken in once, known again, looked over, edited by one at a time, retired; on both engines."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.event import Event
from models.question import Bank, Question, QuestionKind, QuestionState, Topic
from services import banks
from services.banks import Entry, Repeat, Wanted
from services.errors import EditedMeanwhile, NoSuchBank, NoSuchQuestion, NotAllowed, QuestionMoved, StemTaken
from services.likeness import alike
from services.rights import Act
from tests.engines import Database
from tests.services.roll import Office, staffed

SINGLE, JUDGE, BLANK = QuestionKind.SINGLE, QuestionKind.JUDGE, QuestionKind.BLANK
DRAFT, REVIEWED, LIVE, RETIRED = QuestionState.DRAFT, QuestionState.REVIEWED, QuestionState.LIVE, QuestionState.RETIRED
WHEN = Entry(SINGLE, "中国共产党成立于（ ）年。", ("1919", "1921", "1927", "1949"), (1,), explanation="一大。")
TRUE = Entry(
    JUDGE, "党员有退党的自由。", (), key=True, document="中国共产党章程", edition="2022-10-22", article="第九条"
)
AIM = Entry(BLANK, "党的最高理想是____。", (), (("实现共产主义", "共产主义"),))
WHICH = Entry(SINGLE, "下列说法正确的是（ ）", ("甲", "乙", "丙"), (0,))
OTHER = Entry(SINGLE, "下列说法正确的是（ ）", ("子", "丑", "寅"), (2,))


@pytest.fixture
def office(database: Database) -> Office:
    return staffed(database)


@pytest.fixture
def each_office(each_database: Database) -> Office:
    return staffed(each_database)


def take(office: Office, *entries: Entry, reviewed_by: str = "", name: str = "党章") -> list[str]:
    """Take a file in as the publicity member does; returns the fates."""

    def work(db: Session, act: Act) -> list[str]:
        bank = banks.made(db, act, name)
        foretold = banks.foretell(db, act, bank.id, entries, reviewed_by)
        judged = banks.take_all(db, act, bank.id, entries, reviewed_by)
        assert judged == foretold, "what was foretold has come"
        banks.taken_in(db, act, bank.id, len(entries), reviewed_by)
        return [one.fate.value for one in judged]

    return office.does("周涛", work)


def kept(office: Office) -> list[tuple[str, str, str]]:
    """Stem, state and reviewer of every question."""
    return office.look(
        lambda db: [
            (one.stem, one.state.value, one.reviewed_by) for one in db.scalars(select(Question).order_by(Question.id))
        ]
    )


def on(office: Office, stem: str, work: Callable[[Session, Act, Question], object], who: str = "周涛") -> object:
    """Have somebody do it to the question of that stem."""
    return office.does(
        who, lambda db, act: work(db, act, db.scalars(select(Question).where(Question.stem == stem)).one())
    )


def test_a_file_again_changes_nothing_and_a_changed_row_updates(each_office: Office) -> None:
    file = [WHEN, TRUE, AIM, WHICH, OTHER]
    assert take(each_office, *file) == ["imported"] * 5
    assert take(each_office, *file) == ["duplicate"] * 5
    assert take(each_office, *reversed(file)) == ["duplicate"] * 5
    silent = replace(WHEN, explanation="", topic=None)
    assert take(each_office, silent, replace(WHEN, stem="中国共产党成立于____年")) == ["duplicate", "updated"]
    mended = replace(OTHER, options=("子", "丑", "卯"), key=(0,))
    assert take(each_office, mended, mended, replace(WHICH, key=(1,))) == ["updated", "duplicate", "updated"]
    assert len(kept(each_office)) == 5, "a row corrected is no new question"
    asked = each_office.look(
        lambda db: [banks.entry_of(one) for one in db.scalars(select(Question).order_by(Question.id))]
    )
    assert [(one.stem, one.options, one.key, one.explanation) for one in asked] == [
        ("中国共产党成立于____年", WHEN.options, (1,), "一大。"),
        (TRUE.stem, (), True, ""),
        (AIM.stem, (), AIM.key, ""),
        (WHICH.stem, WHICH.options, (1,), ""),
        (OTHER.stem, ("子", "丑", "卯"), (0,), ""),
    ]


def test_who_has_looked_it_over_makes_it_live_and_a_change_a_draft_again(office: Office) -> None:
    take(office, WHEN, TRUE)
    assert take(office, WHEN, AIM, reviewed_by=" 王 芳 ") == ["updated", "imported"]
    assert take(office, WHEN, AIM, reviewed_by="李娜") == ["duplicate", "duplicate"]
    assert kept(office) == [(WHEN.stem, "live", "王 芳"), (TRUE.stem, "draft", ""), (AIM.stem, "live", "王 芳")]
    assert take(office, replace(WHEN, key=(0,))) == ["updated"]
    assert kept(office)[0][1:] == ("draft", "")
    on(office, AIM.stem, lambda db, act, one: banks.retire(db, act, one, one.version))
    assert take(office, AIM, reviewed_by="李娜") == ["duplicate"], "what was retired stays so"
    events = office.look(
        lambda db: [
            (one.verb, one.facts)
            for one in db.scalars(select(Event).where(Event.subject == "question").order_by(Event.id))
        ]
    )
    assert ("question_edited", '{"fields": "state"}') in events
    assert ("question_edited", '{"fields": "key"}') in events


def test_one_file_with_the_same_question_twice(office: Office) -> None:
    shuffled = Entry(SINGLE, "中国共产党成立于(  )年", ("1949", "1921", "1927", "1919"), (1,))
    wrong = replace(shuffled, key=(0,))
    rows = [WHEN, OTHER, shuffled, wrong, WHICH, TRUE, replace(TRUE, key=False), AIM, replace(AIM, key=(("别的",),))]
    assert banks.settle(rows) == [
        None, None, Repeat(0, contradicts=False), Repeat(0, contradicts=True), None, None, Repeat(5, contradicts=True),
        None, Repeat(7, contradicts=True),
    ]  # fmt: skip
    take(office, wrong, name="别的题库")
    disputes = office.does("王芳", lambda db, act: banks.disputes(db, act, None, [OTHER, WHEN]))
    assert [(one.place, one.bank) for one in disputes] == [(1, "别的题库")]


def test_look_alikes_are_found_and_short_or_other_stems_are_not(office: Office) -> None:
    stems = [
        "预备党员的预备期为一年，期满由支部大会讨论", "年满十八岁的工人可以申请入党", "预备党员的预备期是一年，期满由支部大会讨论。",
        "是（ ）", "对（ ）", "年满十八岁的农民都必须申请参军", "年满十八岁的工人，可以申请入党！",
    ]  # fmt: skip
    assert [(pair.one, pair.other) for pair in alike(stems)] == [(1, 6), (0, 2)]
    assert [(pair.one, pair.other) for pair in alike(stems, first=3)] == [(1, 6)]
    take(office, replace(WHEN, stem=stems[0]))
    rows = [replace(WHEN, stem=stems[2]), replace(WHEN, stem=stems[1])]
    bank = office.does("王芳", lambda db, act: banks.made(db, act, "党章").id)
    there, pairs = office.does("王芳", lambda db, act: banks.lookalikes(db, act, bank, rows))
    assert (there, [(pair.one, pair.other) for pair in pairs]) == ([stems[0]], [(0, 1)])


def test_from_draft_to_use_and_out_of_it(office: Office) -> None:
    take(office, WHEN)

    def step(work: Callable[..., None], *more: object) -> None:
        on(office, WHEN.stem, lambda db, act, one: work(db, act, one, *more, one.version))

    with pytest.raises(QuestionMoved):
        step(banks.publish)  # nobody has looked it over
    with pytest.raises(QuestionMoved):
        step(banks.review, " ")
    step(banks.review, "王芳")
    step(banks.review, "李娜")  # pressed twice: the first stands
    assert kept(office) == [(WHEN.stem, "reviewed", "王芳")]
    step(banks.publish)
    assert kept(office) == [(WHEN.stem, "live", "王芳")]
    step(banks.retire)
    with pytest.raises(QuestionMoved) as caught:
        step(banks.publish)
    assert caught.value.state is RETIRED
    step(banks.reopen)
    assert kept(office) == [(WHEN.stem, "draft", "")]
    verbs = office.look(
        lambda db: list(db.scalars(select(Event.verb).where(Event.subject == "question").order_by(Event.id)))
    )
    assert verbs == ["question_reviewed", "question_live", "question_retired", "question_draft"]


def test_a_new_edition_retires_the_questions_on_the_old_one(each_office: Office) -> None:
    take(each_office, TRUE, replace(TRUE, stem="党章有十一章。", edition="2017-10-24"), WHEN, reviewed_by="王芳")
    retire = lambda db, act: banks.retire_edition(db, act, "中国共产党章程", "2022-10-22")  # noqa: E731 - said twice below
    assert each_office.does("周涛", retire) == 1
    assert each_office.does("周涛", retire) == 0
    assert [state for _, state, _ in kept(each_office)] == ["retired", "live", "live"]


def test_two_editors_and_what_an_edit_does(each_office: Office) -> None:
    take(each_office, WHEN, TRUE, reviewed_by="王芳")

    def edit(changed: Entry, seen: int, who: str = "周涛") -> object:
        return on(each_office, WHEN.stem, lambda db, act, one: banks.edit(db, act, one, changed, seen), who)

    assert edit(replace(WHEN, topic=Topic.TRADITION, difficulty=2), 1) == ("difficulty", "topic")
    assert kept(each_office)[0][1] == "live", "sorting needs no second look"
    with pytest.raises(EditedMeanwhile) as caught:
        edit(replace(WHEN, explanation="别的"), 1, "王芳")
    assert caught.value.who == "周涛"
    assert edit(replace(WHEN, explanation="", topic=Topic.TRADITION, difficulty=2), 2) == ("explanation",)
    assert kept(each_office)[0][1:] == ("draft", "")
    assert edit(replace(WHEN, explanation="", topic=Topic.TRADITION), 9) == (), "pressed twice"
    with pytest.raises(StemTaken):
        edit(replace(TRUE), 3)
    assert edit(replace(WHEN, stem="党成立于（ ）年"), 3) == ("stem", "explanation", "topic")
    assert take(each_office, replace(WHEN, stem="党成立于(  )年？")) == ["updated"], "known by its new stem"


def test_entered_by_hand(office: Office) -> None:
    def enter(db: Session, act: Act) -> str:
        return banks.add(db, act, banks.made(db, act, " 支部 自编 "), AIM).public_id

    public_id = office.does("周涛", enter)
    with pytest.raises(StemTaken) as caught:
        office.does("周涛", enter)
    assert caught.value.public_id == public_id
    assert office.does("周涛", lambda db, act: banks.entry_of(banks.find(db, act, public_id)).key) == AIM.key
    shelves = office.does("周涛", banks.shelves)
    assert [(one.bank.name, dict(one.counts)) for one in shelves] == [("支部 自编", {DRAFT: 1})]


def test_lists_are_read_in_pages(office: Office) -> None:
    take(office, *[replace(WHEN, stem=f"第{number}题说的是100%哪一年") for number in range(7)])
    take(office, TRUE, reviewed_by="王芳", name="别的")

    def look(wanted: Wanted, after: int = 0, most: int = 50) -> list[str]:
        return office.does("王芳", lambda db, act: [one.stem for one in banks.listed(db, act, wanted, after, most)])

    first = office.look(lambda db: db.scalars(select(Bank.id).order_by(Bank.id)).first())
    assert len(look(Wanted(bank_id=first))) == 7
    ids = office.does("王芳", lambda db, act: [one.id for one in banks.listed(db, act, Wanted(), most=5)])
    assert len(look(Wanted(), after=ids[-1])) == 3
    assert look(Wanted(state=LIVE)) == [TRUE.stem]
    assert look(Wanted(text="第3题")) == ["第3题说的是100%哪一年"]
    assert look(Wanted(text="100%第")) == []
    assert office.does("王芳", lambda db, act: banks.count(db, act, Wanted(kind=JUDGE))) == 1
    assert len(office.does("王芳", lambda db, act: list(banks.everything(db, act)))) == 8


@pytest.mark.parametrize("who", ["李娜", "张建国"])
def test_nobody_else_keeps_the_banks(office: Office, who: str) -> None:
    take(office, WHEN)
    verbs: Sequence[Callable[[Session, Act, Question], object]] = [
        lambda db, act, _one: banks.shelves(db, act),
        lambda db, act, _one: banks.made(db, act, "新"),
        lambda db, act, _one: banks.listed(db, act, Wanted()),
        lambda db, act, one: banks.find(db, act, one.public_id),
        lambda db, act, one: banks.take_all(db, act, one.bank_id, [WHEN]),
        lambda db, act, one: banks.foretell(db, act, one.bank_id, [WHEN]),
        lambda db, act, one: banks.edit(db, act, one, TRUE, 1),
        lambda db, act, one: banks.review(db, act, one, "我", 1),
        lambda db, act, one: banks.retire(db, act, one, 1),
        lambda db, act, _one: banks.retire_edition(db, act, "", ""),
        lambda db, act, _one: list(banks.everything(db, act)),
    ]
    for verb in verbs:
        with pytest.raises(NotAllowed):
            on(office, WHEN.stem, verb, who)


def test_what_is_not_there_is_said(office: Office) -> None:
    for work in (partial(banks.find_bank, public_id="x"), partial(banks.made, name="  ")):
        with pytest.raises(NoSuchBank):
            office.does("王芳", work)
    with pytest.raises(NoSuchQuestion):
        office.does("王芳", partial(banks.find, public_id="x"))
