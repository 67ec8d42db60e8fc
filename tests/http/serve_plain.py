"""A server around a small WSGI application, run as a program by test_server.py:

serve_plain.py PORT WORKERS [limit_request=NUMBER] [limit_time_real=SECONDS] [patience=SECONDS THAT A CLIENT MAY TAKE]
"""

import logging
import os
import secrets
import signal
import sys
import tempfile
import time
from pathlib import Path

from fondaco.http import worker

# before anybody has read them
if patience := [word.partition("=")[2] for word in sys.argv if word.startswith("patience=")]:
    worker.KEEP_ALIVE = worker.HEAD_TIMEOUT = worker.BODY_IDLE = worker.WRITE_IDLE = float(patience[0])

from fondaco.http.serve import serve

MEGABYTE = b"0123456789abcdef" * 65536


SETTINGS = dict(word.split("=") for word in sys.argv[3:])
PATIENCE_S = 60
START = secrets.token_hex(4)  # another after each reload
HERE = tempfile.TemporaryDirectory()  # seen by every worker, which are forks
INSIDE: list[int] = []  # a place for each request that this process is at


def meet(count: int) -> bool:
    """Whether so many requests wait for one another."""
    Path(HERE.name, secrets.token_hex(8)).touch()
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if len(os.listdir(HERE.name)) >= count:
            return True
        time.sleep(0.01)
    return False


def live(path):
    """A word, and another one when there is a file at `path`."""
    yield b"first"
    yield b"second" if comes(path) else b"late"


def comes(path):
    end = time.monotonic() + PATIENCE_S
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.01)
    return path.exists()


def application(environ, start_response):
    path = environ["PATH_INFO"]
    headers = [("Content-Type", "text/plain")]
    if path == "/start":
        start_response("200 OK", headers)
        return [START.encode()]
    if path == "/held":  # until there is a file; another one says that it is
        Path(f"{environ['QUERY_STRING']}.begun").touch()
        comes(Path(environ["QUERY_STRING"]))
    if path == "/stopped":
        os.kill(os.getpid(), signal.SIGSTOP)
    if path == "/meet":
        start_response("200 OK", headers)
        return [b"met" if meet(int(environ["QUERY_STRING"])) else b"alone"]
    if path == "/company":
        INSIDE.append(1)
        time.sleep(0.05)
        company = f"{os.getpid()} {len(INSIDE)}"
        INSIDE.pop()
        start_response("200 OK", headers)
        return [company.encode()]
    if path == "/broken":
        raise ValueError("broken")
    if path == "/header":
        headers.append(("X-Bad", "a\r\nInjected: 1"))
    if path == "/big":
        start_response("200 OK", headers)
        return [MEGABYTE * 20]
    if path == "/generated":
        start_response("200 OK", headers)
        return (MEGABYTE for _ in range(20))
    if path == "/live":
        start_response("200 OK", [*headers, ("X-Accel-Buffering", "no")])
        return live(Path(environ["QUERY_STRING"]))
    if path == "/file":
        start_response("200 OK", headers)
        return environ["wsgi.file_wrapper"](open(__file__, "rb"))
    if path == "/late":
        start_response("200 OK", headers)
        return late()
    if path == "/nothing":
        start_response("204 No Content", [])
        return []
    length = 0
    while block := environ["wsgi.input"].read(1 << 20):
        length += len(block)
    start_response("200 OK", headers)
    return [f"{environ['REQUEST_METHOD']} {path} {length} {environ['REMOTE_ADDR']}".encode()]


def late():
    yield b"first"
    raise ValueError("broken in the middle")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    config = {
        "http_interface": "127.0.0.1",
        "http_port": int(sys.argv[1]),
        "workers": int(sys.argv[2]),
        "limit_time_real": int(SETTINGS.get("limit_time_real", 2 * PATIENCE_S)),
        "limit_request": int(SETTINGS.get("limit_request", 0)),
    }
    sys.exit(serve(config, application, on_ready=lambda url: print(url, flush=True)))
