"""Tables and workbooks through the API: the figures of the pages and of paper, of the people one sees, with definitions."""

import io
from datetime import timedelta

import pytest
from python_calamine import CalamineWorkbook

from models.activity import ActivityKind
from tests.api.leading import FIRST, SECOND, Leading, leading, told
from tests.api.test_leaves import NOBODY, ids, rows
from tests.api.test_login import refused
from tests.branch import Branch

WORKBOOKS = ("stats.xlsx", "plan.xlsx", "leaves.xlsx", "hours.xlsx")


@pytest.fixture
def all_(branch: Branch) -> Leading:
    return leading(branch)


def test_a_span_by_member_group_kind_and_time(all_: Leading) -> None:
    """王芳, 刘洋 and 张建国 are of the first group, 陈静 and 李娜 of the second."""
    known, branch = ids(all_), all_.branch
    for title, here in (("11月主题党日", ("张建国", "李娜")), ("12月主题党日", ("刘洋",))):
        meeting = branch.meeting(title)
        ticked = {"member_ids": [known[name] for name in here]}
        told(all_.secretary.post(f"activities/{meeting}/registrations", ticked))
        branch.close(meeting)
        branch.clock.advance(timedelta(days=14).total_seconds())
        for mini in (all_.secretary, all_.leader, all_.foreign, all_.member):
            mini.login()
    year = f"{branch.clock.now():%Y}"
    whole = told(all_.secretary.get(f"stats?period={year}&by=member"))
    present = {str(one["name"]): (one["expected"], one["present"]) for one in rows(whole, "rows")}
    assert present == {"王芳": (2, 0), "刘洋": (2, 1), "张建国": (2, 1), "陈静": (2, 0), "李娜": (2, 1)}
    assert rows(whole, "rows")[2]["rates"] == {"参加率": "1/2（50.0%）"}
    totals = whole["totals"]
    assert isinstance(totals, dict)
    assert (totals["expected"], totals["present"], totals["rates"]["到会率"]) == (10, 3, "3/10（30.0%）")
    assert any("到会率＝实到÷应到" in str(one) for one in whole["definition"])  # type: ignore[attr-defined]

    page = told(all_.secretary.get(f"stats?period={year}&limit=2"))
    assert [one["name"] for one in rows(page, "rows")] == ["王芳", "刘洋"]
    rest = told(all_.secretary.get(f"stats?period={year}&limit=3&after={page['next']}"))
    assert ([one["name"] for one in rows(rest, "rows")], rest["next"]) == (["张建国", "陈静", "李娜"], None)
    assert rest["totals"] == totals

    own = told(all_.leader.get(f"stats?period={year}&by=group"))
    assert [(one["name"], one["expected"], one["present"]) for one in rows(own, "rows")] == [(FIRST, 6, 2)]
    both = told(all_.secretary.get(f"stats?period={year}&by=group"))
    assert [(one["name"], one["present"]) for one in rows(both, "rows")] == [(FIRST, 2), (SECOND, 1)]
    kinds = told(all_.secretary.get(f"stats?period={year}&by=kind"))
    assert [(one["key"], one["name"], one["expected"]) for one in rows(kinds, "rows")] == [
        ("party_day", "主题党日", 10)
    ]
    assert "参学率" in rows(kinds, "rows")[0]["rates"]  # type: ignore[operator]
    for by in ("month", "quarter", "year"):
        spans = rows(told(all_.secretary.get(f"stats?period={year}&by={by}")), "rows")
        assert sum(int(str(one["expected"])) for one in spans) == 10
    assert rows(told(all_.secretary.get(f"stats?period={year}&kind=lecture&by=group")), "rows") == []
    of_kind = told(all_.leader.get(f"stats?period={year}&kind=party_day"))
    assert [(one["name"], one["present"]) for one in rows(of_kind, "rows")] == [("王芳", 0), ("刘洋", 1), ("张建国", 1)]
    narrowed = told(all_.secretary.get(f"stats?period={year}&group={SECOND}"))
    assert [one["name"] for one in rows(narrowed, "rows")] == ["陈静", "李娜"]

    foreign = refused(all_.leader.get(f"stats?period={year}&group={SECOND}"), 404, "unknown")
    assert foreign.replace(SECOND, "") == refused(
        all_.leader.get(f"stats?period={year}&group=没有的组"), 404, "unknown"
    ).replace("没有的组", "")
    refused(all_.member.get(f"stats?period={year}"), 403, "forbidden")
    for wrong in ("2026Q5", "2026-13", "26", f"{year}&by=points", f"{year}&after={NOBODY}"):
        refused(all_.secretary.get(f"stats?period={wrong}"), 422, "malformed")


def test_three_absences_in_a_row_ask_and_judge_nobody(all_: Leading) -> None:
    known, branch = ids(all_), all_.branch
    for number in range(3):
        meeting = branch.meeting(f"第{number + 1}次会")
        here = [known[name] for name in ("王芳", "刘洋", "陈静", "李娜")]
        told(all_.secretary.post(f"activities/{meeting}/registrations", {"member_ids": here}))
        branch.close(meeting)
        branch.clock.advance(60)
    found = rows(told(all_.leader.get("concerns")), "concerns")
    assert [(one["name"], one["missed_in_row"]) for one in found] == [("张建国", 3)]
    assert "请了解情况" in str(found[0]["message"])
    assert rows(told(all_.foreign.get("concerns")), "concerns") == []
    refused(all_.member.get("concerns"), 403, "forbidden")


def test_workbooks_hold_the_own_group_alone_and_are_logged(all_: Leading) -> None:
    branch = all_.branch
    meeting = branch.meeting("党小组会", kind=ActivityKind.GROUP_MEETING, group=FIRST)
    branch.close(meeting)
    year = f"{branch.clock.now():%Y}"
    for path in (*(f"{one}?period={year}" for one in WORKBOOKS), "members.xlsx", f"activities/{meeting}/roster.xlsx"):
        answer = all_.leader.get(path)
        assert answer.status_code == 200, path
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
        cells = {str(cell) for row in book.get_sheet_by_index(0).to_python() for cell in row}
        assert "李娜" not in cells, path
        if path.startswith(("stats", "members", "activities")):
            assert "张建国" in cells, path
        if "activities" not in path:
            refused(all_.member.get(path), 403, "forbidden")
    assert all_.secretary.get(f"activities/{meeting}/record.xlsx").status_code == 200
    for foreign in (all_.foreign, all_.member):
        for form in ("roster", "record"):
            refused(foreign.get(f"activities/{meeting}/{form}.xlsx"), 404, "unknown")
    refused(all_.leader.get("stats.xlsx?period=2026Q9"), 422, "malformed")
    with branch.house.reading() as db:
        exported = db.connection().exec_driver_sql("SELECT count(*) FROM event WHERE verb = 'exported'").scalar()
    assert exported == 7
