"""What a list was saved in: taken where that is sure, refused where the same bytes could be another text."""

import codecs
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lychee_rerank.lists.encoding import UTF_8, ListText, decode_list
from lychee_rerank.lists.everyday import is_everyday

CHINESE = (
    *(
        "客厅里的红色沙发，旁边有一盏台灯",
        "一只橘猫趴在窗边",
        "极简风格的产品图，深空蓝，金属质感",
        "海边的日落和一艘渔船",
    ),
    *(
        "穿白色T恤的女孩在公园里骑自行车",
        "佛光寺东大殿，从四十五度角拍摄",
        "木桌上的咖啡杯和一本打开的书",
        "雪山下的红色小屋",
    ),
    *("孩子们在操场上踢足球", "夜晚的城市街道，霓虹灯很亮", "一束玫瑰花放在玻璃花瓶里", "厨房里的LED灯和不锈钢水槽"),
)
TRADITIONAL = (
    "客廳裡的紅色沙發，旁邊有一盞檯燈",
    "一隻貓趴在窗邊",
    "海邊的日落和一艘漁船",
    "木桌上的咖啡杯和一本打開的書",
)
JAPANESE = ("赤いソファと窓辺の猫", "東京タワーの夜景", "公園で自転車に乗る女の子", "テーブルの上のコーヒー")
KOREAN = ("빨간 소파와 고양이", "바닷가의 일몰", "공원에서 자전거를 타는 소녀")
NAMES = (
    "Müller in Köln",
    "José y la niña",
    "François à la plage",
    "Ångström",
    "Renée’s café – “nice”",
    "Zoë, Ångela, Søren",
)
MIXED = ("a red sofa 红色沙发", "LED灯 in the kitchen", "咖啡 and milk", "U盘", "一只狗 (golden retriever)")
NAMED = {"gbk": "GB18030", "cp950": "Big5", "cp932": "Shift JIS", "cp1252": "Windows-1252", "mac_roman": "Mac Roman"}


def rows(texts: tuple[str, ...], count: int = 0, *, end: str = "\r\n", head: str = "file,text") -> str:
    """A list of so many of the texts, over and over; of each once unless it is said how many."""
    lines = [f'IMG_{n:04}.JPG,"{texts[n % len(texts)]}"' for n in range(count or len(texts))]
    return end.join([head, *lines, ""])


@pytest.mark.parametrize(
    ("text", "mark", "codec", "name"),
    [
        (rows(CHINESE), b"", "utf-8", UTF_8),
        (rows(CHINESE), codecs.BOM_UTF8, "utf-8", UTF_8),
        (rows(CHINESE), codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
        (rows(CHINESE), codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
        (rows(("sofa",)), b"", "ascii", UTF_8),
    ],
)
def test_a_mark_or_utf_8_tells_what_it_is(text: str, mark: bytes, codec: str, name: str) -> None:
    assert decode_list(mark + text.encode(codec)) == ListText(text, name)


@pytest.mark.parametrize("count", [1, 3, 50])
@pytest.mark.parametrize("head", ["file,text", "文件,文字,标签", "file;text;label"])
def test_chinese_lists_as_excel_saves_them_in_china_are_read(count: int, head: str) -> None:
    for start in range(len(CHINESE)):
        text = rows((*CHINESE[start:], *CHINESE[:start]), count, head=head)
        assert decode_list(text.encode("gbk")) == ListText(text, "GB18030")


@pytest.mark.parametrize("count", [1, 3, 50])
@pytest.mark.parametrize(("texts", "encoding"), [(TRADITIONAL, "cp950"), (JAPANESE, "cp932"), (NAMES, "cp1252")])
def test_so_are_the_encodings_of_other_systems_where_they_are_sure(
    texts: tuple[str, ...], encoding: str, count: int
) -> None:
    text = rows(texts, count)
    assert decode_list(text.encode(encoding)) == ListText(text, NAMED[encoding])


@pytest.mark.parametrize("encoding", ["mac_roman", "gbk"])
def test_a_list_saved_as_csv_macintosh_is_read_with_its_returns(encoding: str) -> None:
    text = rows(NAMES if encoding == "mac_roman" else CHINESE, end="\r")
    assert decode_list(text.encode(encoding)) == ListText(text, NAMED[encoding])


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "utf-16"])
def test_chinese_and_english_may_be_mixed(encoding: str) -> None:
    read = decode_list(rows(MIXED).encode(encoding))
    assert read is not None
    assert read.text == rows(MIXED)


@pytest.mark.parametrize(
    ("texts", "encoding"),
    [
        (("猫",), "gbk"),
        (("è",), "utf-8"),
        (("狗",), "gbk"),
        (("T恤",), "gbk"),
        (("貓",), "cp950"),
        (("猫",), "cp932"),
        (KOREAN, "cp949"),
        (JAPANESE, "euc_jp"),
        (("красный диван", "кошка"), "cp1251"),
        (("красный диван", "кошка"), "koi8_r"),
        (("kočka",), "cp1250"),
        (("żółta łódź",), "cp1250"),
        (("café",), "cp850"),
        (("kırmızı şal",), "cp1254"),
        (("قطة",), "cp1256"),
        (("café",), "cp500"),
    ],
)
def test_what_could_be_another_text_or_is_none_of_these_is_refused(texts: tuple[str, ...], encoding: str) -> None:
    assert decode_list(rows(texts).encode(encoding)) is None


@pytest.mark.parametrize("text", ["一只猫", "caffè", "дом", "για", "è più", "at 20°", "£5"])
def test_bytes_that_are_utf_8_and_chinese_at_once_are_taken_for_the_one_that_makes_words(text: str) -> None:
    read = decode_list(rows((text,)).encode("gbk" if text == "一只猫" else "utf-8"))
    assert read is not None
    assert read.text == rows((text,))


def test_a_guess_holds_for_the_whole_list_and_not_for_its_sample_alone() -> None:
    text = rows(CHINESE, 3000)
    assert len(text.encode("gbk")) > 64_000
    assert decode_list(text.encode("gbk")) == ListText(text, "GB18030")
    assert decode_list(text.encode("gbk") + b"IMG.JPG,\xff\xff\r\n") is None


def test_characters_that_are_not_common_do_not_keep_a_list_from_being_read() -> None:
    text = rows(("柴犬和橘猫", "榻榻米上的蜥蜴", *CHINESE))
    assert decode_list(text.encode("gbk")) == ListText(text, "GB18030")
    assert not is_everyday("蜥蜴", "gb18030")


@given(st.integers(0, 10**6), st.integers(3, 8))
def test_three_rows_of_common_chinese_are_never_read_as_anything_else(seed: int, length: int) -> None:
    common = bytes(byte for lead in range(0xB0, 0xD7) for trail in range(0xA1, 0xFF) for byte in (lead, trail))
    characters, dice = common.decode("gb2312"), random.Random(seed)
    text = rows(tuple("".join(dice.choices(characters, k=length)) for _ in range(3)))
    assert decode_list(text.encode("gbk")) in (ListText(text, "GB18030"), None)


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_refused(content: bytes) -> None:
    read = decode_list(content)
    assert read is None or isinstance(read.text, str)
