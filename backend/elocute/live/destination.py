"""Where motion is sent: this computer, unless another one is named."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from elocute.errors import InputError, SettingsError

LOOPBACK: Final = "127.0.0.1"
_CODE: Final = "bad_destination"


@dataclass(frozen=True)
class Destination:
    """An address that was found.

    Attributes:
        host: as it was named.
        port: of UDP.
        address: what the host's name stands for.
    """

    host: str
    port: int
    address: str

    @classmethod
    def of(cls, host: str, port: int) -> Destination:
        """Find a host.

        Raises:
            SettingsError: there is no such host, or the port is none.
        """
        if not 1 <= port <= 65535:
            raise SettingsError(f"There is no port {port}.", "Give one from 1 to 65535.", code=_CODE)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        except (OSError, UnicodeError) as error:
            raise SettingsError(
                f"There is no computer called {host or 'nothing'}.", "Give its name or address.", code=_CODE
            ) from error
        return cls(host, port, str(found[0][4][0]))

    @property
    def note(self) -> str:
        """A sentence where the motion leaves this computer, else empty."""
        if ipaddress.ip_address(self.address.partition("%")[0]).is_loopback:
            return ""
        return f"The motion goes unencrypted over the network to {self.host}, port {self.port}."

    def __str__(self) -> str:
        return f"{self.host}, port {self.port}"


class Sender:
    """An open socket. Use it as a context manager.

    Attributes:
        packets: how many were sent.
        unheard: how many of them this computer knows nobody to have received.

    Raises:
        InputError: the system refuses to send there.
    """

    def __init__(self, destination: Destination) -> None:
        self.packets = 0
        self.unheard = 0
        self._destination = destination
        family = socket.AF_INET6 if ":" in destination.address else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        try:
            self._socket.connect((destination.address, destination.port))
        except OSError as error:
            self._socket.close()
            raise self._refused(error) from error

    def send(self, packet: bytes) -> None:
        """Send a datagram; one that finds the system's buffer full is lost, as networks lose them.

        Raises:
            InputError: the system refuses to send there.
        """
        try:
            self._socket.send(packet)
        except ConnectionRefusedError:  # about one before: nobody listens, or not yet
            self.unheard += 1
        except BlockingIOError:
            return
        except OSError as error:
            raise self._refused(error) from error
        self.packets += 1

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _refused(self, error: OSError) -> InputError:
        return InputError(
            f"Nothing can be sent to {self._destination}: {error.strerror or error}.",
            "Check the host, and whether a firewall stops it.",
            code=_CODE,
        )
