"""What the confidential desk says when something cannot be done; the pages' own wording is in their files."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from sealed.errors import (
    DeskClosed,
    EnrolmentBroken,
    KeyFileFault,
    KeyFileSwapped,
    ListBroken,
    ListExpired,
    ListOlderThanSeen,
    ListRolledBack,
    ListTooLong,
    NotInList,
    SealedFault,
    WrongKey,
    WrongLength,
    WrongPassphrase,
    WrongRoot,
    WrongSuite,
    WrongSum,
)

ERRORS: Mapping[str, str] = {
    "malformed": "内容不完整或不对，没有收下。请刷新网页再试。",
    "cookie": "浏览器带来了同一网址别处的登录记录（Cookie），为了不留痕迹，这里不收。请换一个浏览器，或用无痕窗口打开。",
    "signature": "签名对不上，没有办。可能放得太久了，请再试一次。",
    "unknown_login": "登录已过期，请重新登录。",
    "wrong_code": "数字不对，或已经用过。请等下一个6位数字再试。",
    "no_case": "查无此回执，请逐字核对。",
    "no_file": "没有这一页。",
    "method": "没有这一页。",
    "case_exists": "这份内容和已收到的不一样，没有收下。请先查看进度。",
    "not_on_list": "名单上没有这位承办人。请先由上级更新名单。",
    "list_changed": "承办人名单换了新的，请刷新网页再登录。",
    "key_file": "密钥文件或动态码不对，没有收下。请重新登记。",
    "length": "没有说明大小，没有收下。",
    "too_large": "内容太大，没有收下。请分几次，或减少图片。",
    "case_full": "这件反映已放满（8 MB），没有收下。请减少图片。",
    "wrong_size": "加密后的大小不对，没有收下。请刷新网页再试。",
    "stamp": "请稍等，正在做发送前的计算。",
    "closed": "暂不接收：承办人不足两人，或名单已过期。请拨打12388，或寄信。",
    "full": "存放的地方满了，没有收下。请拨打12388，或寄信，也可以过几天再来。",
    "unavailable": "暂时不能接收，没有收下。请过一会儿再试。",
    "busy": "正忙，没有收下。请过一会儿再试，内容还在您这里。",
    "fault": "对不起，这里出了差错，没有办成。请过一会儿再试。",
}

# --- `zhibu handlers` and the sheet of fingerprints --------------------------------------------------------------

DESK: Mapping[str, str] = {"own": "本级承办人", "upper": "上级承办人"}
ROOT_EXISTS = "{}：已经有这个文件。根密钥只有一把，请换一个文件名，或先收好原来的。"
ROOT_OTHER = "这把根密钥不是设置里 confidential.root 那一把，没有签。"
ROOT_ASKED = "根密钥口令（8个汉字）："
NO_LIST = "{}：还没有承办人名单。请先用 zhibu handlers sign 签一份。"
NO_ROOT = "设置里 confidential.root 是空的，请填 zhibu handlers root 显示的43个字符。"
NOBODY = "名单是空的：请写出承办人交来的登记文件。"
DAYS = "有效天数要在 1 至 120 之间。"
NO_HANDLER = "名单上没有编号为“{}”的承办人，zhibu handlers list 可列出全部。"
TIED = "每周一、周四9:00提醒{}同志查看（承办人{}），有没有来信都一样。"
UNTIED = "不再提醒承办人{}。"
NOT_TIED = "没有人以承办人“{}”的名义收提醒。"
SHEET_TITLE = "保密反映 核对表"
SHEET_HOW = "本表贴在墙上，上级机关另存一份。有一个字对不上，就不要写，请打上级机关的电话。"
SHEET_SIGNED = "签发人：　　　　　　　　　　　　　　日期：　　　　年　　月　　日"
SHEET_ROOT = "名单签名"
SHEET_PAGES = "网页文件"


def sheet_list(version: int, expires: date) -> str:
    """The row of the list itself."""
    return f"名单第{version}版，有效到{_day(expires)}"


def root_made(file: Path, passphrase: str, fingerprint: str) -> str:
    """Said once, when the root has been made."""
    return "\n".join(
        [
            f"根密钥写在 {file}，只放在不上网的电脑或U盘上，备一份交上级机关。",
            f"口令：{passphrase}",
            "请抄在纸上，装信封封好，交上级机关保管。口令不会再显示，丢了就要换根密钥。",
            f"指纹：{fingerprint}",
            "上面一行43个字符填进设置的 confidential.root：",
        ]
    )


def enrolling(role: str, desk: str, fingerprint: str) -> str:
    """Shown of each enrolment before the passphrase is asked."""
    return f"{DESK[desk]}　{role}　指纹 {fingerprint}"


COMPARE = "请给每一位打电话，对一遍指纹；对不上的不要签。"


def list_signed(version: int, expires: date, file: Path) -> str:
    """The list is signed."""
    return f"名单第{version}版已签好，有效到{_day(expires)}。请把 {file} 和旁边的 root.js 一起放到服务器上。"


def list_head(version: int, expires: date) -> str:
    """First line of `handlers list`."""
    return f"名单第{version}版，有效到{_day(expires)}"


def desk_line(desk: str, handlers: int) -> str:
    """A desk in `handlers list`."""
    return f"{DESK[desk]}：{handlers}人" + ("" if handlers >= 2 else "（不足两人，不接收）")


def handler_line(handler: str, role: str, fingerprint: str) -> str:
    """A handler in `handlers list`."""
    return f"  {handler}　{role}　{fingerprint}"


def list_good(days: int) -> str:
    """`handlers check` found nothing wrong; `days` are left."""
    return f"名单可用，还有{days}天到期。"


def list_ends_soon(days: int, *, urgent: bool) -> str:
    """A warning from 30 days before the end, urgent from 14."""
    return f"名单还有{days}天到期，" + ("请马上重签，到期就不能再收来信。" if urgent else "请准备重签。")


SERVED_ALIKE = "网站上的网页和名单，和这里的一样。"


def served_otherwise(names: Sequence[str]) -> str:
    """The desk's site serves other files than are here."""
    return f"网站上有{len(names)}个文件和这里的不一样，请不要使用，并告诉上级机关：{'、'.join(names)}"


def not_served(address: str) -> str:
    """The desk's site cannot be asked."""
    return f"{address} 打不开，没有核对成。"


def sheet_written(file: Path) -> str:
    """The sheet of fingerprints is written."""
    return f"核对表写在 {file}，请打印，贴在墙上，交上级机关一份。"


def handlers_file(file: Path, reason: str) -> str:
    """A file that cannot be used, and why."""
    return f"{file}：{reason}"


def fault(found: SealedFault) -> str:
    """What is wrong with a receipt, passphrase, key file or list, and what to do."""
    match found:
        case WrongLength():
            return f"要{found.expected}个字，收到{found.found}个，请逐字核对。"
        case NotInList():
            return f"第{'、'.join(map(str, found.places))}个字不对，请逐字核对。"
        case ListExpired():
            return f"名单{_day(found.expires)}已到期，请重签。"
        case ListRolledBack() | ListOlderThanSeen():
            return f"这是旧名单（第{found.version}版），请用新的。"
        case DeskClosed():
            return ERRORS["closed"]
    return _FAULTS.get(type(found), "这份内容打不开，请核对。")


_FAULTS: Mapping[type[SealedFault], str] = {
    WrongSum: "查无此回执，请逐字核对。",
    WrongKey: "这不是密钥。",
    KeyFileFault: "这不是密钥文件。",
    WrongPassphrase: "口令不对，请逐字核对。",
    KeyFileSwapped: "密钥文件和名单对不上，请不要使用，并告诉上级机关。",
    WrongRoot: "签名不是这把根密钥的，请不要使用，并告诉上级机关。",
    WrongSuite: "名单是新版程序签的，请先升级。",
    ListTooLong: "名单有效期超过120天，请重签。",
    ListBroken: "名单不合规则：每级最多7人，同一个人只能在一级。",
    EnrolmentBroken: "这不是承办人的登记文件，或内容被改过，请本人重新导出。",
}


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
