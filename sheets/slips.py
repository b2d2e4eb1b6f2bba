"""Bind codes on paper: a table for the office, or a sheet of slips to print, cut and hand out."""

import datetime as dt
import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sheets import table
from sheets.table import SheetRefused
from texts import sheet as texts

_COLUMNS = ("姓名", "党小组", "绑定码", "失效日期")


@dataclass(frozen=True, slots=True)
class Slip:
    """One person's slip: the 8 digits, and the day in the branch's own time on which they end."""

    name: str
    group: str
    digits: str
    expires: dt.date


def write_codes(rows: Sequence[Slip], path: Path, branch: str) -> None:
    """Write the codes in the order given: .csv and .xlsx a table with 姓名 and 绑定码 (8 digits), .html the slips.

    Whoever reads the file can bind in these people's place, so only its owner may. Raises SheetRefused.
    """
    suffix = path.suffix.lower()
    if suffix in {".csv", ".xlsx"}:
        lines = [(slip.name, slip.group, slip.digits, _day(slip.expires)) for slip in rows]
        table.write(path, _COLUMNS, lines, "绑定码")
    elif suffix in {".html", ".htm"}:
        table.save(path, _sheet(rows, branch).encode())
    else:
        raise SheetRefused(texts.WRONG_SUFFIX.format(".csv、.xlsx 或 .html"))


def _day(day: dt.date) -> str:
    return f"{day:%Y-%m-%d}"


def _sheet(rows: Sequence[Slip], branch: str) -> str:
    slips = "\n".join(_slip(slip) for slip in rows)
    return _PAGE.replace("{{branch}}", html.escape(branch)).replace("{{slips}}", slips)


def _slip(slip: Slip) -> str:
    before = texts.use_before(slip.expires.year, slip.expires.month, slip.expires.day)
    return (
        '<li class="slip">'
        f'<p class="who"><b>{html.escape(slip.name)}</b><span>{html.escape(slip.group)}</span></p>'
        f'<p class="code">{slip.digits[:4]} {slip.digits[4:]}</p>'
        f'<p class="how">{texts.SEND_DIGITS}{before}</p>'
        "</li>"
    )


_PAGE = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>绑定码纸条 {{branch}}</title>
<style>
@page { size: A4; margin: 10mm; }
* { box-sizing: border-box; margin: 0; padding: 0; }
body {
  max-width: 190mm; margin: 0 auto; color: #111; background: #fff;
  font-family: "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
}
header { padding: 0 0 4mm; font-size: 11pt; line-height: 1.5; }
h1 { font-size: 14pt; }
ul {
  display: grid; grid-template-columns: repeat(3, 1fr); list-style: none; padding: 0 1px 1px 0;
}
.slip {
  display: flex; flex-direction: column; justify-content: space-between; gap: 2mm; min-height: 44mm;
  margin: 0 -1px -1px 0; padding: 4mm; border: 1px dashed #555; break-inside: avoid;
}
.who {
  display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: 0 2mm;
  font-size: 10pt;
}
.who b { font-size: 14pt; overflow-wrap: anywhere; }
.code {
  font-size: 25pt; font-weight: 700; line-height: 1.1; text-align: center; white-space: nowrap;
  font-variant-numeric: tabular-nums;
}
.how { font-size: 10pt; line-height: 1.45; }
@media screen { body { padding: 6mm 0; } }
@media screen and (max-width: 700px) { body { padding: 4mm; } ul { grid-template-columns: 1fr; } }
</style>
</head>
<body>
<header>
<h1>{{branch}} 绑定码纸条</h1>
<p>沿虚线剪开，当面交给本人。剪剩的和作废的请销毁。</p>
</header>
<ul>
{{slips}}
</ul>
</body>
</html>
"""
