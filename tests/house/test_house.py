"""Rules of the house that can be read off the code, read off the code."""

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import services
from services.errors import Refusal
from tests.engines import Database, Postgres
from tests.house.migrations import differences, engine_for
from texts import refusals

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = (
    "bot", "miniprogram_api", "pages", "jobs", "confidential", "services", "models", "sealed", "sheets", "texts", "wechat",
    "engines", "migrations", "simulator", "demo", "commands", "backups",
)  # fmt: skip

DESK = ROOT / "confidential" / "static"
DESK_WORDS = DESK / "sentences.js"
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")

# What a member of the branch is never told, and why it is easy to slip in.
BANNED_WORDS = {
    "打卡": r"打卡",  # a duty to report every day
    "用户": r"用户",  # people are members, 同志
    "亲": r"(?<![父母双至探])亲(?![自属友人切笔戚])",  # a shop's way of speaking
    "恭喜": r"恭喜",
    "代签": r"代签",  # nobody signs for another
    "补签": r"补签",  # 人工登记
    "尊敬的": r"尊敬的",
    "！！": r"[！!]{2}",
}


def house_files(*suffixes: str) -> list[Path]:
    """Every file git knows or would take, with one of the suffixes (or all)."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    files = [ROOT / name.decode() for name in sorted(set(listed.stdout.split(b"\0"))) if name]
    return [file for file in files if file.is_file() and (not suffixes or file.suffix in suffixes)]


def short(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_the_first_line_of_every_module_says_what_it_is_for() -> None:
    silent = []
    for file in house_files(".py"):
        source = file.read_text(encoding="utf-8")
        said = ast.get_docstring(ast.parse(source)) or ""
        if not source.startswith('"""') or len(said.splitlines()[0] if said else "") < 15:
            silent.append(short(file))
    assert silent == []


def readme_map() -> dict[str, str]:
    """Read the map in README.md: the fenced block whose lines are `path/  what it is for`."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for block in re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        lines = [re.split(r"\s{2,}", line.strip()) for line in block.splitlines() if line.strip()]
        found = {
            cell: cells[-1] for cells in lines for cell in cells if re.fullmatch(r"[\w./-]+(/|\.\w+)|Makefile", cell)
        }
        if {"bot/", "services/"} <= found.keys():
            return found
    raise AssertionError("README.md has no map")


def test_the_map_in_the_readme_is_the_disk() -> None:
    named = readme_map()
    assert [path for path in named if not (ROOT / path).exists()] == []
    tops = {file.relative_to(ROOT).parts for file in house_files()}
    folders = {f"{parts[0]}/" for parts in tops if len(parts) > 1 and not parts[0].startswith(".")}
    modules = {parts[0] for parts in tops if len(parts) == 1 and parts[0].endswith(".py")}
    covered = {f"{path.split('/')[0]}/" if "/" in path else path for path in named}
    assert sorted((folders | modules) - covered) == []


def test_no_file_names_a_registry_or_a_place_on_somebodys_machine() -> None:
    names = ("pypi org", "pypi tuna", "npmjs org", "npmjs com", "yarnpkg com", "proxy golang")
    hosts = ("pythonhosted", "npmmirror", *(name.replace(" ", ".") for name in names))
    places = (f"{ROOT}/", f"{Path.home()}/", "/home/")
    forbidden = re.compile("|".join(re.escape(word) for word in hosts + places))
    found = []
    for file in house_files():
        if file == Path(__file__).resolve():
            continue
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        found += [f"{short(file)}: {match}" for match in forbidden.findall(text)]
    assert found == []


def test_the_locks_pin_every_package_by_hash_and_name_no_address() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        for pinned in re.findall(r"^[a-z][^\n]*", text, re.MULTILINE):
            assert re.match(r"[a-z0-9._\[\]-]+==[^ ]+( ; .*)? \\$", pinned), f"{name}: {pinned}"
        assert len(re.findall(r"^[a-z]", text, re.MULTILINE)) <= text.count("--hash=sha256:")


def test_every_key_of_config_yaml_has_a_comment_and_every_value_a_unit() -> None:
    lines = (ROOT / "config.yaml").read_text(encoding="utf-8").splitlines()
    silent = []
    for before, line in zip(["", *lines], lines, strict=False):
        if not (key := re.match(r"\s*(\w+):\s*([^#]*)", line)):
            continue
        same_line = line.partition(" #")[2]
        comment = same_line or (before if before.lstrip().startswith("#") else "")
        has_value = bool(key[2].strip())
        if not comment or (has_value and not re.search(r"（.+?）", comment)):
            silent.append(line.strip())
    assert silent == []


def words_in(file: Path) -> Iterator[tuple[int, str]]:
    """What a person may read of a file: string literals of code without docstrings, templates without comments."""
    source = file.read_text(encoding="utf-8")
    if file.suffix == ".js":
        for number, line in enumerate(source.splitlines(), 1):
            yield from ((number, said) for said in re.findall(r'"[^"]*"|`[^`]*`', line) if CHINESE.search(said))
        return
    if file.suffix != ".py":
        without_comments = re.sub(r"\{#.*?#\}|<!--.*?-->", "", source, flags=re.DOTALL)
        yield from enumerate(without_comments.splitlines(), 1)
        return
    tree = ast.parse(source)
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value


def test_texts_and_templates_keep_to_the_branchs_language() -> None:
    readable = [*(ROOT / "texts").rglob("*.py"), *(ROOT / "pages").rglob("*.html"), *DESK.glob("*.html"), DESK_WORDS]
    assert len(list(DESK.glob("*.html"))) == 3
    assert len(list(words_in(DESK_WORDS))) > 50
    slips = [
        f"{short(file)}:{number}: {word}"
        for file in readable
        for number, words in words_in(file)
        for word, pattern in BANNED_WORDS.items()
        if re.search(pattern, words)
    ]
    assert slips == []


def test_the_desks_pages_build_sentences_in_one_place() -> None:
    chosen = [file for file in DESK.glob("*.js") if file not in {DESK_WORDS, DESK / "words.js"}]
    assert len(chosen) > 10
    assert [f"{short(file)}:{line}: {said}" for file in chosen for line, said in words_in(file)] == []


@pytest.mark.parametrize(("words", "slips"), [("亲，签到啦", ["亲"]), ("请本人亲自签到！", []), ("成功!!", ["！！"])])
def test_the_guard_of_language_tells_right_from_wrong(words: str, slips: list[str]) -> None:
    assert [word for word, pattern in BANNED_WORDS.items() if re.search(pattern, words)] == slips


def all_refusals(of: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for child in of.__subclasses__():
        yield child
        yield from all_refusals(child)


def test_every_refusal_has_words() -> None:
    for module in pkgutil.walk_packages(services.__path__, "services."):
        importlib.import_module(module.name)
    known = [refusal for refusal in all_refusals() if refusal.__module__.startswith("services")]
    assert known
    assert [refusal.__name__ for refusal in known if refusal not in refusals.WORDS] == []


def test_the_tree_of_refusals_is_drawn_whole() -> None:
    module = inspect.getmodule(Refusal)
    assert module is not None
    drawn = set(re.findall(r"[├└]── (\w+)", module.__doc__ or ""))
    written = {refusal.__name__ for refusal in all_refusals() if refusal.__module__ == module.__name__}
    assert drawn == written


def test_models_equal_migrations_on_sqlite(database: Database, tmp_path: Path) -> None:
    with engine_for("sqlite:///empty.db", tmp_path) as empty:
        assert differences(database.engine, empty) == []


def test_models_equal_migrations_on_postgresql(pg_database: Database, pg_server: Postgres, tmp_path: Path) -> None:
    with engine_for(pg_server.url(pg_server.create()), tmp_path) as empty:
        assert differences(pg_database.engine, empty) == []


def imports_of(file: Path) -> set[str]:
    """The first names of everything a file imports."""
    return imports_in(ast.parse(file.read_text(encoding="utf-8")))


def imports_in(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_single_modules_keep_to_the_arrows() -> None:
    """import-linter sees packages only; these are the arrows of app.py, cli.py and settings.py."""
    assert "simulator" not in imports_of(ROOT / "app.py")
    assert "cli" not in imports_of(ROOT / "app.py")
    assert not imports_of(ROOT / "settings.py") & {*PRODUCT, "app", "cli"}


def test_cli_is_the_only_importer_of_app() -> None:
    """Types aside: what a command needs of the house it is handed."""
    importers = []
    for file in house_files(".py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for block in [
            node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        ]:
            block.body = [ast.Pass()]
        if "app" in imports_in(tree) and file.relative_to(ROOT).parts[0] not in {"tests", "bench", "client"}:
            importers.append(short(file))
    assert importers == ["cli.py"]


def test_the_arrows_of_the_house_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-logo", "--no-cache"], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
