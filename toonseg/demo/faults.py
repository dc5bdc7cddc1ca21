"""Faults of web sites, as crawlers meet them: what the demo's site answers in place of what is there."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from toonseg.errors import ToonsegError


@dataclass(frozen=True)
class Fault:
    """What the site answers at an address in place of what is there, ``times`` times (-1: always).

    A Content-Length in ``headers`` that is more than the body has makes a connection cut in the middle.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    times: int = -1


# Each makes a fault of the bytes that belong at an address.
FAULTS: Mapping[str, Callable[[bytes], Fault]] = {
    "busy": lambda data: Fault(429, {"Retry-After": "0"}),
    "unavailable": lambda data: Fault(503),
    "error": lambda data: Fault(500),
    "cut": lambda data: Fault(200, {"Content-Length": str(len(data))}, data[: len(data) // 2]),
    "truncated": lambda data: Fault(200, {}, data[:-9]),
    "undecodable": lambda data: Fault(200, {"Content-Encoding": "gzip"}, data),
    "web page": lambda data: Fault(200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><p>Later, please."),
    "empty": lambda data: Fault(200),
}


def fault_named(name: str, data: bytes, times: int = -1) -> Fault:
    """The fault of a name, for an address where ``data`` belongs. Raises ToonsegError when there is none."""
    if name not in FAULTS:
        raise ToonsegError(f"no fault is called {name!r}: there is {', '.join(FAULTS)}")
    made = FAULTS[name](data)
    return Fault(made.status, made.headers, made.body, times)


def passing_fault(address: str, data: bytes) -> Fault | None:
    """The fault that the first request for an image meets, by its address; every other image has none."""
    chosen = zlib.crc32(address.encode()) % (2 * len(FAULTS))
    names = list(FAULTS)
    return fault_named(names[chosen], data, times=1) if chosen < len(names) else None
