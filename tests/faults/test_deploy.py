"""What is given to whoever runs it: Dockerfile, compose.yaml, systemd's units, nginx; run as far as goes without them.

One installation with the settings of deploy/, a real PostgreSQL and two Redis as compose.yaml starts them, in which the
very commands of the units and containers are run.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy.orm import Session

from confidential import proxy
from doctor import examine
from engines import ports, sql
from models.activity import ActivityKind
from models.member import MemberStatus
from services import activities, orgs, rights, rosters
from services.rosters import Entry
from simulator.main import running
from simulator.phone import Person
from simulator.transport import Answer, Post, http_post
from simulator.world import World
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
from tests.faults.hall import bind
from tests.faults.installed import Process, children, get, world_of
from texts import doctor as texts

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
    "Unit": "Description Requires StartLimitIntervalSec Wants After PartOf",
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
    world: World
    people: list[Person]
    screen: str  # the path of the open meeting's
    listener: socket.socket
    server: Process

    def workers(self) -> list[int]:
        """The web processes."""
        return children(self.server.pid)


def filled(db: Session, made: Deployed, people: Sequence[Person]) -> str:
    """These people on the roll and bound, and a meeting begun; the path of its screen."""
    for one in people:
        rosters.take(db, Entry(name=one.nickname, group="第一党小组", status=MemberStatus.FULL), {})
    bind(db, made, people, len(people))
    settings, now = made.settings(), datetime.now(UTC)
    act = rights.operator(now, settings.zone)
    meeting = activities.Plan(ActivityKind.PARTY_DAY, "11月主题党日", now, orgs.branch(db, settings.branch.name), "")
    activity = activities.plan(db, act, meeting)
    activities.open_(db, act, activity)
    return f"/screen/{activity.screen}"


@pytest.fixture
def deployed(tmp_path: Path, pg_server: Postgres) -> Iterator[Running]:
    with ExitStack() as until_the_end:
        redis, desk = (until_the_end.enter_context(redis_as(name, tmp_path)) for name in ("redis", "redis-desk"))
        (tmp_path / "home").mkdir(mode=0o700)
        made = Deployed(tmp_path / "home")
        until_the_end.callback(made.end)
        name = pg_server.create()
        made.secrets = {
            "WECHAT_APP_ID": "wx1", "WECHAT_APP_SECRET": "canarySecret", "WECHAT_TOKEN": "canaryToken",
            "WECHAT_AES_KEY": KEY, "DATABASE_URL": pg_server.url(name), "REDIS_URL": redis, "DESK_REDIS_URL": desk,
        }  # fmt: skip
        made.configure()
        done = subprocess.run(
            here(words_of("zhibu-upgrade.service")), env=made.environ, cwd=made.home, check=False, capture_output=True
        )
        assert done.returncode == 0, done.stderr
        world = world_of(made, PATIENT)
        address = until_the_end.enter_context(running(world))
        made.configure(wechat={"api_base": address, "open_base": address})
        engine = sql.open_engine(pg_server.url(name), made.home)
        until_the_end.callback(engine.dispose)
        people = [world.join(f"党员{place}", following=True) for place in range(PEOPLE)]
        screen = sql.run(engine, lambda db: filled(db, made, people))
        listener = until_the_end.enter_context(ports.listen("127.0.0.1", made.port))
        begun = Running(made, world, people, screen, listener, made.runs_at(listener))
        assert made.comes_up(begun.server), made.said()[-3000:]
        world.courier.post = both_ways(f"{made.url}/wechat")
        yield begun
        begun.server.kill()
        begun.server.wait()
        made.end()
        pg_server.drop(name)


def test_the_commands_of_units_and_containers_serve_through_reload_and_restart(deployed: Running) -> None:
    """One test, since what it starts is dear: a check-in, web processes replaced under messages, what was logged."""
    a_check_in_arrives(deployed)
    nobody_goes_unanswered_while_web_processes_are_replaced(deployed)
    what_all_of_it_has_said_is_json_without_a_secret(deployed)


def a_check_in_arrives(deployed: Running) -> None:
    """Every part is started by its unit's command, says that it lives, and ends when told."""
    made, services = deployed.made, compose()["services"]
    upgrade = words_of("zhibu-upgrade.service")
    assert upgrade == [f"{PLACE}zhibu", "db", "upgrade"]  # which has been run
    assert upgrade[1:] == services["upgrade"]["command"][1:]
    for name in ("scheduler", "sender"):
        assert services[name]["command"][1:] == words_of(f"zhibu-{name}{'@' if name == 'sender' else ''}.service")[1:]
    parts = [made.runs("zhibu-scheduler.service"), made.runs("zhibu-sender@.service")]
    healthy = here(json.loads(dict(dockerfile())["HEALTHCHECK"].partition("CMD ")[2]))
    assert healthy[1:] == services["web"]["healthcheck"]["test"][2:]
    assert subprocess.run([sys.executable, *healthy[1:]], env=made.environ, cwd=made.home, check=False).returncode == 0
    assert len(deployed.workers()) == 2
    assert get(made.url + deployed.screen)[0] == 200
    deployed.people[0].scans(deployed.world.tickets.alive()[0].url).hears("签到成功")

    def living() -> bool:
        alive_now = json.loads(get(f"{made.url}/readyz")[1])["alive"]
        return len(alive_now["scheduler"]) == len(alive_now["sender"]) == 1

    eventually(living, what="scheduler and sender")
    for part in parts:
        part.terminate()
    assert [part.wait() for part in parts] == [0, 0]
    found = {one.what: (one.good, one.advice) for one in examine(made.settings())}
    assert {found[what] for what in (texts.REDIS_SET, texts.DESK_REDIS, texts.METRICS)} == {(True, "")}
    nowhere = {**made.environ, "ZHIBU_PORT": "1"}
    assert subprocess.run([sys.executable, *healthy[1:]], env=nowhere, cwd=made.home, check=False).returncode == 1


def nobody_goes_unanswered_while_web_processes_are_replaced(deployed: Running) -> None:
    """Members write all the while, over connections that stay and over new ones; each message is answered at once."""
    made = deployed.made
    before, enough, sent = made.counted("zhibu_turns_total"), Event(), [0] * PEOPLE

    def writes(place: int) -> None:
        way.kept, person = place < 2, deployed.people[place]
        while not enough.wait(0.03):  # seconds: a pace that leaves the cores to what is tested
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

            one_falls_while_the_settings_are_broken(deployed, whole)
            enough.clear()
            writing = [phones.submit(writes, place) for place in range(4)]
            answered(4)
            deployed.server.terminate()  # a restart: the port stays open meanwhile, and who comes waits
            assert deployed.server.wait() == 0
            deployed.server = made.runs_at(deployed.listener)
            answered(8)
        finally:
            ended(enough, writing)
    assert deployed.world.complaints == []
    a_wish_to_stop_ends_a_reload(deployed)
    deployed.server = made.runs_at(deployed.listener)
    # The new ones, too, are tied to the server's life.
    last = eventually(deployed.workers, what="workers")
    deployed.server.kill()
    deployed.server.wait()
    eventually(lambda: not any(map(alive, last)), what="their end")


def one_falls_while_the_settings_are_broken(deployed: Running, whole: str) -> None:
    """Its place stays empty, the other one works on, and with the settings mended there are two again."""
    made, refused = deployed.made, deployed.made.said().count("worker not replaced")
    made.config.write_text("server: {workers: many}", "utf-8")
    fallen, other = deployed.workers()
    os.kill(fallen, signal.SIGKILL)
    eventually(lambda: made.said().count("worker not replaced") > refused, what="the refusal")
    assert {made.answers() for _ in range(8)} == {True}
    assert deployed.workers() == [other]
    made.config.write_text(whole, "utf-8")
    made.reload(deployed.server)
    eventually(lambda: len(deployed.workers()) == 2 and other not in deployed.workers(), what="two new ones")
    for _ in range(2):  # soon after one another
        before = set(deployed.workers())
        os.kill(min(before), signal.SIGKILL)
        eventually(partial(replaced, deployed, before), what="its successor")
    assert deployed.server.poll() is None


def replaced(deployed: Running, before: set[int]) -> bool:
    """Whether there are two web processes, not the same two as before."""
    return len(deployed.workers()) == 2 and set(deployed.workers()) != before


def a_wish_to_stop_ends_a_reload(deployed: Running) -> None:
    """Of successors that never get ready, as these wait for their settings for ever."""
    made, old = deployed.made, deployed.workers()
    whole = made.config.read_text("utf-8")
    made.config.unlink()
    os.mkfifo(made.config)
    made.reload(deployed.server)
    eventually(lambda: len(children(deployed.server.pid)) > len(old), what="successors")
    deployed.server.terminate()
    assert deployed.server.wait(20) == 0
    made.config.unlink()
    made.config.write_text(whole, "utf-8")


def reloads(deployed: Running) -> None:
    """New web processes, while some lines have been silent and some have only just been opened."""
    old, made = deployed.workers(), deployed.made
    idle = lines(made, 8)
    assert all(asks(one) for one in idle)
    made.reload(deployed.server)
    eventually(lambda: not any(holds(one, deployed.listener) for one in old), what="who lets go of the socket")
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


def holds(process: int, held: socket.socket) -> bool:
    """Whether it has this socket open."""
    inode = os.fstat(held.fileno()).st_ino
    try:
        return any(entry.stat().st_ino == inode for entry in Path(f"/proc/{process}/fd").iterdir())
    except OSError:  # it has ended, or has just closed one
        return alive(process)


def ended(enough: Event, writing: list[Future[None]]) -> None:
    """Let them stop, and hear what each has met."""
    enough.set()
    for one in writing:
        one.result()


def what_all_of_it_has_said_is_json_without_a_secret(deployed: Running) -> None:
    """Each line an object; none holds what a member is known by, wrote or heard."""
    lines = deployed.made.said().splitlines()
    facts = [json.loads(line) for line in lines if line.startswith("{")]
    assert "\n".join(line for line in lines if not line.startswith("{")) == ""
    assert any("server.workers: expected a whole number" in one["event"] for one in facts)
    assert all({"time", "level", "logger", "event"} <= set(one) for one in facts)
    whole = deployed.made.said()
    secret = [one.openid for one in deployed.people] + [one.nickname for one in deployed.people]
    for word in (*secret, "canarySecret", "canaryToken", KEY, "活动", "签到", deployed.screen.rpartition("/")[2]):
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
    for part in ("zhibu-web", "zhibu-scheduler", "zhibu-sender@"):  # required, a database away once would keep it down
        assert "zhibu-upgrade.service" in unit(f"{part}.service")["Unit"]["Wants"]
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
    mounted = compose()["x-zhibu"]["env_file"].partition(":-./")[2].partition("}")[0]  # beside it lie certificates
    assert mounted == "etc"
    assert f"/{mounted}/" in (ROOT / ".gitignore").read_text("utf-8").split("\n")
    assert {mounted, ".git", "var", "*.db", "config.yaml", "**/*.env", "*.xlsx", "*.csv"} <= set(kept_out)

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

    # The sign-in page alone is told where somebody comes from, and by nginx, not by whoever comes.
    conf = proxy.parse((ROOT / "docs" / "nginx.conf.example").read_text("utf-8"))
    (told,) = conf.every("map")
    assert [told.words[1:], *(one.words for one in told.inside)] == [
        ["$uri", "$come_from"], ["default", ""], ["~^/h5/", "$remote_addr"],
    ]  # fmt: skip
    passed = [one.words[2] for one in conf.every("proxy_set_header") if one.words[1] == "X-Forwarded-For"]
    assert passed == ["$come_from", ""]

    # What nginx's container makes of the example is no other in what it tells.
    shell = services["nginx"]["command"][2].partition(" && exec")[0].replace("${ZHIBU_DESK:-web:8000}", "desk:8010")
    shell = shell.replace("/etc/zhibu/nginx.conf", str(ROOT / "docs" / "nginx.conf.example"))
    subprocess.run(["sh", "-c", re.sub(r"\S+$", str(tmp_path / "nginx.conf"), shell)], check=True)
    made = (tmp_path / "nginx.conf").read_text("utf-8")
    assert proxy.tells(made) == []
    upstreams = [one.words[1] for block in proxy.parse(made).every("upstream") for one in block.every("server")]
    assert upstreams == ["web:8000", "desk:8010"]
    said, _ = installing.communicate()
    assert installing.returncode == 0, said
