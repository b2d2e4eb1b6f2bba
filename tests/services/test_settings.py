"""Settings: what the shipped file means, and every way of writing it wrongly."""

import copy
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from settings import LARGEST_FILE, ConfigError, Settings, load

SHIPPED = Path(__file__).resolve().parents[2] / "config.yaml"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SECRET = "s3cret-that-nobody-may-read"
MINIMAL = {
    "wechat": {"official_account": {"app_id": "wx1", "app_secret": SECRET, "token": SECRET}},
    "branch": {"name": "支部", "telephone": "0500-1"},
}


def card(**changed: object) -> dict[str, object]:
    """A sound template, changed."""
    return {"id": "T1", "channel": "template", "fields": {"thing1": "title", "time2": "when"}, **changed}


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "config.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def read(tmp_path: Path, text: str | bytes, environ: Mapping[str, str] | None = None) -> Settings:
    return load(written(tmp_path, text), {"ZHIBU_HOME": str(tmp_path), **(environ or {})})


def problems(tmp_path: Path, text: str | bytes, environ: Mapping[str, str] | None = None) -> list[str]:
    """What is wrong, each without the file's name; no secret may be among it."""
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text, environ)
    assert SECRET not in str(refused.value)
    file = f"{tmp_path / 'config.yaml'}: "
    assert all(problem.startswith(file) for problem in refused.value.problems)
    return [problem.removeprefix(file) for problem in refused.value.problems]


def but(**changed: object) -> str:
    """A sound configuration with dotted keys (a__b) set otherwise."""
    content = copy.deepcopy(MINIMAL)
    for dotted, value in changed.items():
        *above, last = dotted.split("__")
        section: dict[str, object] = content
        for name in above:
            section = section.setdefault(name, {})  # type: ignore[assignment]
        section[last] = value
    return yaml.safe_dump(content, allow_unicode=True)


def test_the_shipped_file_runs_and_says_what_the_defaults_say(tmp_path: Path) -> None:
    shipped = load(SHIPPED, {"ZHIBU_HOME": str(tmp_path)})
    few = read(tmp_path, but())
    for section in ("database", "redis", "server", "checkin", "binding", "talk"):
        assert getattr(shipped, section) == getattr(few, section)
    assert few.wechat.api_base == "https://api.weixin.qq.com"
    assert few.wechat.official_account.timestamp_tolerance == 600
    assert (few.on_sqlite, few.var, str(few.zone)) == (True, tmp_path / "var", "Asia/Shanghai")


def test_every_mistake_is_told_at_once_with_its_key_and_what_was_expected(tmp_path: Path) -> None:
    text = but(
        wechat__api_base="ftp://api",
        wechat__official_account__encoding_aes_key=KEY[:42],
        wechat__official_account__token="   ",
        wechat__official_account__timestamp_tolerance=-1,
        wechat__mini_program__app_id="wx2",
        server__port="eight",
        server__prot=1,
        checkin__number_turns_seconds=301,
        branch__timezone="Asia/Qingwan",
        branch__telephone="${NO_SUCH_VARIABLE}",
        redis__url="http://nowhere",
        talks={},
    )
    found = dict(problem.split(": ", 1) for problem in problems(tmp_path, text))
    assert found == {
        "branch.telephone": "the environment variable NO_SUCH_VARIABLE is not set",
        "wechat.api_base": "expected an http(s) address such as https://api.weixin.qq.com",
        "wechat.official_account.encoding_aes_key": (
            "expected the 43 letters and digits shown by the platform, got 42 characters"
        ),
        "wechat.official_account.token": "expected a text that is not empty",
        "wechat.official_account.timestamp_tolerance": "expected a value greater than or equal to 0",
        "wechat.mini_program": "app_id, app_secret: expected both, or neither while there is no mini-program",
        "server.port": "expected a whole number",
        "server.prot": "unknown key; check its spelling against the shipped config.yaml",
        "checkin": "number_turns_seconds: expected at most number_seconds, for a number shown must be alive",
        "branch.timezone": "expected a time zone name such as Asia/Shanghai",
        "redis.url": 'expected redis://host:port/0, unix:///socket or ""',
        "talks": "unknown key; check its spelling against the shipped config.yaml",
    }


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"server__port": True}, "server.port: expected a whole number"),
        ({"server__port": 80.5}, "server.port: expected a whole number"),
        ({"server__port": [8000]}, "server.port: expected a whole number"),
        ({"server__port": 70_000}, "server.port: expected a value less than or equal to 65535"),
        ({"server__port": "9" * 5000}, "server.port:"),
        ({"server__workers": 0}, "server.workers: expected a value greater than or equal to 1"),
        ({"wechat__timeout": float("nan")}, "wechat.timeout:"),
        ({"wechat__timeout": float("inf")}, "wechat.timeout:"),
        ({"wechat__timeout": "soon"}, "wechat.timeout: expected a number"),
        ({"wechat__official_account__reply_wait": 5}, "wechat.official_account.reply_wait:"),
        ({"wechat__official_account__token": ["a"]}, "wechat.official_account.token: expected a text"),
        ({"wechat__official_account__app_secret": None}, "wechat.official_account.app_secret: missing"),
        ({"wechat__official_account__encoding_aes_key": KEY[:-1] + "!"}, "official_account.encoding_aes_key:"),
        ({"wechat__official_account__previous_encoding_aes_key": KEY}, "expected only together with encoding_aes_key"),
        ({"wechat__mini_program": {"app_id": "wx1", "app_secret": SECRET}}, "wechat: mini_program.app_id: expected an"),
        ({"wechat__official_account": "wx1"}, "wechat.official_account: expected a section"),
        ({"wechat": None}, "wechat: missing"),
        ({"branch": []}, "branch: expected a section"),
        ({"branch__timezone": "../../etc/passwd"}, "branch.timezone: expected a time zone"),
        ({"branch__timezone": "Asia"}, "branch.timezone: expected a time zone"),
        ({"server__public_url": "https://"}, "server.public_url: expected an http(s)"),
        ({"server__public_url": "https://h/?a=1"}, "server.public_url: expected an http(s)"),
        ({"server__public_url": "https://h:port"}, "server.public_url: expected an http(s)"),
        ({"database__url": f"mysql://u:{SECRET}@h/d"}, "database.url: expected postgresql://"),
        ({"database__url": f"postgresql://u:{SECRET}@h:port/d"}, "database.url: expected postgresql://"),
        ({"database__url": f"postgresql://u:{SECRET}@[::1/d"}, "database.url: expected postgresql://"),
        ({"database__url": "sqlite://"}, "database.url: expected sqlite:///"),
        ({"database__url": "zhibu.db"}, "database.url: expected postgresql://"),
        ({"redis__url": f"redis://:{SECRET}@h:99999/0"}, "redis.url: expected redis://"),
        ({"wechat__templates__lunch": card()}, "wechat.templates.lunch: unknown key"),
        ({"wechat__templates__study": card(channel="sms")}, "study.channel: expected a value 'template'"),
        ({"wechat__templates__study": card(fields={"thing1": "weather"})}, "study.fields.thing1: expected"),
        ({"wechat__templates__study": card(fields={"phrase1": "words"})}, "expected for words a field such as thing"),
        ({"wechat__templates__study": card(fields={"thing": "words"})}, "fields.thing: expected for words a"),
        ({"wechat__templates__study": card(fields={})}, "wechat.templates.study.fields:"),
        ({"wechat__templates__study": card(channel="mini")}, "wechat: templates.study.channel: mini needs"),
        (
            {"wechat__templates__study": card(), "wechat__templates__office": card(channel="subscription")},
            "wechat.templates: office: the same id stands under another channel",
        ),
        ({"wechat__sdk": "jweixin.js"}, "wechat.sdk: expected an http(s)"),
        ({"home": "/"}, "home: unknown key"),
        ({"wechat__${X}": "a"}, "wechat.${X}: unknown key"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, changed: dict[str, object], named: str) -> None:
    assert [problem for problem in problems(tmp_path, but(**changed)) if named in problem]


def test_what_looks_like_a_number_or_a_truth_value_stays_the_text_it_is(tmp_path: Path) -> None:
    text = but().replace(SECRET, "00123", 1).replace(SECRET, "0x1F").replace("0500-1", "yes")
    settings = read(tmp_path, text)
    account = settings.wechat.official_account
    assert {account.app_secret, account.token, settings.branch.telephone} == {"00123", "0x1F", "yes"}
    dated = read(tmp_path, but().replace("0500-1", "2026-13-45"))
    assert dated.branch.telephone == "2026-13-45"


def test_numbers_may_be_quoted_or_come_from_the_environment(tmp_path: Path) -> None:
    text = but(server__port="${PORT}", server__workers="3", server__public_url="http://127.0.0.1:${PORT}/")
    settings = read(tmp_path, text, {"PORT": "8123"})
    assert (settings.server.port, settings.server.workers) == (8123, 3)
    assert settings.server.public_url == "http://127.0.0.1:8123"


def test_a_variables_value_is_taken_as_it_is(tmp_path: Path) -> None:
    text = but(wechat__official_account__app_secret="${A}")
    settings = read(tmp_path, text, {"A": "${B}: 'x' # y"})
    assert settings.wechat.official_account.app_secret == "${B}: 'x' # y"


@pytest.mark.parametrize(
    ("written_as", "said"),
    [
        ("${NOT_SET}", "the environment variable NOT_SET is not set"),
        ("${NOT SET}", "expected ${NAME}"),
        ("${}", "expected ${NAME}"),
        ("${NOT_CLOSED", "expected ${NAME}"),
    ],
)
def test_a_variable_that_is_not_there_is_one_problem(tmp_path: Path, written_as: str, said: str) -> None:
    found = problems(tmp_path, but(wechat__official_account__token=written_as))
    assert len(found) == 1
    assert found[0].startswith("wechat.official_account.token: ")
    assert said in found[0]


def test_a_blank_variable_is_a_blank_token(tmp_path: Path) -> None:
    found = problems(tmp_path, but(wechat__official_account__token="${EMPTY}"), {"EMPTY": " "})
    assert found == ["wechat.official_account.token: expected a text that is not empty"]


def test_a_key_with_nothing_after_it_is_as_good_as_absent(tmp_path: Path) -> None:
    settings = read(tmp_path, f"{but()}\nredis:\ndatabase:\n  url:\nserver: ~\n")
    assert (settings.redis.url, settings.database.url, settings.server.port) == ("", "", 8000)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "expected sections"),
        (b"# nothing\n", "expected sections"),
        (b"- wechat\n- branch\n", "expected sections"),
        (b"wechat", "expected sections"),
        ("branch: 支部".encode("gbk"), "cannot be read as UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0", "cannot be read as UTF-8"),
        (b"a: b: c\n", "not valid YAML at line 1"),
        (b"branch:\n\tname: x\n", "not valid YAML at line 2"),
        (b"a: \x01\n", "not valid YAML"),
        (b"a: 1\n---\nb: 2\n", "not valid YAML"),
        (b"[" * 400, "not valid YAML"),
        (b"{a: " * 2_000, "brackets, surely not"),
        (b"a: " + b"x" * LARGEST_FILE, "larger than"),
        (b"? [a]\n: b\n", "not a word"),
    ],
)
def test_what_is_no_configuration_is_said_to_be_none(tmp_path: Path, text: bytes, said: str) -> None:
    assert any(said in problem for problem in problems(tmp_path, text))


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    for path, said in ((tmp_path / "absent.yaml", "no such file"), (tmp_path, "IsADirectoryError")):
        with pytest.raises(ConfigError, match=re.escape(said)) as refused:
            load(path, {})
        assert str(path) in str(refused.value)
    with pytest.raises(ConfigError, match="larger than"):
        load(Path("/dev/zero"), {})


def test_aliases_of_aliases_do_not_grow(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    found = problems(tmp_path, "\n".join(lines))
    assert any("an alias" in problem for problem in found)
    assert any("an alias" in problem for problem in problems(tmp_path, "a: &a [*a]"))
    assert any("an alias" in problem for problem in problems(tmp_path, f"x: &x {{name: y}}\n{but()}\nserver: *x"))


def test_tags_construct_nothing(tmp_path: Path) -> None:
    found = problems(tmp_path, but() + "server: !!python/object/apply:os.system ['touch owned']\n")
    assert found == ["server: expected a section with keys of its own"]
    assert problems(tmp_path, but() + "server: {port: !!timestamp soon, workers: !!bool perhaps}\n") == [
        "server.port: expected a whole number",
        "server.workers: expected a whole number",
    ]


def test_a_key_that_stands_twice_is_a_mistake(tmp_path: Path) -> None:
    text = but() + "server: {port: 1, port: 2}\nserver: {}\n"
    assert problems(tmp_path, text) == [
        "server.port: stands twice; expected it once",
        "server: stands twice; expected it once",
    ]


def test_a_mark_before_the_text_and_chinese_values_are_fine(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbf" + but().encode()).branch.name == "支部"


def test_nothing_changes_after_the_start_and_no_secret_is_shown(tmp_path: Path) -> None:
    settings = read(tmp_path, but(database__url=f"postgresql://u:{SECRET}@h/d", redis__url=f"redis://:{SECRET}@h"))
    with pytest.raises(ValidationError, match="frozen"):
        settings.branch.name = "other"
    with pytest.raises(ValidationError, match="frozen"):
        settings.wechat = settings.wechat
    assert SECRET not in f"{settings!r} {settings} {settings.wechat.official_account!r}"
    assert not settings.on_sqlite


def test_the_home_is_the_variable_or_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, but())
    monkeypatch.chdir(tmp_path)
    assert load(path, {}).home == tmp_path
    assert load(path, {"ZHIBU_HOME": ""}).home == tmp_path
    assert load(path, {"ZHIBU_HOME": "below"}).home == tmp_path / "below"
