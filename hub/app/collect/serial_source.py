"""A serial port as a stream, by termios alone."""

from __future__ import annotations

import base64
import errno
import json
import os
import termios
import tty
from typing import Any

from twisted.internet.interfaces import IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from hub.app.collect.settings import Serial
from hub.app.collect.source import AGAIN_SECONDS, READ_BYTES, MakeProducer, Say
from hub.client.framed.machine import Asked, Event


@implementer(IReadDescriptor)
class SerialSource:
    """A port that comes and goes. Its run goes on meanwhile."""

    def __init__(self, reactor: Any, settings: Serial, make: MakeProducer, say: Say) -> None:
        self._reactor, self._settings, self._say = reactor, settings, say
        self._file = -1
        self._told: str | None = None
        commands = ("stdin", "signal", "resize") if settings.control else ()
        self._producer = make(settings.stream, {"port": settings.port, **settings.meta}, commands, self._tell)
        self._later = reactor.callLater(0, self._open)

    def close(self) -> None:
        """Read no more."""
        if self._later is not None and self._later.active():
            self._later.cancel()
        self._let_go()

    # What the reactor calls.

    def fileno(self) -> int:
        """Return the port's descriptor."""
        return self._file

    def logPrefix(self) -> str:
        """Return what its log lines begin with."""
        return self._settings.stream

    def doRead(self) -> None:
        """Pass on what came; a port that is gone reads as nothing, or fails."""
        try:
            data = os.read(self._file, READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._lost(error.strerror or str(error))
            return
        if data:
            self._producer.write(data)
        else:
            self._lost("it is gone")

    def connectionLost(self, reason: Failure) -> None:
        """The reactor lets go of it: it is gone."""
        self._lost(reason.getErrorMessage())

    def _open(self) -> None:
        try:
            file = os.open(self._settings.port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            self._again(error.strerror or str(error))
            return
        try:
            set_mode(file, self._settings.baud, self._settings.mode)
        except (OSError, termios.error) as error:
            os.close(file)
            self._again(f"it takes no such mode: {error}")
            return
        self._file, self._told = file, None
        self._reactor.addReader(self)
        self._say(f"{self._settings.stream}: {self._settings.port} is open")

    def _lost(self, why: str) -> None:
        if self._file >= 0:
            self._let_go()
            self._again(why)

    def _let_go(self) -> None:
        if self._file >= 0:
            self._reactor.removeReader(self)
            os.close(self._file)
            self._file = -1

    def _again(self, why: str) -> None:
        if why != self._told:
            self._told = why
            self._say(f"{self._settings.stream}: {self._settings.port}: {why}; it is tried again", wrong=True)
        self._later = self._reactor.callLater(AGAIN_SECONDS, self._open)

    def _tell(self, event: Event) -> None:
        if isinstance(event, Asked):
            self._producer.reply(event.id, json.dumps(self._obey(event)).encode())

    def _obey(self, asked: Asked) -> dict[str, object]:
        try:
            said = json.loads(asked.arguments or b"{}")
            if asked.name == "resize":
                return {"done": True}  # a port has no size, and needs none
            if self._file < 0:
                return {"done": False, "error": f"{self._settings.port} is away"}
            if asked.name == "signal":
                if said["name"] not in ("BREAK", "INT"):
                    return {"done": False, "error": "a port knows BREAK alone"}
                termios.tcsendbreak(self._file, 0)
                return {"done": True}
            data = base64.b64decode(said["data"]) if "data" in said else str(said["text"]).encode()
            written = os.write(self._file, data)
        except BlockingIOError:
            return {"done": False, "error": "the port takes nothing now"}
        except (ValueError, KeyError, TypeError, OSError, termios.error) as error:
            return {"done": False, "error": f"{type(error).__name__}: {error}"}
        if written < len(data):
            return {"done": False, "error": f"the port took {written} of {len(data)} bytes"}
        return {"done": True}


def set_mode(file: int, baud: int, mode: str) -> None:
    """Set a port to raw, with a baud rate and a mode such as 8N1; raise OSError, or termios.error."""
    speed = getattr(termios, f"B{baud}", None)
    if speed is None:
        raise OSError(errno.EINVAL, f"there is no baud rate {baud} here")
    tty.setraw(file, termios.TCSANOW)
    flags = termios.tcgetattr(file)
    control = flags[2] & ~(termios.CSIZE | termios.PARENB | termios.PARODD | termios.CSTOPB)
    control |= getattr(termios, f"CS{mode[0]}") | termios.CREAD | termios.CLOCAL
    control |= {"N": 0, "E": termios.PARENB, "O": termios.PARENB | termios.PARODD}[mode[1]]
    control |= termios.CSTOPB if mode[2] == "2" else 0
    flags[2], flags[4], flags[5] = control, speed, speed
    termios.tcsetattr(file, termios.TCSANOW, flags)
