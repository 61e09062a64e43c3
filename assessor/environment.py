"""Reads the environment for the settings: nonsense is refused with a sentence, secrets are made on first start."""

import os
import re
import secrets
import shlex
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """Return a variable without surrounding space, or the default."""
    return os.environ.get(name, default).strip()


def flag(name: str) -> bool:
    """Return a yes/no variable, False when it is not set; raises `ImproperlyConfigured` for anything else."""
    value = text(name).lower()
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name}={value!r} is neither yes nor no. Write {name}=1 or {name}=0.")
    return value in TRUE


def one_of(name: str, choices: tuple[str, ...]) -> str:
    """Return a variable that must be one of `choices`; the first is the default."""
    value = text(name, choices[0]) or choices[0]
    if value not in choices:
        raise ImproperlyConfigured(f"{name}={value!r} is not known. Write one of: {', '.join(choices)}.")
    return value


def number(name: str, default: int, least: int, most: int) -> int:
    """Return a whole number from `least` to `most`; raises `ImproperlyConfigured` for anything else."""
    value = text(name)
    if not value:
        return default
    if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
        raise ImproperlyConfigured(f"{name}={value!r} is no number from {least} to {most}. Write one, or unset it.")
    return int(value)


def words(name: str) -> list[str]:
    """Return a comma-separated list, empty when it is not set."""
    return [part.strip() for part in text(name).split(",") if part.strip()]


def command(name: str) -> list[str]:
    """Return a program with its arguments, empty when it is not set; raises `ImproperlyConfigured`.

    It is cut into words as a shell would, and no shell ever sees it.
    """
    try:
        found = shlex.split(text(name))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} cannot be cut into words: {error}. Close every quotation mark.") from error
    if found and not found[0]:
        raise ImproperlyConfigured(f"{name} names no program. Write the program first, then its arguments.")
    return found


def some_of(name: str, choices: tuple[str, ...]) -> list[str] | None:
    """Return a list of some of `choices`, None when it is not set; `off` alone is an empty list."""
    found = words(name)
    unknown = [word for word in found if word not in choices and found != ["off"]]
    if unknown:
        raise ImproperlyConfigured(f"{name}: {unknown[0]!r} is not known. Write some of: {', '.join(choices)}; or off.")
    return None if not found else [word for word in found if word != "off"]


def numbers(name: str, least: int, most: int) -> list[int]:
    """Return a comma-separated list of whole numbers; raises `ImproperlyConfigured` for anything else."""
    found = words(name)
    for word in found:
        if not word.isascii() or not word.isdigit() or not least <= int(word) <= most:
            raise ImproperlyConfigured(f"{name}: {word!r} is no number from {least} to {most}.")
    return [int(word) for word in found]


def networks(name: str) -> list[str]:
    """Return a comma-separated list of networks in CIDR form; raises `ImproperlyConfigured` for anything else."""
    found = words(name)
    for word in found:
        try:
            ip_network(word, strict=False)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {word!r} is no network. Write it like 10.20.0.0/16.") from error
    return found


def hosts(name: str) -> list[str]:
    """Return the names people reach the server by; raises `ImproperlyConfigured` for none, all, or an address."""
    found = words(name)
    example = f"Write the names people type, for example {name}=assessor.example.org."
    if not found:
        raise ImproperlyConfigured(f"ASSESSOR_MODE=served needs {name}. {example}")
    for word in found:
        if not re.fullmatch(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:]+\]", word):
            raise ImproperlyConfigured(f"{name}: {word!r} is no host name. {example}")
    return found


HOST_AND_PORT = re.compile(r"([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::([0-9]{1,5}))?")


def hosts_with_ports(name: str) -> list[tuple[str, int]]:
    """Return a comma-separated list of hosts, each with its port or 443; raises `ImproperlyConfigured`."""
    found = []
    for word in words(name):
        parts = HOST_AND_PORT.fullmatch(word.lower())
        port = int(parts[2] or 443) if parts else 0
        if parts is None or not 1 <= port <= 65535:
            raise ImproperlyConfigured(
                f"{name}: {word!r} is no host. Write names, for example {name}=keys.example.org,id.example.org:8443."
            )
        found.append((parts[1], port))
    return found


def directory(name: str) -> Path | None:
    """Return a variable that names an existing directory, None when it is not set; raises `ImproperlyConfigured`."""
    value = text(name)
    if not value:
        return None
    folder = Path(value).expanduser().resolve()
    if not folder.is_dir():
        raise ImproperlyConfigured(f"{name}={value!r} is no directory. Name one that exists, or unset it.")
    return folder


def file(name: str) -> Path | None:
    """Return a variable that names an existing file, None when it is not set; raises `ImproperlyConfigured`."""
    value = text(name)
    if not value:
        return None
    found = Path(value).expanduser().resolve()
    if not found.is_file():
        raise ImproperlyConfigured(f"{name}={value!r} is no file. Name one that exists, or unset it.")
    return found


WORD_LIST_BYTES = 2 * 1024 * 1024


def word_list(name: str) -> Path | None:
    """Return a variable that names a text file of words, None when it is not set; raises `ImproperlyConfigured`."""
    found = file(name)
    if found is None:
        return None
    try:
        if found.stat().st_size > WORD_LIST_BYTES:
            raise ImproperlyConfigured(f"{name}: {found} is larger than two megabytes. Shorten it.")
        found.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"{name}: {found} cannot be read as text ({type(error).__name__}). Write one word a line, in UTF-8."
        ) from error
    return found


def issuer(name: str) -> str:
    """Return the address of a sign-in provider, empty when it is not set; raises `ImproperlyConfigured`.

    Without TLS anybody on the way could sign in as anybody: plain http is for this computer only.
    """
    value = text(name)
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    here = host in ("localhost", "127.0.0.1")
    if not host or not (parts.scheme == "https" or (here and parts.scheme == "http")):
        raise ImproperlyConfigured(f"{name}={value!r} is no https address. Write it as the provider calls itself.")
    if parts.username or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"{name} may hold no user name, no “?” and no “#”.")
    return value


REFERENCE = re.compile(r"env:[A-Z][A-Z0-9_]{0,99}|file:/.+")


def reference(name: str) -> str:
    """Return where a secret lies, `env:NAME` or `file:/path`; raises `ImproperlyConfigured` for the secret itself."""
    value = text(name)
    if value and not REFERENCE.fullmatch(value):
        raise ImproperlyConfigured(f"{name} says where the secret lies: write {name}=env:NAME or {name}=file:/path.")
    return value


def read_reference(name: str, value: str) -> str:
    """Return the secret that a reference names; raises `ImproperlyConfigured` where there is none."""
    kind, _colon, place = value.partition(":")
    if kind == "env":
        found = text(place)
    else:
        try:
            found = Path(place).read_text("utf-8").strip() if place else ""
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"{name}: {place} cannot be read ({type(error).__name__}).") from error
    if not found:
        raise ImproperlyConfigured(f"{name}: there is nothing in {place or 'it'}.")
    return found


def data_directory(default: Path) -> Path:
    """Return the data directory, made if missing; raises `ImproperlyConfigured` where nothing can be written."""
    folder = Path(text("ASSESSOR_DATA") or default).expanduser().resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data directory {folder} cannot be made: {error.strerror}. "
            "Set ASSESSOR_DATA to a directory that this user may write."
        ) from error
    return folder


def kept_secret(name: str, file: Path) -> str:
    """Return a secret from the environment, or from `file`, which is made with mode 0600 on first use."""
    given = text(name)
    if given:
        if len(given) < 40:
            raise ImproperlyConfigured(f"{name} is shorter than 40 characters. Give a longer one, or unset it.")
        if len(set(given)) < 10 or "insecure" in given.lower() or "changeme" in given.lower():
            raise ImproperlyConfigured(f"{name} can be guessed. Give a random one, or unset it: one is made and kept.")
        return given
    try:
        if not file.exists():
            # Written aside and linked whole: of two processes starting at once, both read the key of the first.
            aside = file.with_name(f".{file.name}-{secrets.token_hex(8)}")
            handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as stream:
                stream.write(secrets.token_urlsafe(48))
            with suppress(FileExistsError):
                os.link(aside, file)
            aside.unlink()
        return file.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{file} cannot be written or read: {error.strerror}. "
            "Set ASSESSOR_DATA to a directory that this user may write."
        ) from error
