"""Records of real nodes, over the client's protocol: written, counted by a query over an index, and given to a function."""
import base64
import hashlib
import socket
import struct
import sys

from node import ROOT

sys.path[:0] = [str(ROOT / "tests/hostile"), str(ROOT / "tests/vectors")]
import rogue  # noqa: E402
import wire  # noqa: E402

PACKAGE, FUNCTION, ARGUMENTS, INDEX_RANGE = 30, 31, 32, 22
NO_ARGUMENTS = b"\x90"


class Session:
    """A connection to one node. What another node answers for is passed on to it."""

    def __init__(self, node):
        self.node = node
        self.socket = socket.create_connection(("127.0.0.1", node.port), timeout=10)
        self.reader = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.reader.close()
        self.socket.close()

    def units(self):
        head = self.reader.read(8)
        return wire.units(self.reader.read(int.from_bytes(head[2:], "big")))

    def ask(self, request):
        self.socket.sendall(request)
        unit, = self.units()
        return unit

    def put(self, key, value, set_name="people"):
        """@return  the result's code. The bin is "age"."""
        number = rogue.op(rogue.OP_WRITE, b"age", rogue.INTEGER, struct.pack(">q", value))
        return self.ask(rogue.request(record(key, set_name), [number], info2=rogue.WRITE)).result

    def get(self, key, set_name="people"):
        """@return  the result's code."""
        return self.ask(rogue.request(record(key, set_name), info1=rogue.READ | rogue.GET_ALL)).result

    def call(self, key, package, function, set_name="people"):
        """@return  what the function gave for the record, as bytes."""
        fields = [rogue.field(PACKAGE, package), rogue.field(FUNCTION, function), rogue.field(ARGUMENTS, NO_ARGUMENTS)]
        unit = self.ask(rogue.request(record(key, set_name) + fields, info2=rogue.WRITE))
        return (unit.ops[0].name, unit.ops[0].value) if unit.ops else unit.result

    def count(self, begin, end, set_name="people"):
        """How many records of the partitions that the node is master of have an "age" from begin to end, by an index.
        @return  that, or the code of what went wrong."""
        bits = base64.b64decode(self.node.info("replicas-master").split(":", 1)[1])
        partitions = [pid for pid in range(4096) if bits[pid >> 3] & 0x80 >> (pid & 7)]
        found = b"\x01" + b"\x03age" + bytes([rogue.INTEGER])
        found += b"".join(struct.pack(">Iq", 8, limit) for limit in (begin, end))
        fields = [rogue.field(rogue.NAMESPACE, b"test"), rogue.field(rogue.SET, set_name.encode()),
                  rogue.field(INDEX_RANGE, found),
                  rogue.field(rogue.PIDS, b"".join(struct.pack("<H", pid) for pid in partitions))]
        self.socket.sendall(rogue.request(fields, info1=rogue.READ, info3=wire.PARTITION_DONE))
        records = 0
        while True:
            for unit in self.units():
                if unit.info3 & wire.LAST:
                    return records if unit.result == 0 else f"result {unit.result}"
                records += unit.result == 0 and not unit.info3 & wire.PARTITION_DONE


def record(key, set_name):
    # Not what clients make of a key, but as good.
    digest = hashlib.sha1(f"{set_name}/{key}".encode()).digest()
    return [rogue.field(rogue.NAMESPACE, b"test"), rogue.field(rogue.SET, set_name.encode()),
            rogue.field(rogue.DIGEST, digest)]
