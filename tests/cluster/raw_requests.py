"""Requests to one node, whoever has the records: what official clients do not do, but for the second after a change."""
import socket
import struct

READ, WRITE = 1, 1  # bits of info1 and info2
OK, NOT_FOUND = 0, 2


def digest(number):
    """Of the partition with that number, one of its records."""
    return struct.pack("<H", number % 4096) + struct.pack(">QQH", number, 0, 0)


def field(kind, data):
    return struct.pack(">IB", len(data) + 1, kind) + data


def row(index, number, value=None):
    """Writes bin `a`, or reads all bins."""
    namespace = field(0, b"test")
    head = struct.pack(">I", index) + digest(number)
    if value is None:
        return head + struct.pack(">BBHH", 0, READ | 2, 1, 0) + namespace
    bin_a = struct.pack(">BBBB", 2, 1, 0, 1) + b"a" + struct.pack(">q", value)
    return (head + struct.pack(">BBBBHIHH", 2 | 4 | 8, 0, WRITE, 0, 0, 0, 1, 1) + namespace +
            struct.pack(">I", len(bin_a)) + bin_a)


def batch(node, rows, timeout_ms=5000):
    """@return  for each row its code and the bins it brought, by name; and the code of the whole."""
    data = struct.pack(">IB", len(rows), 4) + b"".join(rows)
    body = struct.pack(">BBBBBBIIIHH", 22, 8, 0, 0, 0, 0, 0, 0, timeout_ms, 1, 0) + field(41, data)
    with node.place.inside():
        peer = socket.create_connection((node.place.address, node.port), timeout=timeout_ms / 1000 + 5)
    answers = {}
    with peer:
        peer.sendall(struct.pack(">Q", 2 << 56 | 3 << 48 | len(body)) + body)
        reader = peer.makefile("rb")
        while True:
            unit = reader.read(int.from_bytes(reader.read(8)[2:], "big"))
            while unit:
                _, _, _, info3, _, code, _, _, index, fields, ops = struct.unpack_from(">BBBBBBIIIHH", unit)
                unit = unit[22:]
                bins = {}
                for place in range(fields + ops):
                    size = int.from_bytes(unit[:4], "big")
                    if place >= fields:
                        end = 8 + unit[7]
                        bins[unit[8:end].decode()] = int.from_bytes(unit[end:4 + size], "big")
                    unit = unit[4 + size:]
                if info3 & 1:
                    return answers, code
                assert index not in answers, index
                answers[index] = (code, bins)
