"""Handlers (承办人) tied to people on record, who get the same reminder on the same days, cases or none."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.handler import HandlerTie
from models.member import Member
from models.notice import NoticeKind
from services import notices, quiet
from services.calendar import local
from services.notices import Told
from services.rights import Act

DAYS = (0, 3)  # Monday, Thursday
AT = time(9)


def tie(db: Session, act: Act, handler: str, member: Member) -> None:
    """Remind this member as that handler from now on, whoever it was before. Raises NotAllowed: operators alone may."""
    act.demand(False)  # noqa: FBT003 - no office gives this right
    db.merge(HandlerTie(handler=handler, member_id=member.id))
    db.flush()


def untie(db: Session, act: Act, handler: str) -> bool:
    """Remind nobody as that handler any more; False if nobody was. Raises NotAllowed."""
    act.demand(False)  # noqa: FBT003 - as above
    found = db.get(HandlerTie, handler)
    if found is None:
        return False
    db.delete(found)
    db.flush()
    return True


def remind(db: Session, now: datetime, zone: ZoneInfo) -> int:
    """On Monday and Thursday from nine o'clock on: one notice for everybody tied; returns how many are new.

    Nothing here can know whether there are cases, and so neither can who reads the notices or counts them.
    """
    here = local(now, zone)
    if here.weekday() not in DAYS or here.time() < AT:
        return 0
    until = next(day for n in range(1, 8) if (day := here.date() + timedelta(days=n)).weekday() in DAYS)
    told = Told(
        NoticeKind.HANDLER_DAY,
        here.date().isoformat(),
        {},
        quiet.of(db, zone).earliest(NoticeKind.HANDLER_DAY, now),
        datetime.combine(until, AT, zone).astimezone(now.tzinfo),
    )
    tied = select(Member).where(Member.id.in_(select(HandlerTie.member_id))).order_by(Member.id)
    return sum(notices.write(db, member, told, now) for member in db.scalars(tied))
