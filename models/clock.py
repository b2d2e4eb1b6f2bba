"""The clock's own records: who keeps time, who is alive, and up to when what is due has been written."""

from datetime import datetime

from sqlalchemy import Float, LargeBinary, String, Unicode
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, UtcDateTime


class Lease(Base):
    """A part that one process holds at a time, or a process that says it is alive; past `until` it is anybody's."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    holder: Mapped[str] = mapped_column(String(32))  # random, of one process's life
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class ClockProgress(Base):
    """Up to when a rule's occurrences have been written: what was missed while nobody kept time begins there."""

    __tablename__ = "clock_progress"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class SchedulerJob(Base):
    """APScheduler's own store of when each job runs next; its shape is the library's, nothing personal is in it."""

    __tablename__ = "scheduler_job"

    id: Mapped[str] = mapped_column(Unicode(191), primary_key=True)
    next_run_time: Mapped[float | None] = mapped_column(Float(25), index=True)
    job_state: Mapped[bytes] = mapped_column(LargeBinary)
