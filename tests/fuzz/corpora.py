#!/usr/bin/env python3
"""Keeps the corpora small: tests/fuzz/corpora.py TARGET... (all when none is named)

Seeds come from recorded requests; what fuzzing has found since (in the build directory, by tests/fuzz/run) is added, and
libFuzzer's merge keeps the inputs that reach something new, smallest first. Run it by hand after a change of format or a
long fuzzing session, and commit the result."""
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

import golden

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("CAIRN_BUILD_FUZZ", ROOT / "build/fuzz"))
FILES_MAX, FILE_BYTES_MAX, TARGET_BYTES_MAX = 90, 8192, 100_000
LINK = bytes([255, 255])  # fuzz_proto: large pieces, a wide window

CONFIGURATIONS = [
    "namespaces:\n  - name: test\n",
    "service:\n  cluster-name: x\n  proto-fd-max: 1000\nnetwork:\n  service:\n    addresses: [127.0.0.1]\n    port: 3000\n"
    "namespaces:\n  - name: test\n    default-ttl: 30D\n    nsup-period: 120\n    storage-engine:\n      type: memory\n"
    "      data-size: 4G\n    sets:\n      - name: s\n        default-ttl: 1h\n",
    "logging:\n  format: json\n  any: debug\nnamespaces:\n  - {name: a, nsup-period: 0}\n  - {name: b, max-record-size: 8M}\n",
    "namespaces:\n  - name: test\n$CAIRN_NAMESPACES_TEST_DEFAULT_TTL=1h",
    "namespaces: [{name: &a test}, {name: *a}]\n", "a: {b: [c, {d: e}]}\n", "",
]
# A pulse of node 2, a Gather and a Prepare that name node 1, each behind its size.
_NODES = struct.pack("<H", 2) + struct.pack("<4Q", 1, 1, 1, 1) + struct.pack("<4Q", 2, 2, 2, 2)
_BALLOT = struct.pack("<IQQ", 3, 2, 2)
_FRAMES = [
    b"\0" + struct.pack("<4Q", 2, 2, 2, 2) + _BALLOT * 2 + struct.pack("<HQQHQQB", 2, 1, 2, 1, 1, 1, 1),
    b"\1" + struct.pack("<Q", 5) + _NODES,
    b"\4" + _BALLOT + _NODES,
]
CLUSTER = [b"".join(struct.pack("<H", len(frame)) + frame for frame in _FRAMES)]
# What node 2 says on a connection, and what it answers on one that was made to it: a greeting with two addresses, then a
# pulse, gossip and an echo; a refusal. Each behind its kind and its size.
def _text(text):
    return struct.pack("<B", len(text)) + text


_LISTENING = struct.pack("<H", 1) + _text(b"10.0.0.2") + struct.pack("<H", 3002)
_HELLO = b"\0" + _text(b"fuzz") + struct.pack("<4QI", 2, 2, 2, 2, 1) + _LISTENING + (struct.pack("<H", 1) + _text(b"10.0.0.2:3000")) * 2
_REFUSED = b"\1\1" + _text(b"fuzz") + struct.pack("<4QI", 2, 2, 2, 2, 1)


def _said(kind, body):
    return struct.pack("<BH", kind, len(body)) + body


FABRIC = [
    _said(0, _HELLO) + b"".join(_said(1, frame) for frame in _FRAMES) + _said(0, b"\2" + _LISTENING)
    + _said(2, _HELLO) + _said(2, b"\3"),
    _said(2, _REFUSED), _said(0, _HELLO) + _said(0, _HELLO) + _said(2, _HELLO) + _said(3, _FRAMES[0]),
]
# Packets of replication in view 5.9.9, each behind its sender and its size: from node 2 to all four partitions, from node
# 4 what a master asks of a copy that it merges.
def _letter(partition, kind, body):
    return struct.pack("<BHB", 0, partition, kind) + body


def _packet(sender, *letters):
    body = struct.pack("<IQQHB", 5, 9, 9, 1, 4) + b"test" + struct.pack("<H", len(letters)) + b"".join(letters)
    return struct.pack("<BH", sender - 2, len(body)) + body


_DIGESTS = [bytes([partition]) + bytes(19) for partition in range(4)]
_VERSION = struct.pack("<IIHQBI", 80, 2, 1, 7, 0, 1) + b"x"
_CFG_ID = struct.pack("<IQQI", 5, 9, 9, 0)
REPLICATION = [
    _packet(2, _letter(0, 1, struct.pack("<II", 80, 1)), _letter(0, 4, struct.pack("<IBH", 0, 1, 1) + _DIGESTS[0]),
            _letter(1, 0, struct.pack("<IIII", 80, 0, 64, 1) + _DIGESTS[1] + _VERSION),
            _letter(1, 3, struct.pack("<III", 80, 80, 2)), _letter(2, 6, struct.pack("<IIBII", 80, 1, 0, 64, 1)),
            _letter(2, 10, struct.pack("<III", 80, 1, 1) + _DIGESTS[2] + _VERSION),
            _letter(2, 8, struct.pack("<IIBB", 80, 1, 0, 0)), _letter(3, 6, struct.pack("<IIBII", 80, 1, 1, 64, 1)),
            _letter(3, 12, struct.pack("<III", 80, 1, 1) + _DIGESTS[3]), _letter(1, 17, struct.pack("<I", 80) + _CFG_ID)),
    _packet(4, _letter(0, 7, struct.pack("<I", 1) + _CFG_ID + struct.pack("<I64Q", 80, 5, *[0] * 63)))
    + _packet(4, _letter(0, 9, struct.pack("<IBBBH", 1, 0, 0, 1, 1) + _DIGESTS[0] + struct.pack("<Q", 9)))
    + _packet(4, _letter(0, 13, struct.pack("<II", 1, 1) + _DIGESTS[0] + b"\1" + _VERSION)),
]
BACKUPS = [
    b"Version 3.1\n# namespace test\n# first-file\n* i test s n N 1 b N\n* i test  m V 1 b S kRA=\n* u L a.lua 3 -- \n",
    b"Version 3.1\n# namespace test\n+ k S 3 a b\n+ n test\n+ d q+LsiGs1gD9duJDbzQSXytajtCY=\n+ s s\n+ g 1\n+ t 5\n"
    b"+ b 7\n- N a\n- Z b T\n- I c -1\n- D d 0.5\n- S e\\ 2 2 x\n\n- G f 2 {}\n- L g 4 kwEC\n",
    b"Version 3.1\n+ k B! 1 x\n+ n test\n+ d q+LsiGs1gD9duJDbzQSXytajtCY=\n+ g 65535\n+ t 4294967295\n+ b 3\n"
    b"- M! a 1 \x80\n- B b 4 AQ==\n- D c +inf\n",
]


BLOB_AREAS = [("07-bits", (12, 13), (4,)), ("08-hll", (15, 16), (18,))]  # codes of operations, types of bins


SCRIPTS = (
    "function f(rec, a, b) rec.a = a; rec.b = map{k = b, l = list{1, 2.5, true}} aerospike:create(rec) return rec.b end",
    "function f(rec, a, b) local l = list() for i = 1, 20 do list.prepend(l, i) end return list.drop(l, a) end",
    "function f(rec, a, b) local x = bytes(8) bytes.set_int32(x, 1, 7) rec.x = x aerospike:create(rec) return x end",
    "function f(rec, a, b) return string.gsub(string.rep(b, 10), '(.)x', '%1%1') end",
    "local t = {} t.t = t function f(rec) rec.t = t table.sort({3, 1, 2}, function() return true end) return t end",
)


def blob_pieces(chain):
    """A chain of operations as fuzz_blob.cc and fuzz_cdt.cc read it."""
    kinds = {2: 7, 3: 0, 4: 0, 12: 0, 13: 0, 15: 1, 16: 1}
    return b"".join(struct.pack(">BH", kinds[code], len(value)) + value for code, value in chain if len(value) < 65536)


def seeds(target):
    if target == "proto":
        found = [LINK + stream for area in golden.case.areas() for stream in golden.streams(area, 12)]
        found += [LINK + golden.compressed(frame) for frame in golden.frames_for_live(2)]
        return found
    if target == "info":
        bodies = sorted({step.request[8:] for one in golden.cases("13-info") for step in one.steps})
        return bodies + [b"".join(bodies[i:i + 12]) for i in range(0, len(bodies), 12)]
    if target == "msgpack":
        return [bytes([kind]) + value for kind, particle in ((0, 20), (1, 19)) for value in golden.values(particle)]
    if target == "geojson":
        return golden.values(23)
    if target == "expr":  # most of an input is the program, the rest one list
        return [bytes([230]) + program + bytes.fromhex("94030102a20378") for program in golden.expressions()]
    if target == "cdt":
        return [blob_pieces(chain[at:at + 8]) for area in ("04-list", "04-list-2", "05-map", "06-cdt-random")
                for chain in golden.chains(area, (3, 4), (19, 20)) for at in range(0, min(len(chain), 40), 8)]
    if target == "blob":
        return [blob_pieces(chain[at:at + 8]) for area, codes, kinds in BLOB_AREAS
                for chain in golden.chains(area, codes, kinds) for at in range(0, min(len(chain), 64), 8)]
    if target == "udf":
        return [b"\0" + text.encode() for text in SCRIPTS] + [b"\1" + value for value in golden.values(20)]
    if target == "backup":
        return [b"\xff" + text for text in BACKUPS] + [b"\x03" + text for text in BACKUPS]
    if target == "cluster":
        return CLUSTER
    if target == "fabric":
        return FABRIC
    if target == "replication":
        return REPLICATION
    if target == "config":
        return [text.encode() for text in CONFIGURATIONS]
    if target == "compress":
        return [golden.compressed(frame)[8:] for frame in golden.frames_for_live(5)] + golden.frames_for_live(2)
    if target == "storage":
        fillings = (bytes(range(256)) * 4, b"\xff" * 300, bytes(100))
        return [bytes([kind]) + filling for kind in range(6) for filling in fillings]
    return [bytes(range(256)), b"\xff" * 300, b"\x80" * 300]  # inputs of choices: nothing recorded has their form


def write(folder, contents):
    folder.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(contents):
        if len(content) <= FILE_BYTES_MAX:
            (folder / f"seed-{number:05}").write_bytes(content)


def main():
    for target in sys.argv[1:] or targets():
        kept = HERE / "corpus" / target
        with tempfile.TemporaryDirectory() as scratch:
            scratch = pathlib.Path(scratch)
            write(scratch / "seeds", seeds(target))
            (scratch / "merged").mkdir()
            sources = [folder for folder in (kept, scratch / "seeds", BUILD / "fuzz-found" / target) if folder.is_dir()]
            subprocess.run([BUILD / "bin" / f"fuzz_{target}", "-merge=1", f"-max_len={FILE_BYTES_MAX}", "-timeout=20",
                            f"-artifact_prefix={scratch}/", scratch / "merged", *sources], check=True,
                           stderr=subprocess.DEVNULL)
            best = sorted((scratch / "merged").iterdir(), key=lambda path: path.stat().st_size)
            shutil.rmtree(kept, ignore_errors=True)
            kept.mkdir(parents=True)
            # Every part of the range of sizes: the large ones reach what no small one does.
            step = max(1, -(-len(best) // FILES_MAX))
            total = 0
            for path in best[::step]:
                total += path.stat().st_size
                if total > TARGET_BYTES_MAX:
                    break
                shutil.copy(path, kept / path.name)
        count = len(list(kept.iterdir()))
        print(f"{target}: {len(best)} inputs reach something new, {count} kept")


def targets():
    return sorted(path.stem.removeprefix("fuzz_") for path in HERE.glob("fuzz_*.cc"))


if __name__ == "__main__":
    main()
