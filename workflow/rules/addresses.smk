"""Inputs behind addresses: each is fetched once."""

from importlib.util import find_spec

from pipeline.contract.address import FETCHED
from pipeline.plan.addresses import addresses_of

URL_OF = {str(address): address.url for address in addresses_of(REQUEST)}
BY_S3 = {path: url for path, url in URL_OF.items() if url.startswith("s3:")}
if BY_S3 and find_spec("snakemake_storage_plugin_s3") is None:
    stop(f"{min(BY_S3.values())}: s3:// needs the package snakemake-storage-plugin-s3")
BY_S3 = {path: storage.s3(url) for path, url in BY_S3.items()}


wildcard_constraints:
    address="[0-9a-f]{16}",


rule fetch_input:
    """Fetch a catalogue, a model, an event or a map from the web, or from a store of objects."""
    input:
        lambda wildcards: BY_S3.get(FETCHED.format(**wildcards), []),
    output:
        FETCHED,
    log:
        paths.log("fetch_input", "address", "file"),
    # A cluster's nodes seldom see the web.
    localrule: True
    conda:
        "../envs/nightmill.yaml"
    params:
        url=lambda wildcards: URL_OF[FETCHED.format(**wildcards)],
    script:
        "../scripts/fetch_input.py"
