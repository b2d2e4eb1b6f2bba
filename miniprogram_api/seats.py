"""One's own seats (本人应到): what one is expected at, and what one was."""

from datetime import timedelta

from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field
from sqlalchemy.orm import Session

from miniprogram_api.office import Office
from miniprogram_api.room import Room
from miniprogram_api.shapes import Moment, Paged, Told
from models.activity import ActivityKind, ActivityState
from models.checkin import SeatState
from services import sights
from services.rights import Act

AFTER = timedelta(days=183)


class SeatTold(Told):
    """One activity one has a seat at."""

    activity: str = Field(examples=["k7m2p9q4wx"])
    kind: ActivityKind = Field(examples=[ActivityKind.PARTY_DAY])
    title: str = Field(examples=["11月主题党日"])
    place: str = Field(examples=["三楼会议室"])
    starts_at: Moment = Field(examples=["2026-11-25T06:00:00+00:00"])
    state: ActivityState = Field(examples=[ActivityState.OPEN])
    seat: SeatState = Field(description="expected 应到, guest 列席, exempt 免.")
    by_place: bool = Field(examples=[False])
    here_since: Moment | None = Field(description="When one checked in.", examples=[None])


class SeatsTold(Told):
    """A page of one's own seats, newest first."""

    seats: list[SeatTold]
    next: str | None = Field(examples=[None])


def blueprint(office: Office) -> APIBlueprint:
    """GET /seats."""
    room = Room("seats", office, "One's own seats")

    @room.get("/seats", SeatsTold)
    def seats(db: Session, act: Act, query: Paged) -> Told:
        """What one is expected at, from half a year ahead on backwards."""
        assert act.by is not None
        found = sights.own_seats(db, act.by, act.now + AFTER, query.after, query.limit + 1)
        page = found[: query.limit]
        return SeatsTold(
            seats=[
                SeatTold(
                    activity=activity.public_id,
                    kind=activity.kind,
                    title=activity.title,
                    place=activity.place,
                    starts_at=activity.starts_at,
                    state=activity.state,
                    seat=seat.state,
                    by_place=activity.radius is not None,
                    here_since=came,
                )
                for activity, seat, came in page
            ],
            next=page[-1][0].public_id if len(found) > len(page) else None,
        )

    return room.blueprint
