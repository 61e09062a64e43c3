"""A proxy on loopback that adds headers to each request, as an operator's does in front of the Portkey gateway.

python adds_headers.py 8788 http://127.0.0.1:8787 'x-portkey-config: {"provider": "openai", ...}'
"""

import http.client
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


def handler(upstream: str, more: dict[str, str]) -> type[BaseHTTPRequestHandler]:
    """Return a handler that passes everything on to `upstream`, with more headers."""
    host = urlsplit(upstream).netloc

    class Passing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length) if length else None
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP} | more
            connection = http.client.HTTPConnection(host, timeout=30)
            connection.request(self.command, self.path, body, headers)
            reply = connection.getresponse()
            told = reply.read()
            self.send_response_only(reply.status)
            for name, value in reply.getheaders():
                if name.lower() not in HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)
            connection.close()

        do_POST = do_DELETE = do_GET  # noqa: N815 - the names that the standard library calls

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Passing


if __name__ == "__main__":
    added = dict(part.split(": ", 1) for part in sys.argv[3:])
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), handler(sys.argv[2], added)).serve_forever()
