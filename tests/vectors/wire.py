"""The wire as the replay needs it: a connection that asks, and replies taken apart. Layouts: docs/protocol.md."""
import dataclasses
import socket
import struct

MESSAGE = 3
HEADER = struct.Struct(">BBBBBBIIIHH")
LAST = 0x01            # info3: nothing follows in this stream
PARTITION_DONE = 0x04  # info3: the unit closes a partition, it is no record


class Closed(Exception):
    """The server closed the connection."""


class NoReply(Exception):
    """Nothing came within the time limit."""


@dataclasses.dataclass
class Op:
    code: int
    particle: int
    name: bytes
    value: bytes

    def __str__(self):
        shown = self.value.hex()
        return f"op {self.code} bin {self.name.decode('latin1')!r} type {self.particle} value {shown[:400] or '-'}"


@dataclasses.dataclass
class Unit:
    """One message of a reply."""
    info1: int
    info2: int
    info3: int
    info4: int
    result: int
    generation: int
    void_time: int
    transaction_ttl: int
    fields: list  # (type, bytes)
    ops: list


def units(body):
    """The messages of a frame's body. IndexError or struct.error when it is cut off."""
    at, found = 0, []
    while at < len(body):
        size, i1, i2, i3, i4, result, generation, void_time, ttl, field_count, op_count = HEADER.unpack_from(body, at)
        if size != HEADER.size:
            raise ValueError(f"message header of {size} bytes")
        at += size
        fields, ops = [], []
        for _ in range(field_count):
            size, kind = struct.unpack_from(">IB", body, at)
            fields.append((kind, body[at + 5:at + 4 + size]))
            at += 4 + size
        for _ in range(op_count):
            size, code, particle, _, name_size = struct.unpack_from(">IBBBB", body, at)
            end = at + 4 + size
            ops.append(Op(code, particle, body[at + 8:at + 8 + name_size], body[at + 8 + name_size:end]))
            at = end
        if at > len(body):
            raise ValueError(f"runs {at - len(body)} bytes past the end of the frame")
        found.append(Unit(i1, i2, i3, i4, result, generation, void_time, ttl, fields, ops))
    return found


def frames(reply):
    """(frame type, body) of each frame of a reply."""
    at, found = 0, []
    while at < len(reply):
        if len(reply) - at < 8:
            raise ValueError("a cut-off frame header")
        size = int.from_bytes(reply[at + 2:at + 8], "big")
        found.append((reply[at + 1], reply[at + 8:at + 8 + size]))
        at += 8 + size
    return found


class Connection:
    """One connection to the server, opened again by itself after the server closed it."""

    def __init__(self, host, port, timeout_s=10):
        self._address, self._timeout_s, self._socket = (host, port), timeout_s, None

    def close(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def ask(self, request, kind):
        """The whole reply, b"" when the server closed the connection instead of answering.

        kind "s", "i": one frame. "b": frames until a unit with LAST. "m": also until a unit that reports an error.
        Raises NoReply, and ConnectionRefusedError when nobody listens any more.
        """
        for is_retry in (False, True):
            is_fresh = self._socket is None
            try:
                return self._exchange(request, kind)
            except (Closed, ConnectionResetError, BrokenPipeError):
                self.close()
                # An old connection may have been closed because of an earlier step: only a fresh one tells.
                if is_fresh or is_retry:
                    return b""
            except socket.timeout:
                self.close()
                raise NoReply(f"no reply within {self._timeout_s} s") from None
        raise AssertionError("unreachable")

    def _exchange(self, request, kind):
        if self._socket is None:
            self._socket = socket.create_connection(self._address, self._timeout_s)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        reply = b""
        while True:
            header = self._read(8)
            body = self._read(int.from_bytes(header[2:], "big"))
            reply += header + body
            if kind not in ("b", "m") or header[1] != MESSAGE:
                return reply
            for unit in units(body):
                if unit.info3 & LAST or kind == "m" and unit.result and not unit.info3 & PARTITION_DONE:
                    return reply

    def _read(self, size):
        data = bytearray()
        while len(data) < size:
            piece = self._socket.recv(size - len(data))
            if not piece:
                raise Closed()
            data += piece
        return bytes(data)
