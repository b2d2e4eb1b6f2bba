"""The clock: one process that runs the timetable; never inside web workers."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger

from jobs.desk import Desk
from jobs.timetable import TIMETABLE, Job

log = logging.getLogger(__name__)


def keep_time(desk: Desk, zone: ZoneInfo, clock: Callable[[], datetime]) -> None:
    """Run the timetable until the process is told to end."""
    scheduler = BlockingScheduler(timezone=zone)
    for job in TIMETABLE:
        scheduler.add_job(
            partial(_run, job, desk, clock),
            CronTrigger(timezone=zone, **job.cron),
            id=job.name,
            coalesce=True,  # a sleeping machine runs a missed job once, not once for each time missed
            misfire_grace_time=3600,
            max_instances=1,
        )
    scheduler.start()


def _run(job: Job, desk: Desk, clock: Callable[[], datetime]) -> None:
    try:
        done = job.run(desk, clock())
    except Exception as error:  # one job's fault must not stop the clock
        log.error("job name=%s error=%s", job.name, type(error).__name__)  # noqa: TRY400 - a traceback may quote people
    else:
        log.info("job name=%s %s", job.name, done)
