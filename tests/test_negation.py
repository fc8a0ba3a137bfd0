"""Which parts of a query say there should be none of a thing, and which only look like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lychee_rerank.errors import QueryRefused
from lychee_rerank.query import parse_query

ENGLISH = [
    ("sofa + lamp + - people", ["sofa", "lamp"], ["people"]),
    ("coffee + cake - people", ["coffee", "cake"], ["people"]),
    ("coffee -people", ["coffee"], ["people"]),
    ("coffee, − red cups, –people", ["coffee"], ["red cups", "people"]),
    ("a beach, no people and no dogs", ["a beach"], ["people", "dogs"]),
    ("a beach but without any people", ["a beach"], ["people"]),
    ("a forest, but with no path", ["a forest"], ["path"]),
    ("No big, red sofa + lamp", ["lamp"], ["big, red sofa"]),
    ("no stop sign, a crossing", ["a crossing"], ["stop sign"]),
    ("no people smoking, a bar", ["a bar"], ["people smoking"]),
    ("a beach without people, a room with no windows", ["a beach without people", "a room with no windows"], []),
    ("no smoking sign + No Entry + no parking", ["no smoking sign", "No Entry", "no parking"], []),
    ("no dogs allowed, no trucks sign, no left turn", ["no dogs allowed", "no trucks sign", "no left turn"], []),
    ("No. 5 perfume, No 5 bus, № 5", ["No. 5 perfume", "No 5 bus", "No 5"], []),
    ("no man's land, no more than three people", ["no man's land", "no more than three people"], []),
    ("T-shirt, -20 °C, a cat -> a dog", ["T-shirt", "-20 °C", "a cat -> a dog"], []),
    ("living room - modern style", ["living room - modern style"], []),
    ("- no birds, a lake", ["a lake"], ["birds"]),
    ("- sofa\n- lamp\n- no people", ["sofa", "lamp"], ["people"]),
    ("north star + noodles\n- people", ["north star", "noodles"], ["people"]),
]  # fmt: skip
CHINESE = [
    ("沙发 + 灯泡 － 人", ["沙发", "灯泡"], ["人"]),
    ("沙发 -人", ["沙发"], ["人"]),
    ("海滩，没有人，不要狗", ["海滩"], ["人", "狗"]),
    ("海滩但没有人", ["海滩"], ["人"]),
    ("街道、沒有任何車", ["街道"], ["車"]),
    ("沙发，不要有人，也没有文字", ["沙发"], ["人", "文字"]),
    ("不要有机蔬菜 + 苹果", ["苹果"], ["有机蔬菜"]),
    ("没有红色的车，房子", ["房子"], ["红色的车"]),
    ("不要戴帽子的人，海滩", ["海滩"], ["戴帽子的人"]),
    ("没有机器人，没有人行道", [], ["机器人", "人行道"]),
    ("街道，无人，无水印", ["街道"], ["人", "水印"]),
    ("房间，没人，無車", ["房间"], ["人", "車"]),
    ("没有人的海滩，没有戴帽子的人", ["没有人的海滩", "没有戴帽子的人"], []),
    ("没有红色的车的街道", ["没有红色的车的街道"], []),
    ("无人机，无人驾驶汽车，无人区", ["无人机", "无人驾驶汽车", "无人区"], []),
    ("无花果，无线耳机，无锡，没收", ["无花果", "无线耳机", "无锡", "没收"], []),
    ("不要紧，不要的衣服，不要吸烟的标志", ["不要紧", "不要的衣服", "不要吸烟的标志"], []),
    ("T恤-短袖，零下-5度", ["T恤-短袖", "零下-5度"], []),
    ("sofa + 没有 people + without 猫", ["sofa"], ["people", "猫"]),
    ("沙发，no 人，-20度，无 logo", ["沙发", "-20度"], ["人", "logo"]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "wanted", "unwanted"), [*ENGLISH, *CHINESE])
def test_a_part_that_wants_none_of_a_thing_is_scored_as_the_thing(
    query: str, wanted: list[str], unwanted: list[str]
) -> None:
    whole = parse_query(query)
    assert [part.text for part in whole.parts if not part.negated] == wanted
    assert [part.text for part in whole.parts if part.negated] == unwanted
    assert not whole.negated
    assert whole.text == query


def test_a_thing_that_is_wanted_and_unwanted_is_one_part() -> None:
    assert [(part.text, part.negated) for part in parse_query("people, no people").parts] == [("people", False)]
    assert parse_query("people").parts == parse_query("no people").parts


@pytest.mark.parametrize(
    ("query", "has_parts"),
    [("sofa + lamp", True), ("no people", True), ("sofa", False), ("sofa + sofa", False), ("no smoking", False)],
)
def test_a_query_has_parts_where_there_is_more_to_score_than_the_whole(query: str, has_parts: bool) -> None:
    assert parse_query(query).has_parts is has_parts


@given(
    st.lists(st.sampled_from(["no ", "没有", "- ", "无", "people", "的", "sign", "人", "\n", ",", "+"])).map("".join)
)
def test_a_part_is_always_something(text: str) -> None:
    try:
        parts = parse_query(text).parts
    except QueryRefused:
        return
    assert all(part.text == part.text.strip() != "" for part in parts)
    assert len(set(parts)) == len(parts)
