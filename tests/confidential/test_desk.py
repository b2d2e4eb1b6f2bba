"""The desk through its front door: what people and handlers do, and what strangers try."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from werkzeug.test import TestResponse

from confidential import bundle
from confidential.cases import Enrolled, monday, purge_week
from confidential.desk import MANY
from confidential.wire import LARGEST_BUNDLE
from sealed import work
from sealed.keyfile import open_identity
from sealed.requests import Verb
from sealed.seal import SIZES, message_id
from tests.confidential.room import NOON, Room, Submitter, room_in
from texts import confidential as texts


@pytest.fixture
def room(quick: Path, empty_redis: redis.Redis) -> Iterator[Room]:
    """A desk of its own."""
    made = room_in(quick, lambda: empty_redis)
    yield made
    made.cases.file.close()


def refused(answer: TestResponse, status: int, code: str) -> None:
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert answer.get_json()["message"] == texts.ERRORS[code]


def enrolled(room: Room, *names: str) -> None:
    for name in names:
        assert room.post("handler/enrol", room.handlers[name].enrolment(room)).status_code == 200


def test_a_case_is_sent_read_answered_followed_up_closed_and_withdrawn(room: Room) -> None:
    someone, zhang, wang = Submitter(room), room.handlers["zhang"], room.handlers["wang"]
    written = someone.submits("第一段", "第二段")
    arrived = someone.arrived().get_json()
    assert [one["id"] for one in arrived["messages"]] == sorted(map(message_id, written))
    assert arrived["week"] == "2026-11-16"

    enrolled(room, "zhang", "wang")
    zhang.signs_in(room)
    wang.signs_in(room)
    assert [one["lookup"] for one in zhang.sees(room)] == [someone.lookup]
    assert sorted(zhang.opens(room, someone.lookup)) == ["第一段", "第二段"]
    assert zhang.answers(room, someone, "已转上级").status_code == 200

    ids = [one["id"] for one in someone.arrived().get_json()["messages"]]
    _, sealed = bundle.unpack(room.post("case/messages", {"lookup": someone.lookup, "ids": ids}).data)
    assert len(sealed) == 3
    assert someone.adds(someone.writes("补充")).status_code == 200

    assert zhang.closes(room, someone.lookup).get_json() == {"closed": [someone.lookup]}
    assert zhang.sees(room)[0]["purge_week"] == "2027-05-17"
    assert someone.adds(someone.writes("还有")).status_code == 200
    assert zhang.sees(room)[0]["purge_week"] is None  # what came late is not purged unread

    assert someone.withdraws().status_code == 200
    assert zhang.sees(room) == []
    refused(someone.arrived(), 404, "no_case")
    refused(someone.withdraws(), 404, "no_case")


def test_the_key_file_is_given_for_a_code_once_and_for_a_recovery_code_once(room: Room) -> None:
    zhang = room.handlers["zhang"]
    enrolled(room, "zhang")
    code = zhang.code(room.clock())

    def asks(code: str, handler: str = "zhang") -> TestResponse:
        return room.post("handler/key", {"handler": handler, "code": code})

    sent = base64.b64decode(asks(code).get_json()["key_file"])
    assert open_identity(sent, zhang.passphrase, zhang.identity.recipient) == zhang.identity
    refused(asks(code), 401, "wrong_code")  # used
    refused(asks("000000" if code != "000000" else "000001"), 401, "wrong_code")
    refused(asks(code, "li"), 401, "wrong_code")  # not enrolled: the same answer
    assert asks("abcd-2345 efgh").status_code == 200
    refused(asks("ABCD2345EFGH"), 401, "wrong_code")
    room.clock.on(seconds=30)
    refused(asks("六位数字"), 401, "wrong_code")
    code = zhang.code(room.clock())
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)  # as a Chinese keyboard types them
    assert asks(f"{wide[:3]}　{wide[3:]}").status_code == 200
    refused(asks(code), 401, "wrong_code")
    room.clock.on(seconds=60)
    for _ in range(5):
        refused(asks("123 456"), 401, "wrong_code")
    refused(asks(zhang.code(room.clock())), 401, "wrong_code")  # too many tries in this step
    assert asks("JKLM6789NPQR").status_code == 200  # nobody is locked out by others' tries
    room.clock.on(seconds=30)
    assert asks(zhang.code(room.clock())).status_code == 200


def test_a_recovery_code_is_spent_once_by_whoever_comes_first(room: Room) -> None:
    enrolled(room, "zhang")
    kept = room.cases.enrolled("zhang")
    assert kept
    assert room.cases.spend("zhang", kept.totp, b"one left")
    assert not room.cases.spend("zhang", kept.totp, b"the other left")  # read before, and overtaken
    assert room.cases.enrolled("zhang") == Enrolled(kept.key_file, b"one left")


def test_a_key_of_the_server_that_was_cut_short_is_none(room: Room) -> None:
    (room.cases.file.path.parent / "server.key").write_bytes(b"")
    refused(room.get("challenge"), 503, "unavailable")


def test_nobody_logs_in_by_what_is_not_theirs(room: Room) -> None:
    zhang, wang, li = (room.handlers[name] for name in ("zhang", "wang", "li"))
    good = zhang.login(room)
    assert room.post("handler/login", good).status_code == 200
    refused(room.post("handler/login", good), 401, "signature")  # replayed nonce
    refused(room.post("handler/login", wang.login(room, handler="zhang")), 401, "signature")
    refused(room.post("handler/login", zhang.login(room, handler="nobody")), 409, "not_on_list")
    refused(room.post("handler/login", zhang.login(room, list_version=7)), 409, "list_changed")
    late = zhang.login(room)
    room.desk.memory.store().delete(f"desk:nonce:{late['nonce']}")  # as after five minutes
    refused(room.post("handler/login", late), 401, "signature")
    for path in ("cases", "messages", "export", "answer", "close"):
        refused(room.post(f"handler/{path}", {}), 401, "unknown_login")
        refused(room.post(f"handler/{path}", {}, Authorization="Bearer no"), 401, "unknown_login")
    refused(room.post("handler/enrol", wang.enrolment(room, handler="zhang")), 401, "signature")
    refused(room.post("handler/enrol", zhang.enrolment(room, totp="AAAA")), 422, "key_file")
    refused(room.post("handler/enrol", zhang.enrolment(room, key_file="aGVsbG8=")), 422, "key_file")
    li.signs_in(room)
    room.publish(room.clock().date() + timedelta(days=90), version=2, without=["li"])
    refused(li.asks(room, "cases", {}), 401, "unknown_login")  # whoever has left the list reads no more
    zhang.signs_in(room)
    assert zhang.asks(room, "logout", {}).status_code == 200
    refused(zhang.asks(room, "cases", {}), 401, "unknown_login")


def test_the_other_desk_is_served_the_same_bytes_with_and_without_a_case(room: Room) -> None:
    mine, other = Submitter(room), Submitter(room, desk="upper")
    mine.submits("本级的")
    wang = room.handlers["zhang"].signs_in(room)
    given = room.given()[0].hex()
    unknown = "0" * 64
    asked: list[tuple[str, dict[str, object]]] = [
        ("cases", {}),
        ("messages", {"ids": [unknown]}),
        ("export", {"lookup": other.lookup}),
        ("close", {"cases": [{"lookup": other.lookup, "sig": "A" * 86}]}),
    ]

    def everything(sealed: list[bytes]) -> list[tuple[int, bytes, str]]:
        ids: dict[str, object] = {"ids": sorted(map(message_id, sealed))}
        own = room.post("case/ids", {"lookup": mine.lookup})
        answers = [own, room.get("challenge"), room.get("list")]
        answers += [wang.asks(room, path, body) for path, body in [*asked, ("messages", ids)]]
        answers.append(wang.answers(room, other, "不是我的"))
        return [(one.status_code, one.data, str(sorted(one.headers))) for one in answers]

    sealed = [other.writes("上级的"), other.writes("第二段")]
    before = everything(sealed)
    assert other.sends(other.body(*sealed)).status_code == 200
    assert everything(sealed) == before
    assert room.given()[0].hex() == given


def test_sending_twice_is_harmless_and_half_a_case_is_none(room: Room) -> None:
    someone = Submitter(room)
    body = someone.body(someone.writes("一"), someone.writes("二"), someone.writes("三"))
    given, bits = room.given()
    stamp = work.stamp(body, given, bits)
    for cut in (3, 40, len(body) // 2, len(body) - 1):
        refused(room.post("case/submit", body[:cut], Report_Stamp=stamp), 400, "malformed")
        refused(someone.arrived(), 404, "no_case")
    assert room.post("case/submit", body, Report_Stamp=stamp).status_code == 200
    more = someone.writes("四")
    assert someone.adds(more).status_code == 200
    whole = someone.arrived().get_json()
    assert len(whole["messages"]) == 4
    writes = room.cases.file.path.read_bytes()[24:28]  # as SQLite counts them
    for _ in range(MANY):
        assert room.post("case/submit", body, Report_Stamp=stamp).status_code == 200
    assert someone.adds(more).status_code == 200
    assert room.cases.file.path.read_bytes()[24:28] == writes  # nothing is settled for nothing
    assert room.given() == (given, bits)  # nor do others work harder for it
    other = someone.body(someone.writes("一"))
    refused(someone.sends(other), 409, "case_exists")
    refused(someone.sends(someone.body(someone.writes("一"), desk="upper")), 409, "case_exists")
    assert someone.arrived().get_json() == whole
    stranger = Submitter(room)
    _, sealed = bundle.unpack(body)
    refused(stranger.sends(stranger.body(sealed[0])), 409, "case_exists")  # another case's message
    refused(stranger.arrived(), 404, "no_case")  # and with it nothing of the rest


def test_the_statements_of_a_submission_are_one_transaction(room: Room) -> None:
    someone = Submitter(room)
    good, twin = someone.writes("一"), someone.writes("二")
    someone.submits("别的")
    room.cases.file.write(
        lambda db: db.execute("INSERT INTO message VALUES (?, x'00', ?)", (bytes.fromhex(message_id(twin)), twin))
    )
    stranger = Submitter(room)
    refused(stranger.sends(stranger.body(good, twin)), 409, "case_exists")
    refused(stranger.arrived(), 404, "no_case")
    rows = room.cases.file.read(lambda db: db.execute("SELECT count(*) FROM message").fetchone())
    assert rows == (2,)


def hostile(room: Room) -> list[tuple[str, bytes | dict[str, object], int, str]]:
    someone = Submitter(room)
    sealed = someone.writes("一")
    head = {"lookup": someone.lookup, "messages": [{"id": message_id(sealed), "size": len(sealed)}]}
    said = json.dumps(head).encode()

    def raw(head: bytes, rest: bytes) -> bytes:
        return len(head).to_bytes(4, "big") + head + rest

    return [
        ("case/submit", b"", 411, "length"),
        ("case/submit", b"\xff" * 64, 400, "malformed"),
        ("case/submit", raw(b"[]", b""), 400, "malformed"),
        ("case/submit", raw(b"{", b""), 400, "malformed"),
        ("case/submit", raw(b"[" * 5000, b""), 400, "malformed"),
        ("case/submit", raw(said, sealed + b"x"), 400, "malformed"),
        ("case/submit", raw(said, b"x" * len(sealed)), 400, "malformed"),
        ("case/submit", raw(said.replace(b"17270", b"-1"), sealed), 400, "malformed"),
        ("case/submit", raw(said.replace(b"17270", b"true"), sealed), 400, "malformed"),
        ("case/submit", someone.body(sealed, lookup="a" * 63), 400, "malformed"),
        ("case/submit", someone.body(sealed, lookup=someone.lookup.upper()), 400, "malformed"),
        ("case/submit", someone.body(sealed, submitter_key=None), 400, "malformed"),
        ("case/ids", b"", 411, "length"),
        ("case/ids", b"\x00", 400, "malformed"),
        ("case/ids", {"lookup": ["x"]}, 400, "malformed"),
        ("case/ids", {"lookup": someone.lookup + "\n"}, 400, "malformed"),
        ("case/ids", {"lookup": "' OR 1=1 --"}, 400, "malformed"),
        ("case/messages", {"lookup": someone.lookup, "ids": "x"}, 400, "malformed"),
        ("case/messages", {"lookup": someone.lookup, "ids": ["0" * 64] * 501}, 400, "malformed"),
        ("case/messages", {"lookup": someone.lookup, "ids": []}, 404, "no_case"),
        ("case/add", someone.body(sealed), 404, "no_case"),
        ("case/withdraw", {"lookup": someone.lookup}, 404, "no_case"),
        ("case/withdraw", {"lookup": 5}, 400, "malformed"),
        ("case/ids", b"{" + b" " * 200_000 + b"}", 413, "too_large"),
        ("handler/key", {"handler": "../zhang", "code": "1"}, 400, "malformed"),
        ("handler/key", {"handler": "zhang", "code": 123456}, 400, "malformed"),
        ("handler/key", {"handler": "zhang", "code": "١٢٣٤٥٦"}, 401, "wrong_code"),
        ("handler/login", {"handler": "zhang"}, 400, "malformed"),
        (
            "handler/login",
            {"handler": "zhang", "list_version": True, "nonce": "0" * 64, "sig": "A" * 86},
            400,
            "malformed",
        ),
        ("handler/enrol", {"handler": "zhang", "key_file": "é"}, 400, "malformed"),
        ("nothing", {}, 404, "no_file"),
        ("list", {}, 405, "method"),
    ]


def test_what_strangers_send_is_answered_in_words_and_leaves_nothing(room: Room) -> None:
    for path, body, status, code in hostile(room):
        refused(room.post(path, body), status, code)
    someone = Submitter(room)
    sealed = someone.writes("一")
    refused(room.post("case/submit", someone.body(sealed)), 428, "stamp")
    refused(room.post("case/submit", someone.body(sealed), Report_Stamp="0" * 16), 428, "stamp")
    for wrong in (sealed[:-1], b"x" * len(sealed), b"x" * 100, sealed.replace(b"X25519", b"scrypt")):
        refused(someone.sends(someone.body(wrong)), 422, "wrong_size")
    refused(someone.sends(someone.body()), 422, "wrong_size")
    refused(someone.sends(someone.body(sealed, lookup="0" * 64)), 400, "malformed")  # not these keys' lookup
    refused(someone.sends(someone.body(sealed, desk="other")), 503, "closed")
    someone.submits("一")
    body = bundle.pack({"lookup": someone.lookup}, [someone.writes("二")])
    refused(room.post("case/add", body), 401, "signature")
    refused(room.post("case/add", body, Report_Signature=someone.signs(Verb.WITHDRAW, body)), 401, "signature")
    signed = someone.signs(Verb.ADD, body)
    room.clock.on(hours=2)
    refused(room.post("case/add", body, Report_Signature=signed), 401, "signature")  # of an hour that is over
    assert [len(one.messages) for one in room.cases.cases("own")] == [1]
    refused(room.post("case/submit", b"x" * (LARGEST_BUNDLE + 1)), 413, "too_large")
    for path in ("list", "challenge", "files/x.js", "nothing"):
        refused(room.get(path, Cookie="visit=1"), 400, "cookie")
    for path in ("", "handler/"):  # a person is there, who reads no JSON
        page = room.get(path, Cookie="visit=1")
        assert (page.status_code, page.get_data(as_text=True)) == (400, texts.ERRORS["cookie"])
        assert page.content_type == "text/plain; charset=utf-8"
    refused(room.get(f"files/{'x' * 5000}.js"), 404, "no_file")
    refused(room.client.post("/report/case/ids", headers={"Cookie": "a=b"}, data=b"{}"), 400, "cookie")
    for path in (
        "files/../routes.py",
        "files/%2e%2e/routes.py",
        "files/..%2froutes.py",
        "files/x.py",
        "files//etc/passwd.txt",
    ):
        assert room.get(path).status_code in {308, 404}


def test_every_answer_carries_the_same_headers_and_no_cookie(room: Room) -> None:
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src blob:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    )
    answers = [room.get("challenge"), room.get("list"), room.get("nothing"), room.client.get("/report")]
    answers += [room.post("case/ids", {}), room.post("list", {}), room.get("list", Cookie="a=b")]
    bare = room.client.get("/report/handler?from=singlemessage")
    assert (bare.status_code, bare.headers["Location"]) == (308, "/report/handler/")
    for one in answers:
        assert one.headers["Content-Security-Policy"] == policy
        assert one.headers["Referrer-Policy"] == "no-referrer"
        assert one.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in one.headers


def test_a_desk_that_cannot_keep_its_word_takes_nothing(room: Room) -> None:
    someone = Submitter(room)
    body = someone.body(someone.writes("一"))
    given, bits = room.given()
    stamp = work.stamp(body, given, bits)
    store = room.desk.memory.store()
    for name, bad, good in (("appendonly", "yes", "no"), ("save", "3600 1", "")):
        store.config_set(name, bad)
        try:
            refused(room.post("case/submit", body, Report_Stamp=stamp), 503, "unavailable")
            assert room.get("challenge").get_json()["open"] == []
        finally:
            store.config_set(name, good)
    room.publish(room.clock().date() + timedelta(days=100), without=["li"], version=2)
    assert room.get("challenge").get_json()["open"] == ["upper"]
    refused(room.post("case/submit", body, Report_Stamp=stamp), 503, "closed")  # fewer than two handlers
    room.publish(room.clock().date(), version=3)
    assert room.get("challenge").get_json()["open"] == ["own", "upper"]  # on its last day
    room.clock.on(days=1)
    assert room.get("challenge").get_json()["open"] == []
    refused(someone.sends(body), 503, "closed")
    room.desk.lists.file.unlink()
    refused(room.get("list"), 503, "closed")


def test_five_hundred_junk_messages_cost_space_and_work_but_nobody_is_kept_out(room: Room) -> None:
    junk = [Submitter(room) for _ in range(21)]
    first = junk[0].writes("x")
    bits = []
    for one in junk:
        bits.append(room.given()[1])
        one.submits("推销")
    assert bits[:20] == [work.USUAL] * 20
    assert set(bits[20:]) == {work.HARDER}
    assert len(first) == min(SIZES.values())
    # The rest of the five hundred by the same rules below the door, where one pays no work.
    for _ in range(12):
        many = Submitter(room)
        room.desk.submit(many.new, [many.writes("推销") for _ in range(40)])
    real = Submitter(room)
    real.submits("真的")
    zhang = room.handlers["zhang"].signs_in(room)
    seen = zhang.sees(room)
    assert len(seen) == 21 + 12 + 1
    assert real.lookup in {one["lookup"] for one in seen}
    kept = sum(piece["size"] for one in seen for piece in one["messages"])
    assert room.cases.file.size() < kept * 1.3 < room.cases.file.cap / 20  # nothing of it swells
    junked = sorted({one["lookup"] for one in seen} - {real.lookup})
    assert zhang.closes(room, *junked).get_json()["closed"] == junked
    room.clock.on(hours=1)
    assert room.given()[1] == work.USUAL
    room.clock.now = NOON + timedelta(days=180 + 7)
    assert room.cases.purge(room.clock().date()) == len(junked)
    assert [one.lookup for one in room.cases.cases("own")] == [real.lookup]


def test_large_files_leave_room_for_text_and_a_full_case_for_answers(quick: Path, empty_redis: redis.Redis) -> None:
    room = room_in(quick, lambda: empty_redis, cap=6 * 1024 * 1024)
    someone = Submitter(room)
    assert someone.sends(someone.body(someone.writes("图", size=100_000))).status_code == 200
    other = Submitter(room)
    large = other.writes("大", size=2 * 1024 * 1024)
    refused(other.sends(other.body(large)), 503, "full")
    assert other.sends(other.body(other.writes("字"))).status_code == 200
    heap = Submitter(room)
    room.cases.file.cap = 2 * room.cases.file.size()
    refused(heap.sends(heap.body(*(heap.writes("字") for _ in range(17)))), 503, "full")  # text by the heap as well
    assert heap.sends(heap.body(*(heap.writes("字") for _ in range(10)))).status_code == 200
    refused(heap.adds(*(heap.writes("字") for _ in range(10))), 503, "full")  # nor piece by piece
    assert heap.adds(heap.writes("字")).status_code == 200
    room.cases.file.cap = 64 * 1024 * 1024
    full = Submitter(room)
    two = [full.writes("图", size=2 * 1024 * 1024) for _ in range(3)]
    refused(full.sends(full.body(*two)), 413, "case_full")
    refused(full.arrived(), 404, "no_case")
    assert full.sends(full.body(*two[:2])).status_code == 200
    refused(full.adds(full.writes("图", size=100_000)), 413, "case_full")
    assert room.handlers["zhang"].signs_in(room).answers(room, full, "收到").status_code == 200
    room.cases.file.cap = room.cases.file.size()
    refused(full.adds(full.writes("字")), 503, "full")
    assert full.withdraws().status_code == 200
    room.cases.file.close()


def test_weeks_are_mondays_and_the_purge_comes_180_days_later_or_a_little_more() -> None:
    for day in (NOON.date() + timedelta(days=n) for n in range(14)):
        assert monday(day).weekday() == purge_week(day).weekday() == 0
        assert 180 <= (purge_week(day) - day).days < 187


def test_the_operator_hears_of_a_silent_desk_after_ten_days_and_of_nothing_else(room: Room) -> None:
    assert room.desk.silent() == []
    room.handlers["zhang"].signs_in(room)
    room.clock.on(days=9)
    Submitter(room).submits("一")
    assert room.desk.silent() == []
    room.clock.on(days=1)
    assert room.desk.silent() == ["own", "upper"]
    room.handlers["wang"].signs_in(room)
    assert room.desk.silent() == ["own"]
