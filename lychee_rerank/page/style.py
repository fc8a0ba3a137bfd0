"""The one style block: what the theme cannot say, and our words where Streamlit has only its own."""

import streamlit as st

from lychee_rerank.page.gallery import MOST_DROPPED
from lychee_rerank.words import Words

BEST_BLUE = "#1971c2"
RERANK_ORANGE = "#c9460c"  # 4.8 : 1 against the white label, where 4.5 is asked for (WCAG 2.1, 1.4.3)
RERANK_ORANGE_HOVER = "#bf3f0c"
_STACKED_PX = 800  # up to here Streamlit would hide the query box, or lay it over the page
_ORANGE_ON_DARK, _BLUE_ON_DARK = "#ff922b", "#a5d8ff"  # as text, at least 4.5 : 1 too

_STYLE = f"""<style>
.block-container {{ padding: 1.5rem 2rem 3rem; max-width: 1500px; }}
[data-testid="stHeader"] {{ background: transparent; pointer-events: none; }}
[data-testid="stHeader"] button {{ pointer-events: auto; }}
[data-testid="stSidebar"] {{ width: 264px !important; min-width: 264px !important; }}
[data-testid="stSidebarUserContent"] {{ padding-bottom: 1rem; }}
.st-key-rerank button {{ background: {RERANK_ORANGE}; border-color: {RERANK_ORANGE}; }}
.st-key-rerank button:hover {{ background: {RERANK_ORANGE_HOVER}; border-color: {RERANK_ORANGE_HOVER}; }}
.thumbnail {{ display: block; width: 100%; border-radius: 8px; }}
.st-key-photo-first {{ border: 3px solid {BEST_BLUE} !important; }}
.st-key-results img {{ aspect-ratio: 4 / 3; object-fit: contain; background: rgba(128, 128, 128, 0.12); }}
.st-key-large img {{ max-height: 68vh; object-fit: contain; background: rgba(128, 128, 128, 0.12); }}
[class*="st-key-text-"] [data-testid="stText"] > * {{ display: -webkit-box; -webkit-box-orient: vertical;
  -webkit-line-clamp: 6; overflow: hidden; }}
.st-key-results [data-testid="stElementToolbar"], .st-key-large [data-testid="stElementToolbar"] {{ display: none; }}
.st-key-bands [data-testid="stButtonGroup"] > div {{ flex-wrap: wrap; }}
.cliff {{ display: flex; align-items: center; gap: 1rem; color: {RERANK_ORANGE}; font-size: 0.875rem; }}
.cliff::before, .cliff::after {{ content: ""; flex: 1; border-top: 2px dashed {RERANK_ORANGE}; }}
.st-key-preview img {{ aspect-ratio: 4 / 3; object-fit: cover; border-radius: 6px; }}
[data-testid="stCaptionContainer"] {{ opacity: 0.75; }}
.st-key-results summary {{ opacity: 0.75; }}
.st-key-demo {{ background: rgba(255, 196, 64, 0.12); border: 1px solid rgba(255, 196, 64, 0.45);
  border-radius: 8px; padding: 0.5rem 1rem; }}
.st-key-demo p {{ font-size: 0.875rem; }}
.st-key-demo button {{ min-height: 1.75rem; padding-block: 0; }}
[data-testid="stFileUploaderDropzone"] {{ border: 1px dashed #adb5bd; align-items: center; }}
.st-key-drop-line {{ min-width: min(18rem, 100%); }}
.st-key-drop-line [data-testid="stFileUploaderDropzone"] {{ padding-block: 0.25rem; min-height: 0; }}
.st-key-drop-large [data-testid="stFileUploaderDropzone"] {{ min-height: 8rem; justify-content: center; }}
.stElementContainer:has(.place) {{ position: absolute; width: 0; }}
a[aria-label="Link to heading"] {{ display: none; }}
.skip {{ position: absolute; left: -100vw; z-index: 1000; padding: 0.5rem 1rem; border-radius: 8px; color: white;
  background: {BEST_BLUE}; white-space: nowrap; }}
.skip:focus {{ left: 0; top: 0; }}
.st-key-progress, #results {{ scroll-margin-top: 1rem; }}
.st-key-progress, .st-key-gallery-line {{ font-variant-numeric: tabular-nums; }}
@media (prefers-color-scheme: dark) {{
  .cliff {{ color: {_ORANGE_ON_DARK}; }}
  [data-testid="stButtonGroup"] [aria-checked="true"] p, [data-testid="stButtonGroup"] [aria-pressed="true"] p {{
    color: {_BLUE_ON_DARK}; }}
}}
@media (max-width: {_STACKED_PX}px) {{
  .block-container {{ padding: 1rem 1rem 3rem; }}
  [data-testid="stAppViewContainer"] {{ display: block; overflow: auto; }}
  [data-testid="stSidebar"] {{ position: static !important; width: 100% !important; max-width: none !important;
    height: auto !important; transform: none !important; visibility: visible !important; }}
  [data-testid="stSidebarHeader"], [data-testid="stExpandSidebarButton"],
  :has(> [data-testid="stSidebarResizeHandle"]) {{ display: none; }}
  [data-testid="stSidebarUserContent"] {{ padding-top: 1rem; }}
  [data-testid="stMain"] {{ position: static; height: auto; overflow: visible; }}
}}
@media (max-width: 480px) {{
  .st-key-past button p {{ font-size: 0; }}
}}
@media (min-width: 641px) {{
  .st-key-gallery-line {{ flex-wrap: nowrap; }}
}}
.st-key-rerank kbd {{ display: none; }}
@media (hover: none) {{
  kbd, [data-testid="InputInstructions"] {{ display: none !important; }}
}}
</style>"""

# Where Streamlit has no other way: its text is hidden, and ours stands in its place.
_TEXTS = """<style>
[data-testid="stFileUploaderDropzone"] button p {{ display: none; }}
[data-testid="stFileUploaderDropzone"] button [data-testid="stMarkdownContainer"]::after {{ content: "{upload}"; }}
[data-testid="stFileUploaderDropzoneInstructions"] span {{ display: none; }}
[data-testid="stFileUploaderDropzoneInstructions"]::after {{ content: "{upload_hint}"; font-size: 0.875rem;
  opacity: 0.75; }}
a[href="#stMain"] {{ font-size: 0; }}
a[href="#stMain"]::after {{ content: "{skip_main}"; font-size: 1rem; }}
[data-testid="InputInstructions"] {{ display: none; }}
.st-key-query [data-testid="InputInstructions"] {{ display: block; }}
.st-key-query [data-testid="InputInstructions"] span {{ display: none; }}
.st-key-query [data-testid="InputInstructions"]::after {{ content: "{query_key}"; }}
[data-testid="stConnectionStatus"] {{ display: none; }}
[data-testid="stApp"]:not([data-test-connection-state="CONNECTED"])::before {{ content: "{server_away}";
  position: fixed; inset: 0 0 auto; z-index: 1000000; padding: 0.75rem 1rem; color: white; background: #862e0a;
  text-align: center; }}
</style>"""


def draw_style(words: Words) -> None:
    """Puts the style block on the page."""
    st.html(_STYLE)
    texts = {"upload": words.upload, "upload_hint": words.upload_hint.format(most=MOST_DROPPED)}
    texts |= {"query_key": words.query_key, "server_away": words.server_away, "skip_main": words.skip_main}
    st.html(_TEXTS.format_map(texts))
