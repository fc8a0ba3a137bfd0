"""The one style block: what the theme cannot say."""

import streamlit as st

BEST_BLUE = "#1c7ed6"
RERANK_ORANGE = "#e8590c"  # 4.6 : 1 against white text

_STYLE = f"""<style>
.block-container {{ padding-top: 1.5rem; padding-bottom: 3rem; max-width: 1500px; }}
[data-testid="stSidebar"] {{ width: 264px !important; min-width: 264px !important; }}
.st-key-rerank button {{ background: {RERANK_ORANGE}; border-color: {RERANK_ORANGE}; color: white; }}
.st-key-rerank button:hover {{ background: #d9480f; border-color: #d9480f; color: white; }}
.st-key-photo-first {{ border: 3px solid {BEST_BLUE} !important; }}
.st-key-results [data-testid="stImage"] img {{ aspect-ratio: 4 / 3; object-fit: contain; background: #f1f3f5; }}
.st-key-preview [data-testid="stImage"] img {{ aspect-ratio: 1; object-fit: cover; border-radius: 6px; }}
.st-key-demo {{ background: #fff9ec; border: 1px solid #ffe3a8; border-radius: 8px; padding: 0.5rem 1rem; }}
.st-key-demo p {{ font-size: 0.875rem; color: #7a4b00; margin: 0; }}
.st-key-drop-large [data-testid="stFileUploaderDropzone"] {{ min-height: 9rem; border: 2px dashed #adb5bd; }}
.st-key-progress p {{ font-variant-numeric: tabular-nums; }}
@media (max-width: 640px) {{
  [data-testid="stAppViewContainer"] {{ flex-direction: column; }}
  [data-testid="stSidebar"] {{ position: relative !important; width: 100% !important; min-width: 100% !important;
    height: auto !important; transform: none !important; visibility: visible !important; }}
  [data-testid="stSidebarHeader"], [data-testid="stExpandSidebarButton"] {{ display: none !important; }}
}}
</style>"""


def draw_style() -> None:
    """Puts the style block on the page."""
    st.html(_STYLE)
