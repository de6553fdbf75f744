"""What every channel does, and how it says that it could not."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Parcel:
    """What a channel carries: `key` is the same whenever the same message is sent again, `unsubscribe` the address
    where the reader stops messages of this kind."""

    key: str
    address: str
    subject: str
    body: str
    language: str
    unsubscribe: str = ""


class TryLaterError(Exception):
    """Nothing has been handed over; another try may work."""


class RefusedError(Exception):
    """The other side will never take this one: unknown address, blocked content."""


class OutcomeUnknownError(Exception):
    """It was handed over, but whether it was taken cannot be known. Sending again could double it."""


class Channel(Protocol):
    """A way to reach a person."""

    name: str

    def address_of(self, user: object) -> str:
        """Where this account is reached, or an empty text if it cannot be."""

    def send(self, parcel: Parcel) -> None:
        """Hand the parcel over. Raises `TryLaterError`, `RefusedError`, `OutcomeUnknownError`."""
