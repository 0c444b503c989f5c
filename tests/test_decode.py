"""Bytes become text in the right encoding, or an error that says where and what to do."""

from __future__ import annotations

import codecs
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.decode import Decoded, decode
from framing.errors import DecodeError, FramingError, TooLargeError

HANS = (
    "晨岸科技昨天发布了新一代车用芯片，公司表示，这款产品的算力是上一代的三倍，而功耗只有一半。"
    "不过，供应链人士认为，量产时间仍然存在变数。\n“我们会在明年春天交付第一批。”创始人陆行简说。\n"
)
HANT = (
    "晨岸科技昨天發表了新一代車用晶片，公司表示，這款產品的算力是上一代的三倍，而功耗只有一半。"
    "不過，供應鏈人士認為，量產時間仍然存在變數。\n「我們會在明年春天交付第一批。」創辦人陸行簡說。\n"
)
KOREAN = "어제 회사는 새로운 반도체를 발표했다. 이 제품의 성능은 이전 세대의 세 배이지만 양산 시점은 아직 확실하지 않다고 관계자가 말했다."
JAPANESE = "昨日、会社は新しい半導体を発表しました。この製品の性能は前の世代の三倍ですが、量産の時期はまだはっきりしていません。"


@pytest.mark.parametrize("bom", [b"", codecs.BOM_UTF8])
@pytest.mark.parametrize("text", [HANS, HANT, "Plain English.", "一"])
def test_utf8(text: str, bom: bytes) -> None:
    assert decode(bom + text.encode()) == Decoded(text, "utf-8-sig" if bom else "utf-8", certain=True)


@pytest.mark.parametrize("text", [HANS, HANT, HANS.replace("\n", ""), "Plain English, long enough to tell.\n"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("marked", [True, False])
def test_utf16_either_way(text: str, encoding: str, marked: bool) -> None:
    result = decode((("\ufeff" if marked else "") + text).encode(encoding))
    assert (result.text, result.certain) == (text, marked)
    assert result.encoding == ("utf-16" if marked else encoding)


@pytest.mark.parametrize(("text", "encodings"), [(HANS, {"gb18030"}), (HANT, {"big5", "big5hkscs"})])
@pytest.mark.parametrize("length", [12, 40, 100, 5000])
def test_legacy_encodings(text: str, encodings: set[str], length: int) -> None:
    piece = (text * 60)[:length]
    for encoding in encodings:
        result = decode(piece.encode(encoding))
        assert (result.text, result.certain, result.damaged) == (piece, False, 0)
        assert result.encoding in encodings


def test_traditional_text_in_gb18030() -> None:
    assert decode(HANT.encode("gb18030")).text == HANT


def test_hong_kong_characters_in_big5() -> None:
    text = "「佢哋話呢隻新車好嘢，」陳先生說，「不過價錢就貴咗啲。」這款車的銷量仍然在上升，公司認為前景不錯。"
    assert decode(text.encode("big5hkscs")) == Decoded(text, "big5hkscs", certain=False)


def test_a_few_damaged_bytes_are_counted() -> None:
    data = (HANS * 3).encode()
    result = decode(data[:90] + b"\xff" + data[90:])
    assert (result.encoding, result.certain, result.damaged) == ("utf-8", False, 1)
    assert result.text.replace("\ufffd", "") == HANS * 3


def test_a_character_cut_off_at_the_end() -> None:
    result = decode(HANS.strip().encode()[:-1])
    assert (result.encoding, result.damaged) == ("utf-8", 1)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "a PNG picture"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "a PDF"),
        (b"PK\x03\x04" + bytes(60), "a ZIP archive or an Office document"),
        (gzip.compress(HANS.encode()), "a gzip archive"),
        (bytes(range(256)) * 20, "a zero byte at 0"),
        (b"\x01\x02\x03\x04" * 100, "control characters"),
        (HANS.encode() + bytes(100), "a zero byte at"),
        (KOREAN.encode("euc-kr"), "byte 0 is not UTF-8"),
        (JAPANESE.encode("shift_jis"), "byte 0 is not UTF-8"),
        ("Où est le café ? Très bien, à bientôt.".encode("latin-1"), "byte 1 is not UTF-8"),
        (codecs.BOM_UTF8 + HANS.encode("gb18030"), "from byte 3 on this is not utf-8-sig text"),
        (b"\xff\xfe" + b"\x00\xd8" * 300, "from byte 2 on this is not utf-16 text"),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(data)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_encoding_asked_for_is_used() -> None:
    assert decode(HANT.encode("big5"), "big5") == Decoded(HANT, "big5", certain=True)
    with pytest.raises(DecodeError, match="byte 0 does not fit ascii"):
        decode(HANS.encode(), "ascii")


@pytest.mark.parametrize("name", ["klingon", "rot13", "hex", "zip", "", "utf-8\0", "punycode", "undefined"])
def test_what_is_no_text_encoding_is_refused(name: str) -> None:
    with pytest.raises(DecodeError, match=r"no text encoding is called|does not fit"):
        decode(HANS.encode(), name)


def test_the_limit() -> None:
    assert decode(b"abcd", limit=4).text == "abcd"
    assert decode(b"abcde", limit=None).text == "abcde"
    with pytest.raises(TooLargeError, match="--max-bytes"):
        decode(b"abcde", limit=4)


def test_nothing_is_empty_text() -> None:
    assert decode(b"") == Decoded("", "utf-8", certain=True)


@given(st.binary(max_size=300))
def test_any_bytes_give_text_or_a_refusal(data: bytes) -> None:
    try:
        result = decode(data)
    except FramingError:
        return
    assert result.certain or result.damaged == result.text.count("\ufffd")
    assert result.encoding in {"utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "big5", "big5hkscs"}


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=100))
def test_utf8_comes_back_whatever_it_says(text: str) -> None:
    assert decode(text.encode()).text == text.removeprefix("\ufeff")
