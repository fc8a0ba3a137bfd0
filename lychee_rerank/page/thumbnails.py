"""Thumbnails on the page: each is sent once it comes into view, and no larger than it is drawn."""

from html import escape

import streamlit as st

from lychee_rerank.page.visitor import photo_url, thumbnail_url
from lychee_rerank.records import Photo
from lychee_rerank.service import Service
from lychee_rerank.store.uploads import SMALL_PX, THUMBNAIL_PX
from lychee_rerank.web.files import SMALL

# st.image knows neither `loading` nor `srcset`.
_THUMBNAIL = '<img class="thumbnail" loading="lazy" alt="{name}" src="{url}">'
_SMALL = (
    '<a href="{photo_url}" target="_blank"><img class="thumbnail" loading="lazy" alt="{name}" src="{url}" '
    f'srcset="{{url}}?{SMALL} {SMALL_PX}w, {{url}} {THUMBNAIL_PX}w" sizes="200px"></a>'  # one of six columns
)


def draw_thumbnail(service: Service, photo: Photo) -> None:
    """The photo as wide as its card; its name where it cannot be drawn."""
    _draw(_THUMBNAIL, service, photo)


def draw_small_thumbnail(service: Service, photo: Photo) -> None:
    """The photo in a narrow column, a click away from the photo itself; its name where it cannot be drawn."""
    _draw(_SMALL, service, photo)


def _draw(template: str, service: Service, photo: Photo) -> None:
    url = thumbnail_url(service, photo)
    if url is None:
        st.text(photo.name)
    else:
        texts = {"name": photo.name, "url": url, "photo_url": photo_url(service, photo)}
        st.html(template.format_map({name: escape(text) for name, text in texts.items()}))
