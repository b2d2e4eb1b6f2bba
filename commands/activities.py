"""Activities from the command line: planned, placed, opened and closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commands.common import moment, ruled
from commands.register import Chosen, Stop, argument, command
from texts import cli as texts

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from services.checkins import Count


@command(
    "activities plan",
    "plan an activity; prints its id",
    argument("--kind", required=True, help="主题党日, 党员大会, 党课 …"),
    argument("--title", required=True),
    argument("--at", required=True, help="now, or ISO time such as 2026-11-22T14:00 (branch time)"),
    argument("--place", default=""),
    argument("--group", help="the group whose meeting it is"),
)
def _activities_plan(chosen: Chosen) -> None:
    from services import activities, orgs
    from texts.activity import KIND, KIND_ALSO

    kinds = {**{label: kind for kind, label in KIND.items()}, **KIND_ALSO}
    title, place = (" ".join(words.split()) for words in (chosen.title, chosen.place))
    if chosen.kind not in kinds:
        raise Stop(texts.no_kind(chosen.kind, kinds))
    if not 0 < len(title) <= 60:
        raise Stop(texts.TITLE)
    if len(place) > 60:
        raise Stop(texts.PLACE)
    house = chosen.house()
    starts = moment(chosen.at, house)

    def plan(db: Session) -> str:
        org = orgs.known_group(db, chosen.group) if chosen.group else orgs.branch(db, house.settings.branch.name)
        asked = activities.Plan(kinds[chosen.kind], title, starts, org, place)
        return activities.plan(db, house.operator(), asked).public_id

    print(ruled(house, plan))


@command(
    "activities place",
    "let people check in by place, within so many metres of the hall; `off` takes it back",
    argument("id"),
    argument("position", help="LATITUDE,LONGITUDE in degrees, or off"),
    argument("--radius", type=int, default=300, help="metres, 50 to 5000"),
)
def _activities_place(chosen: Chosen) -> None:
    from services import activities, places

    position = _position(chosen.position)
    house = chosen.house()

    def place(db: Session) -> None:
        activity, operator = activities.find(db, chosen.id), house.operator()
        if position is None:
            places.forbid(db, operator, activity)
        else:
            places.allow(db, operator, activity, *position, chosen.radius)

    ruled(house, place)


@command("activities open", "start the check-in; prints the big screen's link", argument("id"))
def _activities_open(chosen: Chosen) -> None:
    from services import activities

    house = chosen.house()

    def open_(db: Session) -> str:
        activity = activities.find(db, chosen.id)
        activities.open_(db, house.operator(), activity)
        return activity.screen

    print(f"{house.settings.server.public_url}/screen/{ruled(house, open_)}")


@command("activities close", "end the check-in", argument("id"))
def _activities_close(chosen: Chosen) -> None:
    from services import activities
    from services.checkins import count

    house = chosen.house()

    def close(db: Session) -> Count:
        activity = activities.find(db, chosen.id)
        activities.close(db, house.operator(), activity)
        return count(db, activity)

    came = ruled(house, close)
    print(texts.closed(came.expected, came.present, came.others))


def _position(text: str) -> tuple[float, float] | None:
    """Latitude and longitude in degrees, None for `off`."""
    if text == "off":
        return None
    try:
        latitude, longitude = map(float, text.split(","))
    except ValueError:
        raise Stop(texts.POSITION) from None
    return latitude, longitude
