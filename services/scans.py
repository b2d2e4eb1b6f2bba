"""What must be known of people who scan at the same moment, all of them in one question to the database."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Executable, Integer, Text, bindparam, select

from models.activity import Activity, ActivityState
from models.base import UtcDateTime
from models.checkin import Seat
from models.member import Identity, Member
from services import notices
from services.rows import handed


class Scan(NamedTuple):
    """A scan: whose account (an openid), of which activity (a public id)."""

    openid: str
    activity: str


class Known(NamedTuple):
    """The activity scanned and the member who scanned; `notices` wait to be shown to them."""

    activity_id: int
    title: str
    state: ActivityState
    key: bytes
    member_id: int
    name: str
    expected: bool
    notices: bool


def look_up(connection: Connection, app_id: str, scans: Sequence[Scan], now: datetime) -> list[Known | None]:
    """What is known of each of them; None where nobody is bound to the account, or no such activity is there."""
    asked = json.dumps(
        [{"place": place, "openid": one.openid, "activity": one.activity} for place, one in enumerate(scans)]
    )
    given = {"scans": asked, "app": app_id, "now": now}
    found: list[Known | None] = [None] * len(scans)
    for row in connection.execute(_LOOK_UP[connection.dialect.name], given):
        found[row[0]] = Known(*row[1:])
    return found


def _look_up(dialect: str) -> Executable:
    scan = handed(dialect, "scans", place=Integer, openid=Text, activity=Text)
    return (
        select(
            scan.c.place,
            Activity.id,
            Activity.title,
            Activity.state,
            Activity.key,
            Member.id,
            Member.name,
            Seat.member_id.is_not(None),
            notices.waits(Member.id, bindparam("now", type_=UtcDateTime)),
        )
        .join_from(scan, Identity, (Identity.app_id == bindparam("app")) & (Identity.openid == scan.c.openid))
        .join(Member, Member.id == Identity.member_id)
        .join(Activity, Activity.public_id == scan.c.activity)
        .outerjoin(Seat, (Seat.activity_id == Activity.id) & (Seat.member_id == Member.id))
    )


# Built once: in a surge the making of a statement costs as much as its running.
_LOOK_UP = {dialect: _look_up(dialect) for dialect in ("sqlite", "postgresql")}
