"""Pictures on the page: thumbnails are sent once they come into view, and no larger than they are drawn."""

from html import escape

import streamlit as st

from lychee_rerank.facts import PhotoFacts
from lychee_rerank.page.visitor import photo_url, thumbnail_url
from lychee_rerank.query import Example
from lychee_rerank.records import Photo
from lychee_rerank.service import Service
from lychee_rerank.store.uploads import SMALL_PX, THUMBNAIL_PX
from lychee_rerank.web.files import SMALL

# st.image knows neither `loading` nor `srcset`.
_THUMBNAIL = '<img class="thumbnail" loading="lazy" alt="{name}" src="{url}">'
_EXAMPLE = f'<img alt="{{name}}" title="{{name}}" src="{{url}}?{SMALL}">'
_PHOTO = '<img alt="{name}" src="{url}"{sides}>'
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


def draw_example(service: Service, example: Example) -> None:
    """The example of the next question, small; its name where it cannot be drawn."""
    _draw(_EXAMPLE, service, Photo(example.name, example.path))


def draw_photo(service: Service, photo: Photo, facts: PhotoFacts | None) -> None:
    """The photo itself; where its size is known, its place is kept until it has come."""
    sides = f' width="{facts.width_px}" height="{facts.height_px}"' if facts else ""
    st.html(_PHOTO.format(name=escape(photo.name), url=escape(photo_url(service, photo)), sides=sides))


def _draw(template: str, service: Service, photo: Photo) -> None:
    url = thumbnail_url(service, photo)
    if url is None:
        st.text(photo.name)
    else:
        texts = {"name": photo.name, "url": url, "photo_url": photo_url(service, photo)}
        st.html(template.format_map({name: escape(text) for name, text in texts.items()}))
