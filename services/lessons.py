"""评学: whether a lesson helped: how those who took part answer on its topic, before and after; never one person."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityState
from models.hours import Course
from models.question import Question, Topic
from models.study import Answer, Outcome
from services import attendance, hours
from services.attendance import Rules

AROUND = timedelta(days=30)
LONGEST = timedelta(hours=12)  # of an activity: its end may be entered days later
FEWEST = 5  # people with answers on both sides: fewer would tell of persons


@dataclass(frozen=True, slots=True)
class Effect:
    """How many people answered on both sides, and their (right, asked); with too few the counts stay empty."""

    people: int
    before: tuple[int, int] = (0, 0)
    after: tuple[int, int] = (0, 0)

    @property
    def shown(self) -> bool:
        """Whether there are people enough."""
        return self.people >= FEWEST


def of_activity(db: Session, activity: Activity, rules: Rules, zone: ZoneInfo) -> Effect | None:
    """The effect of an activity that is over and has a topic, on those who came; None for any other."""
    if activity.topic is None or activity.state is not ActivityState.CLOSED:
        return None
    lines = attendance.sheet(db, activity, rules, zone)
    came = [one.member.id for one in lines if one.verdict.status in hours.CAME]
    ends = min(activity.ends_at or activity.starts_at, activity.starts_at + LONGEST)
    return effect(db, activity.topic, (activity.starts_at, ends), came)


def of_course(db: Session, course: Course, zone: ZoneInfo) -> Effect | None:
    """The same of a course: before its day, and after it; None without a topic or when withdrawn."""
    if course.topic is None or course.withdrawn_at is not None:
        return None
    begins = datetime.combine(course.held_on, time.min, zone).astimezone(UTC)
    took_part = [one.id for one in hours.taking_part(db, course)]
    return effect(db, course.topic, (begins, begins + timedelta(days=1)), took_part)


def effect(db: Session, topic: Topic, held: tuple[datetime, datetime], people: Collection[int]) -> Effect:
    """Answers on the topic within 30 days before the beginning and after the end, of those who have both."""
    begins, ends = held
    before = _answers(db, topic, (begins - AROUND, begins), people)
    after = _answers(db, topic, (ends, ends + AROUND), people)
    both = before.keys() & after.keys()
    if len(both) < FEWEST:
        return Effect(len(both))
    return Effect(len(both), _sum(before, both), _sum(after, both))


def _answers(
    db: Session, topic: Topic, span: tuple[datetime, datetime], people: Collection[int]
) -> dict[int, tuple[int, int]]:
    """(right, asked) by member."""
    right = func.sum(case((Answer.outcome == Outcome.RIGHT, 1), else_=0))
    given = (
        select(Answer.member_id, right, func.count())
        .join(Question, Question.id == Answer.question_id)
        .where(
            Answer.member_id.in_(people),
            Question.topic == topic,
            Answer.at >= span[0],
            Answer.at < span[1],
        )
        .group_by(Answer.member_id)
    )
    return {member: (int(hits), asked) for member, hits, asked in db.execute(given)}


def _sum(counts: dict[int, tuple[int, int]], people: Collection[int]) -> tuple[int, int]:
    return sum(counts[one][0] for one in people), sum(counts[one][1] for one in people)
