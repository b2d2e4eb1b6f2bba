"""The scheduler: starts the timetable's jobs at their times; never inside web workers."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from jobs.desk import Desk
from jobs.timetable import TIMETABLE, Job

log = logging.getLogger(__name__)


def scheduler(desk: Desk, zone: ZoneInfo, clock: Callable[[], datetime]) -> BackgroundScheduler:
    """The timetable, ready to be started; its `shutdown` finishes a job under way first."""
    made = BackgroundScheduler(timezone=zone)
    for job in TIMETABLE:
        made.add_job(
            partial(_run, job, desk, clock),
            CronTrigger(timezone=zone, **job.cron),
            id=job.name,
            next_run_time=datetime.now(UTC),  # at once: what was missed while nobody kept time
            coalesce=True,  # a sleeping machine runs a missed job once, not once for each time missed
            misfire_grace_time=3600,
            max_instances=1,
        )
    return made


def _run(job: Job, desk: Desk, clock: Callable[[], datetime]) -> None:
    try:
        done = job.run(desk, clock())
    except Exception as error:  # noqa: BLE001 - one job's fault must not stop the clock
        log.error("job name=%s error=%s", job.name, type(error).__name__)  # noqa: TRY400 - a traceback may quote people
    else:
        log.info("job name=%s %s", job.name, done)
