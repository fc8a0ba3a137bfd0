"""The parts of a query that the demo model does not know."""

import pytest

from lychee_rerank.model.choice import DEMO_FOLDER
from lychee_rerank.model.demo_vocabulary import load_vocabulary
from lychee_rerank.words import CHINESE, ENGLISH

CASES = [
    ("沙发 + 灯泡 + 咖啡", ()),
    ("Sofa, LIGHT BULB and coffee", ()),
    ("两只狗和一只猫", ()),
    ("two dogs on a red background", ()),
    ("3头牛 + 2 rabbits", ()),
    ("两辆汽车、三把椅子", ()),
    ("wolves, mice", ()),
    ("7 dogs", ("7 dogs",)),
    ("九只狗", ("九只狗",)),
    ("红色背景上的狗", ()),
    ("藏族姑娘", ("藏族姑娘",)),
    ("沙发 + 藏族姑娘、咖啡", ("藏族姑娘",)),
    ("a dog and a theodolite", ("a theodolite",)),
    ("科技感, 深空蓝, 狗", ("科技感", "深空蓝")),
    ("strawberries and foxes", ()),
    ("puppies, bunny + lorries", ()),
    ("蓝背景,红底", ()),
    ("和服", ("和服",)),
    ("穿红色衣服的藏族姑娘", ("穿红色衣服的藏族姑娘",)),
    ("月亮代表我的心", ("月亮代表我的心",)),
    ("沙发\uff0c藏族姑娘\uff0b咖啡", ("藏族姑娘",)),
    ("dog/theodolite", ("theodolite",)),
    ("but in blue", ()),
    ("但要蓝色的", ()),
    ("now on a red background, plus a dog", ()),
    ("换成红色背景，再加一只狗", ()),
    ("but with a theodolite", ("a theodolite",)),
    ("要饭", ("要饭",)),
    ("", ()),
    ("+ ,、", ()),
]


@pytest.mark.parametrize(("query", "unknown"), CASES)
def test_the_parts_of_a_query_that_hold_no_known_name_are_named(query: str, unknown: tuple[str, ...]) -> None:
    assert load_vocabulary(DEMO_FOLDER).unknown_parts(query) == unknown


def test_the_vocabulary_is_large_enough_and_every_example_is_within_it() -> None:
    vocabulary = load_vocabulary(DEMO_FOLDER)
    assert len(set(vocabulary.icons)) == len(vocabulary.icons) >= 300
    assert {"sofa", "light bulb", "coffee"} <= {icon.lower() for icon in vocabulary.icons}
    for example in (*ENGLISH.examples, *CHINESE.examples):
        assert vocabulary.unknown_parts(example) == ()
