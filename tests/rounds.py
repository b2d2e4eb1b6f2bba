"""Rounds for tests: one of each kind of question, drafted and opened as the office does it."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from models.round import FormKind, Round, RoundAudience, RoundPurpose
from sealed import unsigned
from services import orgs, rounds
from services.forms import Question
from tests.branch import Branch

FORM = (
    Question(1, FormKind.SINGLE, "夜班同志补课用哪种方式？", ("录播", "传达", "自学")),
    Question(2, FormKind.MULTIPLE, "哪些时间方便？", ("上午", "下午", "晚上"), required=False),
    Question(3, FormKind.SCALE, "对值班安排满意吗？"),
    Question(4, FormKind.TEXT, "还有什么意见？", required=False),
)
ANSWERS = {1: 1, 2: [1, 3], 3: 4, 4: "建议录播"}


def opened(
    branch: Branch,
    title: str = "值班安排办法",
    *,
    unnamed: bool = False,
    audience: RoundAudience = RoundAudience.MEMBERS,
    form: Sequence[Question] = FORM,
    days: float = 7,
    group: str = "",
) -> str:
    """A round under way; returns its public id."""
    house = branch.house

    def work(db: Session) -> str:
        act = house.operator()
        draft = rounds.Draft(
            purpose=RoundPurpose.DECISION,
            title=title,
            body="草案见支部公示栏。",
            audience=audience,
            closes_at=act.now + timedelta(days=days),
            questions=form,
            unnamed=unnamed,
            group=orgs.known_group(db, group) if group else None,
        )
        found = rounds.make(db, act, draft)
        if unnamed:
            unsigned.begin(house.unsigned, found.public_id)
        rounds.open_(db, act, found)
        return found.public_id

    return house.run(work)


def closed(branch: Branch, round_id: str) -> None:
    """Its end, as the clock makes it."""
    house = branch.house

    def work(db: Session) -> None:
        found: Round = rounds.find(db, house.operator(), round_id)
        if found.unnamed:
            house.unsigned.close_round(round_id)
        rounds.close(db, house.operator(), found)

    house.run(work)


def links(branch: Branch, round_id: str, count: int) -> list[str]:
    """Secrets of so many personal links."""
    house = branch.house
    return house.run(lambda db: rounds.invite(db, house.operator(), rounds.find(db, house.operator(), round_id), count))
