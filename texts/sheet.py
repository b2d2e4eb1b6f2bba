"""What is said about a table that cannot be taken, whole or in one row, and what stands on forms beside the record."""

from collections.abc import Sequence

NO_FILE = "找不到这个文件，请核对文件名和所在的文件夹。"
NOT_WRITTEN = "文件写不进去，请核对文件夹是否存在、磁盘是否已满、文件是否正被打开。"
WRONG_SUFFIX = "不认识要写成哪种文件，文件名请以 {} 结尾。"
EMPTY = "文件是空的，请核对是否选对了文件。"
NOT_A_TABLE = "这不是表格文件，请交 xlsx、xls 或 csv 文件。"
OTHER_TABLE = "这种表格不能直接读，请用表格软件打开，另存为 xlsx 后再导入。"
WEB_PAGE = "这其实是一个网页，请用表格软件打开，另存为 xlsx 后再导入。"
BROKEN = "表格文件已损坏，请用表格软件打开，另存为 xlsx 后再导入。"
LOCKED = "表格加了密码，请去掉密码，另存后再导入。"
TOO_HEAVY = "文件超过 20 MB，请删去图片和无关的工作表后再导入。"
SWOLLEN = "文件解开后大得不正常，请把需要的行复制到新表格里再导入。"
TOO_MANY_ROWS = "表格超过 20000 行，请分成几个文件导入。"
UNREADABLE_TEXT = "文字的编码认不出来，请另存为 xlsx 或 UTF-8 编码的 csv 后再导入。"
NO_NAME_COLUMN = "前 10 行里没有找到“姓名”这一列，请核对表头。"

NO_NAME = "姓名是空的，请填上姓名。"
LONG_NAME = "姓名超过 40 个字，请核对。"
NO_SUCH_DAY = "没有“{}”这个日期，请核对。"
DATE = "日期看不懂，请写成 2008-07-01、2008.7 或 2008。"
JANUARY_OR_OCTOBER = "“{}”分不清是 1 月还是 10 月，请写成 {}-01 或 {}-10。"
PHONE = "电话号码看不懂，请只填一个手机号码，例如 13800000000。"
ROUNDED_PHONE = "电话号码被表格软件省略了几位，请把这一列设为文本，重新填写。"
WHOLE_DAY = "转入日期要写到哪一天，例如 2026-06-01；记不清请空着。"
STATUS = "人员类别看不懂，请填正式党员、预备党员、发展对象、入党积极分子、入党申请人或群众。"
STANDING = "党籍状态看不懂，请填正常、停止党籍、已转出或已去世。"
GENDER = "性别请填男或女。"


def unclosed_quote(line: int) -> str:
    """A quotation mark that is never closed would swallow the rest of the file."""
    return f"第 {line} 行附近的引号不成对，请核对后再导入。"


def too_long(column: str, most: int) -> str:
    """More characters in a cell than there is room for."""
    return f"{column}超过 {most} 个字，请核对。"


SEND_DIGITS = "请在微信里关注支部的公众号，把上面8位数字发过去。"


def use_before(year: int, month: int, day: int) -> str:
    """The second sentence on a slip of paper."""
    return f"请在{year}年{month}月{day}日前使用，只能本人用一次。"


BRANCH, PERIOD, MADE_BY, CHECKED_BY = "支部名称", "年度", "制表人", "审核人"
BLANK = "_" * 12
PAGE_OF = "&C第 &P 页，共 &N 页"


FIGURES_BY_HAND = "应到：____    实到：____    请假：____    未到：____    列席：____"
BALLOT = "有表决权应到____人，实到____人；赞成____票，不赞成____票，弃权____票"
YEAR_RATE = "参加率＝本人实到÷本人应到，按表中六类活动计算；志愿服务和其他活动另计。事假含外出和其他。应/实：应到次数/实到次数，“—”表示没有应到。"
STANDING_LEAVE = "长期请假"


def by_family(reason: str) -> str:
    """事由 of leave that the family asked for."""
    return f"{reason}（家属代请）" if reason else "家属代请"


def on_roll(counts: Sequence[tuple[str, int]]) -> str:
    """How many members of each sort are on the roll."""
    whole = sum(number for _, number in counts)
    return f"合计{whole}人" + ("：" + "，".join(f"{name}{number}人" for name, number in counts) if whole else "") + "。"


def width(text: str) -> int:
    """How many half-width characters wide a text is: a Chinese one counts two, as it does in GBK."""
    return len(text.encode("gbk", "replace"))
