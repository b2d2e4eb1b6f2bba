"""What the pages for people promise, held against the house: links, commands, keys, manuals, and the one how-to."""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pytest
import redis
import yaml

import cli
from bot.dialogues import REGISTRY
from bot.talk import Talk
from models.appointment import Role
from tests.branch import Branch, branch_on
from tests.engines import Database
from tests.house.test_house import BANNED_WORDS, ROOT, house_files, short

README = ROOT / "README.md"
HOW_TO = ROOT / "docs" / "how-to-add-a-dialogue.md"
MANUALS = ROOT / "docs" / "手册"
MEMBERS_MANUAL = MANUALS / "成员手册.md"
LEADERS_MANUALS = ("组长手册.md", "书记手册.md", "学习手册.md", "提醒手册.md", "意见征集公告手册.md")
FOLLOWED = "从空的系统到第一次会议"
DECISIONS = ROOT / "docs" / "decisions"
LARGEST_PICTURE = 150_000  # bytes
FENCE = re.compile(r"^```.*?^```\s*$", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """Every page of ours; foreign ones keep their own rules."""
    return [file for file in house_files(".md") if "vendor" not in file.parts]


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


# --- all pages -------------------------------------------------------------------------------------------------


def test_every_relative_link_leads_somewhere() -> None:
    dead = []
    for page in pages():
        prose = FENCE.sub("", read(page))
        for target in re.findall(r"\]\(<?([^)>\s]+)>?\)|src=\"([^\"]+)\"", prose):
            address = unquote("".join(target).partition("#")[0])
            if address and "://" not in address and not (page.parent / address).exists():
                dead.append(f"{short(page)}: {address}")
    assert dead == []


def test_every_file_a_page_names_is_there() -> None:
    promised = {block.path for block in blocks()}
    gone = [
        f"{short(page)}: {name}"
        for page in pages()
        for name in re.findall(r"`([\w.-]+(?:/[\w.-]+)+\.(?:py|md|yaml|txt|in|toml|png|csv))`", read(page))
        if not name.startswith("var/") and not (ROOT / name).exists() and name not in promised
    ]
    assert gone == []


def test_every_setting_a_page_names_is_in_config_yaml() -> None:
    content = yaml.safe_load(read(ROOT / "config.yaml"))

    def known(dotted: str) -> bool:
        node = content
        for part in dotted.split("."):
            if not isinstance(node, dict) or part not in node:
                return False
            node = node[part]
        return True

    named = re.compile(rf"`((?:{'|'.join(content)})(?:\.[a-z_]+)+)`")
    unknown = [
        f"{short(page)}: {key}"
        for page in pages()
        for key in named.findall(read(page))
        if not known(key) and not key.endswith((".py", ".md", ".db")) and not hasattr(Talk, key.removeprefix("talk."))
    ]
    assert unknown == []


def test_no_page_speaks_of_a_place_or_a_list_that_readers_do_not_have() -> None:
    foreign = re.compile(r"/(?:work|tmp|root)/|\bissue \d+", re.IGNORECASE)
    assert [f"{short(page)}: {found}" for page in pages() for found in foreign.findall(read(page))] == []


def test_no_picture_is_heavy() -> None:
    heavy = [short(file) for file in house_files(".png") if file.stat().st_size > LARGEST_PICTURE]
    assert heavy == []


# --- README ----------------------------------------------------------------------------------------------------


def test_the_readme_names_every_make_target() -> None:
    targets = re.findall(r"^([a-z][a-z-]*):.*?## ", read(ROOT / "Makefile"), re.MULTILINE)
    assert "run" in targets
    assert [target for target in targets if f"`make {target}`" not in read(README)] == []


def commands(parser: argparse.ArgumentParser, said: str = "zhibu") -> Iterator[str]:
    """Every command that does something, as it is typed."""
    if parser.get_default("act"):
        yield said
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from commands(below, f"{said} {name}")


def test_the_readme_names_every_command() -> None:
    found = list(commands(cli._parser()))
    assert "zhibu activities open" in found
    text = read(README)
    assert [command for command in found if not re.search(rf"`{command}[ `]", text)] == []


def test_the_readme_names_no_command_that_is_not_there() -> None:
    found = set(commands(cli._parser()))
    named = re.findall(r"`zhibu ((?:[a-z]+ ?)+)", read(README))
    assert named
    assert [command for command in named if f"zhibu {command.strip()}" not in found] == []


# --- decisions and changes ---------------------------------------------------------------------------------------


def test_every_decision_tells_context_choice_and_cost_and_is_listed() -> None:
    index = read(DECISIONS / "README.md")
    found = [page for page in pages() if page.parent == DECISIONS and page.name != "README.md"]
    numbers = [int(page.name[:4]) for page in found]
    assert numbers == list(range(1, len(found) + 1))
    for page in found:
        headings = re.findall(r"^## (.+)$", read(page), re.MULTILINE)
        assert headings == ["Context", "Decision", "What it costs"], short(page)
        title = read(page).partition("\n")[0].removeprefix("# ")
        assert f"[{title}]({page.name})" in index, short(page)


def test_every_library_of_the_product_has_its_reason() -> None:
    lines = [line.partition("#")[0].strip() for line in read(ROOT / "requirements.in").splitlines()]
    names = [re.split(r"[\[<>=]", line)[0] for line in lines if line]
    reasons = read(DECISIONS / "0001-libraries.md")
    assert names
    assert [name for name in names if f"| {name} |" not in reasons] == []


def test_the_list_of_changes_knows_this_version() -> None:
    version = re.search(r'^version = "(.+)"', read(ROOT / "pyproject.toml"), re.MULTILINE)
    assert version
    assert re.search(rf"^## \[{re.escape(version[1])}\]", read(ROOT / "CHANGELOG.md"), re.MULTILINE)


# --- manuals -----------------------------------------------------------------------------------------------------


def test_manuals_keep_to_the_branchs_language() -> None:
    found = sorted(MANUALS.glob("*.md"))
    assert MEMBERS_MANUAL in found
    slips = [
        f"{short(page)}:{number}: {word}"
        for page in found
        for number, line in enumerate(read(page).splitlines(), 1)
        for word, pattern in BANNED_WORDS.items()
        if re.search(pattern, line)
    ]
    assert slips == []


def test_the_members_manual_names_every_dialogue_and_every_way_out() -> None:
    manual = read(MEMBERS_MANUAL)
    names = [dialogue.name for dialogue in REGISTRY]
    assert "签到" in names
    assert [name for name in [*names, "取消", "上一步", "继续"] if f"「{name}」" not in manual] == []


def leaders_manual(name: str) -> str:
    """The manual without its chapter that tests/pages/test_stranger.py follows step by step."""
    before, _, rest = read(MANUALS / name).partition(f"## {FOLLOWED}\n")
    return before + rest.partition("\n## ")[2]


@pytest.mark.parametrize("name", LEADERS_MANUALS)
def test_every_button_a_leaders_manual_names_is_on_a_page(name: str) -> None:
    shown = "".join(
        read(file) for file in [*(ROOT / "pages" / "templates").rglob("*.html"), *(ROOT / "texts").glob("*.py")]
    )
    named = re.findall("「([^」]+)」", leaders_manual(name))
    assert len(named) > 10
    assert [button for button in named if button not in shown] == []


def test_every_button_the_handlers_manual_names_is_on_their_page() -> None:
    desk = ROOT / "confidential" / "static"
    shown = read(desk / "handler.html") + read(desk / "sentences.js")
    manual = read(MANUALS / "承办人手册.md")
    named = re.findall("「([^」]+)」", manual)
    assert len(named) > 20
    assert [button for button in named if button not in shown] == []
    assert len(manual) < 3_300
    duties = re.findall("^- (.+)$", manual.partition("## 要准备的")[0], re.MULTILINE)
    assert len(duties) == 5
    assert [duty for duty in duties if duty not in shown] == []


@pytest.mark.parametrize("name", LEADERS_MANUALS)
def test_every_word_a_leaders_manual_sends_is_heard(name: str) -> None:
    known = {dialogue.name for dialogue in REGISTRY} | {"1", "2"}
    sent = re.findall("发“([^”]+)”", leaders_manual(name))
    assert [words for words in sent if words.split()[0] not in known] == []


@pytest.mark.parametrize("name", LEADERS_MANUALS)
def test_a_leaders_manual_fits_three_pages(name: str) -> None:
    assert len(read(MANUALS / name)) < 3_300


@pytest.fixture
def branch(database: Database, empty_redis: redis.Redis, redis_url: str) -> Iterator[Branch]:
    """A branch to talk with."""
    with branch_on(database, redis_url) as found:
        yield found
        assert found.world.complaints == []


def test_every_line_of_help_can_be_reached_from_help(branch: Branch) -> None:
    member, stranger = branch.bound("张建国"), branch.phone("somebody")
    branch.appoints("张建国", Role.SECRETARY)
    heard = ""
    for phone in (member, stranger):
        heard += phone.says("帮助").reply + "\n" + phone.says("更多").reply + "\n"
        phone.says("取消")
    lines = [dialogue.help for dialogue in REGISTRY if dialogue.help]
    assert [line for line in lines if not re.search(rf"\d {re.escape(line)}(\s|$)", heard)] == []


# --- the how-to, followed to the letter ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """One fenced block of the how-to and the file it goes into."""

    path: str
    language: str
    text: str


def blocks() -> list[Block]:
    """The blocks whose file is named in the line above them."""
    found = re.findall(r"^`([^`\n]+)`\n\n```(\w+)\n(.*?)^```$", read(HOW_TO), re.MULTILINE | re.DOTALL)
    assert len(found) == len(FENCE.findall(read(HOW_TO))), "a block without the name of its file"
    return [Block(*each) for each in found]


def put(block: Block, house: Path) -> None:
    """Do what the page says with one block: make the file, or change it."""
    file = house / block.path
    if block.language == "diff":
        file.write_text(changed(read(file), block.text), encoding="utf-8")
        return
    assert not file.exists(), f"{block.path} is there already"
    file.write_text(block.text, encoding="utf-8")


def changed(text: str, diff: str) -> str:
    """The text with a diff done to it where its old lines stand first; … is whatever such a line holds."""
    lines = text.splitlines()
    marked = [(line[:1] or " ", line[1:]) for line in diff.splitlines()]
    old = [re.compile(re.escape(line).replace("…", "(.*)")) for mark, line in marked if mark in " -"]
    for start in range(len(lines) - len(old) + 1):
        there = [each.fullmatch(line) for each, line in zip(old, lines[start:], strict=False)]
        if all(there):
            break
    else:
        raise AssertionError(f"these lines are nowhere:\n{diff}")
    new: list[str] = []
    standing = iter(there)
    held: list[str] = []  # what … stood for in lines that go
    for mark, line in marked:
        if mark == "+":
            new.append(line.replace("…", held.pop(0)) if "…" in line else line)
            continue
        found = next(standing)
        assert found
        if mark == "-":
            held += found.groups()
        else:
            new.append(found.string)
    return "\n".join([*lines[:start], *new, *lines[start + len(old) :]]) + "\n"


@pytest.mark.parametrize(
    ("diff", "wanted"),
    [
        (" a\n+b\n", "a\nb\nimport x, y\n\nend\n"),
        ("-import …\n+import …, z\n", "a\nimport x, y, z\n\nend\n"),
        (" import …\n\n+b\n", "a\nimport x, y\n\nb\nend\n"),
    ],
)
def test_a_diff_is_done_where_its_old_lines_stand(diff: str, wanted: str) -> None:
    assert changed("a\nimport x, y\n\nend\n", diff) == wanted


def test_a_diff_without_its_place_fails() -> None:
    with pytest.raises(AssertionError, match="nowhere"):
        changed("a\nb\n", " c\n+d\n")


def test_a_sixth_dialogue_comes_from_the_one_page(tmp_path: Path) -> None:
    house = tmp_path / "house"
    for file in house_files():
        copy = house / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, copy)
    written = [block.path for block in blocks() if block.language == "python"]
    talks = [path for path in written if path.startswith("tests/talks/")]
    assert talks
    for block in blocks():
        put(block, house)
    in_house(house, "git", "init", "--quiet")
    ruff = str(Path(sys.executable).with_name("ruff"))
    in_house(house, ruff, "check", "--no-cache", *written)
    in_house(house, ruff, "format", "--no-cache", "--check", *written)
    # The page's own talks, and those rules of the house that a new dialogue may break.
    ran = in_house(
        house, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'inner'}",
        *talks, "tests/house", "-k", "telephone or manual or help or language or arrows",
    )  # fmt: skip
    talked = sum(read(house / path).count("\ndef test_") for path in talks)
    passed = re.search(r"(\d+) passed", ran)
    assert passed
    assert int(passed[1]) > talked


def in_house(house: Path, *command: str) -> str:
    """Run a command in the copy as somebody would who has cloned it; returns what it said."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GIT_"))}
    done = subprocess.run(command, cwd=house, env=ours, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
