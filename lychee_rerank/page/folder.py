"""The folder that is offered as a gallery: listed in the background, limited to a subfolder, listed again."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from lychee_rerank.photos.listing import Listed, Standing, Subfolder
from lychee_rerank.problems import PassedOver
from lychee_rerank.records import Photo
from lychee_rerank.service import Service
from lychee_rerank.words import Words

_POLL_S = 0.5
_TRUSTED_S = 10  # a visitor who comes later than that finds the files that are new since
_AT_ONCE_S = 0.3  # some thousand photos on a quick disk are listed by then, and nothing flickers
_MOST_NAMES = 200
_SUBFOLDER = "folder"
_SUBFOLDER_PX = 260

Standings = tuple[Standing, Standing]


@dataclass(frozen=True, slots=True)
class Offer:
    """A folder of photos that the page offers; `listed` is None until it is known what is in it."""

    folder: Path
    listed: Listed | None
    standings: Standings  # of the mounted folder and the samples, as they are drawn

    @property
    def photos(self) -> tuple[Photo, ...]:
        """All its photos as far as they are known."""
        return self.photos_in("")

    def photos_in(self, subfolder: str) -> tuple[Photo, ...]:
        """The photos of a subfolder as far as they are known; all of them for an empty path."""
        return self.listed.photos_in(subfolder) if self.listed else ()

    def passed_over_in(self, subfolder: str) -> dict[PassedOver, int]:
        """How many files were passed over there for each reason, as far as that is known."""
        return self.listed.passed_over_in(subfolder) if self.listed else {}


def offer_folder(words: Words, service: Service) -> Offer:
    """The mounted folder, or the samples where that holds no photo or cannot be read, with a line that says so."""
    if "visited" not in st.session_state:
        st.session_state["visited"] = True
        service.folder.refresh(older_than_s=_TRUSTED_S)
        service.folder.wait(_AT_ONCE_S)
    standings = _find_standings(service)
    mounted, samples = (standing.listed for standing in standings)
    if mounted is not None and not mounted.readable:
        st.warning(words.folder_unreadable.format(folder=service.folder.folder, user=os.getuid()))
    if mounted is None or mounted.photos:
        return Offer(service.folder.folder, mounted, standings)
    return Offer(service.samples.folder, samples, standings)


def draw_subfolders(words: Words, offer: Offer) -> str:
    """The path of the subfolder that the URL names, empty for all; a choice where there are subfolders."""
    if offer.listed is None or not offer.listed.subfolders:
        return ""
    every = Subfolder("", len(offer.photos))
    choices = {choice.path: choice for choice in (every, *offer.listed.subfolders)}
    asked = st.query_params.get(_SUBFOLDER, "")
    return st.selectbox(
        words.subfolder,
        options=list(choices),
        index=list(choices).index(asked) if asked in choices else 0,
        format_func=lambda path: f"{path or words.all_subfolders} · {choices[path].photos}",
        key="subfolder",
        on_change=_choose_subfolder,
        label_visibility="collapsed",
        width=_SUBFOLDER_PX,
    )


def draw_rescan(words: Words, service: Service, offer: Offer, *, shown: bool) -> None:
    """A button that looks for new files, or how far that is; draws the page again once more is known.

    `shown` False draws nothing, but still draws the page again.
    """
    polled = any(standing.under_way for standing in offer.standings)
    st.fragment(_draw_rescan, run_every=_POLL_S if polled else None)(words, service, offer, shown=shown)


def draw_unreadable(words: Words, listed: Listed) -> None:
    """The names of files and subfolders that cannot be read."""
    names = listed.unreadable
    if not names:
        return
    with st.expander(words.unreadable.format(n=len(names)), key="unreadable"):
        st.text("\n".join(names[:_MOST_NAMES]))
        if len(names) > _MOST_NAMES:
            st.caption(words.unreadable_more.format(n=len(names) - _MOST_NAMES))


def _draw_rescan(words: Words, service: Service, offer: Offer, *, shown: bool) -> None:
    now = _find_standings(service)
    context = get_script_run_ctx()
    alone = context is not None and context.fragment_ids_this_run
    if alone and any(map(_differ, now, offer.standings)):  # while the page is drawn as a whole, it would lose a click
        st.rerun(scope="app")
    mounted = now[0]
    if shown and mounted.under_way:
        line = words.listing if mounted.listed is None else words.rescanning
        st.caption(line.format(photos=words.photos(mounted.found_so_far)), width="content")
    elif shown:
        st.button(words.rescan, key="rescan", type="tertiary", on_click=_rescan, args=(service,))


def _find_standings(service: Service) -> Standings:
    return service.folder.standing(), service.samples.standing()


def _differ(now: Standing, drawn: Standing) -> bool:
    """True where the page would look different."""
    return now.listed is not drawn.listed or now.under_way != drawn.under_way


def _rescan(service: Service) -> None:
    service.folder.rescan()
    service.folder.wait(_AT_ONCE_S)


def show_subfolder(service: Service, photos: Sequence[Photo]) -> None:
    """Turns to the subfolder that holds just these photos, to all of them where none does."""
    listed = service.folder.standing().listed
    subfolders = listed.subfolders if listed and tuple(photos) != listed.photos else ()
    found = (choice.path for choice in subfolders if listed and listed.photos_in(choice.path) == tuple(photos))
    st.session_state["subfolder"] = next(found, "")
    _remember_subfolder()


def _choose_subfolder() -> None:
    if st.session_state["subfolder"] != st.query_params.get(_SUBFOLDER, ""):
        _remember_subfolder()
        st.query_params.pop("run", None)


def _remember_subfolder() -> None:
    chosen = st.session_state["subfolder"]
    if chosen:
        st.query_params[_SUBFOLDER] = chosen
    else:
        st.query_params.pop(_SUBFOLDER, None)
