"""Reads the recorded cases: cases/AREA.jsonl.xz, one case a line (README.md, "A case")."""
import dataclasses
import functools
import json
import lzma
import pathlib
import struct
import zlib

from wire import MESSAGE, units

FOLDER = pathlib.Path(__file__).parent / "cases"

# What a request needs beyond scalar values, by field type and by operation code.
FEATURE_OF_FIELD = {43: "expression", 21: "sindex", 22: "sindex", 24: "sindex", 26: "sindex", 50: "sindex",
                    30: "udf", 31: "udf", 32: "udf", 33: "udf", 34: "udf"}
FEATURE_OF_OP = {3: "collection", 4: "collection", 7: "expression", 8: "expression", 12: "bits", 13: "bits",
                 15: "hll", 16: "hll"}


@dataclasses.dataclass
class Step:
    request: bytes
    reply: object  # bytes; b"" when the server closed the connection; None when any reply will do
    kind: str      # s: one frame, b: batch, m: scan or query, i: info
    note: str
    masks: list
    recorded_at: int  # seconds since 2010, 0 where no time matters
    sleep_s: float
    tries: int

    @functools.cached_property
    def features(self):
        """What the request needs: some of collection, expression, bits, hll, sindex, udf."""
        if len(self.request) < 30 or self.request[1] != MESSAGE:
            return frozenset()
        try:
            found = units(self.request[8:])
        except (struct.error, IndexError, ValueError):
            return frozenset()  # malformed on purpose
        features = {FEATURE_OF_FIELD.get(kind) for unit in found for kind, _ in unit.fields}
        features |= {FEATURE_OF_OP.get(op.code) for unit in found for op in unit.ops}
        return frozenset(features - {None})


@dataclasses.dataclass
class Case:
    area: str
    name: str
    steps: list


def areas():
    return sorted(path.name[:-len(".jsonl.xz")] for path in FOLDER.glob("*.jsonl.xz"))


def read(area):
    with lzma.open(FOLDER / f"{area}.jsonl.xz", "rt") as lines:
        for line in lines:
            raw = json.loads(line)
            yield Case(area, raw["name"], [read_step(step, raw.get("mask", [])) for step in raw["steps"]])


def read_step(raw, case_masks):
    def content(key):
        data = bytes.fromhex(raw[key])
        return zlib.decompress(data) if key in raw.get("z", ()) else data
    return Step(request=content("req"), reply=None if raw["resp"] == "*" else content("resp"), kind=raw.get("k", "s"),
                note=raw.get("note") or "", masks=raw.get("mask", []) + case_masks, recorded_at=raw.get("t", 0),
                sleep_s=raw.get("sleep", 0), tries=raw.get("retry", 1))
