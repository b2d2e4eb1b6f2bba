"""What `zhibu backup`, `restore` and `forget` tell the person who runs this installation."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from backups import faults

NOTHING_HERE = "这里还没有数据，没有可备份的。"
CHECKED = "已试着恢复一遍，逐表核对一致。"
UNCHECKED = "没有试着恢复。"
HEAD = "表                行数  校验和"
DONE = "恢复完成，逐表核对一致。"
NEXT = "接下来：照 config.yaml 填好口令，运行 zhibu doctor，再起服务（systemctl start zhibu.target，或 zhibu serve 和 zhibu jobs）。"
KEEP_LEAST = "--keep 至少是 1。"
DESK_BUSY = "保密反映的文件正忙或已满，没有做完，请稍后再试。"
NO_CONFIG = "config.yaml 里的口令分不出来，这个文件没有放进备份，请另外保管。"
QUIET = {"cases.db": "保密反映", "unsigned.db": "不署名意见"}  # by the name of the copy


def written(folder: Path, tables: int, rows: int) -> str:
    """A backup is whole."""
    return f"备份写好了：{folder}，{tables} 张表，{rows} 行。"


def pruned(number: int) -> str:
    """So many old ones went."""
    return f"删去 {number} 份旧备份。"


def secrets(names: Sequence[str]) -> str:
    """What is not in the backup and has to be kept elsewhere."""
    return f"口令不在备份里，请另外保管：{'、'.join(names)}。"


def far(table: str, rows: int) -> str:
    """How far it is."""
    return f"{table} {rows}"


def row(table: str, rows: int, checksum: str) -> str:
    """One table that was put back, with the beginning of its checksum."""
    return f"{table:<16}{rows:>6}  {checksum[:16]}  一致"


def restoring(folder: Path, taken_at: datetime, version: str) -> str:
    """What is being put back."""
    return f"恢复 {folder.name}：{taken_at:%Y-%m-%d %H:%M} 的备份，版本 {version}。"


def no_copy(name: str) -> str:
    """A file of the desk is not in the backup."""
    return f"{QUIET[name]}的文件（{name}）不在备份里，没有恢复。"


def torn(name: str) -> str:
    """A file of the desk is there and no good."""
    return (
        f"{QUIET[name]}的文件（{name}）不全或被改动过，没有恢复，别的都恢复了。请从另一台机器上的备份取这个文件再恢复。"
    )


def left_alone(name: str) -> str:
    """A file of the desk has rows already, and nothing was changed in it."""
    return f"{QUIET[name]}这里已有内容，没有动它，备份里的（{name}）没有放进去。"


def serves(port: int) -> str:
    """A web process of this installation runs."""
    return f"网页服务还在运行（端口 {port}），没有恢复。请先停服务，再运行一次。"


def orphans(tables: Sequence[str]) -> str:
    """Rows that belong to nothing."""
    return f"备份里有的行找不到所属的记录（{'、'.join(tables)}），没有恢复。请换一份备份。"


FAULTS: Mapping[type[faults.BackupFault], str] = {
    faults.NoBackup: "{}：里面没有完整的备份。请写备份所在的文件夹。",
    faults.Foreign: "{}：不是支部通的备份，没有恢复。",
    faults.Newer: "{}：这份备份来自更新的版本，请先把程序升到那个版本再恢复。",
    faults.Damaged: "{}：文件缺失、不全或被改动过，没有恢复。请换一份备份。",
    faults.Taken: "{}：另一次备份正在进行，请等它结束。",
    faults.TooOften: "{}：已有这份备份，没有覆盖。请稍后再试。",
    faults.NotEmpty: "数据库里已有数据（{}），没有恢复。确实要换掉，请加 --replace，原来的数据就没有了。",
    faults.NotOurs: "数据库里有别的程序的表（{}），没有恢复。请给支部通单独一个数据库。",
    faults.InUse: "还有进程在用这个数据库（{}），没有恢复。请先停服务；刚被强行停掉的，过一两分钟再试。",
    faults.Unfit: "备份里的行放不进表（{}），没有恢复。请换一份备份。",
    faults.Unlike: "写进去和读出来的不一样（{}），没有恢复。请检查磁盘，换一份备份再试。",
}


def fault(found: faults.BackupFault) -> str:
    """What is wrong, and what to do."""
    where = "、".join(found.tables) if isinstance(found, faults.OfTables) else str(found)
    return FAULTS[type(found)].format(where)


FORGOTTEN = "已删除同志"
ASKED = "确定请回复 yes："
NOT_FORGOTTEN = "没有删除。"
ASK_FIRST = "删除要确认：请在终端里运行，或加 --yes。"
STILL_READ = "个人信息已删除，只是数据库里删掉的旧内容还没有清掉（正有别的程序在用，或者盘满了）。请稍后再运行一次：zhibu forget {} --yes。"
REDIS_AWAY = "Redis 连不上，没有删除。请先让它运行。"
FORGETS_ALREADY = "另一次删除正在进行，请等它结束。"


def redis_left(public_id: str) -> str:
    """The database is done and Redis is away."""
    return f"数据库里已删除，只是 Redis 连不上，里面还没有清。请让它运行，再运行一次：zhibu forget {public_id} --yes。"


def other_finished(public_id: str) -> str:
    """Before what was asked for now, an earlier deletion was brought to its end."""
    return f"上次没有做完的删除（编号 {public_id}）已接着做完。"


def gone_already(public_id: str, *, shared: bool) -> str:
    """It was this one whose deletion was broken off; the rest has been done now."""
    return f"这位同志的个人信息上次已经删除，剩下的这次清完了。\n{forgotten(public_id, shared=shared)}"


def forgetting(name: str, public_id: str) -> str:
    """What is about to be done, and to whom."""
    return (
        f"将删除{name}同志（编号 {public_id}）的个人信息：姓名、电话、出生日期、微信账号、本人写的文字。\n"
        "考勤、答题、学时的数字留着，记在“已删除同志”名下。删了不能恢复。在册的同志同时记为今天转出。"
    )


def forgotten(public_id: str, *, shared: bool) -> str:
    """It is done; what is left is said."""
    left = "有同名的同志，各处文字里的这个姓名没有改，请自己看一看。\n" if shared else ""
    return (
        f"已删除。中途断了或要再清一遍：zhibu forget {public_id} --yes。\n{left}"
        "以前的备份、打印的纸、导出的表格、公告的附件和来信里还有，不会自己消失：请删去旧备份，再备份一次；"
        "以后若恢复旧备份，请再删除一次。"
    )
