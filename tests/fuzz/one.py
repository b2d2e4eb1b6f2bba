"""One target under libFuzzer, in a process of its own: our package that it is in is watched branch by branch."""

import logging
import sys

import atheris


def main() -> None:
    """`python -m tests.fuzz.one TARGET, then libFuzzer's own arguments`."""
    logging.disable()
    name, *arguments = sys.argv[1:]
    with atheris.instrument_imports(
        include=["wechat", "bot", "sheets", "sealed", "confidential", "services", "settings"]
    ):
        from tests.fuzz.guided import named  # noqa: PLC0415 - what is watched has to be imported here
    atheris.Setup([sys.argv[0], *arguments], named(name).attack)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
