"""bech32 (BIP 173) as age writes recipients and identities."""

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_STEPS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def encode(prefix: str, raw: bytes) -> str:
    """The bytes under a lower-case prefix."""
    digits = _regroup(raw, 8, 5, pad=True)
    checked = _sum([*_spread(prefix), *digits, *[0] * 6]) ^ 1
    digits += [checked >> 5 * (5 - place) & 31 for place in range(6)]
    return f"{prefix}1{''.join(_ALPHABET[digit] for digit in digits)}"


def decode(text: str) -> tuple[str, bytes]:
    """The lower-case prefix and the bytes; raises ValueError on mixed case, foreign characters, a wrong sum."""
    if text not in {text.lower(), text.upper()} or len(text) > 90:
        raise ValueError(len(text))
    prefix, _, rest = text.lower().rpartition("1")
    if not prefix.isascii() or not prefix or len(rest) < 6:
        raise ValueError(len(text))
    digits = [_ALPHABET.index(character) for character in rest]
    if _sum([*_spread(prefix), *digits]) != 1:
        raise ValueError(len(text))
    return prefix, bytes(_regroup(digits[:-6], 5, 8, pad=False))


def _spread(prefix: str) -> list[int]:
    return [*(ord(one) >> 5 for one in prefix), 0, *(ord(one) & 31 for one in prefix)]


def _sum(digits: list[int]) -> int:
    value = 1
    for digit in digits:
        top = value >> 25
        value = (value & 0x1FFFFFF) << 5 ^ digit
        for place, step in enumerate(_STEPS):
            value ^= step if top >> place & 1 else 0
    return value


def _regroup(values: bytes | list[int], have: int, want: int, *, pad: bool) -> list[int]:
    """Cut a row of `have`-bit numbers into `want`-bit ones; without `pad`, what is left over has to be zeros."""
    held = bits = 0
    cut = []
    for value in values:
        held, bits = held << have | value, bits + have
        while bits >= want:
            bits -= want
            cut.append(held >> bits)
            held &= (1 << bits) - 1
    if pad and bits:
        cut.append(held << want - bits)
    elif not pad and (bits >= have or held):
        raise ValueError(bits)
    return cut
