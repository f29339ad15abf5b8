"""POST to an address that a person entered: public addresses only, within one time limit.

The name is resolved once, and the connection goes to that very address, so a second DNS answer
cannot lead elsewhere (DNS rebinding). Redirects are not followed.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from contextlib import suppress
from urllib.parse import urlsplit

from django.conf import settings

CONNECT_TIMEOUT = 5.0  # seconds
TOTAL_TIMEOUT = 15.0  # of all reading and writing together
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # an IPv4 address in IPv6


class _PinnedConnection(http.client.HTTPConnection):
    """Connects to `address`; `host` is only the name in the request and the certificate."""

    def __init__(self, host: str, port: int, address: str, *, secure: bool) -> None:
        super().__init__(host, port, timeout=CONNECT_TIMEOUT)
        self._address, self._secure = address, secure

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Return the status of the answer; its body is not read.

    Raises ValueError for an address that is refused, OSError or HTTPException when sending fails.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a webhook's address starts with https:// or http://")
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    connection = _PinnedConnection(
        parts.hostname, port, resolve(parts.hostname, port), secure=secure
    )
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    # The timeout of a socket is per read: a receiver that trickles would hold the worker.
    late = threading.Event()
    stop = threading.Timer(TOTAL_TIMEOUT, lambda: _cut(connection, late))
    try:
        connection.connect()
        stop.start()
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        if late.is_set():
            raise TimeoutError(f"no complete answer within {TOTAL_TIMEOUT:g} s") from error
        raise
    finally:
        stop.cancel()
        connection.close()


def resolve(host: str, port: int) -> str:
    """Return an address of the host.

    Raises ValueError if any of its addresses is not public, unless WEBHOOK_PRIVATE_HOSTS has it.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(one[4][0]) for one in found]
    if host not in settings.WEBHOOK_PRIVATE_HOSTS:
        for address in addresses:
            if not is_public(address):
                raise ValueError(
                    f"{host} is at {address}, which is not a public address. If webhooks may go "
                    "there, add the host to WEBHOOK_PRIVATE_HOSTS."
                )
    return addresses[0]


def is_public(address: str) -> bool:
    """Return False for loopback, private, link-local (cloud metadata), multicast and the like."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _cut(connection: http.client.HTTPConnection, late: threading.Event) -> None:
    late.set()
    if connection.sock is not None:
        with suppress(OSError):  # closed already
            connection.sock.shutdown(socket.SHUT_RDWR)
