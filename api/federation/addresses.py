"""Which addresses may be asked: allowed by name, and public after the name was resolved."""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from api.errors import RemoteFault
from kg.errors import QueryForbidden

_PORTS: Final = {"http": 80, "https": 443}
_NAT64: Final = IPv6Network("64:ff9b::/96")
_ANY: Final = "*"

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Target:
    """An address on the web, allowed by name: its parts."""

    url: str
    scheme: str
    host: str
    port: int


class AllowList:
    """Hosts by name, each with its port (``host``: the usual ones, ``host:*``: any).

    ``networks``: address ranges allowed although they are not public. Raises ``ValueError`` for one
    that is none.
    """

    def __init__(self, hosts: Sequence[str], networks: Sequence[str]) -> None:
        self._hosts = {_split(each) for each in hosts}
        self._networks = tuple(ip_network(each) for each in networks)
        self._names = ", ".join(hosts)

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all may be asked."""
        return not self._hosts

    def target(self, url: str) -> Target:
        """The parts of an address. Raises ``QueryForbidden`` where it is not on the list."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").rstrip(".").lower(), parts.port
        except ValueError as error:
            raise QueryForbidden(f"SERVICE <{url}> is no address on the web: {error}.") from error
        usual = _PORTS.get(parts.scheme)
        if usual is None or not host or parts.username is not None:
            raise QueryForbidden(
                f"SERVICE <{url}> is not asked; write http:// or https://, and no user."
            )
        named = {(host, _ANY), (host, str(port or usual))}
        if not named & self._hosts and not (port in (None, usual) and (host, "") in self._hosts):
            raise QueryForbidden(
                f"SERVICE <{url}> is not asked: the operator allows {self._names or 'no host'}."
            )
        return Target(url, parts.scheme, host, port or usual)

    async def resolve(self, target: Target) -> str:
        """An IP address of the target. Raises ``QueryForbidden`` unless all of them are public.

        The caller connects to this very address, so that a name cannot change its meaning in
        between.
        """
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise RemoteFault(
                f"{target.host} has no address: {error.strerror or error}."
            ) from error
        addresses = [ip_address(str(each[4][0]).partition("%")[0]) for each in found]
        for address in addresses:
            if not self._may_ask(address):
                raise QueryForbidden(
                    f"SERVICE <{target.url}> is not asked: {target.host} is {address}, which is "
                    "no public address."
                )
        return str(addresses[0])

    def _may_ask(self, address: Address) -> bool:
        plain = _embedded(address)
        return is_public(plain) or any(plain in each for each in self._networks)


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet, and of one machine."""
    return address.is_global and not (
        address.is_multicast
        or address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_reserved
        or address.is_unspecified
    )


def _embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, else the address itself."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        teredo = address.teredo[1] if address.teredo else None
        return address.ipv4_mapped or address.sixtofour or teredo or address
    return address


def _split(entry: str) -> tuple[str, str]:
    host, colon, port = entry.strip().lower().rpartition(":")
    if not colon or entry.endswith("]"):
        return entry.strip().lower().strip("[]"), ""
    return host.strip("[]"), port
