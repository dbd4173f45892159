"""What hostile clients send: frames made by hand, and sockets that misbehave."""
import hashlib
import socket
import struct
import zlib

INFO, SECURITY, MESSAGE, COMPRESSED = 1, 2, 3, 4
READ, GET_ALL, BATCH = 0x01, 0x02, 0x08
WRITE, RESPOND_ALL = 0x01, 0x80
PARTITION_DONE, LAST = 0x04, 0x01
NAMESPACE, SET, DIGEST, SOCKET_TIMEOUT, PIDS, BATCH_ROWS = 0, 1, 4, 9, 11, 41
OP_READ, OP_WRITE, OP_APPEND = 1, 2, 9
INTEGER, STRING, BLOB, MAP, LIST = 1, 3, 4, 19, 20
NOT_SENT = object()


def header(kind, size, version=2):
    return struct.pack(">BB", version, kind) + size.to_bytes(6, "big")


def frame(kind, body):
    return header(kind, len(body)) + body


def field(kind, data):
    return struct.pack(">IB", len(data) + 1, kind) + data


def op(code, name=b"", kind=0, value=b""):
    return struct.pack(">IBBBB", 4 + len(name) + len(value), code, kind, 0, len(name)) + name + value


def digest(key):
    return hashlib.sha1(str(key).encode()).digest()


def message(fields, ops=(), info1=0, info2=0, info3=0, ttl=0):
    fields, ops = list(fields), list(ops)
    return struct.pack(">BBBBBBIIIHH", 22, info1, info2, info3, 0, 0, 0, ttl, 0, len(fields), len(ops)) + b"".join(fields + ops)


def request(*arguments, **flags):
    return frame(MESSAGE, message(*arguments, **flags))


def record(key, ns=b"test"):
    return [field(NAMESPACE, ns), field(DIGEST, digest(key))]


def put(key, bins, ns=b"test"):
    """bins: (name, type, value)."""
    return request(record(key, ns), [op(OP_WRITE, name, kind, value) for name, kind, value in bins], info2=WRITE)


def get(key, ns=b"test"):
    return request(record(key, ns), info1=READ | GET_ALL)


def scan(ns=b"test", timeout_ms=10_000):
    pids = b"".join(struct.pack("<H", pid) for pid in range(4096))
    fields = [field(NAMESPACE, ns), field(PIDS, pids), field(SOCKET_TIMEOUT, struct.pack(">I", timeout_ms))]
    return request(fields, info1=READ, info3=PARTITION_DONE)


def batch(rows, count=None):
    body = struct.pack(">IB", len(rows) if count is None else count, 0x04) + b"".join(rows)
    return request([field(BATCH_ROWS, body)], info1=READ | BATCH)


def batch_row(index, key_digest, ns=b"test"):
    return struct.pack(">I", index) + key_digest + struct.pack(">BBHH", 0, READ | GET_ALL, 1, 0) + field(NAMESPACE, ns)


def repeat_row(index, key_digest):
    return struct.pack(">I", index) + key_digest + b"\x01"


def compressed(inner_size, stream):
    return frame(COMPRESSED, struct.pack(">Q", inner_size) + stream)


def bomb(size):
    """A compressed message of `size` zero bytes behind a right header."""
    squeezed = zlib.compressobj(9)
    stream = squeezed.compress(header(MESSAGE, size))
    for _ in range(size >> 20):
        stream += squeezed.compress(bytes(1 << 20))
    stream += squeezed.compress(bytes(size & 0xFFFFF)) + squeezed.flush()
    return compressed(size + 8, stream)


class Peer:
    """One connection."""

    def __init__(self, port, timeout_s=10, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout_s)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def receive(self, size):
        data = bytearray()
        while len(data) < size:
            piece = self.socket.recv(min(size - len(data), 1 << 20))
            if not piece:
                raise ConnectionError("closed by the server")
            data += piece
        return bytes(data)

    def receive_frame(self):
        head = self.receive(8)
        return head[1], self.receive(int.from_bytes(head[2:], "big"))

    def ask(self, data):
        """The result code of the first message of the reply."""
        self.send(data)
        return self.receive_frame()[1][5]

    def info(self, text):
        self.send(frame(INFO, text.encode()))
        return self.receive_frame()[1].decode(errors="replace")

    def closed(self, within_s):
        """Whether the server closes the connection in that time."""
        self.socket.settimeout(within_s)
        try:
            while self.socket.recv(1 << 16):
                pass
            return True
        except ConnectionError:
            return True
        except TimeoutError:
            return False
