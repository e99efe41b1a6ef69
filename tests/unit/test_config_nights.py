"""A night behind an address: what is known to be wrong before anything is fetched."""

import pytest
from pydantic import ValidationError

from pipeline.alerts.domain import Night

NIGHT = {"survey": "ztf", "night": "20180201"}


@pytest.mark.parametrize("name", ["a.tar.gz", "a.tgz", "a.tar", "a.avro", "a.parquet?token=1#x"])
def test_addresses(name):
    assert Night(**NIGHT, path=f"https://host/{name}").is_url


@pytest.mark.parametrize("name", ["", "night/", "night", "a.zip", "download?file=a.tar.gz"])
def test_an_address_of_no_dump(name):
    with pytest.raises(ValidationError, match=r"an address must end in \.avro, \.parquet, "):
        Night(**NIGHT, path=f"https://host/{name}")


def test_a_checksum_of_a_local_file_would_not_be_looked_at():
    with pytest.raises(ValidationError, match="sha256 is of the file behind an address"):
        Night(**NIGHT, path="night.tar.gz", sha256="a" * 64)


@pytest.mark.parametrize("scheme", ["HTTP", "Https", "http"])
def test_a_scheme_in_capitals_is_the_same(scheme):
    assert Night(**NIGHT, path=f"{scheme}://host/a.tar.gz").is_url


@pytest.mark.parametrize("path", ["ftp://host/a.tar.gz", "file:///data/night", "s3://bucket/a.tar"])
def test_what_is_not_fetched(path):
    with pytest.raises(ValidationError, match="only http:// and https:// are fetched; write a loc"):
        Night(**NIGHT, path=path)


@pytest.mark.parametrize("path", ["data/{night}", "https://host/{night}.tar.gz", "a}.avro"])
def test_braces_stand_for_nothing(path):
    with pytest.raises(ValidationError, match="write out the survey and the night"):
        Night(**NIGHT, path=path)


@pytest.mark.parametrize("path", ["http:///a.tar", "https://:80/a.tar"])
def test_an_address_without_a_host(path):
    with pytest.raises(ValidationError, match="an address names a host"):
        Night(**NIGHT, path=path)
