"""What the chat itself says, whatever the affair: options, hints, leaving, coming back, not understanding."""

from collections.abc import Iterable, Sequence
from unicodedata import east_asian_width

YES_OR_NO = {True: "是", False: "不是"}

NOT_HEARD = "没听清，请打字，或长按语音点“转文字”后发来。"
WORDS_ONLY = "我只看得懂文字，请打字告诉我。"
TYPE_IT = "语音听得出是谁，请打字。"
NOT_YES_OR_NO = "没看出是还是不是。"
HEARD_RIGHT = "我听到的对吗？"
SAY_AGAIN = "请再说一遍，或者打字。"
NO_NUMBER = "没有看到数字。"
CHANGED = "选项有变动，请再选一次。"
NOT_TAKEN = "刚才这一条没有收，请再说一次。"
TOO_EARLY = "这条消息比问题发得早，没有算作回答。"
FIRST_QUESTION = "这是第一步，前面没有了。"
NO_WAY_BACK = "没有正在办的事，不用退回。想做什么，请发“帮助”。"
NOTHING_TO_CANCEL = "没有正在办的事，不用取消。想做什么，请发“帮助”。"
NOTHING_TO_RESUME = "没有留着的内容。想做什么，请发“帮助”。"
WELCOME = "不客气。"
GONE = "这件事现在办不了。想做什么，请发“帮助”。"

_ROW = 24  # half-width columns: what a phone set to large type shows in one line


def with_options(prompt: str, labels: Iterable[str]) -> str:
    """A question with its numbered options, short ones side by side."""
    rows: list[str] = []
    for number, label in enumerate(labels, start=1):
        option = f"{number} {label}"
        if rows and _columns(rows[-1]) + 2 + _columns(option) <= _ROW:
            rows[-1] += f"  {option}"
        else:
            rows.append(option)
    return "\n".join([prompt, *rows, "请回复数字。"])


def _columns(line: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in line)


def no_such_option(count: int) -> str:
    """The answer was none of the options."""
    return f"没有这一项，只有1至{count}。" if count > 1 else "没有这一项，只有1。"


def too_long(limit: int, count: int) -> str:
    """More characters than the question takes."""
    return f"最多{limit}字，您发了{count}字。"


def too_short(least: int) -> str:
    """Fewer characters than the question takes."""
    return f"至少{least}个字。"


def wrong_number(length: int, count: int) -> str:
    """Not one number of so many digits; `count` is how many digits the longest number in the text has."""
    if not count:
        return NO_NUMBER
    if count == length:
        return "看到了不止一个数字。"
    return f"少了{length - count}位。" if count < length else f"多了{count - length}位。"


def heard(words: str) -> str:
    """Before the reply to a voice message: what was understood."""
    return f"我听到：{words[:60]}…" if len(words) > 60 else f"我听到：{words}"


def stuck(telephone: str) -> str:
    """Before a question that was missed twice."""
    person = f"要找人，请打{telephone}（党支部）。" if telephone else ""
    return f"不想办了，发“取消”。{person}"


def about(name: str) -> str:
    """帮助 in the middle of a talk, before its question once more."""
    return f"您正在“{name}”。\n发“取消”不办了，发“上一步”改前一个回答。"


def cancelled(name: str) -> str:
    """取消 has just dropped the talk."""
    return f"已取消“{name}”。"


def busy(name: str, other: str, *, keeps: bool | None) -> str:
    """Another command in the middle of a talk; `keeps` says what happens to its answers, None that it has none."""
    fate = "" if keeps is None else "，前面的给您留着" if keeps else "，前面的不保留"
    return f"您正在“{name}”。\n1 接着“{name}”\n2 先办“{other}”{fate}\n请回复数字。"


def timed_out(name: str, minutes: int) -> str:
    """A message to a talk that nobody had touched for so long, with nothing kept."""
    return f"过了{minutes}分钟，“{name}”已经结束。\n要重新开始，请发“{name}”。"


def timed_out_kept(name: str, minutes: int, hours: int) -> str:
    """A message to a talk that nobody had touched for so long; its answers are kept."""
    return f"过了{minutes}分钟，“{name}”先停下了，内容留{hours}小时。\n要接着办，请发“继续”。"


def kept(name: str) -> str:
    """After the reply to a command: another talk waits."""
    return f"“{name}”还没办完，发“继续”可以接着办。"


def which_question(name: str, other: str) -> str:
    """A number while two questions wait: the open one, and one sent since."""
    return f"刚才还有一件事问您，这个数字没有算。\n要办那件事，请发“{other}”；接着“{name}”，请再答一次。"


def resumed(name: str) -> str:
    """继续 has brought a talk back; its question follows."""
    return f"接着办“{name}”。"


def not_understood(guess: str, telephone: str) -> str:
    """An unknown text, with the nearest command ("" if none is near) and, from the second miss on, a telephone number."""
    person = f"要找人，请打{telephone}（党支部）。" if telephone else ""
    ask = f"您是想“{guess}”吗？是就回复1。" if guess else "想做什么，请发“帮助”。"
    return "\n".join(_filled(["我没听懂。", person, ask]))


def not_meant(telephone: str) -> str:
    """The guess was wrong."""
    person = f"要找人，请打{telephone}（党支部）。" if telephone else ""
    return "\n".join(_filled([f"好的。{person}", "想做什么，请发“帮助”。"]))


def _filled(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if line]
