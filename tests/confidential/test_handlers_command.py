"""`zhibu handlers`: from the root on paper to a list that the desk takes, and back again."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from playwright.sync_api import Page
from werkzeug.serving import make_server

from confidential import keys
from confidential.lists import Lists
from sealed import enrolment, handlerlist
from sealed.desk import DeskClosed
from sealed.keys import Identity, fingerprint, of_text, to_text
from tests.services.operator import Operator, Ran

PEOPLE = {role: Identity.draw() for role in ("纪检委员", "组织委员", "上级纪委干部", "上级组织干部")}


class Keeper(Operator):
    """Keeps the root: types `zhibu handlers …` and, where asked, the passphrase from the envelope."""

    passphrase = ""

    def types_with_passphrase(self, monkeypatch: pytest.MonkeyPatch, *words: object) -> Ran:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{self.passphrase}\n"))
        return self.types("handlers", *words, "--root", "root.key")

    def enrolment(self, desk: str, role: str) -> Path:
        return self.file(f"{role}.json", enrolment.write(desk, role, PEOPLE[role]))

    @property
    def list(self) -> Path:
        return self.home / "var" / "confidential" / "handlers.json"


@pytest.fixture
def keeper(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Keeper:
    monkeypatch.setenv("ZHIBU_HOME", str(tmp_path))
    monkeypatch.delenv("ZHIBU_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    keeper = Keeper(tmp_path, capsys, {})
    keeper.configure()
    made = keeper.types("handlers", "root", "root.key").done()
    keeper.passphrase = made.err.split("口令：")[1].splitlines()[0]
    keeper.configure(confidential={"root": made.out.strip()})
    assert fingerprint(of_text(made.out.strip(), 32)) in made.err
    assert (tmp_path / "root.key").stat().st_mode & 0o777 == 0o600
    return keeper


def test_from_the_root_to_a_list_and_the_sheet_on_the_wall(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch, page: Page
) -> None:
    keeper.types("handlers", "list").refused("还没有承办人名单")
    keeper.types("handlers", "revoke", "own-1", "--root", "root.key").refused("还没有承办人名单")
    files = [keeper.enrolment("own", one) for one in ("纪检委员", "组织委员")]
    signed = keeper.types_with_passphrase(monkeypatch, "sign", *files, "--days", "100").done()
    own = enrolment.read(files[0].read_bytes()).handler
    assert handlerlist.fingerprint(own) in signed.err, "compared before the root signs"
    files = [keeper.enrolment("upper", one) for one in ("上级纪委干部", "上级组织干部")]
    keeper.types_with_passphrase(monkeypatch, "sign", *files).done()
    shown = keeper.types("handlers", "list").done().out
    assert "第2版" in shown
    assert [role in shown for role in PEOPLE] == [True] * 4
    assert "不足两人" not in shown
    assert "还有120天" in keeper.types("handlers", "check", "--sheet", "sheet.html").done().out
    page.set_content((keeper.home / "sheet.html").read_text(encoding="utf-8"))
    assert page.locator("td").count() == 3 + 4
    assert (
        handlerlist.fingerprint(own).split()
        == page.locator("tr", has_text="纪检委员").locator("span").all_inner_texts()
    )
    assert (keeper.home / "var/confidential/root.js").read_text("utf-8").endswith("FLOOR = 2;\n")


def test_who_leaves_is_on_no_new_list_but_on_the_old_ones(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper.types_with_passphrase(
        monkeypatch, "sign", *(keeper.enrolment("own", one) for one in ("纪检委员", "组织委员"))
    ).done()
    left = enrolment.handler_id("own", PEOPLE["组织委员"].recipient)
    keeper.types_with_passphrase(monkeypatch, "revoke", "own-none").refused("own-none")
    keeper.types_with_passphrase(monkeypatch, "revoke", left).done()
    assert "不足两人，不接收" in keeper.types("handlers", "list").done().out
    root = of_text(keeper.types("handlers", "root", "second.key").done().out.strip(), 32)
    kept = handlerlist.history(
        keeper.list.read_bytes(), keys.open_root(keeper.home / "root.key", keeper.passphrase).verify_key
    )
    assert {version: found.handler("own", left) is not None for version, found in kept.items()} == {1: True, 2: False}
    with pytest.raises(DeskClosed):
        Lists(keeper.list, to_text(root)).current(kept[2].expires)
    keeper.types_with_passphrase(monkeypatch, "sign").done()
    assert "第3版" in keeper.types("handlers", "list").done().out, "renewed as it stands"


def test_what_is_wrong_is_said_and_signs_nothing(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    good = keeper.enrolment("own", "纪检委员")
    changed = keeper.file("changed.json", good.read_text("utf-8").replace("纪检委员", "别的委员"))
    keeper.types("handlers", "root", "root.key").refused("root.key", "已经有")
    keeper.types_with_passphrase(monkeypatch, "sign").refused("名单是空的")
    keeper.types_with_passphrase(monkeypatch, "sign", changed).refused("changed.json", "登记文件")
    unseen = keeper.file("unseen.json", enrolment.write("own", "纪检委员\x1b[1A\x1b[2K", PEOPLE["纪检委员"]))
    keeper.types_with_passphrase(monkeypatch, "sign", unseen).refused("unseen.json", "登记文件")  # rewrites the screen
    keeper.types_with_passphrase(monkeypatch, "sign", good, "--days", "121").refused("120")
    right, keeper.passphrase = keeper.passphrase, "的一是在不了有和"
    keeper.types_with_passphrase(monkeypatch, "sign", good).refused("root.key", "口令不对")
    keeper.passphrase = "的一是在"
    keeper.types_with_passphrase(monkeypatch, "sign", good).refused("root.key", "要8个字")
    keeper.passphrase = right
    assert not keeper.list.exists()
    keeper.types_with_passphrase(monkeypatch, "sign", good).done()
    other = keeper.types("handlers", "root", "second.key").done().out.strip()
    keeper.configure(confidential={"root": other})
    keeper.types("handlers", "check").refused("handlers.json", "签名不是这把根密钥的")
    keeper.types_with_passphrase(monkeypatch, "sign", good).refused("签名不是这把根密钥的")
    keeper.list.unlink()
    keeper.types_with_passphrase(monkeypatch, "sign", good).refused("confidential.root")
    keeper.configure(confidential={"root": ""})
    keeper.types_with_passphrase(monkeypatch, "sign", good).done()
    keeper.types("handlers", "check").refused("confidential.root")


@contextmanager
def site(files: dict[str, bytes]) -> Iterator[str]:
    """The address of a site that serves these files, while the block runs."""

    def answer(environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        found = files.get(environ["PATH_INFO"].lstrip("/"))
        start("404 Not Found" if found is None else "200 OK", [("Content-Type", "text/plain")])
        return [found or b""]

    server = make_server("127.0.0.1", 0, answer, threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()


def test_whoever_keeps_a_copy_sees_another_page_or_list(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper.types_with_passphrase(monkeypatch, "sign", keeper.enrolment("own", "纪检委员")).done()
    files = {keys.PAGES.get(name, f"report/files/{name}"): content for name, content in keys.page_files(keeper.list)}
    assert {"report/", "report/files/root.js", "report/files/vendor/age.min.js"} <= files.keys()
    files["report/list"] = keeper.list.read_bytes()
    with site(files) as address:
        assert "一样" in keeper.types("handlers", "check", "--at", f"{address}/").done().out
        files["report/files/seal.js"] += b"//"
        del files["report/list"]
        keeper.types("handlers", "check", "--at", address).refused("2个文件", "report/files/seal.js", "report/list")
    keeper.types("handlers", "check", "--at", address).refused(address, "打不开")


@pytest.mark.parametrize(("days", "said"), [(31, "还有31天到期。"), (30, "请准备重签"), (14, "请马上重签")])
def test_the_end_of_a_list_is_told_in_time(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch, days: int, said: str
) -> None:
    keeper.types_with_passphrase(monkeypatch, "sign", keeper.enrolment("own", "纪检委员"), "--days", days).done()
    assert said in keeper.types("handlers", "check").done().out
