"""Which addresses we may talk to."""

import asyncio
import ipaddress
import socket

from vigil.core import NetError, NetRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def checked_addresses(host: str, port: int, *, allow_private: bool) -> list[str]:
    """Resolve `host` once; raises `NetRefused` unless every address is one we may talk to.

    Whoever connects must use what is returned: a second look-up may answer differently.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NetError(f"{host}: no such host ({error})") from error
    texts = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for text in texts:
        address = ipaddress.ip_address(text.partition("%")[0])
        if not may_reach(address, allow_private=allow_private):
            raise NetRefused(f"{host} is {address}, {_why_not(address, allow_private)}")
    return texts


async def checked_addresses_soon(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The same while others go on: a name server may take its time."""
    return await asyncio.to_thread(checked_addresses, host, port, allow_private=allow_private)


def _why_not(address: Address, allow_private: bool) -> str:
    if allow_private:
        return "to which nothing is ever sent; allowed: public and private addresses"
    return (
        "inside a private network; allowed: public addresses, "
        "and private ones where the administrator says so"
    )


def may_reach(address: Address, *, allow_private: bool) -> bool:
    """Public addresses, and on request private ones; never link-local, multicast, or none at all.

    Link-local stays closed even then: a cloud's machine credentials are served there.
    """
    address = _unwrapped(address)
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    return address.is_global or (allow_private and (address.is_private or address.is_loopback))


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 one carries, since that is where packets end up."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    tunnel = address.teredo
    return address.ipv4_mapped or address.sixtofour or (tunnel[1] if tunnel else address)
