"""The server extension: what it tells Jupyter, and the delay that it takes off the kernels' websockets."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2] / "jupyterlab-ext"
sys.path.insert(0, str(ROOT))

import graphcell  # noqa: E402
from graphcell import server  # noqa: E402
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler  # noqa: E402
from traitlets.config import Config, Configurable  # noqa: E402


class Handler:
    """A websocket handler of the server, as far as its opening goes."""

    def __init__(self, fails: bool = False) -> None:
        self.fails = fails
        self.done: list[Any] = []
        self.log = SimpleNamespace(debug=lambda *_: self.done.append("logged"))

    def set_nodelay(self, value: bool) -> None:
        if self.fails:
            raise OSError("no such option")
        self.done.append(("nodelay", value))

    async def open(self, kernel_id: str) -> str:
        self.done.append(("open", kernel_id))
        return "opened"


@pytest.fixture
def unpatched(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The handler's own `open`, put back after the test."""
    original = KernelWebsocketHandler.open
    monkeypatch.setattr(KernelWebsocketHandler, "open", original)
    return original


class App(Configurable):
    """A server application that has nothing but its configuration and a log."""

    def __init__(self, config: Config) -> None:
        super().__init__(config=config)
        self.log = SimpleNamespace(info=lambda *_: None)
        self.routes: list[Any] = []
        add = lambda _host, handlers: self.routes.extend(handlers)  # noqa: E731
        self.web_app = SimpleNamespace(settings={"base_url": "/"}, add_handlers=add)


def test_tells_jupyter_where_its_parts_are() -> None:
    assert graphcell._jupyter_server_extension_points() == [{"module": "graphcell.server"}]
    assert graphcell._jupyter_labextension_paths() == [{"src": "labextension", "dest": "graphcell"}]


def test_has_one_version_everywhere() -> None:
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert package["version"] == graphcell.__version__
    assert f'version = "{graphcell.__version__}"' in project


@pytest.mark.parametrize(("fails", "done"), [(False, ("nodelay", True)), (True, "logged")])
def test_opens_a_socket_without_delay_where_it_can(fails: bool, done: Any) -> None:
    handler = Handler(fails)
    opened = asyncio.run(server.without_delay(Handler.open)(handler, "k1"))
    assert opened == "opened"
    assert handler.done == [done, ("open", "k1")]


def test_patches_the_handler_once(unpatched: Any) -> None:
    assert server.switch_off_delay()
    patched = KernelWebsocketHandler.open
    assert patched is not unpatched
    assert server.switch_off_delay()
    assert KernelWebsocketHandler.open is patched


@pytest.mark.parametrize(("no_delay", "patched"), [(True, True), (False, False)])
def test_is_switched_by_configuration(unpatched: Any, no_delay: bool, patched: bool) -> None:
    app = App(Config({"Graphcell": {"no_delay": no_delay}}))
    server._load_jupyter_server_extension(app)
    assert (KernelWebsocketHandler.open is not unpatched) is patched


@pytest.mark.usefixtures("unpatched")
def test_leaves_an_unknown_server_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for base in KernelWebsocketHandler.__mro__:
        if "open" in vars(base):
            monkeypatch.delattr(base, "open")
    assert not server.switch_off_delay()


@pytest.mark.parametrize("pass_on", [True, False])
@pytest.mark.usefixtures("unpatched")
def test_reaches_clusters_unless_it_is_switched_off(pass_on: bool) -> None:
    app = App(Config({"Graphcell": {"pass_on": pass_on}}))
    server._load_jupyter_server_extension(app)
    assert any("/clusters/" in path for path, _ in app.routes) == pass_on
    assert bool(app.routes) == pass_on
