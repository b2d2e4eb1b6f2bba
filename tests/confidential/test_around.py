"""Around the desk: what proxies log, what errors say, what `zhibu doctor` refuses, the desk alone on a host."""

import ast
import logging
import re
import socket
import subprocess
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import redis
import urllib3

from app import build, create_app
from bot import webhook
from bot.dialogues import REGISTRY
from confidential import bundle, proxy
from confidential.afar import DeskAfar
from engines.redis import connect, leave
from sealed import handlerlist
from sealed.desk import CaseDesk, NewCase, NoSuchCase
from sealed.handlerlist import HandlerList
from sealed.keys import Identity, SigningKey, to_text
from sealed.receipt import Receipt
from tests.branch import Branch
from tests.confidential.pieces import sealed
from tests.confidential.room import ZONE, Submitter, room_in
from tests.engines import Database, eventually
from tests.house.test_house import ROOT, house_files, short
from tests.services.operator import ZHIBU, Operator, at
from tests.services.test_doctor import production
from tests.talks.conftest import branch  # noqa: F401 - the same fixture for this folder

EXAMPLE = ROOT / "docs" / "nginx.conf.example"


# --- proxies ---------------------------------------------------------------------------------------------------


def test_the_example_for_nginx_logs_no_query_and_nobody_who_reports() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert proxy.tells(text) == []
    tree = proxy.parse(text)
    bare, report = (one for one in tree.every("server") if one.last("server_name") == ["report.example.cn"])
    assert [one.words[1:] for one in bare.every("return")] == [["301", "https://$host/report/"]]
    place = proxy._location(report, "/report/case/submit")
    assert place is not None
    # Taken in whole before a thread of the desk is asked, and in memory: a slow sender holds nobody up.
    assert place.last("proxy_request_buffering") is None  # on, that is
    assert place.last("client_body_buffer_size") == place.last("client_max_body_size") == ["14m"]
    assert place.last("limit_conn") == ["report", "8"]
    assert place.last("proxy_max_temp_file_size") == ["0"]
    for name in ("X-Forwarded-For", "X-Real-IP", "User-Agent"):
        assert [one.words[2] for one in report.every("proxy_set_header") if one.words[1] == name] == [""]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("        access_log off;\n        error_log /dev/null crit;\n        proxy_http", "        proxy_http", "report.example.cn /report/"),
        ("            access_log off;\n            client_max", "            access_log w.log;\n            client_max", "zhibu.example.cn /wechat"),
        ("zhibu.key;\n        error_log /dev/null crit;", "zhibu.key;", "zhibu.example.cn /h5/x"),
        ("$request_method $uri ", "$request ", "zhibu.example.cn /api/x"),
        ("location ^~ /report {", "location ^~ /reports {", "zhibu.example.cn /report/"),
        ("location ^~ /open/ {", "location ^~ /opened/ {", "zhibu.example.cn /open/x"),
        ("location ^~ /screen/ {\n            access_log off;", "location ^~ /screen/ {", "zhibu.example.cn /screen/x"),
    ],
)  # fmt: skip
def test_settings_that_tell_more_are_found(before: str, after: str, told: str) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert text.count(before) == 1
    assert told in proxy.tells(text.replace(before, after))


def test_what_is_no_nginx_is_said_to_be_none() -> None:
    for text in ("server {", "}", "listen 80", "a { b }", 'x "y'):
        with pytest.raises(proxy.NotNginx):
            proxy.parse(text)


# --- logs and errors -------------------------------------------------------------------------------------------


def test_every_engine_hides_parameters_and_every_cookie_stays_in_its_place() -> None:
    open_ended = []
    for file in house_files(".py"):
        if short(file).startswith(("tests/", "simulator/")):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given = {word.arg: ast.unparse(word.value) for word in node.keywords}
            if name == "create_engine" and given.get("hide_parameters") != "True":
                open_ended.append(short(file))
            if name in {"set_cookie", "delete_cookie"} and not given.get("path", "").endswith("PATH"):
                open_ended.append(short(file))
    assert open_ended == []


def test_no_log_line_of_a_turn_or_of_the_desk_names_a_dialogue_or_a_person() -> None:
    """The chat's log says of every turn the same: its kind of message, how long it took."""
    allowed = {
        "bot/webhook.py": {"callback not understood error=%s", "turn kind=%s ms=%.1f replied=%s", "bug number=%s error=%s at=%s", "callback refused error=%s status=%d unsaid=%d", "answer not sent error=%s"},
    }  # fmt: skip
    for file in house_files(".py"):
        if not short(file).startswith(("bot/", "confidential/")):
            continue
        lines = re.findall(r'\blog\.(?:debug|info|warning|error|exception)\(\s*"([^"]*)"', file.read_text("utf-8"))
        for line in lines:
            if short(file) in allowed:
                assert line in allowed[short(file)]
            else:
                assert not re.search(r"person|member|openid|dialogue|lookup|handler=|text|name=", line), (
                    f"{short(file)}: {line}"
                )


def test_a_bug_is_logged_without_the_name_of_its_dialogue() -> None:
    found = 0
    for dialogue in REGISTRY:
        try:
            dialogue.script(None, None)  # type: ignore[arg-type] # talking with nobody is a bug
        except Exception as bug:  # noqa: BLE001 - whichever it is
            said = webhook._frames(bug.__traceback__)
            found += 1
            assert said.split(" < ")[-1] == "-"  # as the frame of this test, which lies in a folder of that name
            assert not re.search(r"dialogue|record|leave|checkin", said)
    assert found > 3


def test_a_fault_of_ours_says_nothing_of_the_case(
    quick: Path, empty_redis: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    room = room_in(quick, lambda: empty_redis)
    someone = Submitter(room)
    someone.submits("没有人知道的字")
    said = ""
    for harm in ("UPDATE matter SET week = lower(hex(lookup))", "ALTER TABLE matter RENAME TO gone"):
        room.cases.file.write(lambda db, harm=harm: db.execute(harm))  # type: ignore[misc] # mypy cannot infer the default
        answer = someone.arrived()
        assert (answer.status_code, answer.get_json()["code"]) == (500, "fault")
        said += answer.get_data(as_text=True)
    said += caplog.text
    assert "desk error=ValueError" in caplog.text  # whose own words would be the lookup
    assert "desk error=OperationalError" in caplog.text
    for secret in (someone.lookup, someone.new.submitter_key, someone.receipt.text, "没有人知道的字"):
        assert secret not in said
    room.cases.file.close()


# --- zhibu doctor ----------------------------------------------------------------------------------------------


@pytest.fixture
def zhibu(
    database: Database, empty_redis: redis.Redis, redis_url: str,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> Operator:  # fmt: skip
    return at(database, redis_url, capsys, monkeypatch)


@pytest.fixture
def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def listed(zhibu: Operator, root: SigningKey, days: int, people: int = 2, mark: str = "") -> None:
    """Publish a list that ends in so many days."""
    made = {
        desk: tuple(
            handlerlist.Handler(f"{mark}{desk}-{n}", "委员", one.recipient, one.signing.verify_key)
            for n, one in enumerate(Identity.draw() for _ in range(people))
        )
        for desk in ("own", "upper")
    }
    file = zhibu.home / "var" / "confidential" / "handlers.json"
    file.parent.mkdir(exist_ok=True)
    ends = datetime.now(ZONE).date() + timedelta(days=days)
    desks = tuple(handlerlist.Desk(desk, those) for desk, those in made.items())
    file.write_bytes(handlerlist.sign(HandlerList(1, ends, desks), root))


def test_the_doctor_looks_at_the_list_the_host_and_the_redis(zhibu: Operator, redis_url: str) -> None:
    root = SigningKey.draw()
    sound: dict[str, object] = {
        "root": to_text(root.verify_key), "public_url": "https://report.example.cn", "redis_url": f"{redis_url}?db=1",
    }  # fmt: skip

    def says(**changed: object) -> str:
        zhibu.configure(**production(redis_url, database={"url": ""}, confidential={**sound, **changed}))
        return "\n".join(line for line in zhibu.types("doctor").out.splitlines() if "保密" in line or "承办人" in line)

    assert "✗ 承办人名单有效：没有名单" in says()
    for days, mark, words in ((40, "✓", ""), (30, "✓", "还有30天到期"), (14, "✗", "还有14天到期"), (-1, "✗", "已过期")):
        listed(zhibu, root, days)
        assert re.search(rf"^{mark} 承办人名单有效(：.*{words})?", said := says(), re.MULTILINE)
        assert words in said
    listed(zhibu, root, 40, people=1)
    assert "不足两人" in says()
    listed(zhibu, root, 40, mark="demo-")
    assert "✗ 承办人名单有效：承办人名单是演示的" in says()
    listed(zhibu, root, 40)
    assert "✗" not in says()
    assert "✗ 保密反映有单独的域名" in says(public_url="https://zhibu.example.cn/")
    assert "✗ 保密反映有单独的域名" in says(public_url="http://report.example.cn")
    assert "同一个" in says(redis_url=redis_url)
    assert "连不上" in says(redis_url="redis://127.0.0.1:1/0")
    with connect(redis_url) as store:
        store.config_set("appendonly", "yes")
        try:
            assert "会存盘" in says()
        finally:
            store.config_set("appendonly", "no")
        past = (datetime.now(ZONE).date() - timedelta(days=10)).isoformat()
    with connect(f"{redis_url}?db=1") as store:
        store.set("desk:seen:upper", past)
        assert "✗ 承办人十天内登录过" in says()
        store.flushdb()
    assert "还没有开通" in says(root="", redis_url="")


# --- in the house ----------------------------------------------------------------------------------------------


def test_the_house_serves_the_desk_where_it_has_it_and_reaches_it_where_it_has_not(
    branch: Branch,  # noqa: F811 - the fixture handed on
) -> None:
    branch.member("张建国")  # before there is anybody, nobody is asked to sign in
    browser = branch.app.test_client()
    assert browser.get("/report/").status_code == 200
    assert "Path=/h5/" in browser.get("/h5/sign-in").headers["Set-Cookie"]
    assert browser.get("/report/challenge").status_code == 200
    assert list(branch.house.cases.open_desks()) == []
    settings = branch.house.settings
    elsewhere = settings.confidential.model_copy(update={"database": "", "public_url": "http://127.0.0.1:1"})
    other = build(settings.model_copy(update={"confidential": elsewhere}), branch.clock.now)
    try:
        assert isinstance(other.cases, DeskAfar)
        assert create_app(other).test_client().get("/report/challenge").status_code == 404
        assert [file.path.name for file in other.keeper.files] == ["unsigned.db"]
    finally:
        other.close()


# --- alone on a host -------------------------------------------------------------------------------------------


def cut_half_way(desk: CaseDesk, port: int) -> None:
    """A connection that is lost leaves nothing of the case; whole, it is all there."""
    receipt = Receipt.draw()
    new = NewCase(receipt.lookup, to_text(receipt.signing.verify_key), receipt.identity.recipient, "own")
    pieces = [sealed(number) for number in range(5)]
    head = f"POST /report/case/submit HTTP/1.1\r\nHost: x\r\nContent-Length: {sum(map(len, pieces))}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port)) as lost:
        lost.sendall(head.encode() + bundle.pack(asdict(new), pieces)[:50_000])
    with pytest.raises(NoSuchCase):
        desk.case(receipt.lookup)
    desk.submit(new, pieces)
    assert len(desk.case(receipt.lookup).messages) == 5


def test_the_desk_serves_alone_and_opens_nothing_of_the_branchs_database(zhibu: Operator, free_port: int) -> None:
    root = SigningKey.draw()
    zhibu.configure(
        server={"port": free_port},
        database={"url": "sqlite:///nothing/zhibu.db"},
        confidential={"root": to_text(root.verify_key), "public_url": f"http://127.0.0.1:{free_port}"},
    )
    listed(zhibu, root, 40)
    with subprocess.Popen(
        [ZHIBU, "serve", "--only", "confidential"],
        cwd=zhibu.home, env=zhibu.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as served:  # fmt: skip
        pool = urllib3.PoolManager(retries=False)

        def answers() -> bool:
            assert served.poll() is None
            try:
                said = pool.request("GET", f"http://127.0.0.1:{free_port}/report/challenge").json()
            except urllib3.exceptions.HTTPError:
                return False
            return bool(said["open"] == ["own", "upper"])

        try:
            eventually(answers, within=60)
            assert pool.request("GET", f"http://127.0.0.1:{free_port}/h5/").status == 404
            assert pool.request("POST", f"http://127.0.0.1:{free_port}/report/handler/nonce", body=b"{}").status == 200
            cut_half_way(DeskAfar(f"http://127.0.0.1:{free_port}"), free_port)
        finally:
            served.terminate()
            said, _ = served.communicate(timeout=30)
    assert "/report" not in said
    assert not (zhibu.home / "nothing").exists()
    assert (zhibu.home / "var" / "confidential").stat().st_mode & 0o777 == 0o700
    leave(zhibu.home / "var" / "desk")
    zhibu.configure(confidential={"database": ""})
    zhibu.types("serve", "--only", "confidential").refused("confidential.database")
