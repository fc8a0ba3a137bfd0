"""Cards stay where they are while somebody is at them: a pointer over them, or the keyboard in them.

A run under way brings them into another order every few seconds, and a click would meet another photo.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from lychee_rerank.records import RankedPhoto

_HELD, _KEY = "held-cards", "at-cards"
# A finger that tapped does not hover, and what it tapped has no ring of focus: it holds nothing.
_WATCH = """export default function ({ parentElement, setStateValue, data }) {
  parentElement.dataset.held = data.held;
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

    `key` tells what they are an answer to; `held`: they are in an earlier order.
    """

    key: str
    photos: Sequence[RankedPhoto]
    lines: Sequence[tuple[int, str]] = ()
    held: bool = False


def hold_order(cards: Cards, ranked: Sequence[RankedPhoto]) -> Cards:
    """These cards, or, while somebody is at them, those that were drawn last, as they are `ranked` by now."""
    held: Cards | None = st.session_state.get(_HELD)
    at = st.session_state.get(_KEY)
    if at and at.get("at") and held is not None and held.key == cards.key:
        now = {photo.scored.index: photo for photo in ranked}
        return replace(held, photos=[now.get(one.scored.index, one) for one in held.photos], held=True)
    st.session_state[_HELD] = cards
    return cards


def watch_cards(cards: Cards, *, active: bool) -> None:
    """Notes when somebody comes to the cards above, or leaves them; `active` while more is to come."""
    if active or cards.held:
        _watch(key=_KEY, data={"held": cards.held}, on_at_change=lambda: None)


_watch = st.components.v2.component(
    "lychee_at_cards", html='<span class="place"></span>', js=_WATCH, isolate_styles=False
)
