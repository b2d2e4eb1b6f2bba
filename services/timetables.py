"""The timetable of reminders (提醒): when each kind is due, whether it is on, and why; as the branch has set it.

Defaults stand below, on one screen; what the branch has changed stands in tables and goes before them. An hour is
changed in one place, the page of reminders.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.member import Member
from models.notice import NoticeKind
from models.reminder import QuietTime, ReminderRule
from services import events, orgs
from services.errors import BadCap, BadHour, EditedMeanwhile, FixedReminder
from services.rights import Act
from services.rows import insert_new, touched


@dataclass(frozen=True, slots=True)
class Slot:
    """One kind: on or off, and its hour by the branch's clock (None: it follows what it tells of)."""

    enabled: bool
    at: time | None
    version: int = 0  # 0: nobody has changed it yet


@dataclass(frozen=True, slots=True)
class Line:
    """A default: `day` and `why` are for who reads this file, the pages have words of their own."""

    kind: NoticeKind
    at: time | None
    day: str
    why: str
    enabled: bool = True


DEFAULTS = (
    Line(
        NoticeKind.PLANNED, time(9), "when published; a week before, if that is over 14 days ahead", "to keep it free"
    ),
    Line(NoticeKind.TOMORROW, time(16, 30), "the last working day before", "before people go home; Friday for Monday"),
    Line(NoticeKind.SOON, None, "an hour before", "only for outings and elections", enabled=False),
    Line(NoticeKind.STUDY, time(12, 30), "Mon and Thu, or daily, as wished; no day of rest", "who said yes; at noon"),
    Line(NoticeKind.BEHIND, time(10), "20th of Mar, Jun, Sep, Nov", "while there is time to catch up; private"),
    Line(NoticeKind.MAKEUP, time(10), "next working day, day 7, two days before the end", "missed content, 14 days"),
    Line(NoticeKind.BIRTHDAY, time(9), "the day of joining", "政治生日; the office may visit instead"),
    Line(NoticeKind.BIRTHDAY_LIST, time(9), "7 days before; month-only: its first working day", "the office decides"),
    Line(NoticeKind.PROBATION, time(9), "30 days before a probation ends", "组织委员 reminds of the written request"),
    Line(NoticeKind.GAPS, time(9), "20th", "本月还差, while the month lasts; the secretary"),
    Line(NoticeKind.ROUND_CLOSING, time(10), "the day before a round closes", "who may answer; unnamed: all asked"),
    Line(NoticeKind.UNREAD, time(10), "3 days after a bulletin", "who has not read it, once; may be muted"),
    Line(NoticeKind.SELF_CHECK, time(15), "the month's last working day", "who said yes; no answer expected"),
)
# Somebody acts on these at once, or they are not the branch's to switch off.
FIXED = frozenset(NoticeKind) - {line.kind for line in DEFAULTS}

MORNING, EVENING = time(7, 30), time(20, 30)
A_DAY, A_WEEK = 1, 4
MOST_A_DAY, MOST_A_WEEK = 9, 60  # what the table takes


@dataclass(frozen=True, slots=True)
class Timetable:
    """All of it at one moment; hours by the branch's clock."""

    slots: Mapping[NoticeKind, Slot]
    evening: time = EVENING  # nothing is pushed from then on …
    morning: time = MORNING  # … until then
    a_day: int = A_DAY  # pushes a person at most
    a_week: int = A_WEEK  # from Monday to Sunday
    version: int = 0  # of the quiet times and caps; 0: nobody has changed them yet


STANDARD = Timetable({line.kind: Slot(line.enabled, line.at) for line in DEFAULTS})


def current(db: Session) -> Timetable:
    """The timetable as it is now."""
    slots = dict(STANDARD.slots)
    for rule in db.scalars(select(ReminderRule)):
        if rule.kind in slots:
            slots[rule.kind] = Slot(rule.enabled, parsed(rule.at) if rule.at else None, rule.version)
    kept = db.get(QuietTime, 1)
    if kept is None:
        return replace(STANDARD, slots=slots)
    return Timetable(slots, parsed(kept.evening), parsed(kept.morning), kept.a_day, kept.a_week, kept.version)


def change(db: Session, act: Act, kind: NoticeKind, *, enabled: bool, at: time | None, version: int) -> None:
    """Have that kind on or off, and at that hour; `version` is that of the Slot that was seen.

    Kinds without an hour keep none. Raises NotAllowed, FixedReminder, BadHour (no hour, or a quiet one),
    EditedMeanwhile.
    """
    act.demand(act.rights.runs_branch)
    if kind in FIXED:
        raise FixedReminder
    before = current(db)
    timed = STANDARD.slots[kind].at is not None
    if timed and (at is None or not before.morning <= at < before.evening):
        raise BadHour(before.morning, before.evening)
    hour = f"{at:%H:%M}" if timed and at is not None else ""
    by = act.by.id if act.by else None
    values = {"enabled": enabled, "at": hour, "by_id": by, "changed_at": act.now}
    if version == 0:
        done = insert_new(db, ReminderRule, {"kind": kind, "version": 1, **values})
    else:
        same = update(ReminderRule).where(ReminderRule.kind == kind, ReminderRule.version == version)
        done = touched(db, same.values(version=version + 1, **values))
    db.expire_all()
    if not done:
        raise _edited(db, db.get(ReminderRule, kind))
    events.log(db, act, "reminder_changed", orgs.branch(db), reminder=kind.value, enabled=enabled, hour=hour)


def change_quiet(  # noqa: PLR0913 - one form of the page
    db: Session, act: Act, *, evening: time, morning: time, a_day: int, a_week: int, version: int
) -> None:
    """Keep quiet from `evening` to `morning` and push so much at most; `version` is that of the Timetable seen.

    Raises NotAllowed, BadHour (the evening is not after the morning), BadCap, EditedMeanwhile.
    """
    act.demand(act.rights.runs_branch)
    if not morning < evening:
        raise BadHour(morning, evening)
    if not (1 <= a_day <= MOST_A_DAY and a_day <= a_week <= MOST_A_WEEK):
        raise BadCap(MOST_A_DAY, MOST_A_WEEK)
    by = act.by.id if act.by else None
    said: dict[str, events.Plain] = {
        "evening": f"{evening:%H:%M}",
        "morning": f"{morning:%H:%M}",
        "a_day": a_day,
        "a_week": a_week,
    }
    values = {**said, "by_id": by, "changed_at": act.now}
    if version == 0:
        done = insert_new(db, QuietTime, {"id": 1, "version": 1, **values})
    else:
        same = update(QuietTime).where(QuietTime.id == 1, QuietTime.version == version)
        done = touched(db, same.values(version=version + 1, **values))
    db.expire_all()
    if not done:
        raise _edited(db, db.get(QuietTime, 1))
    events.log(db, act, "quiet_changed", orgs.branch(db), **said)


def parsed(text: str) -> time:
    """HH:MM as it stands in the tables."""
    hour, _, minute = text.partition(":")
    return time(int(hour), int(minute))


def _edited(db: Session, row: ReminderRule | QuietTime | None) -> EditedMeanwhile:
    if row is None:
        return EditedMeanwhile("", None)
    who = db.get(Member, row.by_id) if row.by_id else None
    return EditedMeanwhile(who.name if who else "", row.changed_at)
