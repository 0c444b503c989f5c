"""Turn the bytes of a file into text and say which encoding they were in.

The order is: byte order mark, strict UTF-8, then the legacy encodings of Chinese text. The legacy
step asks charset-normalizer, restricted to the encodings that Chinese articles come in, so that a
guess is always among GB18030, Big5 (with Hong Kong's additions) and UTF-16, and accepts a guess only
if the text reads like Chinese. Bytes that are no text are refused: a score for a picture would be a lie.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from framing.errors import DecodeError, TooLargeError

__all__ = ["DEFAULT_LIMIT", "Decoded", "decode"]

DEFAULT_LIMIT = 64 * 1024 * 1024
"""Largest input in bytes that is decoded unless the caller raises the limit."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\x7fELF", "a program"),
)
_LEGACY = ("gb18030", "big5hkscs", "big5")
_SAMPLE = 256 * 1024
# Encoded text may be cut in the middle of a character or carry a few damaged bytes; above this
# share of undecodable bytes it is taken for another encoding instead.
_DAMAGE = 0.01
# The most frequent characters of Chinese, in both scripts. A text as long as _LONG_ENOUGH in another
# language's encoding may decode to common characters by chance, but hardly ever to these.
_FREQUENT = frozenset("的一是不了在有我他人这這中大来來上个個国國和们們到说說为為以会會也就年要出对對可时時能过過后後多新家公司业業于於")
_LONG_ENOUGH = 40
_MIN_FREQUENT = 0.03


@dataclass(frozen=True, slots=True)
class Decoded:
    """Hold decoded text, the encoding it was in, and how that was found.

    ``certain`` is true for a byte order mark, strict UTF-8 or the caller's own choice, and false
    where the encoding was inferred from the bytes. ``damaged`` counts characters that stand for
    undecodable bytes (U+FFFD).
    """

    text: str
    encoding: str
    certain: bool
    damaged: int = 0


def decode(data: bytes, encoding: str | None = None, *, limit: int | None = DEFAULT_LIMIT) -> Decoded:
    """Decode the bytes of one article.

    Args:
        data: the bytes of a file.
        encoding: the encoding to use instead of finding one, as Python names it.
        limit: largest number of bytes accepted; ``None`` for no limit.

    Raises:
        DecodeError: the bytes are binary, in no known encoding, or do not fit ``encoding``.
        TooLargeError: there are more than ``limit`` bytes.
    """
    if limit is not None and len(data) > limit:
        raise TooLargeError(f"{len(data):,} bytes are more than the limit of {limit:,}; raise it with --max-bytes")
    if encoding is not None:
        return _decode_as(data, encoding)
    for bom, name in _BOMS:
        if data.startswith(bom):
            return _accept(data, name, certain=True)
    for magic, what in _MAGIC:
        if data.startswith(magic):
            raise DecodeError(f"this is {what}, not text; extract its text first")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    else:
        if not _looks_binary(text):
            return Decoded(text, "utf-8", certain=True)
    return _infer(data)


def _decode_as(data: bytes, encoding: str) -> Decoded:
    try:
        return Decoded(data.decode(encoding), encoding, certain=True)
    except UnicodeDecodeError as error:
        raise DecodeError(f"byte {_offset(error, data):,} does not fit {encoding}; leave out --encoding to find another") from None
    except (LookupError, UnicodeError, ValueError):
        # Python also calls ciphers and archives codecs (rot13, zip); they are no encodings of text.
        raise DecodeError(f"no text encoding is called {encoding!r}; use a Python codec name such as gb18030") from None


def _offset(error: UnicodeDecodeError, data: bytes) -> int:
    """Count the fault's place from the file's beginning; a codec that skips a byte order mark does not."""
    return error.start + len(data) - len(error.object)


def _accept(data: bytes, encoding: str, *, certain: bool) -> Decoded:
    """Decode bytes known to be in an encoding, bearing with a few damaged ones."""
    text = data.decode(encoding, "replace")
    damaged = text.count("\ufffd")
    if damaged > max(1, _DAMAGE * len(text)):
        try:
            data.decode(encoding)
        except UnicodeDecodeError as error:
            raise DecodeError(
                f"from byte {_offset(error, data):,} on this is not {encoding} text; name the encoding with --encoding"
            ) from None
    return Decoded(text, encoding, certain=certain, damaged=damaged)


def _infer(data: bytes) -> Decoded:
    sample = data[:_SAMPLE]
    utf16 = _utf16_without_bom(sample)
    if utf16 is not None:
        return _accept(data, utf16, certain=False)
    if 0 in sample:
        raise DecodeError(f"binary data, not text (a zero byte at {sample.index(0):,}); if it is text, name its encoding with --encoding")
    text = data.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    if damaged and damaged <= max(1, _DAMAGE * len(text)) and any(ord(c) > 0x7F and c != "\ufffd" for c in text[:_SAMPLE]):
        return Decoded(text, "utf-8", certain=False, damaged=damaged)
    found = _legacy(sample)
    if found is None:
        raise DecodeError(f"{_first_fault(data)}, nor is this GB18030, Big5 or UTF-16 text; name the encoding with --encoding")
    return _accept(data, found, certain=False)


def _first_fault(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"byte {error.start:,} is not UTF-8"
    return "this is UTF-8 only by chance, full of control characters"


def _utf16_without_bom(sample: bytes) -> str | None:
    """Tell UTF-16 by what it decodes to: any other text turns into rare characters of many scripts."""
    even = sample[: len(sample) // 2 * 2]
    if not even:
        return None
    shares = {}
    for name in ("utf-16-le", "utf-16-be"):
        text = even.decode(name, "replace")
        shares[name] = sum(" " <= c <= "~" or c in "\t\r\n" or _is_common(c) for c in text) / len(text)
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= 0.8 else None


def _legacy(sample: bytes) -> str | None:
    # Imported here: most input is UTF-8 and needs no detector.
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=list(_LEGACY), threshold=0.4).best()
    candidates = [best.encoding] if best is not None else []
    candidates += [name for name in _LEGACY if name not in candidates]
    scored = []
    for rank, name in enumerate(candidates):
        text = sample.decode(name, "replace")
        if text.count("\ufffd") > max(1, _DAMAGE * len(text)) or _looks_binary(text) or not _reads_like_chinese(text):
            continue
        scored.append((_commonness(text), -rank, name))
    if not scored:
        return None
    share, _, name = max(scored)
    return name if share >= 0.5 else None


def _reads_like_chinese(text: str) -> bool:
    wide = [c for c in text if ord(c) > 0x7F]
    return len(wide) < _LONG_ENOUGH or sum(c in _FREQUENT for c in wide) >= _MIN_FREQUENT * len(wide)


def _commonness(text: str) -> float:
    """Give the share of non-ASCII characters that ordinary Chinese text is made of (0 to 1).

    GB2312 and Big5 both order their frequent characters first, so text decoded by the wrong one of
    the two is full of characters outside the frequent level: the level tells them apart.
    """
    wide = [c for c in text if ord(c) > 0x7F]
    if not wide:
        return 0.0
    good = sum(_is_common(c) for c in wide)
    return good / len(wide)


def _is_common(char: str) -> bool:
    if char in "，。、；：？！「」『』（）《》〈〉“”‘’…—·　【】％":
        return True
    if not "\u4e00" <= char <= "\u9fff":
        return False
    try:
        gb = char.encode("gb2312")
        if 0xB0 <= gb[0] <= 0xD7:
            return True
    except UnicodeEncodeError:
        pass
    try:
        big5 = char.encode("big5")
    except UnicodeEncodeError:
        return False
    return 0xA4 <= big5[0] <= 0xC6


# A text has tabs, line ends, form feeds, and escapes where a terminal was recorded.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f-\x84]")


def _looks_binary(text: str) -> bool:
    head = text[:_SAMPLE]
    if not head:
        return False
    # A stray control character or two do not make a short text binary.
    return len(_CONTROLS.findall(head)) > max(2, 0.05 * len(head))
