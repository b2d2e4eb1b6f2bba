"""What `zhibu doctor` looks at: a list of checks, to which each affair adds its own."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import redis
from sqlalchemy.exc import SQLAlchemyError

from engines.redis import RedisUnavailable, connect, ensure_redis
from engines.sql import at_head, open_engine
from settings import REAL_API_BASE, Settings

SPACE = 500 * 1024 * 1024  # bytes that should be free


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result; `advice` says what to do, empty where all is well."""

    what: str
    good: bool
    advice: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Run every check in turn; none of them changes anything."""
    for check in CHECKS:
        yield check(settings)


def in_production(settings: Settings) -> bool:
    """Whether the real WeChat is meant."""
    return settings.wechat.api_base == REAL_API_BASE


def _secrets(settings: Settings) -> Finding:
    account, mini = settings.wechat.official_account, settings.wechat.mini_program
    kept = {
        "wechat.official_account.app_secret": account.app_secret,
        "wechat.official_account.token": account.token,
        "wechat.official_account.encoding_aes_key": account.encoding_aes_key,
        "wechat.mini_program.app_secret": mini.app_secret,
    }
    demo = [name for name, secret in kept.items() if secret.startswith("demo")]
    good = not (demo and in_production(settings))
    return Finding("口令不是演示用的", good, "" if good else f"请换掉 {'、'.join(demo)}。")


def _sealed(settings: Settings) -> Finding:
    good = bool(settings.wechat.official_account.encoding_aes_key) or not in_production(settings)
    advice = "" if good else "请在公众平台选“安全模式”，并填 wechat.official_account.encoding_aes_key。"
    return Finding("消息是加密的", good, advice)


def _tolerance(settings: Settings) -> Finding:
    good = settings.wechat.official_account.timestamp_tolerance > 0 or not in_production(settings)
    advice = "" if good else "wechat.official_account.timestamp_tolerance 不能是 0，建议 600。"
    return Finding("过期的回调会被拒绝", good, advice)


def _public(settings: Settings) -> Finding:
    good = settings.server.public_url.startswith("https://") or not in_production(settings)
    return Finding("外部地址是 https", good, "" if good else "请把 server.public_url 改成 https:// 开头的地址。")


def _database(settings: Settings) -> Finding:
    what = "数据库可用，表是这个版本的"
    try:
        if at_head(open_engine(settings.database.url, settings.home)):
            return Finding(what, good=True)
    except SQLAlchemyError as error:
        return Finding(what, good=False, advice=f"连不上（{type(error).__name__}），请检查 database.url。")
    return Finding(what, good=False, advice="请运行 zhibu db upgrade。")


def _redis(settings: Settings) -> Finding:
    what = "Redis 可用"
    try:
        connect(settings.redis.url or ensure_redis(settings.home)).ping()
    except (redis.RedisError, OSError, RedisUnavailable) as error:
        return Finding(what, good=False, advice=f"连不上（{type(error).__name__}），请检查 redis.url。")
    return Finding(what, good=True)


def _disk(settings: Settings) -> Finding:
    settings.var.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.var).free
    good = free >= SPACE
    return Finding("磁盘有余地", good, "" if good else f"{settings.var} 只剩 {free // 2**20} MB，请清出空间。")


CHECKS: tuple[Callable[[Settings], Finding], ...] = (
    _secrets,
    _sealed,
    _tolerance,
    _public,
    _database,
    _redis,
    _disk,
)
