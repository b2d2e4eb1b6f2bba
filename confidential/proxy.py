"""What a reverse proxy (nginx) would write down of a request, read off its settings."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

SECRET = ("/report", "/open/", "/screen/")  # who has been there, or the address itself, is nobody's business
WATCHED = (
    "/wechat",
    "/report/",
    "/report/case/submit",
    "/report/handler/login",
    "/open/x",
    "/screen/x",
    "/h5/x",
    "/api/x",
)
NOWHERE = ("off", "/dev/null")
_TELLS = re.compile(r"\$(request|request_uri|args|query_string|arg_\w+|http_referer)\b")
_TOKEN = re.compile(r"""\s*(?:#[^\n]*\n|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|([{};])|([^\s{};"']+))""")


class NotNginx(Exception):
    """The text is no settings of nginx."""


@dataclass
class Block:
    """A directive: its words, and what stands in its braces."""

    words: list[str]
    inside: list["Block"] = field(default_factory=list)

    def every(self, name: str) -> Iterator["Block"]:
        """All directives of that name, at any depth."""
        for one in self.inside:
            if one.words[:1] == [name]:
                yield one
            yield from one.every(name)

    def last(self, name: str) -> list[str] | None:
        """The arguments of the last directive of that name directly in here."""
        found = [one.words[1:] for one in self.inside if one.words[:1] == [name]]
        return found[-1] if found else None


def parse(text: str) -> Block:
    """The settings as a tree. Raises NotNginx."""
    root = Block([])
    open_: list[Block] = [root]
    words: list[str] = []
    place, text = 0, text + "\n"
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if found is None:
            raise NotNginx
        place = found.end()
        quoted, mark, word = found.groups()
        if quoted or word:
            words.append(quoted[1:-1] if quoted else word)
        elif mark == ";":
            open_[-1].inside.append(Block(words))
            words = []
        elif mark == "{":
            block = Block(words)
            open_[-1].inside.append(block)
            open_.append(block)
            words = []
        elif mark == "}":
            if words or len(open_) == 1:
                raise NotNginx
            open_.pop()
    if words or len(open_) > 1:
        raise NotNginx
    return root


def tells(text: str) -> list[str]:
    """Each `server path` whose requests would be written down with what they must not tell. Raises NotNginx."""
    root = parse(text)
    http = next(root.every("http"), root)
    formats = {one.words[1]: " ".join(one.words[2:]) for one in root.every("log_format") if len(one.words) > 2}
    found = []
    for server in root.every("server"):
        if server.last("listen") is None:
            continue  # of an upstream
        name = " ".join(server.last("server_name") or ["_"])
        for path in WATCHED:
            location = _location(server, path)
            if location is None or location.last("return") is not None or not list(location.every("proxy_pass")):
                continue  # nothing of ours is served there
            nested = (location, server, http, root)
            access, error = _inherited(nested, "access_log"), _inherited(nested, "error_log")
            if not _quiet(access, formats, path) or error is None or error[0] not in NOWHERE:
                found.append(f"{name} {path}")
    return found


def _location(server: Block, path: str) -> Block | None:
    """The location nginx would choose: an exact one, else the longest beginning (a pattern counts as if it matched)."""
    locations = [one for one in server.inside if one.words[:1] == ["location"]]
    exact = [one for one in locations if one.words[1:] == ["=", path]]
    patterns = [one for one in locations if one.words[1] in {"~", "~*"} and re.search(one.words[2], path)]
    starts = [one for one in locations if one.words[1] not in {"=", "~", "~*"} and path.startswith(one.words[-1])]
    best = max(starts, key=lambda one: len(one.words[-1]), default=None)
    if exact:
        return exact[0]
    if patterns and (best is None or best.words[1] != "^~"):
        return patterns[0]
    return best


def _inherited(nested: Sequence[Block], name: str) -> list[str] | None:
    return next((said for one in nested if (said := one.last(name)) is not None), None)


def _quiet(access: list[str] | None, formats: dict[str, str], path: str) -> bool:
    """No access log at all of what is SECRET; elsewhere at least no format that has the query."""
    if access is not None and access[0] in NOWHERE:
        return True
    if path.startswith(SECRET) or access is None or len(access) < 2:
        return False  # nginx's own `combined` has the whole request
    form = formats.get(access[1])
    return form is not None and not _TELLS.search(form)
