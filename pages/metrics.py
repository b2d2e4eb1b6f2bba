"""/metrics, for who watches the installation: turns and how long they took, notices and how late, who is alive.

Nothing in it is personal, and it is answered to this machine alone: what a proxy in front has passed on bears a mark of
it, and finds nothing here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

import flask
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from services import leases, outbox

PASSED_ON = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")


@dataclass(frozen=True, slots=True)
class Lasts:
    """How long the leases last by which a scheduler and a sender say that they live."""

    scheduler: timedelta
    sender: timedelta


def blueprint(
    reading: Callable[[], AbstractContextManager[Session]], clock: Callable[[], datetime], lasts: Lasts,
    counted: Callable[[], Iterable[Metric]],
) -> flask.Blueprint:  # fmt: skip
    """The route; `counted` is what the web processes have counted, told by whichever of them is asked."""
    routes = flask.Blueprint("metrics", __name__)

    @routes.get("/metrics")
    def metrics() -> flask.Response:
        asked = flask.request
        if any(name in asked.headers for name in PASSED_ON) or not _local(asked.remote_addr):
            flask.abort(404)
        registry = CollectorRegistry()
        found = [*counted()]
        try:
            with reading() as db:
                found += _families(db, clock(), lasts)
        except SQLAlchemyError:  # what was counted is told all the more
            found.append(_up(0))
        else:
            found.append(_up(1))
        registry.register(_Now(found))
        return flask.Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return routes


def heartbeats(db: Session, now: datetime, lasts: Lasts) -> Mapping[str, list[float]]:
    """How many seconds ago each part has said that it lives: scheduler and sender, the youngest first.

    Who has not said so for longer than its lease has ended.
    """
    ages: dict[str, list[float]] = {"scheduler": [], "sender": []}
    for name, until in leases.ends(db).items():
        part = name.partition(":")[0]
        if part in ages and until > now:
            lasted = lasts.scheduler if part == "scheduler" else lasts.sender
            ages[part].append(max(0.0, (now - (until - lasted)).total_seconds()))
    return {part: sorted(found) for part, found in ages.items()}


class _Now(Collector):
    """What was looked up just now."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """The families."""
        yield from self._families


def _up(value: int) -> Metric:
    return GaugeMetricFamily("zhibu_database_up", "Whether the database answers", value=value)


def _families(db: Session, now: datetime, lasts: Lasts) -> Iterator[GaugeMetricFamily]:
    notices = GaugeMetricFamily(
        "zhibu_notices", "Notices on record by state, kind and channel", labels=("state", "kind", "channel")
    )
    for one in outbox.counts(db):
        notices.add_metric((one.state.value, one.kind.value, one.channel.value if one.channel else ""), one.number)
    yield notices
    oldest = outbox.oldest(db, now)
    late = GaugeMetricFamily(
        "zhibu_notice_oldest_due_seconds", "For how long the oldest notice to be sent has been due"
    )
    late.add_metric((), oldest.total_seconds() if oldest else 0)
    yield late
    alive = GaugeMetricFamily("zhibu_alive", "Processes that say they live", labels=("part",))
    heartbeat = GaugeMetricFamily("zhibu_heartbeat_age_seconds", "Since the last sign of life", labels=("part",))
    for part, ages in heartbeats(db, now, lasts).items():
        alive.add_metric((part,), len(ages))
        if ages:
            heartbeat.add_metric((part,), ages[0])
    yield from (alive, heartbeat)


def _local(address: str | None) -> bool:
    try:
        return address is not None and ip_address(address).is_loopback
    except ValueError:  # a socket of this machine has no address
        return False
