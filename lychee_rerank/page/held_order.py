"""Cards stay where they are while somebody is at them: a pointer over them, or the keyboard in them.

A run under way brings them into another order every few seconds, and a click would meet another photo.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from lychee_rerank.records import RankedPhoto

_HELD, _KEY = "held-cards", "at-cards"
# A finger that tapped does not hover, and what it tapped has no ring of focus: it holds nothing.
_WATCH = """export default function ({ parentElement, setStateValue }) {
  if (parentElement.dataset.watching) return;
  parentElement.dataset.watching = "yes";
  const cards = "[class*='st-key-photo-']";
  let at = false;
  const look = () => setTimeout(() => {
    const now = matchMedia("(hover: hover)").matches && document.querySelector(`${cards}:hover`) !== null
      || document.querySelector(`${cards} :focus-visible`) !== null;
    if (now !== at) setStateValue("at", at = now);
  });
  const deeds = ["pointerover", "pointerout", "focusin", "focusout"];
  for (const deed of deeds) document.addEventListener(deed, look);
  look();
  return () => deeds.forEach((deed) => document.removeEventListener(deed, look));
}"""


@dataclass(frozen=True, slots=True)
class Cards:
    """The photos that are on the page, in its order, and the lines between them: how many stand above each, its text.

    `key` tells what they are an answer to.
    """

    key: str
    photos: Sequence[RankedPhoto]
    lines: Sequence[tuple[int, str]] = ()


def hold_order(cards: Cards, ranked: Sequence[RankedPhoto], *, active: bool) -> Cards:
    """These cards, or those that somebody is at, as they are `ranked` by now; `active` while more is to come."""
    held: Cards | None = st.session_state.get(_HELD)
    if active or _is_held(held, cards):
        _watch(key=_KEY, on_at_change=lambda: None)
    if held is not None and _is_held(held, cards):
        now = {photo.scored.index: photo for photo in ranked}
        return Cards(held.key, [now.get(one.scored.index, one) for one in held.photos], held.lines)
    st.session_state[_HELD] = cards
    return cards


def _is_held(held: Cards | None, cards: Cards) -> bool:
    """True while somebody is at the cards that were drawn last, and they are an answer to the same."""
    at = st.session_state.get(_KEY)
    return bool(at and at.get("at")) and held is not None and held.key == cards.key


_watch = st.components.v2.component(
    "lychee_at_cards", html='<span class="place"></span>', js=_WATCH, isolate_styles=False
)
