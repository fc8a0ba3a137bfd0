"""Photos chosen by what their files say, and one of each near-copy: a line that is there once it has something to say.

What is asked for stands in the URL.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date

import streamlit as st

from lychee_rerank.facts import Orientation, PhotoFacts
from lychee_rerank.page.asked import ask, asked
from lychee_rerank.results.file_filter import FileFilter
from lychee_rerank.results.ranking import Results
from lychee_rerank.results.selection import View, count_alike
from lychee_rerank.words import Words

DISTINCT = "distinct"
FIRST = 10  # photos of which is said how many are nearly the same
_ORIENTATION, _WIDTH, _DAYS = "orientation", "width", "days"  # in the URL
_WIDTHS_PX = (640, 800, 1024, 1280, 1600, 1920, 2560, 3000, 3840, 5000)  # what screens, pages and prints ask for
_UNTIL = ".."
_MOST_DIGITS = 9  # Python reads no number of thousands of digits
_WIDTH_PX, _DAYS_PX = 140, 230


def draw_file_controls(words: Words, results: Results, view: View) -> tuple[bool, FileFilter]:
    """Whether one of each is wanted, and of which files; each control is there where photos differ in it."""
    wanted, facts = asked_files(), tuple(results.facts.values())
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="file-controls"):
        distinct = _draw_distinct(words, results, view)
        orientation = _draw_orientation(words, facts, wanted.orientation)
        least_width_px = _draw_width(words, facts, wanted.least_width_px)
        first_day, last_day = _draw_days(words, facts, wanted)
    return distinct, FileFilter(orientation, least_width_px, first_day, last_day)


def asked_files() -> FileFilter:
    """What the URL asks of the files; nonsense is passed over."""
    orientation, width = _asked(_ORIENTATION), _asked(_WIDTH)
    days: list[date | None] = [None, None]
    for place, text in enumerate(_asked(_DAYS).split(_UNTIL)[:2]):
        with suppress(ValueError):
            days[place] = date.fromisoformat(text)
    return FileFilter(
        Orientation(orientation) if orientation in set(Orientation) else None,
        int(width[:_MOST_DIGITS]) if width.isascii() and width.isdecimal() else 0,
        *days,
    )


def put_files(files: FileFilter) -> None:
    """Puts what is asked of the files into the URL, and nothing where nothing is."""
    days = f"{files.first_day or ''}{_UNTIL}{files.last_day or ''}"
    wanted = {
        _ORIENTATION: files.orientation or "",
        _WIDTH: str(files.least_width_px or ""),
        _DAYS: days if days != _UNTIL else "",
    }
    for parameter, text in wanted.items():
        _ask(parameter, text)


def describe_facts(facts: PhotoFacts) -> tuple[str, ...]:
    """What the file says, in lines that need no words: the size in pixels and the camera, then when it was taken."""
    taken = facts.taken.isoformat(" ", "minutes") if facts.taken else ""
    return tuple(
        filter(None, (" · ".join(filter(None, (f"{facts.width_px} × {facts.height_px}", facts.camera))), taken))
    )


def _draw_distinct(words: Words, results: Results, view: View) -> bool:
    """The switch, where any photos are nearly the same; beside it how many of the first are."""
    if not any(size > 1 for size in results.near_copies.group_sizes().values()):
        return False
    text = words.results
    distinct = st.toggle(text.distinct, key=DISTINCT, help=text.distinct_help, bind="query-params")
    alike = 0 if distinct else count_alike(results, view.eligible(results)[:FIRST])
    if alike:
        label = text.offer_distinct.format(n=alike, first=min(FIRST, len(results.ranked)))
        st.button(label, key="offer-distinct", type="tertiary", on_click=_set_distinct)
    return distinct


def _set_distinct() -> None:
    st.session_state[DISTINCT] = True


def _draw_orientation(words: Words, facts: Sequence[PhotoFacts], wanted: Orientation | None) -> Orientation | None:
    present = {each.orientation for each in facts}
    options = [one for one in Orientation if one in present or one is wanted]
    if len(options) < 2:
        return wanted
    counts = {one: sum(each.orientation is one for each in facts) for one in options}
    _show(_ORIENTATION, wanted)
    return st.pills(
        words.results.orientation_label,
        options,
        format_func=lambda one: f"{words.results.orientation[one]} · {counts[one]}",
        key=_ORIENTATION,
        on_change=_take,
        args=(_ORIENTATION,),
        label_visibility="collapsed",
    )


def _draw_width(words: Words, facts: Sequence[PhotoFacts], wanted: int) -> int:
    widths_px = [each.width_px for each in facts]
    telling = [width for width in _WIDTHS_PX if widths_px and min(widths_px) < width <= max(widths_px)]
    options = sorted({0, wanted, *telling})
    if len(options) < 2:
        return wanted
    text = words.results
    _show(_WIDTH, wanted)
    return st.selectbox(
        text.width_label,
        options,
        format_func=lambda width: text.width.format(px=width) if width else text.any_width,
        key=_WIDTH,
        on_change=_take,
        args=(_WIDTH,),
        label_visibility="collapsed",
        width=_WIDTH_PX,
    )


def _draw_days(words: Words, facts: Sequence[PhotoFacts], wanted: FileFilter) -> tuple[date | None, date | None]:
    """A range of days, where photos were taken on more than one."""
    days = [each.clock.date() for each in facts if each.clock]
    if not days or (min(days) == max(days) and not (wanted.first_day or wanted.last_day)):
        return wanted.first_day, wanted.last_day
    if len(st.session_state.get(_DAYS, ())) != 1:  # one end is chosen after the other
        first = min(max(wanted.first_day or min(days), min(days)), max(days))
        _show(_DAYS, (first, max(min(wanted.last_day or max(days), max(days)), first)))
    st.date_input(
        words.results.days_label,
        (min(days), max(days)),
        min_value=min(days),
        max_value=max(days),
        key=_DAYS,
        on_change=_take_days,
        args=(min(days), max(days)),
        format="YYYY-MM-DD",
        label_visibility="collapsed",
        width=_DAYS_PX,
    )
    return wanted.first_day, wanted.last_day


def _take_days(first: date, last: date) -> None:
    """Until both ends are chosen nothing changes."""
    chosen = st.session_state[_DAYS]
    if len(chosen) == 2:
        _ask(_DAYS, "" if chosen == (first, last) else f"{chosen[0]}{_UNTIL}{chosen[1]}")


def _show(key: str, wanted: object) -> None:
    """Has the control show what is asked for, also where that came by another way than a click on it."""
    if key not in st.session_state or st.session_state[key] != wanted:
        st.session_state[key] = wanted


def _take(key: str) -> None:
    _ask(key, str(st.session_state[key] or ""))


def _asked(parameter: str) -> str:
    return next(iter(asked(parameter)), "")


def _ask(parameter: str, text: str) -> None:
    ask(parameter, [text] if text else [])
