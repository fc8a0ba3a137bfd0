"""The page, one file per part of it; streamlit lives here and in app.py and serve.py alone."""
