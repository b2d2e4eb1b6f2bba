"""What is given to whoever runs it: Dockerfile, compose.yaml, systemd's units, nginx; run as far as goes without them.

One installation with the settings of deploy/, a real PostgreSQL and two Redis as compose.yaml starts them, in which the
very commands of the units and containers are run.
"""

import json
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from threading import Event

import pytest

from confidential import proxy
from engines import ports
from simulator.transport import Answer, Post, http_post
from tests.branch import ROOT
from tests.engines import Postgres, alive, eventually
from tests.faults.deployed import (
    KEY,
    PLACE,
    UNITS,
    Deployed,
    compose,
    dockerfile,
    here,
    redis_as,
    unit,
    variables,
    words_of,
)
from tests.faults.hall import Hall, hall_in
from tests.faults.installed import Process, children, get

PEOPLE = 8
PATIENT = 30.0  # seconds a phone of the tests waits: what is lost is to be told from what is slow on a busy machine
SERVICES = ("zhibu-web", "zhibu-scheduler", "zhibu-sender@", "zhibu-desk", "zhibu-upgrade", "zhibu-backup")
STAYING = SERVICES[:4]
HARDENED = {
    "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "UMask": "0077",
    "PrivateDevices": "yes", "CapabilityBoundingSet": "", "SystemCallFilter": "@system-service", "User": "zhibu",
    "EnvironmentFile": "/etc/zhibu/zhibu.env",
}  # fmt: skip
KNOWN = {  # the directives we use, for machines without systemd-analyze: whoever adds one adds it here, looked up
    "Unit": "Description Requires Wants After PartOf",
    "Service": "Type User Group StateDirectory StateDirectoryMode WorkingDirectory Environment EnvironmentFile ExecStart"
    " ExecReload KillMode TimeoutStartSec TimeoutStopSec Restart RestartSec LimitNOFILE Nice IOSchedulingClass"
    " NoNewPrivileges ProtectSystem ReadWritePaths ProtectHome PrivateTmp PrivateDevices ProtectKernelTunables"
    " ProtectKernelModules ProtectKernelLogs ProtectControlGroups ProtectClock ProtectHostname RestrictNamespaces"
    " RestrictRealtime RestrictSUIDSGID LockPersonality RestrictAddressFamilies CapabilityBoundingSet"
    " SystemCallArchitectures SystemCallFilter UMask",
    "Socket": "ListenStream Backlog NoDelay",
    "Timer": "OnCalendar RandomizedDelaySec Persistent",
    "Install": "WantedBy",
}


way = threading.local()  # `kept` tells whether this phone's deliveries come over a connection that stays


def both_ways(url: str) -> Post:
    """Over the connection that is kept where the phone is such a one, else over a new one each time."""
    kept, anew = http_post(url), http_post(url, stays=False)

    def post(query: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        return (kept if getattr(way, "kept", False) else anew)(query, body, seconds)

    return post


@dataclass
class Running:
    """A hall of bound members, and the server that its units have started, behind a socket that stays open."""

    made: Deployed
    hall: Hall
    listener: socket.socket
    server: Process

    def workers(self) -> list[int]:
        """The web processes."""
        return children(self.server.pid)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory, pg_server: Postgres) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("deployed")
    with ExitStack() as until_the_end:
        redis, desk = (until_the_end.enter_context(redis_as(name, folder)) for name in ("redis", "redis-desk"))
        (folder / "home").mkdir(mode=0o700)
        made = Deployed(folder / "home")
        until_the_end.callback(made.end)
        name = pg_server.create()
        made.secrets = {
            "WECHAT_APP_ID": "wx1", "WECHAT_APP_SECRET": "canarySecret", "WECHAT_TOKEN": "canaryToken",
            "WECHAT_AES_KEY": KEY, "DATABASE_URL": pg_server.url(name), "REDIS_URL": redis, "DESK_REDIS_URL": desk,
        }  # fmt: skip
        made.configure()
        hall = until_the_end.enter_context(hall_in(made, PEOPLE, cut=PATIENT / 10))
        hall.world.courier.cut = PATIENT
        listener = until_the_end.enter_context(ports.listen("127.0.0.1", made.port))
        running = Running(made, hall, listener, made.runs_at(listener))
        assert made.comes_up(running.server), made.said()[-3000:]
        hall.world.courier.post = both_ways(f"{made.url}/wechat")
        yield running
        running.server.kill()
        running.server.wait()
        made.end()
        hall.engine.dispose()
        pg_server.drop(name)


def test_the_commands_of_units_and_containers_serve_a_check_in(deployed: Running) -> None:
    made, services = deployed.made, compose()["services"]
    upgrade = words_of("zhibu-upgrade.service")
    assert upgrade == [f"{PLACE}zhibu", "db", "upgrade"]  # which hall_in has run
    assert upgrade[1:] == services["upgrade"]["command"][1:]
    for name in ("scheduler", "sender"):
        assert services[name]["command"][1:] == words_of(f"zhibu-{name}{'@' if name == 'sender' else ''}.service")[1:]
    parts = [made.runs("zhibu-scheduler.service"), made.runs("zhibu-sender@.service")]
    healthy = here(json.loads(dict(dockerfile())["HEALTHCHECK"].partition("CMD ")[2]))
    assert healthy[1:] == services["web"]["healthcheck"]["test"][2:]
    assert subprocess.run([sys.executable, *healthy[1:]], env=made.environ, cwd=made.home, check=False).returncode == 0
    assert len(deployed.workers()) == 2
    assert get(made.url + deployed.hall.screen)[0] == 200
    deployed.hall.people[0].scans(deployed.hall.world.tickets.alive()[0].url).hears("签到成功")
    assert list(deployed.hall.arrivals()) == [deployed.hall.people[0].nickname]

    def living() -> bool:
        alive_now = json.loads(get(f"{made.url}/readyz")[1])["alive"]
        return len(alive_now["scheduler"]) == len(alive_now["sender"]) == 1

    eventually(living, what="scheduler and sender")
    for part in parts:
        part.terminate()
    assert [part.wait() for part in parts] == [0, 0]
    doctor = made.zhibu("doctor").stdout
    assert "✓ Redis 的设置合适\n" in doctor
    assert "✓ 保密反映的缓存不存盘，只给它用\n" in doctor
    assert "✓ 各种计数看得到（/metrics）\n" in doctor
    nowhere = {**made.environ, "ZHIBU_PORT": "1"}
    assert subprocess.run([sys.executable, *healthy[1:]], env=nowhere, cwd=made.home, check=False).returncode == 1


def test_nobody_goes_unanswered_while_web_processes_are_replaced(deployed: Running) -> None:
    """Members write all the while, over connections that stay and over new ones; each message is answered at once."""
    made, hall = deployed.made, deployed.hall
    before, enough, sent = made.counted("zhibu_turns_total"), Event(), [0] * PEOPLE

    def writes(place: int) -> None:
        way.kept, person = place < 2, hall.people[place]
        while not enough.is_set():
            heard = person.says("活动").hears("主题党日")
            assert [one.status for one in heard.deliveries] == [200], heard.deliveries
            sent[place] += 1

    def answered(more: int) -> None:
        aim = sum(sent) + more
        eventually(lambda: sum(sent) >= aim or any(one.done() for one in writing), what="answers")

    with ThreadPoolExecutor(4) as phones:
        writing = [phones.submit(writes, place) for place in range(4)]
        try:
            answered(4)
            reloads(deployed)
            answered(8)
            # Broken settings are found by who would start with them; who works goes on.
            whole, old = made.config.read_text("utf-8"), deployed.workers()
            made.config.write_text("server: {workers: many}", "utf-8")
            made.reload(deployed.server)
            eventually(lambda: made.said().count("worker not replaced") == 2, what="the refusal")
            made.config.write_text(whole, "utf-8")
            assert deployed.workers() == old
            told = {made.counted("zhibu_web_processes") for _ in range(8)}
            ended(enough, writing)
            assert told == {2}
            # What ended workers have counted counts as well, whoever is asked.
            assert {made.counted("zhibu_turns_total") - before for _ in range(8)} == {sum(sent)}

            enough.clear()
            writing = [phones.submit(writes, place) for place in range(4)]
            answered(4)
            deployed.server.terminate()  # a restart: the port stays open meanwhile, and who comes waits
            assert deployed.server.wait() == 0
            deployed.server = made.runs_at(deployed.listener)
            answered(8)
        finally:
            ended(enough, writing)
    assert hall.world.complaints == []
    # The new ones, too, are tied to the server's life.
    last = eventually(deployed.workers, what="workers")
    deployed.server.kill()
    deployed.server.wait()
    eventually(lambda: not any(map(alive, last)), what="their end")


def reloads(deployed: Running) -> None:
    """New web processes, while some lines are in use, some have been silent, and some have only just been opened."""
    old, made = deployed.workers(), deployed.made
    idle, asking = lines(made, 8), lines(made, 6)
    assert all(asks(one) for one in idle)
    made.reload(deployed.server)
    for one in asking:
        eventually(partial(parts, one), what="the end of a line in use")
    late = lines(made, 8)  # they come while the old ones leave, and say nothing yet
    assert not any(asks(one) for one in idle)
    eventually(lambda: len(deployed.workers()) == 2 and not set(deployed.workers()) & set(old), what="new workers")
    assert all(asks(one) for one in late)
    for one in late:
        one.close()


def lines(made: Deployed, number: int) -> list[HTTPConnection]:
    """So many open connections."""
    opened = [HTTPConnection("127.0.0.1", made.port, timeout=PATIENT) for _ in range(number)]
    for one in opened:
        one.connect()
    return opened


def asks(line: HTTPConnection) -> bool:
    """Ask over it and be answered; whether it stays open."""
    line.request("GET", "/livez")
    answer = line.getresponse()
    assert (answer.status, answer.read()) == (200, b"ok")
    return not answer.will_close


def parts(line: HTTPConnection) -> bool:
    """Ask over it and be told that this was the last time."""
    return not asks(line)


def ended(enough: Event, writing: list[Future[None]]) -> None:
    """Let them stop, and hear what each has met."""
    enough.set()
    for one in writing:
        one.result()


def test_what_all_of_it_has_said_is_json_without_a_secret(deployed: Running) -> None:
    """After the tests above: each line an object; none holds what a member is known by, wrote or heard."""
    lines = deployed.made.said().splitlines()
    facts = [json.loads(line) for line in lines if line.startswith("{")]
    assert [line for line in lines if not line.startswith("{")] == []
    assert any("server.workers: expected a whole number" in one["event"] for one in facts)
    turns = [one for one in facts if one["event"] == "turn"]
    assert turns
    assert all(set(one) == {"time", "level", "logger", "event", "request", "kind", "ms", "replied"} for one in turns)
    assert len({one["request"] for one in turns}) == len(turns)
    assert {type(one["ms"]) for one in turns} == {float}
    whole = deployed.made.said()
    secret = [one.openid for one in deployed.hall.people] + [one.nickname for one in deployed.hall.people]
    for word in (*secret, "canarySecret", "canaryToken", KEY, "活动", "签到", deployed.hall.screen.rpartition("/")[2]):
        assert word not in whole


def test_units_are_what_systemd_takes_and_give_little_away(tmp_path: Path) -> None:
    for file in UNITS.iterdir():
        for section, directives in unit(file.name).items():
            assert set(directives) <= set(KNOWN[section].split()), file.name
        (tmp_path / file.name).write_text(file.read_text("utf-8").replace(PLACE, f"{here(['zhibu'])[0][:-5]}"), "utf-8")
    for name in SERVICES:
        service = unit(f"{name}.service")["Service"]
        assert {key: service.get(key) for key in HARDENED} == HARDENED, name
        assert set(service["ReadWritePaths"].split()) <= {"/var/lib/zhibu", "/var/backups/zhibu"}
        assert (service.get("Restart") == "always") == (name in STAYING), name
    assert "zhibu-upgrade.service" in unit("zhibu-web.service")["Unit"]["Requires"]
    port = unit("zhibu-web.socket")["Socket"]["ListenStream"]
    assert port == "127.0.0.1:8000"
    analyze = shutil.which("systemd-analyze")
    if analyze:  # else the list above has to do
        files = [str(file) for file in sorted(tmp_path.iterdir())]
        told = subprocess.run([analyze, "verify", *files], check=False, capture_output=True, text=True)
        ours = [line for line in told.stderr.splitlines() if "zhibu" in line]
        assert ours == []


def test_the_image_has_no_secret_and_what_compose_starts_is_whole(tmp_path: Path) -> None:
    steps = dockerfile()
    last = max(place for place, (word, _) in enumerate(steps) if word == "FROM")
    final = dict(steps[last:])
    assert final["USER"] == "zhibu"
    runs = [rest for word, rest in steps if word == "RUN"]
    install = next(run for run in runs if "--require-hashes" in run)
    dry = [sys.executable, *install.split()[1:], "--dry-run", "--no-index"]
    installing = subprocess.Popen(dry, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    kept_out = (ROOT / ".dockerignore").read_text("utf-8").split("\n")
    assert {".git", "var", "*.db", "config.yaml", "**/*.env"} <= set(kept_out)

    content = compose()
    services = content["services"]
    assert json.loads(final["CMD"]) == services["web"]["command"]
    for name, one in services.items():
        assert one.get("image") or one.get("build"), name
        for needed, how in dict(one.get("depends_on", {})).items():
            waits = {"service_healthy": "healthcheck", "service_completed_successfully": "command"}[how["condition"]]
            assert waits in services[needed], f"{name} waits for {needed}"
        for volume in one.get("volumes", []):
            source = volume.split(":")[0]
            assert source.startswith(("$", ".")) or source in content["volumes"], volume
        assert "restart" in one, name
        assert one.get("ports") is None or name == "nginx"  # nobody else is reached from outside
        if one["image"].startswith("zhibu:"):
            assert one["read_only"]
            assert one["cap_drop"] == ["ALL"]
            assert here(one["command"])[0] == str(here(["zhibu"])[0])
    text = (ROOT / "compose.yaml").read_text("utf-8") + (ROOT / "Dockerfile").read_text("utf-8")
    assert not re.search(r"(PASSWORD|SECRET|TOKEN|KEY): (?!\$\{)\S", text)
    example = (ROOT / "deploy" / "zhibu.env.example").read_text("utf-8")
    assert not re.search(r"^(POSTGRES_PASSWORD|WECHAT_\w+)=.", example, re.MULTILINE)
    asked = set(re.findall(r"\$\{([A-Z_]+)\}", (ROOT / "deploy" / "config.yaml").read_text("utf-8")))
    assert asked <= set(variables())

    # What nginx's container makes of the example is no other in what it tells.
    shell = services["nginx"]["command"][2].partition(" && exec")[0].replace("${ZHIBU_DESK:-web:8000}", "desk:8000")
    shell = shell.replace("/etc/zhibu/nginx.conf", str(ROOT / "docs" / "nginx.conf.example"))
    subprocess.run(["sh", "-c", re.sub(r"\S+$", str(tmp_path / "nginx.conf"), shell)], check=True)
    made = (tmp_path / "nginx.conf").read_text("utf-8")
    assert proxy.tells(made) == []
    upstreams = [one.words[1] for block in proxy.parse(made).every("upstream") for one in block.every("server")]
    assert upstreams == ["web:8000", "desk:8000"]
    said, _ = installing.communicate()
    assert installing.returncode == 0, said
