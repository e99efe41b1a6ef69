"""The inputs of a configuration that lie behind addresses."""

from pipeline.contract.address import Address, addresses
from pipeline.contract.request import Request


def addresses_of(request: Request) -> list[Address]:
    """Return the addresses in the configuration and in its tables, each once."""
    found = addresses([request.config, *request.lines.values()])
    return list({address.url: address for address in found}.values())
