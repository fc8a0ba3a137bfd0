"""The keys of the page, listed behind a button and behind the key ?, which Streamlit gives no button."""

import streamlit as st

from lychee_rerank.words import Words

# What is typed into a box is no key. A key that is held down counts once: its button would take back what it gave.
_LISTEN = """export default function ({ parentElement }) {
  if (parentElement.dataset.listening) return;
  parentElement.dataset.listening = "yes";
  const listen = (event) => {
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    if (event.repeat && /^[0-5x ]$/i.test(event.key)) event.stopImmediatePropagation();
    else if (event.key === "?" && !event.repeat) document.querySelector(".st-key-keys button")?.click();
  };
  document.addEventListener("keydown", listen, true);
  return () => document.removeEventListener("keydown", listen, true);
}"""


def draw_keys(words: Words, *, marks: bool) -> None:
    """The button with its list, and what listens; with the keys for picks and stars where photos have `marks`."""
    text = words.results
    with st.popover(text.keys, icon=":material/question_mark:", type="tertiary", key="keys"):
        lines = (*text.keys_steps, *(text.keys_marks if marks else ()), *text.keys_others)
        st.markdown("  \n".join(lines))
    _listen(key="key-listener")


_listen = st.components.v2.component(
    "lychee_keys", html='<span class="place"></span>', js=_LISTEN, isolate_styles=False
)
