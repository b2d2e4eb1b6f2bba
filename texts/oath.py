"""The oath of admission (入党誓词), as 党章 (2022-10-22), article 6 has it, and what is said around it (重温誓词)."""

from datetime import datetime

OATH = (
    "我志愿加入中国共产党，拥护党的纲领，遵守党的章程，履行党员义务，执行党的决定，严守党的纪律，保守党的秘密，对党忠诚，"
    "积极工作，为共产主义奋斗终身，随时准备为党和人民牺牲一切，永不叛党。"
)
WHOLE = f"入党誓词\n{OATH}"
READ = {"read": "已重温"}
READ_ALSO = {"read": ("重温了", "读完了", "读过了", "已读", "好了")}


def read(name: str, before: datetime | None) -> str:
    """It has been read again; `before`, the time before this, on the branch's own wall."""
    last = f"上一次是{before.year}年{before.month}月{before.day}日。" if before else ""
    return f"已重温，{name}同志。{last}\n这是自愿重温，不算支部的活动。"
