"""Compares a reply with the recorded one under the masks of README.md: None when equal, else what differs."""
import re
import struct

from wire import MESSAGE, PARTITION_DONE, frames, units

SHOWN_MAX = 600
GET_ALL = 0x02  # info1
VOID_TIME_SLACK_S = 3
DIGEST_FIELD = 4
GEOJSON = 23  # particle: flags (is it a region), count of cells (2 bytes), cells of 8 bytes, text


def differences(step, got, now):
    """step: case.Step. got: reply bytes, b"" for a closed connection. now: seconds since 2010."""
    want = step.reply
    if want is None or want == got:
        return None
    if not want or not got:
        return two("", text_of(want), text_of(got))
    if step.kind == "i":
        return info_differences(step, want, got)
    try:
        got_frames = frames(got)
        got_types = [kind for kind, _ in got_frames]
        want_frames = frames(want)
        want_types = [kind for kind, _ in want_frames]
        if step.kind == "s" and want_types != got_types:
            return two("frame type", want_types, got_types)
        if any(kind != MESSAGE for kind in want_types + got_types):
            return two("", text_of(want), text_of(got))
        want_units = [unit for _, body in want_frames for unit in units(body)]
        got_units = [unit for _, body in got_frames for unit in units(body)]
    except (struct.error, IndexError, ValueError) as problem:
        return two(f"the reply cannot be parsed ({problem})", text_of(want), text_of(got))
    clock_moved = now - step.recorded_at if step.recorded_at else 0
    if step.kind == "s":
        if len(want_units) != len(got_units):
            return two("messages", len(want_units), len(got_units))
        is_get_all = len(step.request) > 9 and step.request[9] & GET_ALL
        return unit_differences(want_units[0], got_units[0], clock_moved, step.masks, is_get_all)
    return stream_differences(step, want_units, got_units, clock_moved)


def stream_differences(step, want, got, clock_moved):
    if not got:
        return two("messages", len(want), 0)
    problem = unit_differences(want[-1], got[-1], clock_moved, step.masks, False)
    if problem:
        return "last message: " + problem
    want, got = want[:-1], got[:-1]
    is_query = step.kind == "m"
    if is_query:
        want, got = ([u for u in side if not (u.info3 & PARTITION_DONE and u.result == 0)] for side in (want, got))
        if "count" in step.masks:
            return None if len(want) == len(got) else two("records", len(want), len(got))
        if "order" not in step.masks:
            want, got = sorted(want, key=record_order), sorted(got, key=record_order)
    else:
        want, got = (sorted(side, key=lambda u: u.transaction_ttl) for side in (want, got))
    if len(want) != len(got):
        return two("records" if is_query else "rows", len(want), len(got))
    for index, (wanted, found) in enumerate(zip(want, got)):
        problem = unit_differences(wanted, found, clock_moved, step.masks, is_query or "sortops" in step.masks)
        if problem:
            return f"{'record' if is_query else 'row'} {index}: {problem}"
    return None


def record_order(unit):
    return (unit.info3, [field for field in unit.fields if field[0] == DIGEST_FIELD], unit.generation,
            [(op.code, op.particle, op.name, op.value) for op in unit.ops])


# (attribute of a unit, mask word that lets it differ)
NUMBERS = [("info1", "i1"), ("info3", "i3"), ("result", "rc"), ("generation", "gen"), ("transaction_ttl", "tx")]


def unit_differences(want, got, clock_moved, masks, sort_ops):
    for name, mask in NUMBERS:
        wanted, found = getattr(want, name), getattr(got, name)
        if mask not in masks and wanted != found:
            return two(name, wanted, found)
    if "ttl" not in masks and not is_near(want.void_time, got.void_time, clock_moved):
        return two(f"void-time (the clock moved {clock_moved} s since the recording)", want.void_time, got.void_time)
    if "fields" not in masks and want.fields != got.fields:
        return two("fields", shown_fields(want.fields), shown_fields(got.fields))
    want_ops, got_ops = comparable(want.ops, masks, sort_ops), comparable(got.ops, masks, sort_ops)
    if want_ops != got_ops:
        return two("operations", shown_ops(want.ops), shown_ops(got.ops))
    return None


def comparable(ops, masks, sort_ops):
    rows = []
    for op in ops:
        value = op.value
        if op.name == b"FAILURE":
            value = re.sub(rb"^/\S*/", b"", value)  # a UDF error: the module's folder does not count
        if op.particle == GEOJSON and "geocells" in masks:
            value = value[3 + 8 * int.from_bytes(value[1:3], "big"):]
        rows.append((op.name, op.particle, None if "opcode" in masks else op.code, None if "opval" in masks else value))
    return sorted(rows, key=lambda row: row[0]) if sort_ops else rows


def is_near(want, got, clock_moved):
    """0 (never expires) must stay 0; other times keep their distance from 'now'."""
    return want == got == 0 or bool(want and got) and abs(got - want - clock_moved) <= VOID_TIME_SLACK_S


def info_differences(step, want, got):
    want_text, got_text = want[8:].decode("latin1"), got[8:].decode("latin1")
    for pattern in step.masks:
        want_text, got_text = re.sub(pattern, "#", want_text), re.sub(pattern, "#", got_text)
    return None if want_text == got_text else two("info", repr(want_text), repr(got_text))


def text_of(reply):
    return reply.hex() if reply else "the connection closed"


def shown_fields(fields):
    return ", ".join(f"{kind}: {value.hex()}" for kind, value in fields) or "none"


def shown_ops(ops):
    return "; ".join(map(str, ops)) or "none"


def two(what, want, got):
    """Both sides under each other; of two long texts, from shortly before the first difference."""
    want, got = str(want), str(got)
    start = 0
    if max(len(want), len(got)) > SHOWN_MAX:
        same = next((i for i, (a, b) in enumerate(zip(want, got)) if a != b), min(len(want), len(got)))
        start = max(0, same - SHOWN_MAX // 4)
    cut = [("..." if start else "") + side[start:start + SHOWN_MAX] + ("..." if len(side) > start + SHOWN_MAX else "")
           for side in (want, got)]
    return f"{what or 'reply'}\n      want {cut[0]}\n      got  {cut[1]}"
