"""Where eye, ear and keyboard find a run: its progress in view after a click, its results behind a skip link."""

import streamlit as st

from lychee_rerank.words import Words

_RESULTS = "results"
# Streamlit's page says that it is in English, and a screen reader would read Chinese so.
_SKIP = """<a class="place skip" href="#{place}">{text}</a>
<script>document.documentElement.lang = "{language}";</script>"""
_PLACE = '<div class="place" id="{place}" tabindex="-1"></div>'
# Streamlit has no call that scrolls. What stood above before goes away bit by bit: progress is brought back into view
# until it has stayed there for 1.5 s, or the user does something. By its comment each run's script is another one: one
# that stays is not run again.
_SHOW_PROGRESS = """<span class="place"></span><script>/* {run_id} */ (() => {{
  let since = performance.now();
  const end = () => {{ since = -Infinity; }};
  for (const deed of ["wheel", "touchmove", "pointerdown", "keydown"]) addEventListener(deed, end, {{once: true}});
  const hold = () => {{
    if (performance.now() - since > 1500) return;
    const progress = document.querySelector(".st-key-progress"), box = progress?.getBoundingClientRect();
    if (box && (box.top < 0 || box.bottom > innerHeight)) {{
      progress.scrollIntoView();
      since = performance.now();
    }}
    requestAnimationFrame(hold);
  }};
  hold();
}})()</script>"""


def draw_skip_link(words: Words) -> None:
    """A link to the results that shows itself to the keyboard alone; tells the browser the page's language."""
    html = _SKIP.format(place=_RESULTS, text=words.skip, language=words.code)
    st.html(html, unsafe_allow_javascript=True)


def mark_results() -> None:
    """Where the skip link leads."""
    st.html(_PLACE.format(place=_RESULTS))


def show_progress(run_id: str) -> None:
    """Brings the progress of a run into view when it comes onto the page, and not again while it stays there."""
    st.html(_SHOW_PROGRESS.format(run_id=run_id), unsafe_allow_javascript=True)
