"""config.yaml as it may lie in a backup: every secret that stands in it is taken out, and named."""

import re
from collections.abc import Iterator, Mapping

import yaml

LEFT_OUT = "（口令不在备份里）"
KEYS = ("app_secret", "token", "encoding_aes_key", "previous_encoding_aes_key", "url", "redis_url")
# Also what is commented out: last year's secret may be this year's as well.
_LINE = re.compile(
    rf"(?m)^([ \t]*(?:#[ \t]*)*(?:{'|'.join(KEYS)})[ \t]*:)[ \t]*"
    r"(?!(?:''|\"\"|(['\"]?)\$\{\w+\}\2)[ \t]*(?:#|$))[^\s#].*$"  # nothing, or a name alone
)
# In any other comment: inside a flow mapping, behind a value, in quotes, with an equals sign.
_SAID = re.compile(
    rf"(?<!\w)({'|'.join(KEYS)})['\"]?[ \t]*[:=：](?!//)[ \t]*+(?!(?:''|\"\"|\$\{{\w+\}})[ \t]*(?:#|$)).*"
)
_SIGNED_IN = re.compile(r"(\w+://)[^\s/@]*:[^\s@]*@")  # an address with a password
_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#.*")
_NAMED = re.compile(r"\$\{\w+\}")  # from the environment, which no backup holds

_UNREADABLE = (yaml.YAMLError, RecursionError, ValueError, OverflowError)


def without_secrets(content: str, secrets: Mapping[str, str]) -> str | None:
    """The file's text without these secrets (key in config.yaml -> value); None where that cannot be made sure of."""
    whole = _commented(content)
    if _others(whole) != _others(content):  # what looked like a comment was none
        return None
    content = _LINE.sub(rf'\1 "{LEFT_OUT}"', whole)
    if any(len(value) >= 6 and value in content for value in secrets.values()):
        return None
    try:
        left = set(_values(yaml.compose(content, yaml.SafeLoader)))
    except _UNREADABLE:
        return None
    return None if any(value and value != LEFT_OUT and not _NAMED.fullmatch(value) for value in left) else content


def _commented(content: str) -> str:
    """The text with no secret in its comments, nor in the lines of a comment that go on with one."""
    lines: list[str] = []
    deeper = len(content)  # only a comment that begins further right goes on with the secret above it
    for line in content.split("\n"):
        found = _COMMENT.search(line)
        if found is None:
            lines.append(line)
            deeper = len(content)
            continue
        before, comment = line[: found.start()], found[0]
        begins = len(line) - len(comment.lstrip("# \t"))
        if not before.strip() and begins > deeper:
            lines.append(line[:begins])
            continue
        said = _SAID.search(comment)
        deeper = found.start() + said.start() if said and not before.strip() else len(content)
        if said:
            comment = comment[: said.start()] + f'{said[1]}: "{LEFT_OUT}"'
        lines.append(before + _SIGNED_IN.sub(rf"\1{LEFT_OUT}@", comment))
    return "\n".join(lines)


def _others(content: str) -> list[str] | None:
    """Everything that stands in the file for the program to read; None where it cannot be read."""
    try:
        return [one.value for one in yaml.scan(content, yaml.SafeLoader) if isinstance(one, yaml.ScalarToken)]
    except _UNREADABLE:
        return None


def _values(node: yaml.Node | None) -> Iterator[str]:
    """What stands at the keys of secrets, however it is written."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if getattr(key, "value", None) in KEYS:
                yield value.value if isinstance(value, yaml.ScalarNode) else "not to be told"
            else:
                yield from _values(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _values(value)
