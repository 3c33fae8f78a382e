"""Where a request comes from, for those who send no key, or ever new ones."""

from __future__ import annotations

import ipaddress
from collections.abc import MutableMapping
from typing import Any

FORWARDED = b"x-forwarded-for"
HOME_BITS = 64  # of an IPv6 address: what one household, or one rented machine, has all addresses of
UNKNOWN = "unknown"


def address_of(scope: MutableMapping[str, Any], *, proxied: bool) -> str:
    """The address that a request comes from, an IPv6 one as its network; UNKNOWN where it is none.

    proxied: a proxy stands before the server, as on a Space, and the last hop that it names is believed, for it wrote
    that one itself. What the sender wrote into the same header stands before it. Otherwise the address is the socket's,
    or what the web server makes of the header where the socket is of this very machine.
    """
    if proxied:
        told = [value for name, value in scope.get("headers") or () if name == FORWARDED]
        if told:
            return _plain(told[-1].decode("latin-1").rpartition(",")[2])
    client = scope.get("client")
    return _plain(str(client[0])) if client else UNKNOWN


def _plain(told: str) -> str:
    told = told.strip()
    bare = told[1:].partition("]")[0] if told.startswith("[") else told
    if bare.count(":") == 1:  # an IPv4 address with its port
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, HOME_BITS), strict=False))
    return str(address)
