"""Draws docs/pictures/benchmarks.svg from var/bench.json: how fast every row is, and what a request of it costs."""

from html import escape

from bench import machine
from bench.server import ROOT
from bench.table import Result, RowTold

FILE = ROOT / "docs" / "pictures" / "benchmarks.svg"
WIDE, LEFT, RIGHT = 800, 272, 68  # the drawing, its names, room for figures behind the bars
LINE, BAR, HEAD = 30, 18, 46  # height of a line, of a bar in it, of a panel's heading
OURS, THEIRS, INK, PALE = "#a61b1b", "#5f6b76", "#1d2329", "#d8d8d8"
PARTS = (
    (machine.SERVER, "#3d4b5c", "#ffffff"),
    (machine.DATABASE, "#2b8a94", "#ffffff"),
    (machine.STORE, "#e0a030", INK),
)

_CUT = 'stroke="#ffffff" stroke-width="3"'


def draw(result: Result) -> None:
    """Write the picture."""
    FILE.write_text(drawn(result), encoding="utf-8")


def drawn(result: Result) -> str:
    """The picture as SVG."""
    rows = result["rows"]
    panel = HEAD + LINE * len(rows) + 14
    lines = [*_speeds(rows, 8), *_costs(rows, 8 + panel)]
    high = 8 + 2 * panel + 34
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {high}" font-family="sans-serif">',
            f'<rect width="{WIDE}" height="{high}" fill="#ffffff"/>',
            *lines,
            "</svg>\n",
        ]
    )


def _speeds(rows: list[RowTold], top: int) -> list[str]:
    """Bars of the speed as a share of the floor's, with least and greatest."""
    most = max(row["to_floor"]["max"] for row in rows)
    scale = (WIDE - LEFT - RIGHT) / most
    lines = [_heading("Requests answered, as a share of the floor's (line: least to greatest round)", top)]
    end = top + HEAD + LINE * len(rows)
    lines.append(f'<path d="M{LEFT + scale:.1f} {top + HEAD - 8}V{end}" stroke="{PALE}" stroke-dasharray="5 4"/>')
    for place, row in enumerate(rows):
        y = top + HEAD + LINE * place
        told = row["to_floor"]
        lines += [
            _name(row, y),
            _bar(LEFT, y, told["median"] * scale, OURS if _ours(row) else THEIRS),
            _whisker(LEFT + told["min"] * scale, LEFT + told["max"] * scale, y),
            _text(LEFT + told["max"] * scale + 8, y, f"{told['median']:.2f}", size=15),
        ]
    return lines


def _costs(rows: list[RowTold], top: int) -> list[str]:
    """Bars of the processor time of a request, in parts by process group."""
    sums = [sum(row["cpu_us_of"][group]["median"] for group, *_ in PARTS if group in row["cpu_us_of"]) for row in rows]
    longest = _longest(sums)
    cut = "" if longest >= max(sums) else " (// a bar cut short)"
    lines = [_heading(f"Processor time of one request, microseconds{cut}", top)]
    for place, (row, in_all) in enumerate(zip(rows, sums, strict=True)):
        y = top + HEAD + LINE * place
        x = float(LEFT)
        scale = (WIDE - LEFT - RIGHT) / max(longest, in_all)
        lines.append(_name(row, y))
        for group, colour, ink in PARTS:
            us = row["cpu_us_of"][group]["median"] if group in row["cpu_us_of"] else 0.0
            if us <= 0:
                continue
            lines.append(_bar(x, y, us * scale, colour))
            if us * scale >= 34:
                lines.append(_text(x + us * scale / 2, y, f"{us:,.0f}", anchor="middle", fill=ink, size=12))
            x += us * scale
        if in_all > longest:
            lines.append(f'<path d="M{LEFT + 24} {y + BAR + 3}l8 -24M{LEFT + 31} {y + BAR + 3}l8 -24" {_CUT}/>')
        lines.append(_text(x + 8, y, f"{in_all:,.0f}", size=15))
    x, y = float(LEFT), top + HEAD + LINE * len(rows) + 12
    for group, colour, _ in PARTS:
        lines += [f'<rect x="{x:.1f}" y="{y}" width="14" height="14" fill="{colour}"/>', _text(x + 20, y - 2, group)]
        x += 44 + 7.6 * len(group)
    return lines


def _longest(sums: list[float]) -> float:
    """What a bar of full length stands for: one far longer than all others is cut, or they could not be read."""
    *others, last = sorted(sums)
    return last if not others or last <= 2 * others[-1] else 1.2 * others[-1]


def _ours(row: RowTold) -> bool:
    return row["name"].startswith(("our ", "whole "))


def _heading(said: str, top: int) -> str:
    return f'<text x="12" y="{top + 24}" font-size="16" font-weight="bold" fill="{INK}">{escape(said)}</text>'


def _name(row: RowTold, y: int) -> str:
    return _text(LEFT - 10, y, row["name"], anchor="end", fill=OURS if _ours(row) else INK)


def _text(x: float, y: int, said: str, *, anchor: str = "start", fill: str = INK, size: int = 14) -> str:
    return (
        f'<text x="{x:.1f}" y="{y + BAR / 2 + size * 0.36:.1f}" text-anchor="{anchor}" font-size="{size}" '
        f'fill="{fill}">{escape(said)}</text>'
    )


def _bar(x: float, y: int, wide: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y}" width="{max(wide, 0.5):.1f}" height="{BAR}" fill="{colour}"/>'


def _whisker(least: float, most: float, y: int) -> str:
    middle = y + BAR / 2
    ends = f"M{least:.1f} {middle - 4}v8M{most:.1f} {middle - 4}v8M{least:.1f} {middle}H{most:.1f}"
    return f'<path d="{ends}" stroke="{INK}" stroke-width="1.5" fill="none"/>'
