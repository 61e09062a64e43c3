"""The table of security: every requirement once, and nothing named that is not there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| (\S+) \| (.*?) \| (.*?) \| (.*?) \|$", re.MULTILINE)
ROWS = ROW.findall((ROOT / "docs" / "security.md").read_text("utf-8"))
# How many requirements of levels 1 and 2 each chapter of version 5.0.0 has.
COUNTS = {
    1: 27,
    2: 11,
    3: 19,
    4: 10,
    5: 9,
    6: 35,
    7: 18,
    8: 7,
    9: 7,
    10: 29,
    11: 14,
    12: 9,
    13: 13,
    14: 9,
    15: 13,
    16: 16,
    17: 7,
}
WORDS = {"yes", "partly", "no", "operator", "–"}


def named(cell):
    return re.findall(r"`([^`]+)`", cell)


def test_every_requirement_stands_here_once():
    ids = [row[0] for row in ROWS]
    assert sorted(set(ids)) == sorted(ids)
    chapters = [int(one.split(".")[0]) for one in ids]
    assert {chapter: chapters.count(chapter) for chapter in COUNTS} == COUNTS


def test_what_is_said_to_be_done_names_where():
    for number, state, what, where, test in ROWS:
        assert state in WORDS, number
        assert what, number
        assert bool(named(where)) == (state in {"yes", "partly"}) or state in {"no", "operator"}, number
        if state == "–":
            assert not named(test), number


def test_every_file_and_test_that_is_named_is_there():
    missing = []
    for number, _state, _what, where, test in ROWS:
        for one in [*named(where), *named(test)]:
            path, _colons, function = one.partition("::")
            found = ROOT / path
            if not found.exists() or (function and f"def {function}(" not in found.read_text("utf-8")):
                missing.append((number, one))
    assert missing == []


@pytest.fixture(scope="module")
def with_tls(tmp_path_factory):
    """What the settings say in served mode behind a proxy with TLS."""
    names = (
        "SESSION_COOKIE_NAME",
        "CSRF_COOKIE_NAME",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "LANGUAGE_COOKIE_SECURE",
    )
    names += ("LANGUAGE_COOKIE_NAME", "LANGUAGE_COOKIE_PATH", "LANGUAGE_COOKIE_DOMAIN", "THEME_COOKIE_NAME")
    names += ("SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "SECURE_HSTS_SECONDS")
    names += ("SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_DOMAIN", "SESSION_COOKIE_PATH")
    code = (
        "import json; from django.conf import settings as s; from assessor.services.notices import InCookie; "
        f"print(json.dumps({{n: getattr(s, n) for n in {names!r}}} | {{'notices': InCookie.cookie_name}}))"
    )
    served = {"ASSESSOR_MODE": "served", "ALLOWED_HOSTS": "a.example", "ASSESSOR_PROXIES": "1"}
    env = (
        os.environ
        | served
        | {"ASSESSOR_DATA": str(tmp_path_factory.mktemp("data")), "DJANGO_SETTINGS_MODULE": "assessor.settings"}
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT, env=env)
    return json.loads(done.stdout)


def test_with_tls_cookies_are_bound_to_the_host(with_tls):
    assert with_tls["SESSION_COOKIE_NAME"].startswith("__Host-")
    for name in ("CSRF_COOKIE_NAME", "LANGUAGE_COOKIE_NAME", "THEME_COOKIE_NAME", "notices"):
        assert with_tls[name].startswith("__Host-"), name
    # Without these a browser drops a cookie of such a name.
    assert (with_tls["SESSION_COOKIE_DOMAIN"], with_tls["SESSION_COOKIE_PATH"]) == (None, "/")
    assert (with_tls["LANGUAGE_COOKIE_DOMAIN"], with_tls["LANGUAGE_COOKIE_PATH"]) == (None, "/")
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "LANGUAGE_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY"):
        assert with_tls[name] is True
    assert with_tls["SESSION_COOKIE_SAMESITE"] == "Lax"
    assert with_tls["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
    assert with_tls["SECURE_HSTS_INCLUDE_SUBDOMAINS"]
    assert with_tls["SECURE_SSL_REDIRECT"]
