"""Keys are sealed for one endpoint of one organisation, and read from the environment only under our own names."""

import base64
import stat
import threading
import uuid

import pytest

from assessor.services import keyring, secrets
from assessor.services.keyring import KeyringUnusable
from assessor.services.secrets import SecretUnreadable

KEY = "sk-canary-ßé-9f3b"
LINE = b"kx:" + base64.b64encode(b"y" * 32)


def write_keys(file, content):
    file.write_bytes(content)
    file.chmod(0o600)


def test_a_sealed_key_comes_back_for_the_same_endpoint():
    sealed = secrets.seal(KEY, "org", "endpoint", "key")
    assert sealed.startswith(f"v1:{keyring.at_hand()[0].ident}:")
    assert KEY not in sealed
    assert secrets.unseal(sealed, "org", "endpoint", "key") == KEY


def test_the_same_key_is_never_sealed_the_same_way_twice():
    assert secrets.seal(KEY, "org") != secrets.seal(KEY, "org")


@pytest.mark.parametrize(
    "bound_to",
    [("other", "endpoint", "key"), ("org", "other", "key"), ("org", "endpoint", "note"), ("org", "endpoint"), ()],
)
def test_a_row_copied_elsewhere_cannot_be_read(bound_to):
    sealed = secrets.seal(KEY, "org", "endpoint", "key")
    with pytest.raises(SecretUnreadable, match=r"cannot be read any more\. Enter it again\."):
        secrets.unseal(sealed, *bound_to)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-6] + "AAAAAA",
        lambda text: text.replace("v1:", "v2:"),
        lambda text: text[:-1],
        lambda text: text[:-4],
        lambda text: ":".join([*text.split(":")[:2], "AAAA"]),
        lambda text: text[:12],
        lambda text: KEY,
        lambda text: "",
        lambda text: ":".join([*text.split(":")[:2], "%%%"]),
        lambda text: ":".join([*text.split(":")[:2], "ü"]),
    ],
)
def test_a_damaged_text_is_refused_and_never_returned_as_the_key(damage):
    with pytest.raises(SecretUnreadable):
        secrets.unseal(damage(secrets.seal(KEY, "org")), "org")


def test_after_the_sealing_key_was_replaced_old_keys_must_be_entered_again(tmp_path):
    sealed = secrets.seal(KEY, "org")
    (tmp_path / "sealing-key").unlink()
    with pytest.raises(SecretUnreadable, match="which this installation does not have") as refusal:
        secrets.unseal(sealed, "org")
    assert sealed.split(":")[2] not in str(refusal.value)


def test_the_sealing_key_is_readable_by_its_owner_only(tmp_path):
    secrets.seal(KEY, "org")
    file = tmp_path / "sealing-key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["sealing-key"]


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33, b"k1:c2hvcnQ=", b"a b:" + LINE[3:], LINE + b"\n" + LINE])
def test_a_damaged_sealing_key_is_named_with_what_to_do_and_never_shown(tmp_path, content):
    write_keys(tmp_path / "sealing-key", content)
    with pytest.raises(KeyringUnusable, match=r"sealing-key.* is damaged\. Restore it from a backup") as refusal:
        secrets.seal(KEY, "org")
    assert not content or content.decode() not in str(refusal.value)


def test_a_file_made_before_keys_had_names_still_opens(tmp_path):
    write_keys(tmp_path / "sealing-key", b"x" * 32)
    sealed = secrets.seal(KEY, "org")
    assert sealed.startswith("v1:k1:")
    keyring.add_new()
    assert [one.ident for one in keyring.at_hand()][1:] == ["k1"]
    assert secrets.unseal(sealed, "org") == KEY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o666])
def test_a_file_that_others_can_read_is_refused(tmp_path, mode):
    secrets.seal(KEY, "org")
    (tmp_path / "sealing-key").chmod(mode)
    with pytest.raises(
        KeyringUnusable, match=rf"open to others \(mode {mode:04o}\)\. Take their rights away: chmod 600"
    ):
        secrets.seal(KEY, "org")


def test_a_file_of_the_operator_that_is_missing_is_named_and_never_made(tmp_path, settings):
    settings.SEALING_KEYS_FILE = str(tmp_path / "elsewhere" / "keys")
    with pytest.raises(KeyringUnusable, match=r"elsewhere/keys.*No such file"):
        secrets.seal(KEY, "org")
    assert list(tmp_path.iterdir()) == []


def test_keys_come_from_the_environment_and_the_first_one_seals(settings, tmp_path):
    old, new = keyring.new_key(), keyring.new_key()
    settings.SEALING_KEYS = old.line
    sealed = secrets.seal(KEY, "org")
    settings.SEALING_KEYS = f"{new.line},{old.line}"
    assert secrets.unseal(sealed, "org") == KEY
    assert secrets.sealed_with(secrets.seal(KEY, "org")) == new.ident
    settings.SEALING_KEYS = new.line
    with pytest.raises(SecretUnreadable, match=f"sealed with the key “{old.ident}”"):
        secrets.unseal(sealed, "org")
    with pytest.raises(KeyringUnusable, match="ASSESSOR_KEYS, which this command cannot change"):
        keyring.add_new()
    assert list(tmp_path.iterdir()) == []
    assert new.line.partition(":")[2] not in repr(keyring.at_hand())


def test_a_place_that_cannot_be_written_is_named(tmp_path, settings):
    settings.DATA_DIR = tmp_path / "nowhere"
    with pytest.raises(KeyringUnusable, match=r"sealing-key.*No such file"):
        secrets.seal(KEY, "org")


def test_processes_that_start_at_once_end_with_one_sealing_key():
    start, sealed = threading.Barrier(8), []

    def seal() -> None:
        start.wait(5)
        sealed.append(secrets.seal(KEY, "org"))

    threads = [threading.Thread(target=seal) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert [secrets.unseal(one, "org") for one in sealed] == [KEY] * 8


def test_a_key_is_read_from_a_variable_of_ours(monkeypatch):
    monkeypatch.setenv("ASSESSOR_KEY_WARD", KEY)
    assert secrets.referenced("ASSESSOR_KEY_WARD") == KEY


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "DATABASE_URL", "PATH", "ASSESSOR_KEY_", "ASSESSOR_KEY_ward", "ASSESSOR_KEY_A\n", "", "{x}"]
)
def test_no_other_variable_is_read(monkeypatch, name):
    if name and "\n" not in name:
        monkeypatch.setenv(name, KEY)
    with pytest.raises(SecretUnreadable, match="begins with ASSESSOR_KEY_") as refusal:
        secrets.referenced(name)
    assert KEY not in str(refusal.value)


def test_a_variable_that_is_not_set_is_named(monkeypatch):
    monkeypatch.delenv("ASSESSOR_KEY_WARD", raising=False)
    with pytest.raises(SecretUnreadable, match="The variable ASSESSOR_KEY_WARD is not set on this server"):
        secrets.referenced("ASSESSOR_KEY_WARD")


@pytest.fixture
def folder(settings, tmp_path):
    """The operator's folder of keys."""
    found = tmp_path / "keys"
    (found / "ward").mkdir(parents=True)
    (found / "ward" / "gateway.key").write_text(KEY + "\n", "utf-8")
    (tmp_path / "outside").write_text("not yours")
    (found / "link").symlink_to(tmp_path / "outside")
    (found / "two").write_text("a\nb")
    (found / "large").write_text("x" * 20_000)
    settings.ENDPOINT_KEYS_DIR = found
    return found


def test_a_key_is_read_from_a_file_below_the_operators_folder(folder, monkeypatch):
    assert secrets.referenced("file:ward/gateway.key") == KEY
    monkeypatch.setenv("ASSESSOR_KEY_WARD", KEY)
    assert secrets.referenced("env:ASSESSOR_KEY_WARD") == KEY


@pytest.mark.parametrize(
    "name",
    ["file:../outside", "file:link", "file:two", "file:large", "file:/etc/passwd", "file:ward", "file:", "file:no"],
)
def test_no_other_file_is_read_and_nobody_learns_which_there_are(folder, name):
    with pytest.raises(SecretUnreadable, match=r"^There is no key “file:.*” in the operator's folder\."):
        secrets.referenced(name)


def test_without_a_folder_no_file_is_read():
    with pytest.raises(SecretUnreadable, match="ASSESSOR_ENDPOINT_KEYS"):
        secrets.referenced("file:ward/gateway.key")


def test_in_served_mode_an_organisation_reads_its_own_references_only(folder, settings, monkeypatch):
    settings.MODE = "served"
    mine, theirs = uuid.uuid4(), uuid.uuid4()
    variable, place = secrets.own_names(mine)
    monkeypatch.setenv(f"{variable}WARD".removeprefix("env:"), KEY)
    (folder / str(mine)).mkdir()
    (folder / str(mine) / "key").write_text(KEY, "utf-8")
    for name in (f"{variable}WARD", f"{variable}WARD".removeprefix("env:"), f"{place}key"):
        assert secrets.referenced(name, mine) == KEY
        with pytest.raises(SecretUnreadable, match="is not a name of a key of this organisation"):
            secrets.referenced(name, theirs)
    with pytest.raises(SecretUnreadable, match="is not a name of a key"):
        secrets.referenced("file:ward/gateway.key", mine)
    with pytest.raises(SecretUnreadable):
        secrets.referenced(f"{secrets.own_names(theirs)[1]}../{mine}/key", theirs)
