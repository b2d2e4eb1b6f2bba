"""Checking in by place, where an activity allows it: the distance is judged, the coordinates are never kept."""

from math import asin, cos, hypot, radians, sin, sqrt

from sqlalchemy.orm import Session

from models.activity import Activity, ActivityState
from services import activities, events
from services.errors import NotByPlace, OutOfOrder, TooFar, WrongState
from services.rights import Act

EARTH = 6_371_000  # metres
NEAREST, FARTHEST = 50, 5_000  # metres: a phone indoors is no better, a branch's hall no larger


def allow(db: Session, act: Act, activity: Activity, latitude: float, longitude: float, radius: int) -> None:
    """Let people check in within `radius` metres of the hall.

    Raises NotAllowed, WrongState (over, or cancelled), OutOfOrder (no such place).
    """
    act.demand(act.rights.runs(activity))
    if activity.state in {ActivityState.CLOSED, ActivityState.CANCELLED}:
        raise WrongState(activity.title, activity.state)
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180 and NEAREST <= radius <= FARTHEST):
        raise OutOfOrder
    activity.latitude, activity.longitude, activity.radius = latitude, longitude, radius
    events.log(db, act, "place_allowed", activity, radius=radius)


def forbid(db: Session, act: Act, activity: Activity) -> None:
    """Take it back: scan, number and register as ever; twice is the same. Raises NotAllowed."""
    act.demand(act.rights.runs(activity))
    if activity.radius is None:
        return
    activity.latitude = activity.longitude = activity.radius = None
    events.log(db, act, "place_forbidden", activity)


def of_position(db: Session, latitude: float, longitude: float) -> Activity | None:
    """The open activity whose hall is here; None while none is to be joined by place. Raises TooFar (metres)."""
    offered = [
        (metres((latitude, longitude), (one.latitude, one.longitude)) - one.radius, one)
        for one in activities.open_now(db)
        if one.latitude is not None and one.longitude is not None and one.radius is not None
    ]
    if not offered:
        return None
    beyond, nearest = min(offered, key=lambda offer: offer[0])
    if not beyond <= 0:  # nan is no distance
        raise TooFar(nearest.title)
    return nearest


def demand_here(activity: Activity, latitude: float, longitude: float) -> None:
    """Nothing if the point is in this activity's hall. Raises NotByPlace, TooFar."""
    if activity.latitude is None or activity.longitude is None or activity.radius is None:
        raise NotByPlace(activity.title)
    if not metres((latitude, longitude), (activity.latitude, activity.longitude)) <= activity.radius:
        raise TooFar(activity.title)


def metres(here: tuple[float, float], there: tuple[float, float]) -> float:
    """The distance of two points in degrees (latitude, longitude), by the haversine formula."""
    (north, east), (north_there, east_there) = (tuple(map(radians, point)) for point in (here, there))
    half = hypot(sin((north_there - north) / 2), sqrt(cos(north) * cos(north_there)) * sin((east_there - east) / 2))
    return 2 * EARTH * asin(min(1.0, half))
