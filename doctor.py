"""What `zhibu doctor` looks at: a list of checks, to which each affair adds its own."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import redis
import urllib3
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from confidential import proxy
from confidential.desk import open_desk
from confidential.lists import Lists
from confidential.memory import Memory
from engines.redis import RedisUnavailable, connect, ensure_redis, runs
from engines.sql import at_head, open_engine, reading
from pages import door
from sealed.desk import DeskAway, DeskClosed
from services import forgetting, workdays
from settings import Settings
from texts import doctor as texts

SOON, URGENT = 30, 14  # days before the handler list ends
NGINX = ("etc/nginx/nginx.conf", "etc/nginx/conf.d/*.conf", "etc/nginx/sites-enabled/*")
SPACE = 500 * 1024 * 1024  # bytes that should be free
SKEW = 2.0  # seconds our clock and the database's may differ
BACKED_UP = timedelta(days=2)
OTHERS = 3  # processes with a pool of connections beside the web's: the scheduler and two senders


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


def _crew(settings: Settings) -> Finding:
    """No fault: fewer than there are cores leave some idle, many more only wait for each other."""
    here, cores = settings.server.workers, os.cpu_count() or 1
    if not in_production(settings) or settings.on_sqlite or cores <= here <= 4 * cores:
        return Finding(texts.CREW, good=True)
    return Finding(texts.CREW, good=True, advice=texts.crew(here, cores))


def _engine_for_people(settings: Settings) -> Finding:
    """No fault: one branch does well with what comes along."""
    embedded = in_production(settings) and (settings.on_sqlite or not settings.redis.url)
    return Finding(texts.ENGINES, good=True, advice=texts.EMBEDDED if embedded else "")


def _postgresql(settings: Settings) -> Finding:
    """What has been answered must be on the disk; every process must get its connections; one clock for all."""
    if settings.on_sqlite:
        return Finding(texts.POSTGRESQL, good=True)
    engine = open_engine(settings.database.url, settings.home)
    try:
        with reading(engine) as db:
            said = {name: str(db.scalar(text(f"SHOW {name}"))) for name in ("synchronous_commit", "fsync")}
            room = int(db.scalar(text("SELECT current_setting('max_connections')::int"
                                      " - current_setting('superuser_reserved_connections')::int")) or 0)  # fmt: skip
            apart = abs(float(db.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0)
                        - datetime.now(UTC).timestamp())  # fmt: skip
    except SQLAlchemyError:  # another line says so
        return Finding(texts.POSTGRESQL, good=True, advice=texts.POSTGRESQL_UNSEEN)
    finally:
        engine.dispose()
    wanted = (settings.server.workers + OTHERS) * settings.server.connections
    faults = [
        *(texts.must_be_on(name) for name, value in said.items() if value != "on" and in_production(settings)),
        *([texts.connections(wanted, room)] if wanted > room else []),
        *([texts.clocks_apart(apart)] if apart > SKEW else []),
    ]
    return _judged(texts.POSTGRESQL, not faults, "".join(faults))


def _redis_kept(settings: Settings) -> Finding:
    """Evicting would drop a lock behind its holder's back; saving is of no use, as everything in it may be lost."""
    if not settings.redis.url or not in_production(settings):
        return Finding(texts.REDIS_SET, good=True)
    try:
        with connect(settings.redis.url) as client:
            policy, save, log = (
                str(client.config_get(name).get(name, "")) for name in ("maxmemory-policy", "save", "appendonly")
            )
    except redis.ResponseError:  # who rents it out may not let us look
        return Finding(texts.REDIS_SET, good=True, advice=texts.REDIS_UNSEEN)
    except (redis.RedisError, OSError):  # another line says so
        return Finding(texts.REDIS_SET, good=True)
    if policy != "noeviction":
        return Finding(texts.REDIS_SET, good=False, advice=texts.REDIS_EVICTS)
    return Finding(texts.REDIS_SET, good=True, advice=texts.REDIS_SAVES if save or log == "yes" else "")


def _metrics(settings: Settings) -> Finding:
    """Asked of a server that runs here; that none does is no fault."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.server.host, settings.server.host)  # noqa: S104 - what may be set
    try:
        status = urllib3.request(
            "GET", f"http://{host}:{settings.server.port}/metrics",
            timeout=2.0, retries=False, redirect=False, headers={"Connection": "close"},
        ).status  # fmt: skip
    except urllib3.exceptions.HTTPError:
        return Finding(texts.METRICS, good=True, advice=texts.NOT_SERVING)
    return _judged(texts.METRICS, status == 200, texts.no_metrics(status))


def _owner(settings: Settings) -> Finding:
    """Who looks after it as root leaves files that the service cannot write; and others are to read none."""
    if not settings.var.is_dir():
        return Finding(texts.OWNER, good=True)
    owner = settings.var.stat().st_uid
    if owner != os.geteuid():
        return Finding(texts.OWNER, good=False, advice=texts.not_owner(settings.var, owner))
    way = (settings.var, settings.home)
    open_to_all = in_production(settings) and all(place.stat().st_mode & 0o005 for place in way)
    return _judged(texts.OWNER, not open_to_all, texts.open_to_all(settings.var))


def _addresses(settings: Settings) -> Finding:
    """Only WeChat knows whether our address is on its list, and it says so when it is asked for something."""
    return Finding(texts.ADDRESSES, good=True, advice=texts.PUT_ON_LIST if in_production(settings) else "")


def _backup(settings: Settings) -> Finding:
    if not settings.backup.folder:
        return Finding(texts.BACKUP, good=True, advice=texts.NO_BACKUP if in_production(settings) else "")
    folder, newest = settings.home / settings.backup.folder, None
    for file in (*folder.glob("manifest.json"), *folder.glob("*/manifest.json")):
        try:
            taken = datetime.fromisoformat(json.loads(file.read_bytes())["taken_at"])
        except (OSError, ValueError, LookupError, TypeError):
            continue  # of no use to whoever would restore it
        taken = taken if taken.tzinfo else taken.replace(tzinfo=UTC)
        newest = max(newest or taken, taken)
    if newest is None:
        return Finding(texts.BACKUP, good=False, advice=texts.never_backed_up(folder))
    age = datetime.now(UTC) - newest
    return _judged(texts.BACKUP, age <= BACKED_UP, texts.backed_up_long_ago(folder, age.days))


def _forgotten(settings: Settings) -> Finding:
    """A deletion that was killed has left a note with what it looked for."""
    try:
        begun = forgetting.noted(settings.var / forgetting.NOTE)
    except OSError:  # another line says so
        begun = None
    return _judged(texts.FORGOTTEN, begun is None, texts.forget_on(begun.public_id) if begun else "")


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
    _engine_for_people,
    _crew,
    _postgresql,
    _redis_kept,
    _metrics,
    _owner,
    _addresses,
    _backup,
    _forgotten,
)
