"""A real Jupyter server passes requests on to a cluster: which, for whom, and with what."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

EXTENSION = Path(__file__).parents[2] / "jupyterlab-ext"
TOKEN = "token-of-the-server"
SECRET = "secret-of-the-cluster"


class Upstream(BaseHTTPRequestHandler):
    """A dashboard that says what it was asked; functions live at its own address."""

    seen: ClassVar[list[dict[str, Any]]] = []

    def answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.seen.append({"method": self.command, "path": self.path, "headers": headers, "body": body})
        if self.path.startswith("/api/functions"):
            port = self.server.server_address[1]
            said: Any = {"fn": {"status": {"externalInvocationUrls": [f"0.0.0.0:{port}"]}}}
        else:
            said = {"path": self.path}
        data = json.dumps(said).encode()
        self.send_response(418 if self.path == "/api/teapot" else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_repository(folder: Path) -> None:
    """A folder with a file in git that has changed since."""
    (folder / "sub").mkdir(parents=True)
    file = folder / "sub" / "a.ipynb"
    file.write_text("first", encoding="utf-8")
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    file.write_text("second", encoding="utf-8")


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Upstream)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def jupyter(upstream: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("home")
    connections = {
        "dev": {
            "url": f"http://127.0.0.1:{upstream}",
            "authentication": {"kind": "bearer"},
            "metrics": f'http://127.0.0.1:{upstream}/metrics/{{function}}?match[]={{a="{{function}}"}}',
        },
        "gone": {"url": f"http://127.0.0.1:{free_port()}"},
        "unset": {"url": "http://127.0.0.1:1", "authentication": {"kind": "bearer"}},
        "far": {
            "url": "http://dashboard.test:8070",
            "proxy": f"http://127.0.0.1:{upstream}",
            "authentication": {"kind": "bearer"},
            "secret": {"env": "GRAPHCELL_SECRET_DEV"},
        },
        "far-tls": {"url": "https://dashboard.test", "proxy": f"http://127.0.0.1:{upstream}"},
        "no-proxy": {"url": "http://dashboard.test", "proxy": f"http://127.0.0.1:{free_port()}"},
    }
    (home / "connections.yaml").write_text(json.dumps({"connections": connections}), encoding="utf-8")
    port = free_port()
    env = {
        **os.environ,
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_TOKEN": TOKEN,
        "XDG_STATE_HOME": str(home / "state"),
        "PYTHONPATH": str(EXTENSION),
        "GRAPHCELL_CONNECTIONS": str(home / "connections.yaml"),
        "GRAPHCELL_SECRET_DEV": SECRET,
    }
    make_repository(home / "work")
    args = [
        f"--ServerApp.root_dir={home / 'work'}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--ServerApp.jpserver_extensions={'graphcell': True}",
        "--allow-root",
    ]
    child = subprocess.Popen(
        [sys.executable, "-m", "jupyter_server", *args], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.time() + 90
        while True:
            try:
                urllib.request.urlopen(f"{url}/api", timeout=5).read()
                break
            except OSError:
                assert child.poll() is None, child.stderr.read().decode() if child.stderr else ""
                assert time.time() < until, "the Jupyter server did not answer"
                time.sleep(0.2)
        yield url
    finally:
        child.terminate()
        child.wait()


def ask(url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, Any, str]:
    """Status, JSON or text, and the kind of a failure of the way."""
    given = {"Authorization": f"token {TOKEN}", **{k.replace("_", "-"): v for k, v in headers.items()}}
    request = urllib.request.Request(url, data=body, method=method, headers=given)
    try:
        answer = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        answer = error
    text = answer.read().decode()
    kind = answer.headers.get("x-graphcell-transport") or ""
    try:
        return answer.status, json.loads(text), kind
    except ValueError:
        return answer.status, text, kind


def test_lists_connections_without_secrets(jupyter: str) -> None:
    status, rows, _ = ask(f"{jupyter}/graphcell/connections")
    assert status == 200
    assert [row["name"] for row in rows] == ["dev", "gone", "unset", "far", "far-tls", "no-proxy"]
    assert SECRET not in json.dumps(rows)


def test_is_for_those_only_who_may_use_the_server(jupyter: str) -> None:
    for path in ("connections", "clusters/dev/api/versions"):
        status, _, _ = ask(f"{jupyter}/graphcell/{path}", Authorization="token wrong")
        assert status == 403


def test_passes_a_request_on_with_the_secret_and_without_the_browsers_headers(jupyter: str) -> None:
    Upstream.seen.clear()
    status, said, _ = ask(
        f"{jupyter}/graphcell/clusters/dev/api/projects?x=1",
        "POST",
        b'{"a": 1}',
        Content_Type="application/json",
        X_Nuclio_Project_Name="p",
        Cookie="mine=1",
        X_Other="no",
    )
    assert (status, said) == (200, {"path": "/api/projects?x=1"})
    (seen,) = Upstream.seen
    assert (seen["method"], seen["body"]) == ("POST", '{"a": 1}')
    assert seen["headers"]["authorization"] == f"Bearer {SECRET}"
    assert seen["headers"]["x-nuclio-project-name"] == "p"
    assert "cookie" not in seen["headers"]
    assert "x-other" not in seen["headers"]


def test_hands_an_odd_status_on(jupyter: str) -> None:
    assert ask(f"{jupyter}/graphcell/clusters/dev/api/teapot")[0] == 418


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("gone", "refused", "nothing listens"),
        ("unset", "other", "GRAPHCELL_SECRET_UNSET"),
        ("nobody", "other", "no connection"),
        ("far-tls", "proxy", "501"),
        ("no-proxy", "proxy", "refused"),
    ],
)
def test_tells_what_is_in_the_way(jupyter: str, name: str, kind: str, text: str) -> None:
    status, said, told = ask(f"{jupyter}/graphcell/clusters/{name}/api/versions")
    assert (status, told) == (502, kind)
    assert text in said["error"]


def test_calls_functions_of_the_cluster_only_and_without_the_secret(jupyter: str, upstream: int) -> None:
    Upstream.seen.clear()
    call = {"url": f"http://127.0.0.1:{upstream}/run", "method": "POST", "body": base64.b64encode(b"4").decode()}
    url = f"{jupyter}/graphcell/clusters/dev/call"
    assert ask(url, "POST", json.dumps(call).encode())[:2] == (200, {"path": "/run"})
    called = Upstream.seen[-1]
    assert called["body"] == "4"
    assert "authorization" not in called["headers"]
    for other in ("http://127.0.0.1:1/", "file:///etc/passwd", f"http://127.0.0.1:{upstream}@evil/"):
        status, said, _ = ask(url, "POST", json.dumps({**call, "url": other}).encode())
        assert status == 502
        assert "no address of a function" in said["error"]


def test_asks_through_the_connections_proxy(jupyter: str) -> None:
    Upstream.seen.clear()
    status, said, _ = ask(f"{jupyter}/graphcell/clusters/far/api/projects?x=1", "POST", b"{}")
    assert (status, said) == (200, {"path": "http://dashboard.test:8070/api/projects?x=1"})
    (seen,) = Upstream.seen
    assert (seen["method"], seen["body"]) == ("POST", "{}")
    assert seen["headers"]["host"] == "dashboard.test:8070"
    assert seen["headers"]["authorization"] == f"Bearer {SECRET}"


def test_keeps_versions_of_functions_as_the_command_does(jupyter: str) -> None:
    url = f"{jupyter}/graphcell/clusters/dev/history/words"
    assert ask(url)[:2] == (200, [])
    version = {"metadata": {"name": "words"}, "spec": {"env": [], "text": "ä"}}
    status, at, _ = ask(url, "POST", json.dumps(version).encode())
    assert status == 200
    assert ask(url)[:2] == (200, [at])
    assert ask(f"{url}/{at}")[:2] == (200, version)
    assert ask(f"{url}/2020-01-01T00-00-00.000Z")[0] == 404
    for bad in ("dev/history/..", "dev/history/%2E%2E", "nobody/history/words"):
        assert ask(f"{jupyter}/graphcell/clusters/{bad}")[0] == 404
    assert ask(f"{url}/..%2F..%2Fconnections")[0] == 404


def test_shows_a_notebook_as_a_revision_of_git_has_it(jupyter: str) -> None:
    url = f"{jupyter}/graphcell/revision"
    assert ask(f"{url}?path=sub/a.ipynb&revision=HEAD")[:2] == (200, "first")
    status, said, _ = ask(f"{url}?path=sub/a.ipynb&revision=nowhere")
    assert status == 404
    assert said["error"] == 'Git has no a.ipynb at revision "nowhere".'
    assert ask(f"{url}?path=../../etc/passwd&revision=HEAD")[0] == 404
    assert ask(f"{url}?path=sub/a.ipynb&revision=--output=x")[0] == 404


def test_reads_metrics_from_where_the_connection_says_without_the_secret(jupyter: str) -> None:
    Upstream.seen.clear()
    assert ask(f"{jupyter}/graphcell/clusters/dev/metrics/words")[:2] == (
        200,
        {"path": "/metrics/words?match[]=%7Ba=%22words%22%7D"},
    )
    assert "authorization" not in Upstream.seen[-1]["headers"]
    assert ask(f"{jupyter}/graphcell/clusters/gone/metrics/words")[0] == 502
