"""The clock: starts the timetable's jobs at their times, in one process at a time; never inside web workers.

Whoever holds the lease keeps time. Others stand by, look every few seconds, and take over when it has run out. What is
kept of a job is its name and its next time (table scheduler_job): nothing of a member ever is a job's argument.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.job import Job as Scheduled
from apscheduler.jobstores.base import JobLookupError
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy.exc import SQLAlchemyError

from jobs.desk import Desk
from jobs.timetable import TIMETABLE, Job
from models.clock import SchedulerJob
from services import leases

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=15)  # after which another process may keep time
RENEWED_EVERY = 5.0  # seconds
AGAIN_AFTER = timedelta(seconds=10)  # when the table of jobs cannot be read
JOBS = {job.name: job for job in TIMETABLE if job.cron is not None}


@dataclass
class Clock:
    """One process that keeps time, or stands by while another does."""

    desk: Desk
    zone: ZoneInfo
    clock: Callable[[], datetime]
    holder: str = field(default_factory=leases.holder)
    keeps_until: datetime | None = None  # None: it stands by
    _scheduler: BackgroundScheduler | None = None
    _ending: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Keep time or stand by, in threads of its own, until `shutdown`."""
        self._thread = threading.Thread(target=self._keep, name="clock", daemon=True)
        self._thread.start()

    def shutdown(self) -> None:
        """End: a job under way is finished first, then the lease is given back."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
        self._stop(wait=True)
        if self.keeps_until is not None:
            self.keeps_until = None
            try:
                self.desk.run(lambda db: leases.release(db, leases.SCHEDULER, self.holder, self.clock()))
            except SQLAlchemyError as error:
                log.warning("clock keeps its lease error=%s", type(error).__name__)

    def look(self) -> bool:
        """Take or keep the lease, and start or stop accordingly; tells whether this process keeps time."""
        now = self.clock()
        try:
            ours = self.desk.run(lambda db: leases.take(db, leases.SCHEDULER, self.holder, now, LEASE))
        except SQLAlchemyError as error:
            log.warning("clock waits error=%s", type(error).__name__)
            ours = self._keeps(now)  # nobody else can take it before it has run out
        else:
            self.keeps_until = now + LEASE if ours else None
        if ours and self._scheduler is None:
            self._begin()
        elif not ours:
            self.keeps_until = None
            self._stop(wait=False)
        return ours

    def work(self, name: str) -> None:
        """Run the job of that name, if this process still keeps time."""
        now = self.clock()
        if not self._keeps(now):
            log.warning("job name=%s left to who keeps time now", name)
            return
        job = JOBS[name]
        try:
            done = job.run(self.desk, now)
        except Exception as error:  # noqa: BLE001 - one job's fault must not stop the clock
            log.error("job name=%s error=%s", name, type(error).__name__)  # noqa: TRY400 - a traceback may quote people
        else:
            log.info("job name=%s %s", name, done)

    def _keep(self) -> None:
        while not self._ending.is_set():
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - a fault of ours must not end the clock
                log.error("clock error=%s", type(error).__name__)  # noqa: TRY400 - as above
            self._ending.wait(RENEWED_EVERY)

    def _keeps(self, now: datetime) -> bool:
        return self.keeps_until is not None and now < self.keeps_until

    def _begin(self) -> None:
        made = BackgroundScheduler(
            timezone=self.zone,
            jobstores={"default": _Store(engine=self.desk.engine, tablename=SchedulerJob.__tablename__)},
            executors={"default": _Hands(self.work)},
        )
        for job in JOBS.values():
            _schedule(made, job, self.zone)
        made.start()
        self._scheduler = made  # from here on it is stopped with us, whatever comes
        for kept in made.get_jobs():
            if kept.id not in JOBS:  # of another version
                kept.remove()
        log.info("clock keeps time jobs=%d", len(JOBS))

    def _stop(self, *, wait: bool) -> None:
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=wait)
            self._scheduler = None
            log.info("clock stands by")


def named(name: str) -> None:
    """What the table of jobs refers to by text; a clock runs the job of that name instead."""
    raise RuntimeError(f"the job {name} runs inside a clock only")


def _schedule(scheduler: BackgroundScheduler, job: Job, zone: ZoneInfo) -> None:
    scheduler.add_job(
        f"{named.__module__}:{named.__qualname__}",
        CronTrigger(timezone=zone, **(job.cron or {})),
        args=(job.name,),
        id=job.name,
        name=job.name,
        next_run_time=datetime.now(UTC),  # at once: what was missed while nobody kept time
        coalesce=True,  # a sleeping machine runs a missed job once, not once for each time missed
        misfire_grace_time=3600,
        max_instances=1,
        replace_existing=True,
    )


class _Hands(ThreadPoolExecutor):  # type: ignore[misc]  # APScheduler has no types
    """Runs what is due by its name, with the parts that the clock was given."""

    def __init__(self, work: Callable[[str], None]) -> None:
        super().__init__(max_workers=len(JOBS))
        self.run_named = partial(work)

    def _do_submit_job(self, job: Scheduled, run_times: list[datetime]) -> None:
        job.func = self.run_named
        super()._do_submit_job(job, run_times)


class _Store(SQLAlchemyJobStore):  # type: ignore[misc]  # APScheduler has no types
    """The table of jobs; a database that is away for a while must not end APScheduler's thread."""

    def update_job(self, job: Scheduled) -> None:
        try:
            super().update_job(job)
        except (SQLAlchemyError, JobLookupError) as error:  # it is due again, which does no harm, or of another version
            log.warning("job name=%s not noted error=%s", job.id, type(error).__name__)

    def get_next_run_time(self) -> datetime | None:
        try:
            found: datetime | None = super().get_next_run_time()
        except SQLAlchemyError:
            return datetime.now(UTC) + AGAIN_AFTER
        return found

    def shutdown(self) -> None:
        """Keep the engine's connections: they are not the store's alone."""
