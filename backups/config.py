"""config.yaml as it may lie in a backup: every secret that stands in it is taken out, and named."""

import re
from collections.abc import Mapping

LEFT_OUT = "（口令不在备份里）"


def without_secrets(content: str, secrets: Mapping[str, str]) -> str | None:
    """The file's text without these secrets (key in config.yaml -> value); None where that cannot be made sure of."""
    for value in secrets.values():
        if value:
            content = re.sub(rf"(?m)(:\s*)(['\"]?){re.escape(value)}\2(?=\s*(#|,|\}}|$))", rf'\1"{LEFT_OUT}"', content)
    return None if any(len(value) >= 6 and value in content for value in secrets.values()) else content
