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
_NAMED = re.compile(r"\$\{\w+\}")  # from the environment, which no backup holds


def without_secrets(content: str, secrets: Mapping[str, str]) -> str | None:
    """The file's text without these secrets (key in config.yaml -> value); None where that cannot be made sure of."""
    content = _LINE.sub(rf'\1 "{LEFT_OUT}"', content)
    if any(len(value) >= 6 and value in content for value in secrets.values()):
        return None
    try:
        left = set(_values(yaml.compose(content, yaml.SafeLoader)))
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError):
        return None
    return None if any(value and value != LEFT_OUT and not _NAMED.fullmatch(value) for value in left) else content


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
