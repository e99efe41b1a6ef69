"""Where an address may lead: not from https to http, and elsewhere only by https."""

import logging
from urllib.parse import SplitResult, urljoin, urlsplit

import requests

SCHEMES = ("http", "https")

logger = logging.getLogger(__name__)


class RedirectError(requests.exceptions.InvalidURL):
    """An address that leads to where it may not."""


class CarefulSession(requests.Session):
    """A session that looks where it is led.

    Without encryption anybody on the way can answer with an address of a machine that
    only this one sees.
    """

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return the address that an answer leads to, if it does.

        Raises
        ------
        RedirectError
            If it is none of https, and the one that led there is, or is of another host.
        """
        target = super().get_redirect_target(resp)
        if target is None:
            return None
        old, new = urlsplit(resp.url), urlsplit(urljoin(resp.url, target))
        schemes = {old.scheme, new.scheme.lower()}
        if new.scheme.lower() not in SCHEMES:
            raise RedirectError(f"leads to {new.geturl()}, and only http and https are followed")
        if old.scheme == "https" and schemes != {"https"}:
            raise RedirectError(f"leads from https to {new.geturl()}")
        if _host(old) != _host(new):
            if schemes != {"https"}:
                raise RedirectError(
                    f"leads to another host, {new.geturl()}, which only https may: "
                    "if you trust it, give that address"
                )
            logger.info("%s leads to another host: %s", resp.url, new.geturl())
        return target


def _host(address: SplitResult) -> tuple[str | None, int | None]:
    return address.hostname, address.port
