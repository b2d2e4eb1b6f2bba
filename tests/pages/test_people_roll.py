"""People over HTTP: who sees and changes what, forms refused and sent twice, two clerks at one record, hostile names."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.member import BindCode, Member
from services import logins, members, standings, visits
from services.errors import LoginRefused
from services.members import Account
from tests.pages.office import (
    COMMITTEE,
    FIRST,
    LEADER,
    MEMBER,
    OFFICE,
    OTHER_MEMBER,
    SECOND,
    SECRETARY,
    Browser,
    Office,
    words_of,
)

HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd|'/c calc'!A1",
    "王\u202e芳\u2066",
    "ź̷̢a̸̛l̶͎g̵o̴王",
    "{{7*7}}阿依古丽·买买提",
    "&lt;b&gt;\"'",
]


@pytest.fixture
def secretary(office: Office) -> Browser:
    return office.browser(SECRETARY)


def form_of(browser: Browser, address: str) -> dict[str, str]:
    """What the form on that page holds, as a browser would send it unchanged."""
    page = browser.get(address).text
    fields = dict(re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', page))
    for name, options in re.findall(r'<select id="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name] = chosen[1] if chosen else ""
    return fields


def record(office: Office, name: str) -> Member:
    with office.house.reading() as db:
        return members.find(db, name)


def edit_address(office: Office, name: str) -> str:
    return f"/h5/members/{office.id_of(name)}/edit"


def test_the_roll_by_group(office: Office, secretary: Browser) -> None:
    shown = secretary.reads("/h5/members")
    for name in (SECRETARY, LEADER, MEMBER, OTHER_MEMBER, f"{FIRST}（4）", f"{SECOND}（3）", "书记", "未绑定"):
        assert name in shown


def test_a_leader_sees_the_own_group_and_no_word_of_the_other(office: Office) -> None:
    leader = office.browser(LEADER)
    shown = leader.reads("/h5/members")
    assert MEMBER in shown
    assert OTHER_MEMBER not in shown
    assert "导入名册" not in shown
    foreign = leader.get(f"/h5/members/{office.id_of(OTHER_MEMBER)}")
    assert foreign.status_code == 403
    assert OTHER_MEMBER not in foreign.text


def test_the_committee_sees_everybody_without_telephones(office: Office, secretary: Browser) -> None:
    secretary.does(
        edit_address(office, MEMBER), **form_of(secretary, edit_address(office, MEMBER)) | {"phone": "13900000077"}
    )
    assert "13900000077" in secretary.reads(f"/h5/members/{office.id_of(MEMBER)}")
    assert "13900000077" in office.browser(LEADER).reads(f"/h5/members/{office.id_of(MEMBER)}")
    assert "13900000077" not in office.browser(COMMITTEE).reads(f"/h5/members/{office.id_of(MEMBER)}")


def test_searching_and_narrowing(secretary: Browser, office: Office) -> None:
    assert "找到 1 人" in secretary.reads(f"/h5/members?q={MEMBER[0]}")
    assert "没有找到" in secretary.reads("/h5/members?q=%25")
    assert "没有找到" in secretary.reads("/h5/members?status=citizen")
    assert MEMBER in secretary.reads("/h5/members?status=nonsense&group=nonsense&page=99999&q=")


def test_somebody_new_and_the_same_form_again(office: Office, secretary: Browser) -> None:
    fields = {
        "name": "何静", "number": "K7", "status": "probationary", "gender": "女", "group": "", "new_group": "第三党小组",
        "born": "1996.4", "joined": "2025年12月1日", "phone": "+86 139-0000-0009", "moved_in": "20260601", "note": "选调",
    }  # fmt: skip
    assert "何静同志已加入名册" in secretary.does("/h5/members/new", **fields)
    assert "没有再加一次" in secretary.does("/h5/members/new", **fields)
    found = record(office, "何静")
    assert (found.born, found.joined, found.phone, str(found.moved_in)) == (
        "1996-04",
        "2025-12-01",
        "13900000009",
        "2026-06-01",
    )
    refused = secretary.sends("/h5/members/new", **(fields | {"number": "", "born": "", "note": "另一位"}))
    assert refused.status_code == 409
    assert "名册里已有一位何静" in words_of(refused)


def test_every_wrong_field_is_named_and_what_was_typed_stays(secretary: Browser) -> None:
    answer = secretary.sends(
        "/h5/members/new", name="吴静", status="full", born="去年", phone="12", moved_in="2026-06", note="记得我"
    )
    assert answer.status_code == 422
    shown = words_of(answer)
    for words in ("出生日期：日期看不懂", "联系电话：电话号码看不懂", "转入日期要写到哪一天"):
        assert words in shown
    assert 'value="记得我"' in answer.text
    assert 'value="去年"' in answer.text
    for wrong in ({"name": "", "status": "full"}, {"name": "吴静", "status": "moved"}, {"name": "吴静", "status": "x"}):
        assert secretary.sends("/h5/members/new", **wrong).status_code == 422


def test_two_clerks_at_one_record(office: Office, secretary: Browser) -> None:
    clerk, address = office.browser(OFFICE), edit_address(office, OTHER_MEMBER)
    first, second = form_of(secretary, address), form_of(clerk, address)
    secretary.does(address, **(first | {"post": "观测员"}))
    refused = clerk.sends(address, **(second | {"note": "借调"}))
    assert refused.status_code == 409
    assert f"{SECRETARY}" in words_of(refused)
    assert "改过这条记录" in words_of(refused)
    assert 'value="借调"' in refused.text
    again = form_of(clerk, address)
    assert again["post"] == "观测员", "the page opened anew shows the other's work"
    hidden = re.search(r'name="version" value="(\d+)"', refused.text)
    assert hidden
    assert hidden[1] == second["version"], "sending the refused form again does not overwrite either"
    clerk.does(address, **(again | {"note": "借调"}))
    assert record(office, OTHER_MEMBER).note == "借调"


def test_the_log_tells_fields_and_no_numbers(office: Office, secretary: Browser) -> None:
    address = edit_address(office, COMMITTEE)
    secretary.does(address, **(form_of(secretary, address) | {"phone": "13911112222", "born": "1988-01"}))
    log = secretary.reads(f"/h5/members/{office.id_of(COMMITTEE)}").partition("修改记录")[2]
    assert "修改出生日期、联系电话" in log
    assert "1391111" not in log
    assert "1988" not in log


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_names(office: Office, secretary: Browser, name: str) -> None:
    fields = {"name": name, "status": "citizen", "number": f"H{HOSTILE.index(name)}", "note": name[:200]}
    answer = secretary.sends("/h5/members/new", **fields)
    assert answer.status_code == 303, words_of(answer)
    page = secretary.get(answer.headers["Location"]).text
    for address in (answer.headers["Location"], "/h5/members", f"{answer.headers['Location']}/edit"):
        page = secretary.get(address).text
        assert "<script>alert" not in page
        assert "49阿依" not in page
        assert "\u202e" not in page
    rows = list(csv.reader(io.StringIO(secretary.get("/h5/members/export.csv").data.decode("utf-8-sig"))))
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "@")]


def test_moving_out_and_back(office: Office, secretary: Browser) -> None:
    office.join("马强", SECOND)
    address = f"/h5/members/{office.id_of('马强')}"

    def version() -> str:
        return form_of(secretary, f"{address}/moves")["version"]

    assert "2026年11月30日转出" in secretary.does(f"{address}/out", version=version(), day="2026-11-30")
    assert "仍在本支部" in secretary.does(f"{address}/out", version=version(), stays="1")
    secretary.does(f"{address}/out", version=version(), day="2026-11-22")
    assert "已转出" in secretary.reads(address)
    assert "马强" in secretary.reads("/h5/members?status=moved")
    assert "马强" not in secretary.get("/h5/members/export.csv").data.decode("utf-8-sig")
    back = secretary.does(f"{address}/in", version=version(), day="2026-12-01", status="full")
    assert "2026年12月1日转入" in back
    assert secretary.sends(f"{address}/out", version=version(), day="").status_code == 422
    assert secretary.sends(f"{address}/out", version="1", day="2026-12-09").status_code == 409


def test_excused_and_not(office: Office, secretary: Browser) -> None:
    office.join("徐明", FIRST)
    address = f"/h5/members/{office.id_of('徐明')}"
    shown = secretary.does(f"{address}/excuse", kind="exempt", starts="2026-11-01", ends="", reason="年老体弱")
    assert "免：2026年11月1日至另行通知，年老体弱" in shown
    secretary.does(f"{address}/excuse", kind="exempt", starts="2026-11-01", ends="", reason="年老体弱")
    with office.house.reading() as db:
        held = standings.of(db, members.find(db, "徐明"))
    assert len(held) == 1, "pressed twice"
    end = f"{address}/excuse/{held[0].public_id}/end"
    assert "2026年11月30日" in secretary.does(end, last="2026-11-30")
    assert secretary.sends(end, last="2026-10-01").status_code == 409
    foreign = f"/h5/members/{office.id_of(MEMBER)}/excuse/{held[0].public_id}/end"
    assert secretary.sends(foreign, last="2026-11-30").status_code == 404
    assert "已撤销" in secretary.does(end, withdraw="1")
    for wrong in (
        {"kind": "", "reason": "x"},
        {"kind": "trip", "reason": " "},
        {"kind": "trip", "starts": "x", "reason": "x"},
    ):
        assert secretary.sends(f"{address}/excuse", **wrong).status_code == 422


def test_slips(office: Office, secretary: Browser) -> None:
    assert "还有" in secretary.reads("/h5/members/slips")
    shown = secretary.does("/h5/members/slips")
    codes = set(re.findall(r"\d{4} \d{4}", shown))
    assert len(codes) >= 7
    assert set(re.findall(r"\d{4} \d{4}", secretary.does("/h5/members/slips"))) == codes, "printed slips stay good"
    own = office.browser(LEADER).reads("/h5/members/slips")
    assert MEMBER in own
    assert OTHER_MEMBER not in own
    fresh = office.browser(LEADER).does(f"/h5/members/{office.id_of(MEMBER)}/slip")
    assert not set(re.findall(r"\d{4} \d{4}", fresh)) & codes
    assert office.browser(LEADER).sends(f"/h5/members/{office.id_of(OTHER_MEMBER)}/slip").status_code == 403
    assert office.browser(COMMITTEE).get("/h5/members/slips").status_code == 403
    with office.house.reading() as db:
        assert all(code.used_at is None for code in db.scalars(select(BindCode)))


def test_the_roster_goes_out_with_offices_and_comes_back_unchanged(
    office: Office, secretary: Browser, tmp_path: Path
) -> None:
    for suffix in ("xlsx", "csv"):
        answer = secretary.get(f"/h5/members/export.{suffix}")
        assert answer.status_code == 200
        assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    held = {row[1]: row[10] for row in rows}
    assert held[SECRETARY] == "书记"
    assert held[LEADER] == "第一党小组组长"
    assert secretary.get("/h5/members/export.pdf").status_code == 404
    assert office.browser(LEADER).get("/h5/members/export.csv").status_code == 403


# --- offices -------------------------------------------------------------------------------------------------------


def test_appointing_and_ending_at_once_in_an_open_login(office: Office, secretary: Browser) -> None:
    office.join("朱秀英", FIRST)
    appointed, other = office.browser("朱秀英"), {"member": office.id_of("朱秀英"), "starts": "2026-11-01"}
    assert appointed.get("/h5/members").status_code == 403
    assert "已任朱秀英同志为组织委员" in secretary.does("/h5/appointments", role="organisation", group="", **other)
    secretary.does("/h5/appointments", role="organisation", group="", **other)
    assert appointed.get("/h5/members").status_code == 200
    page = secretary.get("/h5/appointments").text
    ends = re.findall(r'action="(/h5/appointments/\w+/end)"', page.partition("免去朱秀英")[2])
    assert page.count("免去朱秀英") == 1
    assert "现在生效" in secretary.does(ends[0], now="1", ends="2027-01-01")
    assert appointed.get("/h5/members").status_code == 403
    assert "以前的任职" in secretary.reads("/h5/appointments")


def test_who_may_not_appoint(office: Office, secretary: Browser) -> None:
    asked = {"member": office.id_of(MEMBER), "role": "secretary", "group": "", "starts": "2026-11-01"}
    for name in (LEADER, COMMITTEE, MEMBER):
        assert office.browser(name).sends("/h5/appointments", **asked).status_code == 403
    assert "新任" not in office.browser(COMMITTEE).reads("/h5/appointments")
    assert office.browser(LEADER).get("/h5/appointments").status_code == 403
    for wrong, status in (
        ({"role": "group_leader"}, 422),
        ({"role": "king"}, 422),
        ({"member": ""}, 422),
        ({"member": "nobody"}, 404),
        ({"starts": "morgen"}, 422),
    ):
        assert secretary.sends("/h5/appointments", **(asked | wrong)).status_code == status
    assert secretary.sends("/h5/appointments/nothing/end", now="1").status_code == 404


def test_nobody_ends_the_own_secretaryship_on_the_page(office: Office, secretary: Browser) -> None:
    page = secretary.get("/h5/appointments").text
    assert f"免去{SECRETARY}" not in page
    clerk = office.browser(OFFICE).get("/h5/appointments").text
    own = re.search(rf'免去{SECRETARY}.*?action="(/h5/appointments/\w+/end)"', clerk, re.DOTALL)
    assert own
    refused = secretary.sends(own[1], now="1")
    assert refused.status_code == 409
    assert "不能由本人免去" in words_of(refused)


# --- logins --------------------------------------------------------------------------------------------------------


def test_logins_are_listed_and_ended_one_by_one(office: Office) -> None:
    here, there = office.browser(MEMBER), Browser(office.signed_in(MEMBER))
    shown = here.get("/h5/logins").text
    assert "就是这里" in shown
    ends = re.findall(r'action="(/h5/logins/\w+/end)"', shown)
    assert ends
    foreign = office.browser(OTHER_MEMBER)
    foreign.sends(ends[0])
    assert there.get("/h5/logins").status_code == 200, "somebody else's hand ends nothing"
    for address in ends:
        assert "已退出" in here.does(address)
    assert there.get("/h5/logins").status_code == 303
    here.does(ends[0])
    assert here.get("/h5/logins").status_code == 200


@pytest.fixture(autouse=True)
def _still_signed_in(office: Office) -> Iterator[None]:
    yield
    office.browsers.pop(MEMBER, None)


def test_the_secretary_signs_a_lost_phone_out_and_the_record_says_who_did_it(office: Office) -> None:
    phone, desk = Browser(office.signed_in(MEMBER)), Browser(office.signed_in(MEMBER))
    record = f"/h5/members/{office.id_of(MEMBER)}"
    with office.house.reading() as db:
        member = members.find(db, MEMBER)
        assert len(visits.of_member(db, member, office.branch.clock.now())) >= 2
    secretary = office.browser(SECRETARY)
    shown = secretary.get(record).text
    ends = re.findall(rf'action="({record}/logins/\w+/end)"', shown)
    assert len(ends) >= 2
    assert "登录着的地方" not in office.browser(LEADER).reads(record)
    foreign = ends[0].replace(office.id_of(MEMBER), office.id_of(OTHER_MEMBER))
    secretary.does(foreign)  # not that person's: nothing ends
    assert secretary.get(record).text.count("/logins/") == shown.count("/logins/")
    assert "已退出那一处登录" in secretary.does(ends[0])  # the newest
    assert desk.get("/h5/logins").status_code == 303
    assert phone.get("/h5/logins").status_code == 200
    mini = office.house.run(lambda db: signed_in_mini(office, db))
    page = secretary.does(f"{record}/logins/end")
    assert "处退出登录。手机丢了的，再补发一张绑定码" in page
    assert "现在没有" in page
    for words in ("退出一处登录", "退出全部登录", SECRETARY):
        assert words in page.partition("修改记录")[2]
    assert phone.get("/h5/logins").status_code == 303
    with office.house.reading() as db, pytest.raises(LoginRefused):
        logins.of_token(db, mini, office.branch.clock.now())
    assert "现在没有登录着的地方" in secretary.does(f"{record}/logins/end")


def signed_in_mini(office: Office, db: Session) -> str:
    """The member's mini-program, signed in; returns its token."""
    now, account = office.branch.clock.now(), Account("wxmini", "mini-of-member")
    token, login = logins.open_(db, account, None, now)
    login.identity.member_id, login.identity.bound_at = members.find(db, MEMBER).id, now
    return token
