"""What a member's next question and its answer cost the server, with a large bank and few or many cards."""

import statistics
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, bindparam, text
from sqlalchemy.orm import Session

from engines import sql
from models.base import UtcDateTime
from models.member import Member, MemberStatus
from models.question import QuestionState
from models.study import Purpose
from services import members, rosters, study
from services.answers import Given
from services.rosters import Entry
from services.study import Lane, Reply, Rules

QUESTIONS = 50_000
FEW, MANY = 200, 2_000  # cards
TURNS = 60
NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
RULES = Rules(3, (QuestionState.LIVE,), 0.9, ZoneInfo("Asia/Shanghai"))
TODAY = Lane(Purpose.TODAY)

_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
_ID = "substr('q000000000', 1, 10 - length(CAST(i AS TEXT))) || CAST(i AS TEXT)"
_TOPIC = (
    "CASE i % 8 WHEN 0 THEN 'ideals' WHEN 1 THEN 'tradition' WHEN 2 THEN 'situation' WHEN 3 THEN 'rights' "
    "WHEN 4 THEN 'organisation' WHEN 5 THEN 'discipline' WHEN 6 THEN 'work' ELSE 'other' END"
)


def fill(db: Session, questions: int) -> None:
    """A bank of so many live questions, in all topics by turns."""
    at = bindparam("at", NOW, UtcDateTime)
    db.execute(text("INSERT INTO bank (id, public_id, name, made_at) VALUES (1, 'b', 'bank', :at)").bindparams(at))
    columns = (
        "id, public_id, bank_id, kind, stem, options, key, explanation, document, edition, article, certainty, "
        "difficulty, topic, tags, state, reviewed_by, reviewed_at, digest, made_at, version"
    )
    values = (
        f"i, {_ID}, 1, 'single', {_ID}, '[\"x\", \"y\"]', '[0]', '', '', '', '', 'certain', 3, {_TOPIC}, '', 'live', "
        f"'', :at, {_ID}, :at, 1"
    )
    insert = f"INSERT INTO question ({columns}) {_NUMBERS} SELECT {values} FROM n"  # noqa: S608 - our own words
    db.execute(text(insert).bindparams(at, bindparam("count", questions)))


def enrol(db: Session, name: str, cards: int) -> Member:
    """A member who has answered the first so many questions; a third of them is due."""
    rosters.take(db, Entry(name=name, status=MemberStatus.FULL), {})
    member = members.find(db, name)
    columns = "member_id, question_id, stability, difficulty, due, answered_at, times, lapses, right_in_row, wrong"
    due = "CASE WHEN i % 3 = 0 THEN :before ELSE :later END"
    values = f":member, i, 5, 5, {due}, :before, 1, 0, 1, i % 10 = 0"
    insert = f"INSERT INTO card ({columns}) {_NUMBERS} SELECT {values} FROM n"  # noqa: S608 - our own words
    times = (("before", NOW - timedelta(days=4)), ("later", NOW + timedelta(days=9)))
    known = [bindparam(key, value, UtcDateTime) for key, value in times]
    db.execute(text(insert).bindparams(*known, bindparam("member", member.id), bindparam("count", cards)))
    lanes = f"INSERT INTO progress {_NUMBERS} SELECT :member, 'l:' || {_TOPIC}, :cards FROM n"  # noqa: S608 - our own words
    db.execute(text(lanes).bindparams(member=member.id, cards=cards, count=8))
    return member


def measure() -> Mapping[str, object]:
    """Milliseconds of processor time at the median, asked and answered in turn; growth from few cards to many."""
    with tempfile.TemporaryDirectory(prefix="zhibu-bench-") as folder:
        engine = sql.open_engine("", Path(folder))
        sql.upgrade(engine)
        with sql.transaction(engine) as db:
            fill(db, QUESTIONS)
            enrolled = [enrol(db, f"同志{cards}", cards) for cards in (FEW, MANY)]
        few, many = (_turns(engine, member) for member in enrolled)
        engine.dispose()
    return {
        "name": f"next question of {QUESTIONS:,}",
        f"ms_{FEW}_cards": round(few[0], 2),
        f"ms_{MANY}_cards": round(many[0], 2),
        "growth": round(many[0] / few[0], 2),
        f"answer_ms_{MANY}_cards": round(many[1], 2),
    }


def _turns(engine: Engine, member: Member) -> tuple[float, float]:
    """A question and its answer, again and again; the median of each in milliseconds of processor time."""
    asking, keeping = [], []
    for number in range(TURNS):
        now = NOW + timedelta(minutes=number)
        with sql.reading(engine) as db:
            began = time.process_time()
            found = study.next_question(db, member, TODAY, now, RULES)
            asking.append(time.process_time() - began)
        if found is None:
            raise RuntimeError("there is no question where there should be one")
        with sql.transaction(engine) as db:
            began = time.process_time()
            study.keep(db, member, found, TODAY, Reply(Given((0,)), now, 20, f"{member.id} {number}"), RULES)
            keeping.append(time.process_time() - began)
    return 1000 * statistics.median(asking), 1000 * statistics.median(keeping)
