"""What `zhibu doctor` says: each thing it looks at, and what to do where that is not well."""

SECRETS = "口令不是演示用的"
SEALED = "消息是加密的"
SEAL_THEM = "请在公众平台选“安全模式”，并填 wechat.official_account.encoding_aes_key。"
STALE_REFUSED = "过期的回调会被拒绝"
SET_TOLERANCE = "wechat.official_account.timestamp_tolerance 不能是 0，建议 600。"
HTTPS = "外部地址是 https"
USE_HTTPS = "请把 server.public_url 改成 https:// 开头的地址。"
QUESTIONS = "题目按设置出"
SHOW_REVIEWED = "没审过的题也出，题前标【待审】；要审过才出，请把 study.show_unreviewed 改成 false。"
DATABASE = "数据库可用，表是这个版本的"
DATABASE_TO_COME = "还没有数据，第一次启动时建立。"
UPGRADE = "请运行 zhibu db upgrade。"
REDIS = "Redis 可用"
REDIS_TO_COME = "没有在运行，用到时启动。"
DISK = "磁盘有余地"


def replace(names: list[str]) -> str:
    """Secrets of the shipped demo are in use with the real WeChat."""
    return f"请换掉 {'、'.join(names)}。"


def no_database(kind: str) -> str:
    """The database does not answer; `kind` is the sort of error."""
    return f"连不上（{kind}），请检查 database.url。"


def no_redis(kind: str) -> str:
    """Redis does not answer; `kind` is the sort of error."""
    return f"连不上（{kind}），请检查 redis.url。"


def little_space(folder: object, megabytes: int) -> str:
    """The disk is nearly full."""
    return f"{folder} 只剩 {megabytes} MB，请清出空间。"


def not_writable(folder: object) -> str:
    """The folder for our own files is closed to us."""
    return f"{folder} 写不进去，请检查权限。"


def line(what: str, advice: str, *, good: bool) -> str:
    """One finding, as it is printed."""
    return f"{'✓' if good else '✗'} {what}" + (f"：{advice}" if advice else "")
