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
PROXY = "反向代理不记 /wechat 的参数，不记 /open/、/screen/、/report/"
PROXY_UNSEEN = "这里看不到反向代理的设置，请照 docs/nginx.conf.example 核对。"
SIGNED_IN = "承办人十天内登录过"
NOBODY_SIGNED_IN = "有一级的承办人十天没有登录，请打电话提醒。"

ENGINES = "数据库和缓存够用"
EMBEDDED = "用的是内置的，一个支部够用；人多、要几个网页进程，请填 database.url 和 redis.url。"
CREW = "网页进程数合适"
POSTGRESQL = "PostgreSQL 的设置合适"
POSTGRESQL_UNSEEN = "数据库看不了，没有检查。"
REDIS_SET = "Redis 的设置合适"
REDIS_UNSEEN = "不让查设置，请核对 maxmemory-policy 是 noeviction。"
REDIS_EVICTS = "满了会悄悄扔掉东西，请设 maxmemory-policy noeviction。"
REDIS_SAVES = '会存盘，用不着：里面的都可以丢，建议设 save "" 和 appendonly no。'
METRICS = "各种计数看得到（/metrics）"
NOT_SERVING = "网页服务没有在这里运行，没有检查。"
OWNER = "数据文件夹归运行的人所有，别人看不到"
ADDRESSES = "微信认得这台服务器"
PUT_ON_LIST = "请确认出口 IP 在公众平台的 IP 白名单里：运行 zhibu menu push，说 40164 就是没有加。"
BACKUP = "两天内备份过"
NO_BACKUP = "没有检查；请每天运行 zhibu backup 文件夹，再把放备份的文件夹填在 backup.folder。"

FORGOTTEN = "没有做了一半的删除"


def forget_on(public_id: str) -> str:
    """A deletion was broken off."""
    return f"有一次没有做完，请再运行一次：zhibu forget {public_id} --yes。"


def crew(workers: int, cores: int) -> str:
    """More or fewer web processes than the machine has use for."""
    return f"server.workers 是{workers}，这台机器有{cores}个核，建议改成{cores}。"


def must_be_on(name: str) -> str:
    """A setting without which a power cut loses what was answered."""
    return f"{name} 要是 on，否则断电会丢掉已经答复的签到。"


def connections(wanted: int, room: int) -> str:
    """More connections may be asked for than the database gives."""
    return f"最多要{wanted}个连接，max_connections 只够{room}个；请调大，或调小 server.workers、server.threads。"


def clocks_apart(seconds: float) -> str:
    """The database's clock and ours differ."""
    return f"数据库的时钟和这里差{seconds:.0f}秒，请两边都开时间同步。"


def no_metrics(status: int) -> str:
    """The server at our own port does not tell."""
    return f"本机的端口答的是{status}；请核对 server.port 上运行的是不是支部通。"


def not_owner(folder: object, owner: int) -> str:
    """Whoever runs this is another than whom the folder belongs to."""
    return f"{folder} 归编号{owner}的账户，请用那个账户运行 zhibu（docs/运维.md 里有这样一个小脚本），不要用 root。"


def open_to_all(folder: object) -> str:
    """Everybody on the machine can read the branch's records."""
    return f"机器上的人都能读 {folder}，请运行 chmod 700。"


def never_backed_up(folder: object) -> str:
    """There is no backup in the folder."""
    return f"{folder} 里没有备份，请运行 zhibu backup {folder}。"


def backed_up_long_ago(folder: object, days: int) -> str:
    """The newest backup is old."""
    return f"{folder} 里最近一次是{days}天前，请看 zhibu-backup.timer，再运行 zhibu backup {folder}。"


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
