"""What every test shares: no network beyond this machine, and no clock that an example has to beat."""

import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

LOOPBACK = ("127.", "localhost", "::1")
# A machine that does other things, too, is no defect of what is tested.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def stay_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails the test that connects to any other machine."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: object) -> None:
        assert self.family == socket.AF_UNIX or str(address[0]).startswith(LOOPBACK), f"connects to {address}"  # type: ignore[index]
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect_here)


@pytest.fixture
def photo_folder(tmp_path: Path) -> Path:
    """A folder for the photos of one test."""
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder
