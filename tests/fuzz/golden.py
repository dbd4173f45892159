"""Requests that a server once answered (tests/vectors/cases): what live fuzzing mutates, and what corpora begin with."""
import pathlib
import random
import struct
import sys
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "vectors"))
import case  # noqa: E402
from wire import units  # noqa: E402

FRAME_MAX = 16 << 10
LEFT_OUT = (b"proto-fd-max",)  # would lock the attacker out, and nothing more would be tested


def cases(area):
    return list(case.read(area))


def frames_for_live(count_per_area, seed=1):
    """A sample of every area, each request once."""
    chance = random.Random(seed)
    chosen = []
    for area in case.areas():
        frames = sorted({step.request for one in cases(area) for step in one.steps
                         if 8 <= len(step.request) <= FRAME_MAX and not any(word in step.request for word in LEFT_OUT)})
        chosen += chance.sample(frames, min(count_per_area, len(frames)))
    return chosen


def write_live_file(path, count_per_area=250):
    with open(path, "wb") as file:
        for frame in frames_for_live(count_per_area):
            file.write(struct.pack("<I", len(frame)) + frame)


def values(kind):
    """All distinct bin values of one type in requests."""
    found = set()
    for area in case.areas():
        for one in cases(area):
            for step in one.steps:
                if len(step.request) < 30 or step.request[1] != 3:
                    continue
                try:
                    found |= {op.value for unit in units(step.request[8:]) for op in unit.ops if op.particle == kind}
                except (struct.error, IndexError, ValueError):
                    pass
    return sorted(found, key=lambda value: (len(value), value))


def expressions():
    """All distinct filters and operations with expressions in the requests of their area, the short ones first."""
    found = set()
    for one in cases("10-expressions"):
        for step in one.steps:
            for unit in units(step.request[8:]):
                found |= {data for kind, data in unit.fields if kind == 43}
                found |= {op.value for op in unit.ops if op.code in (7, 8)}
    return sorted(found, key=lambda value: (len(value), value))


def chains(area, codes, kinds):
    """For each case of an area, its bins of these types and operations of these codes, in order: (code, value)."""
    found = []
    for one in cases(area):
        chain = []
        for step in one.steps:
            try:
                ops = [op for unit in units(step.request[8:]) for op in unit.ops]
            except (struct.error, IndexError, ValueError):
                continue
            chain += [(op.code, op.value) for op in ops if op.code in codes or (op.code == 2 and op.particle in kinds)]
        found.append(chain)
    return found


def streams(area, count, seed=1):
    """Whole cases as one stream each."""
    chosen = random.Random(seed).sample(cases(area), min(count, len(cases(area))))
    return [b"".join(step.request for step in one.steps) for one in chosen]


def compressed(frame):
    body = struct.pack(">Q", len(frame)) + zlib.compress(frame)
    return struct.pack(">BB", 2, 4) + len(body).to_bytes(6, "big") + body
