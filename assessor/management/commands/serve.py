"""Serves the product on this computer: web server and worker, supervised."""

import errno
import socket
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from assessor.management.background import work
from assessor.management.supervisor import Child, Supervisor
from assessor.reports.pdf import pdf_available
from assessor.services import accounts

THREADS = 4


def check_port(port: int) -> None:
    """Raise `CommandError` unless the port can be listened on."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.BIND, port))
        except OSError as error:
            why = "in use by another program" if error.errno == errno.EADDRINUSE else error.strerror
            raise CommandError(
                f"Port {port} is {why}. Choose another, for example: make run PORT={port + 1}"
            ) from error


def serve_web(port: int) -> None:
    """Run gunicorn, on a laptop with one process, four threads in each; the application is loaded already."""
    from gunicorn.app.base import BaseApplication

    from assessor.wsgi import application

    class Web(BaseApplication):
        def load_config(self) -> None:
            for name, value in {
                "bind": f"{settings.BIND}:{port}",
                "workers": settings.WEB_PROCESSES,
                "threads": THREADS,
                "worker_class": "gthread",
                "timeout": 60,
                "graceful_timeout": 5,
                "keepalive": 15,
                "loglevel": "warning",
                "control_socket_disable": True,
            }.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            return application

    Web().run()


class Command(BaseCommand):
    """`manage.py serve`: what `make run` starts."""

    help = "Prepare the data directory, then serve on this computer with a worker."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--port", type=int, default=8000, help="port on this computer (default 8000)")
        parser.add_argument("--no-worker", action="store_true", help="the worker runs elsewhere (manage.py worker)")
        parser.add_argument("--no-backup", action="store_true", help="upgrade without a backup before")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until interrupted."""
        port = options["port"]
        if not 1 <= port <= 65535:
            raise CommandError(f"{port} is not a port. Choose a number from 1024 to 65535.")
        check_port(port)
        call_command("prepare", no_backup=options["no_backup"])
        problem = pdf_available()
        if problem is not None:
            self.stdout.write(self.style.WARNING(f"Everything but PDF will work. {problem}"))
        if settings.MODE == "laptop":
            self.stdout.write(f"Sovereignty Assessor {settings.VERSION}: http://localhost:{port}")
            self.stdout.write(
                "Laptop mode: one local user, no sign-in; only this computer can connect. Ctrl+C ends it."
            )
        else:
            self.say_served(port)
        self.stdout.write(f"Data: {settings.DATA_DIR}")
        self.stdout.flush()
        # Load what both children need before they are forked, so that they share it.
        from assessor.wsgi import application  # noqa: F401

        children = [Child("web server", lambda: serve_web(port))]
        if not options["no_worker"]:
            children.append(Child("worker", work))
        sys.exit(Supervisor(children).run())

    def say_served(self, port: int) -> None:
        """Say where it listens, and by which link the first account is made as long as there is none."""
        # Without a proxy people type the port too.
        address = accounts.site_address() + ("" if settings.PROXIES or settings.HTTPS else f":{port}")
        self.stdout.write(f"Sovereignty Assessor {settings.VERSION}: {address}, listening on {settings.BIND}:{port}")
        self.stdout.write("Served mode: people sign in. Ctrl+C ends it.")
        if accounts.needs_operator():
            self.stdout.write(
                "Nobody runs this installation yet. Make the first account here, once, within three days:\n"
                f"  {address}{accounts.first_link()}"
            )
