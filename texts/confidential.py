"""What the confidential desk says when something cannot be done; the pages' own wording is in their files."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from sealed.desk import DeskAway, DeskBusy, DeskFull, DeskRefusal
from sealed.desk import DeskClosed as ClosedDesk
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

LONGEST_ANSWER = 400  # characters of an answer read out in the chat, which takes 2048 bytes

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


# --- the chat ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Upper:
    """The upper organ: its name, telephone and address; each may be empty."""

    name: str
    telephone: str
    address: str


class Way(StrEnum):
    """What somebody wants who has heard what the chat is worth."""

    PAGE = "page"
    HERE = "here"
    TELEPHONE = "telephone"


WAYS = {Way.PAGE: "打开网页（推荐）", Way.HERE: "就在这里说", Way.TELEPHONE: "只要上级电话"}
KINDS: Mapping[str, str] = {
    "advice": "提建议",
    "facts": "反映情况",
    "criticism": "批评",
    "breach": "举报违纪",
    "appeal": "对处理不服（申诉）",
    "accusation": "告侵犯我权利的人（控告）",
    "unsure": "不清楚",
}
STATES: Mapping[str, str] = {
    "received": "已收到",
    "working": "承办人已看",
    "transferred": "已转上级",
    "answered": "已答复",
    "closed": "已办结",
}
KIND = "对上了。您要说的是哪一类？"
UNLIKE = "对不上。刚才那12个字作废，换成了下面这一份，请重新抄。"
ANEW = "刚才那12个字作废，换成了下面这一份，请重新抄。"
TYPE = "请打字写，可以分几条发，写完发“完”。\n写真实姓名和电话，优先办理并告诉您结果；不写也受理。\n人少，口气和细节可能让人猜到您。涉密内容不要写。"
NOTHING_YET = "还没有写内容。"
STOPPED = "过了10分钟，刚才的对话已经结束，前面写的没有交，也没有保留。\n要重新开始，请再发一次，比如“保密反映”“征集”。"
LIST_CHANGED = "承办人刚刚换了，前面写的没有交出去，也没有保留。\n请重新发“保密反映”，看清现在由谁看再写。"
ASK_RECEIPT = "请发抄下的12个字。看署名提的意见，请发它的编号，如YJ1107。"
NO_RECEIPT = ERRORS["no_case"]
NOT_ITS_CASE = "无法核实：查到的不是这份回执的内容。请不要相信，并告诉上级机关。"


def first(page: str) -> str:
    """What is said before anything else; the options follow."""
    return f"这里说的话要经过微信，内容加密保存。更稳妥的是打开网页。\n{page}"


def go_to(page: str) -> str:
    """The page was chosen."""
    return f"请复制下面的网址，在浏览器里打开：\n{page}\n不用登录。请不要用单位电脑和网络。"


def turn_to(upper: Upper) -> str:
    """Whom else to turn to, in at most three lines."""
    lines = ["党员干部违纪：12388。选人用人：12380。"]
    if upper.telephone:
        lines.append(f"{upper.name or '上级机关'}：{upper.telephone}。")
    if upper.address:
        lines.append(f"寄信：{upper.address}。")
    return "\n".join(lines)


def which_desk(taking: Collection[str]) -> str:
    """Which of the desks; those that take cases follow with who reads there."""
    closed = "".join(f"\n{words}现在不接收。" for one, words in DESK.items() if one not in taking)
    return f"交给谁？只有选的那一级能看。{closed}\n涉及本级承办人或其亲属的，请选上级。"


def readers(desk: str, roles: Sequence[str]) -> str:
    """A desk, and who reads there."""
    return f"{DESK[desk]}（{'、'.join(roles)}）"


def copy(receipt: str, places: Sequence[int]) -> str:
    """The receipt, shown once, and what is asked back."""
    named = "、".join(f"第{place}" for place in places)
    return f"回执：\n{receipt}\n请抄在纸上，不要截屏。看答复只凭它。\n抄下后请删除这条消息。\n请回复{named}个字。"


def go_on(pieces: int) -> str:
    """So many pieces are sealed, the first of them with a word on honesty."""
    honest = "照实写，记不清的写“记不清”。了解不全不算诬告；故意编造害人的，要负责任。\n" if pieces == 1 else ""
    return f"第{pieces}段已加密，还没有提交。\n{honest}请接着写，写完发“完”提交；不交了发“取消”。"


def no_pictures(page: str) -> str:
    """A picture, file or place was sent."""
    return f"这里不收图片和文件。要带图片，请用网页：\n{page}"


def too_many(pieces: int) -> str:
    """No more pieces are taken."""
    return f"已有{pieces}段，放满了，这一条没有收。请先发“完”提交，其余的凭抄下的12个字到网页上补充。"


def filed(page: str) -> str:
    """The case is with the desk."""
    return "\n".join(
        [
            "已提交。请收好抄下的回执，丢了，任何人都查不回来。",
            "为了不留下是谁，有了答复也不能通知您。",
            f"大约每周看一次就行：发“进度”，或打开网页：\n{page}",
        ]
    )


def cannot_remember(page: str, upper: Upper) -> str:
    """The desk's own Redis is away, or it writes down what it should forget."""
    return f"现在不能在这里说，刚才的没有保留。请用网页：\n{page}\n{turn_to(upper)}"


def not_filed(refusal: DeskRefusal, page: str, upper: Upper) -> str:
    """The desk says no to 完; what has been sealed is still there, and 完 may come again."""
    if isinstance(refusal, DeskBusy | DeskAway):
        return "正忙，还没有提交，前面写的还在。请过一会儿再发“完”。"
    return f"{said(refusal)}\n前面写的留10分钟，可以过一会儿再发“完”，或用网页：{page}\n{turn_to(upper)}"


def not_taken(refusal: DeskRefusal) -> str:
    """The desk does not answer while somebody writes; what has been sealed before is still there."""
    why = "正忙" if isinstance(refusal, DeskBusy | DeskAway) else said(refusal).rstrip("。")
    return f"{why}，刚才这一条没有收，前面写的还在。请过一会儿再发一次；写完了就发“完”。"


def desk_away(refusal: DeskRefusal, page: str, upper: Upper) -> str:
    """The desk says no before anything was written."""
    return f"{said(refusal)}\n网页：{page}\n{turn_to(upper)}"


def said(refusal: DeskRefusal) -> str:
    """What kind of no it is."""
    if isinstance(refusal, ClosedDesk):
        return "暂未开通：承办人不足两人，或名单已过期，没有收下。"
    if isinstance(refusal, DeskFull):
        return "存放的地方满了，没有收下。"
    return ERRORS["unavailable"]


def not_set_up(upper: Upper) -> str:
    """There is no desk."""
    return f"本支部暂未开通保密反映。\n{turn_to(upper)}"


def state(code: str | None, upper: Upper) -> str:
    """How far a case has come."""
    where = f"（{upper.name}）" if code == "transferred" and upper.name else ""
    return f"{STATES.get(code or '', STATES['received'])}{where}"


def answers(found: Sequence[str], more: str, page: str) -> str:
    """The handlers' words, the last first to be cut where a chat is too narrow; `more`: a warning, or ""."""
    lines = [more] if more else []
    if not found:
        return "\n".join([*lines, "还没有答复。大约每周看一次就行。"])
    last = found[-1] if len(found[-1]) <= LONGEST_ANSWER else f"{found[-1][:LONGEST_ANSWER]}……"
    whole = len(found) == 1 and last == found[-1]
    lines += [f"答复：{last}"]
    return "\n".join(lines if whole else [*lines, f"共{len(found)}条答复，全文请看网页：{page}"])


def doubtful(missing: int, unproven: int) -> str:
    """What is to be said over a case that is not whole; "" over one that is."""
    lines = [f"有消息缺失：少了{missing}条。"] if missing else []
    lines += [f"有{unproven}条无法核实，没有显示。"] if unproven else []
    return "".join(lines) + ("请用网页核对。" if lines else "")
