"""Credentials come from the environment or a file of one's own, and are never told."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo.errors import AutoReconnect, BulkWriteError, OperationFailure

from pipeline.services.credentials import Credentials, CredentialsError, find_credentials
from pipeline.services.mongo_errors import ServiceError, codes, heals, said
from pipeline.services.mongo_uri import wrong_uri
from pipeline.services.mongodb import Server, connected
from pipeline.services.receipts import Receipt
from pipeline.services.retries import repeated

SECRET = "s3cr3t/with@all:of%it"


@pytest.fixture
def file(tmp_path, monkeypatch):
    for name in ("USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"MONGODB_{name}", raising=False)
    path = tmp_path / "credentials"
    path.touch(mode=0o600)
    path.write_text(f"# of the archive\nusername=writer\npassword={SECRET}\n")
    return path


def test_from_a_file_of_ones_own(file):
    found = find_credentials("MONGODB", str(file))
    assert (found.username, found.password) == ("writer", SECRET)
    assert SECRET not in repr(found)


def test_from_the_environment_first(file, monkeypatch):
    assert find_credentials("MONGODB") is None
    monkeypatch.setenv("MONGODB_USERNAME", "other")
    with pytest.raises(CredentialsError, match="one is set without the other"):
        find_credentials("MONGODB", str(file))
    monkeypatch.setenv("MONGODB_PASSWORD", "word")
    assert find_credentials("MONGODB", str(file)) == Credentials("other", "word")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o620])
def test_a_file_that_others_may_read_is_refused(file, mode):
    file.chmod(mode)
    with pytest.raises(CredentialsError, match=f"mode {mode:o}.*chmod 600") as caught:
        find_credentials("MONGODB", str(file))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        f"password={SECRET}",
        f"username=a\npassword={SECRET}\npassword={SECRET}",
        f"username=a\npassword={SECRET}\nhost=b",
        f"username=\npassword={SECRET}",
        SECRET,
        "",
    ],
)
def test_other_lines_are_refused_and_not_repeated(file, text):
    file.write_text(text)
    with pytest.raises(CredentialsError, match="expected two lines") as caught:
        find_credentials("MONGODB", str(file))
    assert SECRET not in str(caught.value)


def test_no_file_and_no_text(file, tmp_path):
    with pytest.raises(CredentialsError, match="No such file"):
        find_credentials("MONGODB", str(tmp_path / "nowhere"))
    with pytest.raises(CredentialsError):
        find_credentials("MONGODB", str(tmp_path))
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(CredentialsError, match="UTF-8"):
        find_credentials("MONGODB", str(file))


@pytest.mark.parametrize(
    "uri",
    [
        f"mongodb://user:{SECRET}@host/",
        "mongodb://user@host/",
        "mongodb://user:p/s3cr3t@host/",
        "mongodb://host/?authMechanismProperties=AWS_SESSION_TOKEN:s3cr3t",
        "mongodb://host/?tlscertificatekeyfilepassword=s3cr3t",
        "http://host/",
        "mongodb://",
        "host:27017",
        "mongodb://[::1/",
    ],
)
def test_wrong_addresses(uri, monkeypatch):
    assert "s3cr3t" not in wrong_uri(uri)
    with pytest.raises(ServiceError) as caught, connected(Server(uri, "archive")):
        pass
    assert "s3cr3t" not in str(caught.value)


@given(st.text())
def test_any_text_is_judged(text):
    wrong = wrong_uri(text)
    assert wrong is None or isinstance(wrong, str)


def test_an_error_of_a_bulk_tells_codes_alone():
    one = {"code": 11000, "errmsg": "dup key { _id: 5 }", "op": {"_id": 5, "secret": SECRET}}
    error = BulkWriteError({"writeErrors": [one, one], "writeConcernErrors": []})
    assert codes(error) == {11000: 2}
    assert said(error) == "BulkWriteError 2 x 11000 (there already)"
    with pytest.raises(ServiceError, match="OperationFailure 13") as caught:
        repeated(_raises(OperationFailure(f"may not see {SECRET}", 13)), "host/archive")
    assert SECRET not in str(caught.value)
    assert caught.value.__context__ is None  # a traceback shows it otherwise


def test_what_heals_is_repeated():
    errors = [AutoReconnect("away"), OperationFailure("not primary", 10107)]

    def work():
        if errors:
            raise errors.pop()
        return 7

    assert repeated(work, "host/archive", patience_s=5) == 7
    assert heals(OperationFailure("x", 112)) and not heals(OperationFailure("x", 2))
    with pytest.raises(ServiceError, match="AutoReconnect.*run again"):
        repeated(_raises(AutoReconnect("away")), "host/archive", patience_s=0.2)


def _raises(error):
    def work():
        raise error

    return work


def test_a_receipt(tmp_path):
    Receipt("MongoDB", "host/archive", {"ZTF_alerts": 3}, "ab").write(tmp_path / "a/0000.json")
    assert json.loads((tmp_path / "a/0000.json").read_text()) == {
        "service": "MongoDB",
        "where": "host/archive",
        "counts": {"ZTF_alerts": 3},
        "sha256": "ab",
    }
