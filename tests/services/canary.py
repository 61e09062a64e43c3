"""A server that repeats every secret it is sent, and a look into every row, every PDF and a backup for one."""

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pypdf
from django.apps import apps
from django.db import connection
from django_scopes import scopes_disabled

from assessor.services.backups import databases, making

CANARY = "sk-canary-7Q9f3bZx-never-kept"


@contextmanager
def tattler() -> Iterator[tuple[str, list[str]]]:
    """Serve an OpenAI-like API that puts the key it was given wherever a server can; yields its URL and the keys."""
    keys: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            sent = self.headers.get("authorization", "").removeprefix("Bearer ") or self.headers.get("x-api-key", "")
            self.rfile.read(int(self.headers.get("content-length") or 0))
            if sent:
                keys.append(sent)
            known = self.path in ("/v1/models", "/")
            rows = [{"id": f"model-{sent}", "object": "model", "owned_by": sent}]
            body = {"object": "list", "data": rows} if known else {"error": {"message": f"Incorrect key: {sent}"}}
            data = json.dumps(body).encode()
            self.send_response_only(200 if known else 401)
            for name in ("server", "via", "x-powered-by", "location", "openai-version"):
                self.send_header(name, f"http://{sent}.example/{sent}" if name == "location" else f"seen {sent}")
            self.send_header("www-authenticate", f'Bearer realm="{sent}"')
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the names that the standard library calls

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", keys
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def everything_stored() -> str:
    """Return every value of every row of every table as one text."""
    with scopes_disabled():
        return "\n".join(
            f"{model.__name__}: {row}" for model in apps.get_models() for row in model._base_manager.all().values_list()
        )


def inside_pdf(raw: bytes) -> bytes:
    """Return a PDF with all of its streams unpacked: pages as they are drawn, their text, what is attached."""
    reader = pypdf.PdfReader(io.BytesIO(raw))
    found = [raw, *(page.extract_text().encode() for page in reader.pages)]
    for number in range(1, int(reader.trailer["/Size"])):
        one = reader.get_object(number)
        found.append(one.get_data() if isinstance(one, pypdf.generic.StreamObject) else repr(one).encode())
    return b"\n".join(found)


def backed_up(folder: Path) -> bytes:
    """Return all bytes of a backup: of SQLite unpacked, of PostgreSQL as its own tool packs them."""
    if connection.vendor == "postgresql":
        dump = folder / "dump"
        databases.dump(dump)
        return dump.read_bytes()
    file = folder / "backup.zip"
    making.make(file)
    with zipfile.ZipFile(file) as members:
        return b"".join(members.read(name) for name in members.namelist())
