"""Who may ask the server: passwords, the file of users, tokens, rates."""

import base64
import hashlib
import logging
import stat

import pytest

from pipeline.archive.serve import passwords
from pipeline.archive.serve.passwords import hash_password, is_password
from pipeline.archive.serve.rates import MOST_KEYS, Rate
from pipeline.archive.serve.tokens import MOST_OF_A_USER, TokenError, Tokens
from pipeline.archive.serve.users import Users, add_user, read_users
from pipeline.cli.main import main
from pipeline.services.credentials import Credentials

PASSWORD = "correct horse"


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "users"
    add_user(path, "someone", PASSWORD)
    return path


def test_a_hash_is_scrypt_of_its_salt():
    _, n, r, p, salt, found = hash_password(PASSWORD).split("$")
    expected = hashlib.scrypt(
        PASSWORD.encode(), salt=base64.b64decode(salt), n=2 ** int(n), r=int(r), p=int(p),
        maxmem=256 << 20,
    )  # fmt: skip
    assert base64.b64decode(found) == expected
    assert len(base64.b64decode(salt)) == 16


def test_rfc_7914():
    """Its third vector."""
    salt, found = base64.b64encode(b"SodiumChloride").decode(), bytes.fromhex(
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
    )  # fmt: skip
    entry = f"scrypt$14$8$1${salt}${base64.b64encode(found).decode()}"
    assert is_password("pleaseletmein", entry)
    assert not is_password("pleaseletmeIn", entry)


@pytest.mark.parametrize(
    "entry",
    ["", "secret", "md5$1$1$1$YQ==$YQ==", "scrypt$40$8$1$YQ==$YQ==", "scrypt$20$16$1$YQ==$YQ==",
     "scrypt$14$8$1$é$YQ==", "scrypt$14$8$0$YQ==$YQ=="],
)  # fmt: skip
def test_what_is_no_entry(entry):
    with pytest.raises(ValueError, match="no hash of a password"):
        passwords.check_entry(entry)


def test_users_of_a_file(file):
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert PASSWORD not in file.read_text()
    users = Users(file)
    entry = users.login("someone", PASSWORD)
    assert entry and users.entry("someone") == entry
    assert users.login("someone", PASSWORD) == entry  # remembered
    assert users.login("someone", PASSWORD + "!") is None
    assert users.login("nobody", PASSWORD) is None
    assert users.login("someone", "\ud800") is None


def test_a_change_of_the_file_counts_at_once(file):
    users = Users(file)
    old = users.login("someone", PASSWORD)
    add_user(file, "other", "battery staple")
    assert users.entry("someone") == old
    assert users.login("other", "battery staple")
    add_user(file, "someone", "another one")
    assert users.login("someone", PASSWORD) is None
    assert users.login("someone", "another one") != old
    file.write_text("".join(line for line in file.open() if not line.startswith("someone")))
    assert users.login("someone", "another one") is None


def test_a_file_that_became_unsafe_lets_nobody_in(file, caplog):
    users = Users(file)
    file.chmod(0o644)
    with caplog.at_level(logging.ERROR):
        assert users.login("someone", PASSWORD) is None
    assert "others may read it (mode 644)" in caplog.text
    file.chmod(0o600)
    assert users.login("someone", PASSWORD)
    file.unlink()
    assert users.entry("someone") is None


def test_the_user_of_the_environment(file):
    users = Users(file, Credentials("me", PASSWORD))
    assert users.login("me", PASSWORD) and users.login("someone", PASSWORD)
    with pytest.raises(ValueError, match="no users: no file, no NIGHTMILL_SERVE_USERNAME"):
        Users()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"someone", "line 1: expected name:hash|no hash"),
        (b"# ours\n\nsome one:x", "line 3: expected name:hash"),
        (b"someone:x", "no hash of a password"),
        (b"\xff\xfe", "no text in UTF-8"),
    ],
)
def test_a_file_that_is_none_of_users(tmp_path, text, message):
    path = tmp_path / "users"
    path.touch(mode=0o600)
    path.write_bytes(text)
    with pytest.raises(ValueError, match=message) as caught:
        read_users(path)
    assert str(caught.value).startswith(f"{path}: ")
    path.chmod(0o640)
    with pytest.raises(ValueError, match="others may read it \\(mode 640\\)"):
        read_users(path)


def test_a_name_twice(file):
    file.write_text(file.read_text() * 2)
    with pytest.raises(ValueError, match="someone is there for the second time"):
        read_users(file)


@pytest.mark.parametrize("name", ["", "a:b", "a\nb", "../x", "é", "x" * 65])
def test_names_that_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match="letters, digits"):
        add_user(tmp_path / "users", name, PASSWORD)
    assert not (tmp_path / "users").exists()


def test_the_command(tmp_path, monkeypatch, capsys):
    import io

    path = tmp_path / "new" / "users"
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert main(["add-user", "someone", "--users", str(path)]) == 0
    assert capsys.readouterr().out == f"someone may ask, by {path}\n"
    assert is_password(PASSWORD, read_users(path)["someone"])
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert main(["add-user", "other", "--users", str(path)]) == 1
    assert "at least 8 letters" in capsys.readouterr().err
    assert list(read_users(path)) == ["someone"]


def test_tokens_end():
    clock = Clock()
    tokens = Tokens(60.0, clock)
    token = tokens.issue("someone", "entry")
    assert tokens.holder(token)[:2] == ("someone", "entry")
    clock.now += 59.9
    assert tokens.holder(token)
    clock.now += 0.1
    with pytest.raises(TokenError, match="^token has expired$"):
        tokens.holder(token)
    clock.now += 60
    tokens.issue("someone", "entry")
    for wrong in (token, "", "\ud800", token[:-1], "x" * 100_000):
        with pytest.raises(TokenError, match="^token is invalid$"):
            tokens.holder(wrong)


def test_tokens_of_a_user_are_bounded_and_leave_those_of_others():
    tokens = Tokens(60.0, Clock())
    first, other = tokens.issue("someone", "e"), tokens.issue("other", "e")
    second = tokens.issue("someone", "e")
    for _ in range(MOST_OF_A_USER - 1):
        tokens.issue("someone", "e")
    assert tokens.holder(other) and tokens.holder(second)
    with pytest.raises(TokenError):
        tokens.holder(first)


def test_rates():
    clock = Clock()
    rate = Rate(2.0, 3, clock)
    assert [rate.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert rate.wait("a") == 0.5 and rate.wait("b") == 0
    clock.now += 0.5
    assert rate.take("a") == 0 and rate.take("a") == 0.5
    clock.now += 1000
    assert [rate.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    for key in range(MOST_KEYS):
        rate.take(key)
    assert len(rate._left) == MOST_KEYS
