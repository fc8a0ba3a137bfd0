"""What stands in the URL, so that a reload and a bookmark keep it; a session reads it there once.

Afterwards the session knows better: with each click the browser sends the address that it had then, and one that was
sent before the last change would take that change back.
"""

from collections.abc import Sequence

import streamlit as st


def asked(parameter: str) -> Sequence[str]:
    """The values of a parameter, none where it is not there; the URL gets them again where it has lost them."""
    known: list[str] = st.session_state.setdefault(_key(parameter), st.query_params.get_all(parameter))
    if st.query_params.get_all(parameter) != known:
        _write(parameter, known)
    return known


def ask(parameter: str, values: Sequence[str]) -> None:
    """Puts these values in the place of all others; without any the parameter goes."""
    st.session_state[_key(parameter)] = list(values)
    _write(parameter, values)


def _write(parameter: str, values: Sequence[str]) -> None:
    st.query_params.pop(parameter, None)
    if values:
        st.query_params[parameter] = values


def _key(parameter: str) -> str:
    return f"asked-{parameter}"
