"""The first lines of the page: its name, the language switch, and what the user must know of the model."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lychee_rerank import __version__
from lychee_rerank.model.demo_vocabulary import load_vocabulary
from lychee_rerank.model_card import ModelChoice
from lychee_rerank.service import Service
from lychee_rerank.words import CHINESE, ENGLISH, Words, words_for

TITLE = "Lychee Rerank"
_LANGUAGES = {CHINESE.code: "中文", ENGLISH.code: "EN"}


def draw_header() -> tuple[Words, DeltaGenerator, DeltaGenerator]:
    """Draws name and switch; the words of the language chosen, the browser's own to begin with, and two places between.

    The first is for a notice in one line, the second for buttons.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="header"):
        st.markdown(f"#### 🍒 {TITLE}", width="content")
        notice = st.container(width="stretch", key="header-notice")
        place = st.container(width="content")
        code = st.segmented_control(
            "语言 / Language",
            options=list(_LANGUAGES),
            default=words_for(st.context.locale).code,
            required=True,
            format_func=lambda code: _LANGUAGES[code],
            key="lang",
            bind="query-params",
            label_visibility="collapsed",
        )
    return words_for(code), notice, place


def draw_notices(words: Words, service: Service, query: str, *, like: bool, line: DeltaGenerator) -> None:
    """Says what keeps the model from answering well: loading, errors, the demo model and what it does not know.

    Once there are results, what is said of the demo model goes into one `line`. With `like` there is an example photo,
    and no query is suggested.
    """
    loader, worker = service.loader, service.worker.state()
    if service.data.problem is not None:
        st.warning(words.data_problem[service.data.problem].format(folder=service.data.wanted))
    if service.store.database.set_aside is not None:
        st.warning(words.set_aside.format(file=service.store.database.set_aside.name))
    if not service.store.database.saving:
        st.warning(words.not_saving.format(folder=service.data.path))
    if loader.servers is not None:
        st.info(words.servers_line.format(servers=" · ".join(loader.servers.addresses)))
        if loader.servers.away:
            st.warning(words.servers_away.format(servers=" · ".join(loader.servers.away)))
    if loader.gpu is not None and loader.gpu.driver_too_old:
        st.warning(words.driver_too_old)
    if worker.error is not None:
        st.error(words.failure(worker.error))
    elif worker.elsewhere:
        st.info(words.elsewhere)
    elif worker.card is None:
        _draw_loading(words, service)
    elif worker.card.off_gpu_layers:
        st.warning(words.off_gpu.format(layers=worker.card.off_gpu_layers))
    if worker.card is not None and loader.choice is not None and loader.choice.demo:
        _draw_demo(words, loader.choice, query, like=like, line=line)


@st.fragment(run_every=0.5)
def _draw_loading(words: Words, service: Service) -> None:
    """Says which model is loading; draws the page again once it is there."""
    if not service.worker.state().loading:
        st.rerun(scope="app")
    choice = service.loader.choice
    loading = words.loading_any if choice is None else words.loading_demo if choice.demo else words.loading
    st.info(loading, icon=":material/hourglass_top:")


def draw_model(words: Words, service: Service) -> None:
    """One line at the foot of the page: the version, which model answers, how large it is, where it runs."""
    card = service.worker.state().card
    if card is not None:
        text = words.model_line if card.parameters else words.remote_model_line
        line = text.format(
            version=__version__,
            name=card.name,
            millions=card.parameters / 1e6,
            dtype=card.dtype,
            device=card.device,
        )
        st.caption(line)


def _draw_demo(words: Words, choice: ModelChoice, query: str, *, like: bool, line: DeltaGenerator) -> None:
    """One line on the demo model, three queries that work, and the parts of the query that it cannot know."""
    vocabulary = load_vocabulary(choice.folder)
    unknown = vocabulary.unknown_parts(query)
    if "run" in st.query_params:  # whoever has results has read why, and has a query
        line.caption(words.demo_short.format(icons=len(vocabulary.icons)))
        if unknown:
            st.text(words.demo_unknown.format(parts=" · ".join(unknown)))
        return
    with st.container(key="demo", gap="xsmall"):
        st.markdown(words.demo_line.format(icons=len(vocabulary.icons), why=words.demo_because[choice.reason]))
        if not like:
            _draw_suggestions(words)
        if unknown:
            st.text(words.demo_unknown.format(parts=" · ".join(unknown)))


def _draw_suggestions(words: Words) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(words.demo_try, width="content")
        for n, example in enumerate(words.examples):
            st.button(example, key=f"example-{n}", type="tertiary", on_click=_write_query, args=(example,))


def _write_query(query: str) -> None:
    st.session_state["query"] = query
