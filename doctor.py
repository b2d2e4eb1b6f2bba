"""What `zhibu doctor` looks at: a list of checks, to which each affair adds its own."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import redis
from sqlalchemy.exc import SQLAlchemyError

from confidential import proxy
from confidential.desk import open_desk
from confidential.lists import Lists
from confidential.memory import Memory
from engines.redis import RedisUnavailable, connect, ensure_redis, runs
from engines.sql import at_head, open_engine, reading
from pages import door
from sealed.desk import DeskAway, DeskClosed
from services import workdays
from settings import Settings
from texts import doctor as texts

SOON, URGENT = 30, 14  # days before the handler list ends
NGINX = ("etc/nginx/nginx.conf", "etc/nginx/conf.d/*.conf", "etc/nginx/sites-enabled/*")
SPACE = 500 * 1024 * 1024  # bytes that should be free


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result; `advice` says what to do, or what is still to come."""

    what: str
    good: bool
    advice: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Run every check in turn; none of them changes anything."""
    for check in CHECKS:
        yield check(settings)


def in_production(settings: Settings) -> bool:
    """Whether the real WeChat is meant, by whichever of its names."""
    return f".{urlsplit(settings.wechat.api_base).hostname}".endswith(".weixin.qq.com")


def _secrets(settings: Settings) -> Finding:
    account, mini = settings.wechat.official_account, settings.wechat.mini_program
    kept = {
        "wechat.official_account.app_secret": account.app_secret,
        "wechat.official_account.token": account.token,
        "wechat.official_account.encoding_aes_key": account.encoding_aes_key,
        "wechat.official_account.previous_encoding_aes_key": account.previous_encoding_aes_key,
        "wechat.mini_program.app_secret": mini.app_secret,
    }
    demo = [name for name, secret in kept.items() if secret.startswith("demo")]
    return _judged(texts.SECRETS, not (demo and in_production(settings)), texts.replace(demo))


def _templates(settings: Settings) -> Finding:
    """The demo's templates and its script are the simulator's; WeChat knows neither."""
    demo = [
        f"wechat.templates.{topic}"
        for topic, one in settings.wechat.templates.given.items()
        if one.id.startswith("demo")
    ]
    foreign = [] if urlsplit(settings.wechat.sdk).scheme == "https" else ["wechat.sdk"]
    return _judged(
        texts.TEMPLATES, not (demo + foreign and in_production(settings)), texts.no_templates(demo + foreign)
    )


def _sealed(settings: Settings) -> Finding:
    good = bool(settings.wechat.official_account.encoding_aes_key) or not in_production(settings)
    return _judged(texts.SEALED, good, texts.SEAL_THEM)


def _tolerance(settings: Settings) -> Finding:
    good = settings.wechat.official_account.timestamp_tolerance > 0 or not in_production(settings)
    return _judged(texts.STALE_REFUSED, good, texts.SET_TOLERANCE)


def _public(settings: Settings) -> Finding:
    good = settings.server.public_url.startswith("https://") or not in_production(settings)
    return _judged(texts.HTTPS, good, texts.USE_HTTPS)


def _questions(settings: Settings) -> Finding:
    """No fault, but said: whether to wait for the review is the branch's to decide."""
    drafts = settings.study.show_unreviewed and in_production(settings)
    return Finding(texts.QUESTIONS, good=True, advice=texts.SHOW_REVIEWED if drafts else "")


def _database(settings: Settings) -> Finding:
    file = settings.home / (settings.database.url.removeprefix("sqlite:///") or "var/zhibu.db")
    if settings.on_sqlite and not file.exists():  # looking at it would make it
        return Finding(texts.DATABASE, good=True, advice=texts.DATABASE_TO_COME)
    engine = open_engine(settings.database.url, settings.home)
    try:
        return _judged(texts.DATABASE, at_head(engine), texts.UPGRADE)
    except SQLAlchemyError as error:
        return Finding(texts.DATABASE, good=False, advice=texts.no_database(type(error).__name__))
    finally:
        engine.dispose()


def _days_off(settings: Settings) -> Finding:
    """What is not known yet is said, and is a fault only once the year has begun."""
    day = datetime.now(settings.zone).date()
    file = settings.home / (settings.database.url.removeprefix("sqlite:///") or "var/zhibu.db")
    if settings.on_sqlite and not file.exists():
        return Finding(texts.DAYS_OFF, good=True)
    engine = open_engine(settings.database.url, settings.home)
    try:
        with reading(engine) as db:
            unknown = workdays.unknown(db, day)
    except SQLAlchemyError:  # another line says so
        return Finding(texts.DAYS_OFF, good=True, advice=texts.DAYS_OFF_UNSEEN)
    finally:
        engine.dispose()
    return Finding(texts.DAYS_OFF, day.year not in unknown, texts.days_off_unknown(unknown) if unknown else "")


def _redis(settings: Settings) -> Finding:
    try:
        if not settings.redis.url:
            return Finding(texts.REDIS, good=True, advice="" if runs(settings.home) else texts.REDIS_TO_COME)
        with connect(settings.redis.url) as client:
            client.ping()
    except (redis.RedisError, OSError, RedisUnavailable) as error:
        return Finding(texts.REDIS, good=False, advice=texts.no_redis(type(error).__name__))
    return Finding(texts.REDIS, good=True)


def _disk(settings: Settings) -> Finding:
    folder = next(place for place in (settings.var, *settings.var.parents) if place.is_dir())
    free = shutil.disk_usage(folder).free
    if not os.access(folder, os.W_OK):
        return Finding(texts.DISK, good=False, advice=texts.not_writable(folder))
    return _judged(texts.DISK, free >= SPACE, texts.little_space(folder, free // 2**20))


def _desk_redis(settings: Settings) -> Finding:
    url = settings.confidential.redis_url
    if not settings.confidential.here:
        return Finding(texts.DESK_REDIS, good=True, advice=texts.DESK_ELSEWHERE)
    if not url:
        return Finding(texts.DESK_REDIS, good=True)  # the embedded one is started without a disk
    if url == settings.redis.url:
        return Finding(texts.DESK_REDIS, good=False, advice=texts.DESK_REDIS_SHARED)
    try:
        with connect(url) as client:
            return _judged(texts.DESK_REDIS, Memory(lambda: client).forgets(), texts.DESK_REDIS_KEEPS)
    except DeskAway:
        return Finding(texts.DESK_REDIS, good=False, advice=texts.NO_DESK_REDIS)


def _handler_list(settings: Settings) -> Finding:
    desk = settings.confidential
    if not desk.root or not desk.here:
        return Finding(texts.HANDLER_LIST, good=True, advice=texts.DESK_ELSEWHERE if desk.root else texts.DESK_NOT_YET)
    today = datetime.now(settings.zone).date()
    try:
        current = Lists(settings.home / desk.list, desk.root).current(today)
    except DeskClosed:
        return Finding(texts.HANDLER_LIST, good=False, advice=texts.LIST_UNFIT)
    if in_production(settings) and any(one.id.startswith("demo-") for here in current.desks for one in here.handlers):
        return Finding(texts.HANDLER_LIST, good=False, advice=texts.DEMO_LIST)
    left = (current.expires - today).days
    short = sorted(one.id for one in current.desks if not one.open)
    if short:
        return Finding(texts.HANDLER_LIST, good=False, advice=texts.DESKS_SHORT)
    return Finding(texts.HANDLER_LIST, left > URGENT, texts.list_ends(left) if left <= SOON else "")


def _desk_host(settings: Settings) -> Finding:
    if not in_production(settings) or not settings.confidential.root:
        return Finding(texts.DESK_HOST, good=True)
    own, branch = (urlsplit(url) for url in (settings.confidential.public_url, settings.server.public_url))
    return _judged(texts.DESK_HOST, own.scheme == "https" and own.hostname != branch.hostname, texts.SET_DESK_HOST)


def _cookies(_settings: Settings) -> Finding:
    return _judged(texts.COOKIES, not "/report/".startswith(door.PATH), texts.cookie_path(door.PATH))


def _proxy(settings: Settings) -> Finding:
    """What of nginx can be read here; another proxy, or one on another machine, is left to who runs it."""
    if not in_production(settings):
        return Finding(texts.PROXY, good=True)
    told: list[str] = []
    files = [one for pattern in NGINX for one in sorted(Path("/").glob(pattern))]
    for file in files:
        try:
            told += proxy.tells(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, proxy.NotNginx):
            continue
    if not files:
        return Finding(texts.PROXY, good=True, advice=texts.PROXY_UNSEEN)
    return _judged(texts.PROXY, not told, texts.proxy_tells(told))


def _silence(settings: Settings) -> Finding:
    """Asked only of a Redis that is there anyway: looking starts nothing."""
    desk = settings.confidential
    if not desk.here or not desk.root or not (desk.redis_url or runs(settings.desk_redis)):
        return Finding(texts.SIGNED_IN, good=True)
    store = partial(connect, desk.redis_url or ensure_redis(settings.desk_redis))
    made = open_desk(desk, settings.home, store, lambda: datetime.now(UTC), settings.zone)
    try:
        return _judged(texts.SIGNED_IN, not made.silent(), texts.NOBODY_SIGNED_IN)
    except DeskAway:
        return Finding(texts.SIGNED_IN, good=True)  # said above


def _judged(what: str, good: bool, advice: str) -> Finding:  # noqa: FBT001 - the judgement itself
    return Finding(what, good, "" if good else advice)


CHECKS: tuple[Callable[[Settings], Finding], ...] = (
    _secrets,
    _templates,
    _sealed,
    _tolerance,
    _public,
    _questions,
    _database,
    _days_off,
    _redis,
    _disk,
    _desk_redis,
    _handler_list,
    _desk_host,
    _cookies,
    _proxy,
    _silence,
)
