"""What a job is handed: a way to the database, to WeChat, and how long things are kept."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

import redis
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from sealed.unsigned import Unsigned
from services.hours import Rules
from services.outbox import Apps
from settings import Quotas, Template
from wechat.client import MiniProgramApi, OfficialAccountApi

T = TypeVar("T")


class Run(Protocol):
    """Runs work in a writing transaction of its own."""

    def __call__(self, work: Callable[[Session], T]) -> T:
        """Run it; what it returns is returned."""
        ...


@dataclass(frozen=True, slots=True)
class Post:
    """What senders need beside: both apps, the templates by topic, and what WeChat allows."""

    apps: Apps
    mini: MiniProgramApi
    templates: Mapping[str, Template]
    quotas: Quotas
    store: redis.Redis  # where all senders count
    at_once: int  # calls of one sender under way
    lease: timedelta  # after which another sender takes over what one has in hand


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts that jobs work with."""

    run: Run
    reading: Callable[[], AbstractContextManager[Session]]
    engine: Engine  # for the scheduler's own table alone
    account: OfficialAccountApi
    app_id: str
    zone: ZoneInfo
    held: timedelta  # how long a scan waits for its binding
    wrong: timedelta  # how long a wrong bind code counts
    hours: Rules  # how 学时 are counted
    unsigned: Unsigned  # what is kept without a name
    post: Post
