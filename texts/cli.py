"""What the `zhibu` command tells the person who runs this installation: what was done, or what is wrong and where."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from models.notice import Channel, Notice, NoticeKind, NoticeState
from texts.notice import KIND as NOTICE

NOT_UTF8 = "命令里有认不出的文字，请把终端的编码设为 UTF-8 再试。"
REDIS_STOPPED = "内置 Redis 已停止。"
REDIS_WAS_NOT_RUNNING = "内置 Redis 没有在运行。"
DATABASE_NEWEST = "数据库已是最新。"
DATABASE_BEHIND = "数据库的表不是这个版本的，请先运行 zhibu db upgrade。"
DATABASE_AHEAD = "数据库的表不是这个版本认得的，多半比程序新。请换回原来的版本，或恢复备份。"
NOWHERE_FOR_SIMULATOR = "wechat.api_base 不是本机地址（如 http://127.0.0.1:8001），模拟微信无处可开。"
NO_DEAD_NOTICES = "没有没发出的提醒。"
MENU_SENT = "菜单已送到微信，几分钟内生效。"
NO_DESK_HERE = "confidential.database 是空的，来信不在这台机器上，保密反映不能在这里起。"
TITLE = "活动名称要有 1 至 60 个字。"
PLACE = "地点最多 60 个字。"
POSITION = "位置看不懂，请写成 纬度,经度，例如 31.74,119.57；要关闭请写 off。"
NO_REVIEWER = "--reviewed-by 后面要写审核人的姓名。"
BANK_NAME = "题库名称要有 1 至 60 个字，请用 --bank 写一个。"
DRY_RUN = "试读，什么都没有写入。"
SAME_FILE = "要写的文件和要读的是同一个，或两个要写的文件相同，请换一个文件名。"


def settings(problems: Sequence[str]) -> str:
    """Every mistake in config.yaml, a line each."""
    return "\n  ".join([f"设置有 {len(problems)} 处要改：", *problems])


def database(kind: str) -> str:
    """The database does not do what it should; `kind` is the sort of error."""
    return f"数据库用不了（{kind}），请检查 database.url，再运行 zhibu doctor。"


def place(where: str, reason: str) -> str:
    """A file or folder that cannot be used."""
    return f"{where or '系统'}：{reason}。请检查这个位置能否读写、磁盘是否已满。"


def redis(reason: str) -> str:
    """The embedded server is missing or does not start; the reason is the engine's own."""
    return f"内置 Redis 用不了：{reason}"


def port_taken(address: str, key: str) -> str:
    """Somebody listens there already."""
    return f"{address} 已被占用，多半是上一次启动的还在运行：请先停掉它，或在设置里给 {key} 换一个端口。"


def port_refused(address: str, reason: str, key: str) -> str:
    """This machine does not let us listen there."""
    return f"不能在 {address} 上提供服务（{reason}），请检查设置里的 {key}。"


def no_job(name: str) -> str:
    """`jobs run` with a name that is not in the timetable."""
    return f"没有叫 {name} 的任务；不带名字运行 zhibu jobs run 可列出全部。"


def no_time(text: str) -> str:
    """A time that cannot be read."""
    return f"时间“{text}”看不懂，请写成 2026-11-22T14:00，或写 now。"


def no_kind(kind: str, known: Iterable[str]) -> str:
    """A kind of activity we do not have."""
    return f"没有“{kind}”这种活动，可用：{'、'.join(known)}。"


def no_day(text: str) -> str:
    """A date that is none."""
    return f"日期“{text}”看不懂，请写成 2026-11-22。"


def no_role(role: str, known: Iterable[str]) -> str:
    """An office we do not have."""
    return f"没有“{role}”这个职务，可用：{'、'.join(known)}。"


def no_appointment(wanted: str) -> str:
    """No appointment has that id."""
    return f"没有编号为“{wanted}”的任职，请核对。"


def wrong_state(title: str, state: str) -> str:
    """Opening or closing an activity that has moved on, or has not begun; `state` as texts/activity.py calls it."""
    return f"“{title}”现在是“{state}”，不能这样做。"


def sheet(path: Path, reason: str) -> str:
    """A table that cannot be read or written, with its file."""
    return f"{path}：{reason}"


def imported(read: int, new: int, updated: int, same: int, rejected: int) -> str:
    """What became of a roster's rows."""
    return f"读到 {read} 行：新增 {new}，更新 {updated}，没有变化 {same}，没有收进 {rejected}。"


def rejected(row: object, column: object, reason: object) -> str:
    """One row that was not taken."""
    return f"  第 {row} 行 {column}：{reason}"


def exported(people: int, path: Path) -> str:
    """The roster is written."""
    return f"名册 {people} 人，写在 {path}。"


def no_bank(name: str, known: Sequence[str]) -> str:
    """No bank has that name."""
    return f"没有叫“{name}”的题库" + (f"，现有：{'、'.join(known)}。" if known else "，现在一个题库也没有。")


def questions_exported(questions: int, path: Path) -> str:
    """A question bank is written."""
    return f"题目 {questions} 道，写在 {path}。"


def codes_written(codes: int, path: Path) -> str:
    """The bind codes are written."""
    return f"绑定码 {codes} 个，写在 {path}。"


def code_issued(name: str, until: datetime) -> str:
    """Said beside a fresh bind code; `until` in the branch's time."""
    return f"{name}同志的绑定码，用一次，{until:%Y-%m-%d %H:%M} 前有效。"


def closed(expected: int, present: int, others: int) -> str:
    """The check-in has ended, with its head count."""
    return f"签到已结束：应到 {expected}，实到 {present}，待核 {others}。"


NOT_ON_LIST = "。请把这个 IP 加进公众平台的 IP 白名单，等一分钟再运行：刚才的拒绝会记一分钟。"


def menu_refused(reason: str) -> str:
    """WeChat has not taken the menu; the reason is its own."""
    return f"微信没有收下菜单：{reason}" + (NOT_ON_LIST if reason.startswith("40164:") else "")


def notices_counted(state: NoticeState, kind: NoticeKind, channel: Channel | None, number: int) -> str:
    """So many notices of a kind in one state."""
    return f"{state.value:<10}{NOTICE[kind]}（{channel.value if channel else '-'}）{number}条"


def notices_late(late: timedelta | None) -> str:
    """For how long the oldest that is to be sent has been due."""
    return "没有到点还没发的提醒。" if late is None else f"最早一条到点还没发的，已等{int(late.total_seconds())}秒。"


def part_alive(part: str, ages: Sequence[float]) -> str:
    """How many of the processes live, and how long ago they have said so."""
    name = {"scheduler": "定时任务", "sender": "发送进程"}[part]
    return (
        f"{name}在运行，{len(ages)}个，最近一次{ages[0]:.0f}秒前。"
        if ages
        else f"{name}没有在运行，请运行 zhibu jobs。"
    )


def notices_retried(number: int) -> str:
    """So many failed notices are to be sent once more."""
    return f"{number}条没发出的提醒已放回，马上再发。"


def notice_dead(notice: Notice, zone: ZoneInfo) -> str:
    """One that failed; no name, for terminals are looked at over shoulders."""
    at = f"{notice.closed_at.astimezone(zone):%Y-%m-%d %H:%M}" if notice.closed_at else "-"
    return f"{notice.public_id}  {at}  {NOTICE[notice.kind]}  {notice.reason}"
