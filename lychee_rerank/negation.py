"""What a part of a query says there should be none of: "- people", "no people", 没有人; knows no query and no model.

Where it could be the name of a thing ("no smoking sign", 无人机) or a thing that lacks another (没有人的海滩, a beach
without people), it is taken for a thing.
"""

import re

# A minus before a thing; before a digit it is a number, before anything else an arrow, a smiley or an option.
_MINUS = r"[-−–]\s*(?=[^\W\d_]|[\"'“‘「『《(])"
_WITHOUT = r"(?:with\s+)?(?:no|without)\s+(?:any\s+)?(?=\S)"
_CHINESE = r"(?:而且|并且|並且|且|也)?(?:[没沒]有(?:任何|什么|什麼)?|不要(?:任何|出现|出現|有(?![机機色趣]))?)\s*(?=\S)"
# 无 and 没 begin hundreds of words (无花果 is a fig, 无锡 a city): they deny what stands apart, and these alone.
_ABSENT = "人物?|[行路]人|游客|遊客|[车車]辆?|汽车|汽車|狗|[猫貓]|动物|動物|文?字|字幕|水印|浮水印|logo"
_CHINESE_SHORT = rf"[无無没沒](?:\s+(?=\S)|(?=(?:{_ABSENT})\Z))"
_NEGATION = re.compile("|".join((_MINUS, _WITHOUT, _CHINESE, _CHINESE_SHORT)), re.IGNORECASE)

# What signs forbid, and the words for what says so.
_FORBIDDEN = (
    "smoking|vaping|parking|standing|stopping|waiting|entry|entrance|exit|access|admittance|trespassing|littering",
    "dumping|fishing|swimming|diving|running|jumping|climbing|camping|hunting|cycling|skating|skateboarding",
    "loitering|passing|overtaking|(?:left|right|u)[ -]turns?|turn on red|through road|vacanc(?:y|ies)|junk mail",
    "(?:flash )?photography|soliciting",
)
_SIGN = "(?:signs?|symbols?|zones?|areas?|notice|poster|sticker|icon|board|placard|plate|light|logo|stencil)"
_ENGLISH_THING = (
    r"\d",  # No 5
    rf"(?:{'|'.join(_FORBIDDEN)})(?:\s{_SIGN}\b.*)?\Z",
    r".*\b(?:allowed|permitted)\b",  # no dogs allowed
    r"(?:\w+\s)?\w+[^s]s (?:sign|symbol)\b",  # a no trucks sign
    r"(?:one|man['’]?s|more|less|fewer|longer|matter|doubt|problem|way|frills|time to|country for|place like)\b",
)
_CHINESE_THING = (
    r"[没沒]有(?:关系|關係|问题|問題|办法|辦法|意思|[用错錯了的])",
    r"不要[紧緊脸臉命钱錢了的]",
    r"不要(?:吸烟|抽烟|停车|拍照|触摸|攀爬|践踏|乱扔|随地|大声|喧哗|进入|靠近).*(?:[标標][志誌识識语語]|告示|牌)",
    # The 的 of a colour or size belongs to what is missing: 没有红色的车. Any other makes a thing of the whole.
    r"[没沒]有.*(?<![色大小新旧舊老高矮长長短红紅黄黃蓝藍绿綠黑白灰亮暗净淨脏髒])的",
)
_THING = re.compile("|".join((rf"(?:with\s+)?no\s(?:{'|'.join(_ENGLISH_THING)})", *_CHINESE_THING)), re.IGNORECASE)
_BULLET = re.compile(r"\s*[-−–]\s*(?=\S)")


def parse_negation(part: str) -> str | None:
    """The thing that the part, in NFKC and with single spaces, wants none of; None where it names a wanted thing."""
    thing = _take_off(part)
    return thing and (_take_off(thing) or thing)  # "- no people"


def drop_bullets(text: str) -> str:
    """The text without the dashes of a list, where each of several lines begins with one: there they deny nothing."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < 2 or not all(map(_BULLET.match, lines)):
        return text
    return "\n".join(_BULLET.sub("", line, count=1) for line in lines)


def _take_off(part: str) -> str | None:
    found = _NEGATION.match(part)
    return part[found.end() :] if found and not _THING.match(part) else None
