"""The one style block: what the theme cannot say, and our words where Streamlit has only its own."""

import streamlit as st

from lychee_rerank.page.gallery import MOST_DROPPED
from lychee_rerank.words import Words

BEST_BLUE = "#1971c2"
RERANK_ORANGE = "#c9460c"  # 4.8 : 1 against the white label, where 4.5 is asked for (WCAG 2.1, 1.4.3)
RERANK_ORANGE_HOVER = "#bf3f0c"
_STACKED_PX = 800  # up to here Streamlit would hide the query box, or lay it over the page
_WITH_RUN = '[data-testid="stApp"]:has(.st-key-progress)'  # then query and button fold to one line
_ORANGE_ON_DARK, _BLUE_ON_DARK = "#ff922b", "#a5d8ff"  # as text, at least 4.5 : 1 too

_STYLE = f"""<style>
.block-container {{ padding: 1rem 2rem 3rem; max-width: 1500px; }}
.block-container > [data-testid="stVerticalBlock"], .st-key-results {{ gap: 0.6rem; }}
[data-testid="stHeader"] {{ background: transparent; }}
[data-testid="stHeader"], [data-testid="stToolbar"] {{ pointer-events: none; }}
[data-testid="stHeader"] button {{ pointer-events: auto; }}
[data-testid="stSidebar"] {{ width: 264px !important; min-width: 264px !important; }}
[data-testid="stSidebarUserContent"] {{ padding-bottom: 1rem; }}
.st-key-rerank button {{ background: {RERANK_ORANGE}; border-color: {RERANK_ORANGE}; }}
.st-key-rerank button:hover {{ background: {RERANK_ORANGE_HOVER}; border-color: {RERANK_ORANGE_HOVER}; }}
[class*="st-key-like-file-"] {{ display: none; }}
.st-key-query[data-over] textarea {{ outline: 2px dashed {BEST_BLUE}; outline-offset: -6px; }}
.st-key-like {{ flex-wrap: nowrap; width: fit-content !important; scroll-margin-top: 1rem; }}
.st-key-like img {{ display: block; height: 72px; max-width: 160px; border-radius: 8px; object-fit: cover; }}
.st-key-like button {{ min-height: 1.75rem; padding: 0.25rem; }}
.st-key-like button p {{ font-size: 0; }}
.example {{ padding: 0 0.4rem; border: 1px solid; border-radius: 999px; font-size: 0.75rem; white-space: nowrap; }}
.thumbnail {{ display: block; width: 100%; border-radius: 8px; }}
[class*="st-key-photo-"] {{ padding: 0 0 0.5rem; overflow: hidden; }}
[class*="st-key-photo-"] > :not(:first-child) {{ padding-inline: 0.75rem; }}
[class*="st-key-photo-"] .thumbnail {{ border-radius: 0; }}
[class*="st-key-photo-"] button {{ min-height: 1.75rem; padding-block: 0; }}
.st-key-heading [data-testid="stNumberInput"] {{ display: flex; align-items: center; gap: 0.5rem; }}
.st-key-heading [data-testid="stNumberInput"] label {{ min-height: 0; margin: 0; flex: none; width: auto;
  gap: 0.25rem; }}
.st-key-heading [data-testid="stNumberInput"] > :last-child {{ width: 4rem; flex: none; }}
.st-key-heading [data-testid^="stNumberInputStep"] {{ display: none; }}
.st-key-heading .st-key-min, .st-key-heading .st-key-top {{ width: auto !important; flex: none; }}
.st-key-progress, .st-key-gallery-line {{ font-size: 0.875rem; }}
:is(.st-key-progress, .st-key-gallery-line) :is([data-testid="stText"], [data-testid="stMarkdownContainer"], p) {{
  font-size: inherit; }}
.st-key-drop-line button {{ min-height: 1.75rem; padding-block: 0; }}
[class*="st-key-photo-"] [data-testid="stText"] {{ font-size: 0.875rem; opacity: 0.75; }}
.st-key-charts {{ padding: 0.5rem 1rem 0; }}
.st-key-charts [data-testid="stVerticalBlock"] {{ gap: 0.25rem; }}
.st-key-header-notice [data-testid="stCaptionContainer"] {{ text-align: center; }}
.st-key-progress > :first-child {{ max-width: 24rem; }}
.st-key-progress [data-testid="stText"] {{ overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }}
.st-key-photo-first {{ border: 3px solid {BEST_BLUE} !important; }}
.st-key-results img {{ aspect-ratio: 4 / 3; object-fit: contain; background: rgba(128, 128, 128, 0.12); }}
.st-key-large > :has(> .st-key-large-photo) {{ flex: 1 1 20rem; min-width: min(20rem, 100%); }}
.st-key-large img {{ display: block; width: 100%; height: auto; max-height: 72vh; border-radius: 8px;
  object-fit: contain; background: rgba(128, 128, 128, 0.12); }}
[class*="st-key-photo-"]:has(.rejected) img, .st-key-large:has(.rejected) img {{ opacity: 0.3; }}
.st-key-large .given {{ display: none; }}
.given, .rejected {{ white-space: nowrap; font-size: 0.875rem; }}
.st-key-stars button {{ min-width: 2.25rem; }}
.st-key-stars button p, .st-key-keys button p {{ display: block; font-size: 0; }}
.st-key-stars button p::first-letter {{ font-size: 1.25rem; }}
[class*="st-key-text-"] [data-testid="stText"] > * {{ display: -webkit-box; -webkit-box-orient: vertical;
  -webkit-line-clamp: 6; overflow: hidden; }}
.st-key-results [data-testid="stElementToolbar"], .st-key-large [data-testid="stElementToolbar"] {{ display: none; }}
.st-key-bands [data-testid="stButtonGroup"] > div {{ flex-wrap: wrap; }}
.cliff {{ display: flex; align-items: center; gap: 1rem; color: {RERANK_ORANGE}; font-size: 0.875rem; }}
.cliff::before, .cliff::after {{ content: ""; flex: 1; border-top: 2px dashed {RERANK_ORANGE}; }}
.st-key-preview img {{ aspect-ratio: 4 / 3; object-fit: cover; border-radius: 6px; }}
[data-testid="stCaptionContainer"] {{ opacity: 0.75; }}
[data-testid="stCaptionContainer"] code {{ color: inherit; }}
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
  {_WITH_RUN} [data-testid="stVerticalBlock"]:has(> .st-key-query) {{ flex-flow: row wrap; gap: 0.5rem; }}
  {_WITH_RUN} .st-key-query {{ flex: 1 1 4rem; width: auto !important; min-width: 4rem; }}
  {_WITH_RUN} :has(> .st-key-like) {{ flex: none; width: auto; }}
  {_WITH_RUN} :has(> .st-key-like-refused) {{ flex: 1 0 100%; order: -1; }}
  {_WITH_RUN} .st-key-like img {{ width: 2.5rem; height: 2.5rem; }}
  {_WITH_RUN} .st-key-rerank {{ width: auto !important; flex: none; }}
  {_WITH_RUN} .st-key-query label {{ display: none; }}
  {_WITH_RUN} .st-key-query:not(:focus-within) textarea {{ height: 2.5rem; min-height: 0; padding-block: 0.5rem; }}
  {_WITH_RUN} .st-key-query:not(:focus-within) [data-testid="InputInstructions"] {{ display: none; }}
}}
@media (max-width: 480px) {{
  .st-key-past button p {{ font-size: 0; }}
  .st-key-header h4 {{ font-size: 1.1rem; }}
  .st-key-header > :has(> .st-key-header-notice) {{ order: 1; flex-basis: 100%; }}
  .st-key-header-notice [data-testid="stCaptionContainer"] {{ text-align: start; }}
  .st-key-gallery-row > :has(> .st-key-drop-line) {{ flex: none; width: auto; }}
  .st-key-drop-line [data-testid="stFileUploaderDropzoneInstructions"],
  .st-key-charts [data-testid="stColumn"]:last-child {{ display: none; }}
  .st-key-progress {{ row-gap: 0.25rem; }}
  .st-key-heading, .st-key-gallery-line, .st-key-gallery-row {{ gap: 0.5rem; }}
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
[data-testid="stFileUploaderDropzone"] button p {{ font-size: 0; }}
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
