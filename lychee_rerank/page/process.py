"""What all sessions of this process share: the worker with the model, the uploads, the galleries."""

from dataclasses import dataclass

import streamlit as st

from lychee_rerank.assembly import ModelLoader
from lychee_rerank.galleries import Galleries
from lychee_rerank.jobs import Worker
from lychee_rerank.settings import Settings, load_settings
from lychee_rerank.spool import DataFolder, Spool, open_data_folder


@dataclass(frozen=True, slots=True)
class Shared:
    """Everything here is safe to use from any session's thread."""

    settings: Settings
    data: DataFolder
    spool: Spool
    galleries: Galleries
    loader: ModelLoader
    worker: Worker


@st.cache_resource(show_spinner=False)
def open_shared() -> Shared:
    """The one set of shared things; the first call starts loading the model."""
    settings = load_settings()
    data = open_data_folder(settings.data_dir)
    loader = ModelLoader(settings)
    worker = Worker(loader.load, readout=settings.readout, template=settings.template)
    return Shared(settings, data, Spool(data.path), Galleries(), loader, worker)
