"""A report served to this machine's own browser."""

import webbrowser
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from toonseg.errors import ToonsegError


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of each file."""


def server_of(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of a report's folder on this machine alone, not yet serving.

    Raises ToonsegError when there is no report in the folder, or the port is taken.
    """
    if not (folder / "index.html").is_file():
        raise ToonsegError(f"{folder} holds no report: run `toonseg report` to build one")
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(folder)))
    except (OSError, OverflowError) as error:
        raise ToonsegError(f"port {port} cannot be used ({error}): choose another one, or none") from None


def serve(folder: Path, port: int, *, open_browser: bool = True) -> int:
    """Serve a report until Ctrl-C; gives the exit status. Raises as ``server_of`` does."""
    with server_of(folder, port) as server:
        address = f"http://127.0.0.1:{server.server_port}/"
        print(f"{address} shows {folder}; Ctrl-C ends it", flush=True)
        if open_browser:
            webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0
