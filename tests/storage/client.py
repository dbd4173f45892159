"""Puts, gets and deletes on one socket. Layouts: docs/protocol.md."""
import hashlib
import socket
import struct

READ, GET_ALL = 0x01, 0x02           # info1
WRITE, DELETE, DURABLE = 0x01, 0x02, 0x10  # info2
OK, NOT_FOUND, FULL, OVERLOAD = 0, 2, 8, 18
INTEGER, BLOB = 1, 4


class Client:
    def __init__(self, port, ns="test", timeout=20):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ns = ns.encode()

    def close(self):
        self.socket.close()

    def _ask(self, key, info1, info2, ops=b"", op_count=0, ttl=0):
        fields = b"".join(struct.pack(">IB", len(data) + 1, kind) + data
                          for kind, data in ((0, self.ns), (1, b"s"), (4, hashlib.sha1(str(key).encode()).digest())))
        header = struct.pack(">BBBBBBIIIHH", 22, info1, info2, 0, 0, 0, 0, ttl, 0, 3, op_count)
        body = header + fields + ops
        self.socket.sendall(struct.pack(">Q", 2 << 56 | 3 << 48 | len(body)) + body)
        size = struct.unpack(">Q", self._receive(8))[0] & (1 << 48) - 1
        return self._receive(size)

    def _receive(self, size):
        parts = b""
        while len(parts) < size:
            part = self.socket.recv(size - len(parts))
            if not part:
                raise ConnectionError("closed")
            parts += part
        return parts

    def put(self, key, value, padding=b"", ttl=0):
        """Writes bins n (the number) and p; ttl in seconds. @return  the code."""
        ops, count = b"", 0
        for name, kind, data in ((b"n", INTEGER, struct.pack(">q", value)), (b"p", BLOB, padding)):
            if name == b"p" and not data:
                continue
            ops += struct.pack(">IBBBB", 4 + len(name) + len(data), 2, kind, 0, len(name)) + name + data
            count += 1
        return self._ask(key, 0, WRITE, ops, count, ttl)[5]

    def get(self, key):
        """(code, number, padding)"""
        body = self._ask(key, READ | GET_ALL, 0)
        code, (op_count,) = body[5], struct.unpack_from(">H", body, 20)
        at, number, padding = 22, None, b""
        for _ in range(op_count):
            size, _, kind, _, name_size = struct.unpack_from(">IBBBB", body, at)
            name, data = body[at + 8:at + 8 + name_size], body[at + 8 + name_size:at + 4 + size]
            if name == b"n":
                number = int.from_bytes(data, "big", signed=True)
            else:
                padding = data
            at += 4 + size
        return code, number, padding

    def info(self, command):
        body = command.encode() + b"\n"
        self.socket.sendall(struct.pack(">Q", 2 << 56 | 1 << 48 | len(body)) + body)
        size = struct.unpack(">Q", self._receive(8))[0] & (1 << 48) - 1
        return self._receive(size).decode().split("\t", 1)[1].strip()

    def delete(self, key, durable=False):
        return self._ask(key, 0, WRITE | DELETE | (DURABLE if durable else 0))[5]
