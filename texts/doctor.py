"""What `zhibu doctor` says: each thing it looks at, and what to do where that is not well."""

SECRETS = "口令不是演示用的"
TEMPLATES = "模板和网页脚本不是演示用的"
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
DAYS_OFF = "放假和调休的日子已知"
DAYS_OFF_UNSEEN = "数据库看不了，没有检查。"

DESK_REDIS = "保密反映的缓存不存盘，只给它用"
DESK_REDIS_SHARED = "confidential.redis_url 和 redis.url 是同一个，请另起一个，或留空用内置的。"
DESK_REDIS_KEEPS = '这个缓存会存盘，请设 save "" 和 appendonly no，否则不收来信。'
NO_DESK_REDIS = "连不上，或不让查设置，这样不收来信；请检查 confidential.redis_url。"
DESK_ELSEWHERE = "来信在另一台机器上，请到那里检查。"
HANDLER_LIST = "承办人名单有效"
DESK_NOT_YET = "保密反映还没有开通；开通见 zhibu handlers。"
LIST_UNFIT = "没有名单、签名不对或已过期，现在不收来信；请运行 zhibu handlers check。"
DEMO_LIST = "承办人名单是演示的，口令谁都看得到。请用 zhibu handlers root 和 sign 做自己的，填 confidential.root。"
DESKS_SHORT = "有一级的承办人不足两人，那一级不收来信；请补上再签名单。"
DESK_HOST = "保密反映有单独的域名"
SET_DESK_HOST = "confidential.public_url 要用 https，域名不能和 server.public_url 相同。"
COOKIES = "管理页的登录不会带到保密反映"
PROXY = "反向代理不记 /wechat 的参数，不记 /report/"
PROXY_UNSEEN = "这里看不到反向代理的设置，请照 docs/nginx.conf.example 核对。"
SIGNED_IN = "承办人十天内登录过"
NOBODY_SIGNED_IN = "有一级的承办人十天没有登录，请打电话提醒。"


def days_off_unknown(years: list[int]) -> str:
    """Of these years nobody has said which days are off."""
    named = "、".join(map(str, years))
    return f"{named}年的还没有，先按周末和法定节日算；请升级，或在管理页的“工作日”里填。"


def list_ends(days: int) -> str:
    """The handler list ends in so many days."""
    return f"名单还有{days}天到期，请约好签名的人重签。"


def cookie_path(path: str) -> str:
    """A cookie would be sent to the report page."""
    return f"登录的有效范围是 {path}，包括了 /report/，这是程序的差错，请报告。"


def proxy_tells(places: list[str]) -> str:
    """Where nginx would write down too much."""
    return f"{'、'.join(places)} 会留下记录，请照 docs/nginx.conf.example 改。"


def replace(names: list[str]) -> str:
    """Secrets of the shipped demo are in use with the real WeChat."""
    return f"请换掉 {'、'.join(names)}。"


def no_templates(names: list[str]) -> str:
    """Templates or the script of the shipped demo are in use with the real WeChat."""
    return f"{'、'.join(names)} 请照公众平台填；没有的模板整段删掉。"


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
