"""What the codes of a question are called (单选, 理想信念 …), and what is said of one that cannot be taken."""

from collections.abc import Mapping

from models.question import Certainty, QuestionKind, QuestionState, Topic

KIND: dict[QuestionKind, str] = {
    QuestionKind.SINGLE: "单选",
    QuestionKind.MULTIPLE: "多选",
    QuestionKind.JUDGE: "判断",
    QuestionKind.BLANK: "填空",
}

TOPIC: dict[Topic, str] = {
    Topic.IDEALS: "理想信念",
    Topic.TRADITION: "革命传统",
    Topic.SITUATION: "形势任务",
    Topic.RIGHTS: "权利义务",
    Topic.ORGANISATION: "组织制度",
    Topic.DISCIPLINE: "纪律规矩",
    Topic.WORK: "业务",
    Topic.OTHER: "其他",
}

STATE: dict[QuestionState, str] = {
    QuestionState.DRAFT: "待审",
    QuestionState.REVIEWED: "已审",
    QuestionState.LIVE: "在用",
    QuestionState.RETIRED: "停用",
}

CERTAINTY: dict[Certainty, str] = {
    Certainty.CERTAIN: "确定",
    Certainty.LIKELY: "请核对",
    Certainty.OPEN: "未核对",
}

FIELD: dict[str, str] = {
    "kind": "题型",
    "stem": "题干",
    "options": "选项",
    "key": "答案",
    "explanation": "解析",
    "document": "文件",
    "edition": "版本",
    "article": "条款",
    "certainty": "把握",
    "difficulty": "难度",
    "topic": "主题",
    "tags": "标签",
    "state": "状态",
}

RIGHT, WRONG = "正确", "错误"
SHEET = "题库"
STEM, OPTIONS, ANSWER, KIND_COLUMN, EXPLANATION = "题干", "选项", "答案", "题型", "解析"
PICTURE = "[图]"

NO_STEM = "题干是空的，请填上题目。"
NO_ANSWER = "答案是空的，请填上答案。"
NO_OPTIONS = "没有找到选项，请每个选项填一格，或在题干里写成 A. B. C. D.。"
ONE_OPTION = "只有一个选项，请至少填两个。"
TOO_MANY_OPTIONS = "选项超过 10 个，请删减，或改成填空题。"
JUDGE = "判断题的答案看不懂，请填正确或错误。"
JUDGE_OPTIONS = "判断题的选项看不懂，请留空，或只写正确和错误。"
SEVERAL_FOR_ONE = "单选题写了几个答案，请留一个，或把题型改成多选。"
SEVERAL_QUESTIONS = "一题里有几个小题，请拆开，一题一行。"
DIGITS = "答案写的是数字，分不清从 0 数还是从 1 数，请改写成 A、B、C、D。"
NO_KIND = "看不出是什么题型，请在题型里写单选、多选、判断或填空。"
NOT_A_QUESTION = "这一项不是题目，请核对。"
UNCLOSED_BRACE = "大括号不成对，请补上 }。"
UNCLOSED_QUOTE = "引号不成对，请核对这一行。"
NO_BRACES = "没有写答案的大括号 { }，请补上。"
NO_ANSWER_LINE = "这一题没有“ANSWER: A”这一行，请补上。"
PART_FROM_EXPLANATION = "上一题的解析和这一题分不开，请在两题之间空一行。"
MATCHING = "配对题收不了，请改成单选或填空。"
RANGE = "带误差范围的数字答案收不了，请写成一个数。"
ESSAY = "问答题收不了，请改成单选、多选、判断或填空。"
HALF_RIGHT = "几个答案各得一部分分，又有负分以外的错项，看不出哪些是对的，请核对。"

NO_STEM_COLUMN = "前 10 行里没有找到“题干”和“答案”两列，请核对表头。"
NOT_A_BANK = "看不出是题库。请用第一行是 题型、题干、选项A、选项B、答案 的表格，或 JSON、GIFT、Aiken 格式。"
NUL = "文件里有空字符，多半已损坏或编码不对，请另存为 xlsx 或 UTF-8 编码的 csv 后再导入。"
TOO_HEAVY = "文件超过 40 MB，请分成几个文件导入。"
TOO_MANY = "题目超过 60000 道，请分成几个文件导入。"
TOO_DEEP = "JSON 层数太多或太大，请只留下题目，分成几个文件导入。"
NO_ITEMS = "JSON 里没有找到题目。请写成一个列表，每项有 题干、选项、答案。"


def broken_json(line: int, column: int) -> str:
    """Where JSON breaks off; both counted from 1."""
    return f"JSON 第 {line} 行第 {column} 个字附近写错了，请核对后再导入。"


def too_long(part: str, most: int) -> str:
    """More characters than there is room for."""
    return f"{part}超过 {most} 个字，请缩短。"


def other_kind(kind: str) -> str:
    """A kind of question we do not have."""
    return f"“{kind}”收不了，请改成单选、多选、判断或填空。"


def empty_option(letter: str) -> str:
    """Nothing stands at an option before the last one."""
    return f"选项 {letter} 是空的，请填上，或把后面的选项前移。"


def equal_options(one: str, other: str) -> str:
    """Two options say the same."""
    return f"选项 {one} 和 {other} 一样，请核对。"


def no_such_option(letter: str) -> str:
    """The key names an option that is not there."""
    return f"答案里的 {letter} 没有对应的选项，请核对。"


def no_option_like(text: str) -> str:
    """The key says something that no option says."""
    return f"答案“{text}”和哪个选项都对不上，请填选项的字母。"


def contradicts(row: int) -> str:
    """The same question stands twice in a file with different keys."""
    return f"和第 {row} 行是同一道题，答案却不一样，请核对后只留一行。"


def in_sheet(name: str, reason: str) -> str:
    """Which of several sheets a fault is in."""
    return f"工作表“{name}”：{reason}"


def source(text: str) -> str:
    """Where a question comes from, in its explanation because it is too long for its own place."""
    return f"出处：{text}"


def looks_like(row: int, other: int) -> str:
    """Two questions that may be the same."""
    return f"  第 {row} 行和第 {other} 行的题目很像，请看一看是不是重复。"


def looks_like_kept(row: int, stem: str) -> str:
    """A question that may be one the bank has already."""
    short = stem if len(stem) <= 30 else f"{stem[:30]}…"
    return f"  第 {row} 行和题库里的“{short}”很像，请看一看是不是重复。"


def other_bank(row: int, bank: str) -> str:
    """Another bank has the same question with another key."""
    return f"  第 {row} 行的答案和题库“{bank}”里同一道题的不一样，请核对。"


def fields(names: str) -> str:
    """What was edited, from its names parted by commas."""
    return "、".join(FIELD[name] for name in names.split(",") if name in FIELD)


def by_reviewer(facts: Mapping[str, object]) -> str:
    """Who has looked an imported file over, if somebody has."""
    return f"，审核人{facts['reviewed_by']}" if facts.get("reviewed_by") else ""
