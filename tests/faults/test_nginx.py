"""The nginx example, run by a real nginx over TLS in front of a real server: what gets through, and what stays unsaid."""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from urllib.parse import urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import urllib3
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from simulator.transport import XML, Answer
from tests.branch import ROOT
from tests.certificates import vouch_for
from tests.engines import eventually
from tests.faults.hall import Hall, hall_in, small
from tests.faults.installed import Process, children, free_port

NGINX = ROOT / ".venv" / "nginx" / "usr" / "sbin" / "nginx"
HOUSE, DESK = "zhibu.example.cn", "report.example.cn"
UNSAID = "unsaid0123456789"  # stands in addresses and headers, and may stand nowhere else
PEOPLE = 8
MB = 1_000_000
NONE: Mapping[str, str] = {}


class Recorder:
    """Stands where the confidential desk stands, and keeps what it is told of whoever comes."""

    def __init__(self) -> None:
        self.heard: list[tuple[Mapping[str, str], int]] = []  # headers, bytes of the body

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer anything."""
        request = Request(environ)
        self.heard.append((dict(request.headers), len(request.get_data())))
        return Response("ok")(environ, start)


@dataclass
class Front:
    """An nginx with the example's settings, whose ports and folders alone are others, before a hall's server."""

    folder: Path
    hall: Hall
    desk: Recorder
    pools: dict[str, urllib3.HTTPSConnectionPool] = field(default_factory=dict)
    tls: int = field(default_factory=free_port)
    plain: int = field(default_factory=free_port)

    def ask(
        self, host: str, target: str, body: bytes | None = None, headers: Mapping[str, str] = NONE
    ) -> urllib3.BaseHTTPResponse:
        """Send a request over TLS to this host, as whoever knows its name does; with a body it is a POST."""
        pool = self.pools.setdefault(
            host,
            urllib3.HTTPSConnectionPool(
                "127.0.0.1", self.tls, maxsize=PEOPLE, retries=False, timeout=30,
                server_hostname=host, assert_hostname=host, ca_certs=str(self.folder / "tls.pem"),
            ),
        )  # fmt: skip
        method = "GET" if body is None else "POST"
        return pool.urlopen(method, target, body, {**headers, "Host": host}, redirect=False)

    def deliver(self, query: Mapping[str, str], body: bytes, _seconds: float) -> Answer:
        """Bring a callback as the platform does."""
        answer = self.ask(HOUSE, f"/wechat?{urlencode(query)}", body, {"Content-Type": XML})
        return Answer(answer.status, answer.data)

    def log(self) -> str:
        """Whatever nginx has written."""
        return "".join(one.read_text("utf-8", "replace") for one in sorted(self.folder.glob("*.log")))


def settings_in(front: Front, desk: int) -> str:
    """The example, moved into the folder and to these ports."""
    text = (ROOT / "docs" / "nginx.conf.example").read_text("utf-8")
    moved = {
        "127.0.0.1:8000": f"127.0.0.1:{front.hall.made.port}", "127.0.0.1:8010": f"127.0.0.1:{desk}",
        "listen 443 ssl": f"listen 127.0.0.1:{front.tls} ssl", "listen 80": f"listen 127.0.0.1:{front.plain}",
        "/var/log/nginx/": f"{front.folder}/", "/var/www/zhibu": str(front.folder),
        "server_tokens off;": "server_tokens off; " + " ".join(
            f"{kind}_temp_path {front.folder}/temp-{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        ),
    }  # fmt: skip
    for before, after in moved.items():
        assert before in text, before
        text = text.replace(before, after)
    return re.sub(r"/etc/nginx/tls/\w+\.(pem|key)", rf"{front.folder}/tls.\1", text)


def started(front: Front) -> Process:
    """Check the settings as the manual says, and start nginx; as long as it runs it is a child of ours."""
    as_root = "user root;" if os.getuid() == 0 else ""
    command = [str(NGINX), "-c", str(front.folder / "nginx.conf"), "-e", "stderr"]
    command += ["-g", f"daemon off; pid {front.folder}/nginx.pid; {as_root}"]
    checked = subprocess.run([*command, "-t"], check=False, capture_output=True, text=True)
    assert "test is successful" in checked.stderr, checked.stderr
    nginx = subprocess.Popen(command, start_new_session=True)
    eventually(lambda: (front.folder / "nginx.pid").exists() and children(nginx.pid), what="nginx")
    return nginx


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """A hall that is reached through nginx alone."""
    folder = tmp_path_factory.mktemp("nginx")
    with ExitStack() as leave:
        made = leave.enter_context(small(folder))
        hall = leave.enter_context(hall_in(made, PEOPLE, cut=5.0))
        hall.open()
        desk = Recorder()
        server = make_server("127.0.0.1", 0, desk, threaded=True)
        leave.callback(server.server_close)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        leave.callback(server.shutdown)
        front = Front(folder, hall, desk)
        vouch_for(folder, HOUSE, DESK)
        (folder / "nginx.conf").write_text(settings_in(front, server.server_port), "utf-8")
        nginx = started(front)
        leave.callback(nginx.wait)
        leave.callback(nginx.terminate)
        hall.world.courier.post = front.deliver
        yield front
        assert hall.world.complaints == []


def test_scans_come_through_and_leave_no_trace(front: Front) -> None:
    code = front.hall.world.tickets.alive()[0].url
    for person in front.hall.people:
        person.scans(code).hears("签到成功")
    assert len(front.hall.arrivals()) == PEOPLE
    assert front.log() == ""


@pytest.mark.parametrize(
    ("host", "target", "status"),
    [
        (HOUSE, "/livez", 200),
        (HOUSE, "/wechat", 403),
        (HOUSE, "/h5/", 303),
        (HOUSE, "/api/openapi.json", 200),
        (HOUSE, "/readyz", 404),
        (HOUSE, "/metrics", 404),
        (HOUSE, "//metrics", 404),
        (HOUSE, "/x/../metrics", 404),
        (HOUSE, "/%6detrics", 404),
        (HOUSE, "/report", 404),
        (HOUSE, "/report/", 404),
        (HOUSE, "/MP_verify_0123abc.txt", 200),
        (HOUSE, "/MP_verify_/../tls.key", 404),
        (HOUSE, "/tls.key", 404),
        (DESK, "/", 302),
        (DESK, "/report/", 200),
        (DESK, "/wechat", 404),
        (DESK, "/h5/", 404),
        (DESK, "/livez", 404),
        (DESK, "/metrics", 404),
    ],
)
def test_each_host_opens_its_own_doors_alone(front: Front, host: str, target: str, status: int) -> None:
    (front.folder / "MP_verify_0123abc.txt").write_text("0123abc", "utf-8")
    assert front.ask(host, target).status == status


@pytest.mark.parametrize(
    ("host", "where"),
    [(HOUSE, f"https://{HOUSE}/h5/"), (DESK, f"https://{DESK}/report/")],
)
def test_who_writes_no_https_is_sent_there_without_what_was_asked(front: Front, host: str, where: str) -> None:
    asked = urllib3.request(
        "GET", f"http://127.0.0.1:{front.plain}/h5/?code={UNSAID}", headers={"Host": host}, redirect=False
    )
    assert (asked.status, asked.headers["Location"]) == (301, where)


def test_the_desk_is_told_nothing_of_whoever_comes(front: Front) -> None:
    telling = {
        "User-Agent": UNSAID, "Referer": f"https://{HOUSE}/{UNSAID}", "X-Forwarded-For": UNSAID, "X-Real-IP": UNSAID,
        "Forwarded": f"for={UNSAID}", "Accept-Language": UNSAID,
    }  # fmt: skip
    front.desk.heard.clear()
    assert front.ask(DESK, "/report/case/submit", b"x" * 13 * MB, telling).status == 200
    assert front.ask(DESK, "/report/case/submit", b"x" * 15 * MB, telling).status == 413
    ((headers, size),) = front.desk.heard
    assert size == 13 * MB
    assert set(headers) == {"Host", "Content-Length", "Accept-Encoding"}


def test_the_sign_in_page_is_told_the_place_by_nginx_and_not_by_whoever_comes(front: Front) -> None:
    far = {"X-Forwarded-For": "1.2.3.4"}
    at_the_door = front.ask(HOUSE, "/h5/", headers=far)
    page = front.ask(HOUSE, at_the_door.headers["Location"], headers=far)
    number = re.search(r'id="number"[^>]*>\s*(\d{4})', page.data.decode())
    assert number, page.data.decode()
    front.hall.people[0].says(f"登录 {number[1]}").hears("内网")
    front.hall.people[0].says("取消")


def test_bodies_too_large_stop_at_the_door(front: Front) -> None:
    assert front.ask(HOUSE, "/wechat", b"x" * 100_000).status == 413
    assert front.ask(HOUSE, "/h5/members/roster", b"x" * 11 * MB).status == 413


def test_nobody_goes_unanswered_while_the_web_process_is_replaced(front: Front) -> None:
    enough, sent = Event(), [0] * PEOPLE

    def writes(place: int) -> None:
        while not enough.wait(0.01):  # seconds: a pace that leaves the cores to what is tested
            heard = front.hall.people[place].says("活动").hears("主题党日")
            assert [one.status for one in heard.deliveries] == [200], heard.deliveries
            sent[place] += 1

    def answered(more: int) -> None:
        aim = sum(sent) + more
        eventually(lambda: sum(sent) >= aim or any(one.done() for one in writing), what="answers")

    with ThreadPoolExecutor(PEOPLE) as phones:
        writing = [phones.submit(writes, place) for place in range(PEOPLE)]
        try:
            answered(PEOPLE)
            (old,) = children(front.hall.server.pid)
            front.hall.server.send_signal(signal.SIGHUP)
            eventually(lambda: set(children(front.hall.server.pid)) - {old}, what="the new process")
            eventually(lambda: old not in children(front.hall.server.pid), what="the old one's end")
            answered(PEOPLE)
        finally:
            enough.set()
        for one in writing:
            one.result()


def test_no_address_that_opens_something_is_written_down_even_with_the_house_gone(front: Front) -> None:
    os.killpg(front.hall.server.pid, signal.SIGKILL)
    front.hall.server.wait()
    told = {"Referer": f"https://{HOUSE}/screen/{UNSAID}"}
    for target in (
        f"/wechat?openid={UNSAID}", f"/open/{UNSAID}", f"/screen/{UNSAID}/now", f"/h5/signin/wechat?code={UNSAID}",
        f"/api/v1/me?code={UNSAID}", f"/?code={UNSAID}",
    ):  # fmt: skip
        assert front.ask(HOUSE, target, headers=told).status == 502, target
    assert front.ask(DESK, f"/report/{UNSAID}", headers=told).status == 200
    front.hall.server = front.hall.made.serve()  # for the others, in whatever order they come
    assert UNSAID not in front.log()
    assert re.search(r"GET /h5/signin/wechat 502 ", front.log())
