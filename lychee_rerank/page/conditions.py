"""What is asked of the parts of the query: a least and a most each, chips that take it back; all of it in the URL."""

import re
from collections.abc import Iterable, Sequence

import streamlit as st

from lychee_rerank.page.asked import ask, asked
from lychee_rerank.query import Query
from lychee_rerank.results.conditions import LEAST, MOST, Condition, complete_conditions, parse_condition
from lychee_rerank.words import Words

_PARAMETER = "condition"  # in the URL, once for each end
_STEP = 0.1  # scores count with one decimal
_COLUMNS, _MIN_COLUMN_PX = 3, 220


def asked_conditions(parts: Sequence[Query]) -> tuple[Condition, ...]:
    """The conditions of the URL on these parts, and those that the query itself sets; nonsense is passed over."""
    given = (parse_condition(text, parts) for text in asked(_PARAMETER))
    complete = complete_conditions(filter(None, given), parts)
    return tuple(one if one.least <= one.most else Condition(one.part) for one in complete)


def put_conditions(conditions: Iterable[Condition]) -> None:
    """Puts conditions into the URL; what the query sets and nobody wants stands there too, as excluding nothing."""
    ask(_PARAMETER, [text for one in conditions if one.excludes or one.part.negated for text in one.texts])


def draw_limits(words: Words, parts: Sequence[Query], *, run_id: str) -> None:
    """A slider with two ends per part: from which to which score of it photos are wanted."""
    given = {condition.part: condition for condition in asked_conditions(parts)}
    with st.grid(_COLUMNS, min_column_width=_MIN_COLUMN_PX):
        for n, part in enumerate(parts):
            condition, key = given.get(part, Condition(part)), f"limits-{run_id}-{n}"
            limits = condition.least, condition.most
            if st.session_state.get(key, limits) != limits:  # a chip was clicked, say
                st.session_state[key] = limits
            st.slider(
                _literal(part.text),
                LEAST,
                MOST,
                limits,
                _STEP,
                "%.1f",
                key=key,
                help=words.results.limits_help,
                on_change=_take_limits,
                args=(parts, part, key),
            )


def draw_chips(words: Words, conditions: Iterable[Condition], parts: Sequence[Query]) -> None:
    """A button for each condition that excludes anything; a click takes it back."""
    with st.container(horizontal=True, gap="xsmall", key="conditions"):  # there even where it is empty: nothing moves
        for condition in filter(lambda condition: condition.excludes, conditions):
            st.button(
                _literal(words.condition(condition)),
                key=f"lift-{parts.index(condition.part)}",
                icon=":material/close:",
                icon_position="right",
                help=words.results.lift_condition,
                on_click=_set_condition,
                args=(parts, Condition(condition.part)),
            )


def _take_limits(parts: Sequence[Query], part: Query, key: str) -> None:
    least, most = st.session_state[key]
    _set_condition(parts, Condition(part, round(least, 1), round(most, 1)))


def _set_condition(parts: Sequence[Query], condition: Condition) -> None:
    """Asks this of its part, in the place of what was asked of it."""
    put_conditions([*(one for one in asked_conditions(parts) if one.part != condition.part), condition])


def _literal(text: str) -> str:
    """The text as Markdown that is shown as it was typed."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)
