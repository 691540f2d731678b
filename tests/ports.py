"""Ports of servers that are away for a moment."""

from __future__ import annotations

import errno
import socket
import time

_SECONDS = 10.0


def hold(port: int) -> socket.socket:
    """Keep a port from being given to somebody's outgoing connection, as soon as its server has let go of it.

    Connecting to it is refused; a server that allows reuse, as all do, may listen there meanwhile.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    end = time.monotonic() + _SECONDS
    while True:
        try:
            holder.bind(("127.0.0.1", port))
        except OSError as error:  # a killed process listens until the last of its threads has ended
            if error.errno != errno.EADDRINUSE or time.monotonic() > end:
                holder.close()
                raise
            time.sleep(0.02)
        else:
            return holder
