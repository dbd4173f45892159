"""The replay tool against a stand-in that answers with the recordings: it must see what is equal and what is not."""
import argparse
import contextlib
import io
import socket
import socketserver
import threading
import time

import case as cases
from compare import differences
from expected import BadList, Judge, parse
from replay import EPOCH, replay
from wire import Connection, NoReply, frames, units

AREA = "11-batch"


class StandIn(socketserver.ThreadingTCPServer):
    """Answers each request with the next recorded reply to it, void-times moved to today. `spoil` changes a reply."""
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, area, spoil=lambda case, index, reply: reply):
        super().__init__(("127.0.0.1", 0), Answers)
        now = int(time.time()) - EPOCH
        self.replies = {}
        for case in cases.read(area):
            for index, step in enumerate(case.steps):
                reply = b"\x02\x03" + bytes(6) if step.reply is None else moved(step, now)
                self.replies.setdefault(step.request, []).append(spoil(case, index, reply))

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self.server_address[1]

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Answers(socketserver.BaseRequestHandler):
    def handle(self):
        with contextlib.suppress(ConnectionResetError):
            self.answer()

    def answer(self):
        waiting = b""
        while piece := self.request.recv(1 << 16):
            waiting += piece
            while True:
                size = 8 + int.from_bytes(waiting[2:8], "big") if len(waiting) >= 8 else None
                if size is None or len(waiting) < size:
                    break
                request, waiting = waiting[:size], waiting[size:]
                queue = self.server.replies.get(request)
                reply = queue.pop(0) if queue and len(queue) > 1 else queue[0] if queue else b""
                if reply == b"":
                    return
                self.request.sendall(reply)


def moved(step, now):
    """The recorded reply with its void-times as far from now as they were from the time of recording."""
    if not step.recorded_at or step.kind == "i":
        return step.reply
    out = bytearray(step.reply)
    at = 0
    for kind, body in frames(step.reply):
        at += 8
        unit_at = at
        for unit in units(body):
            if unit.void_time:
                out[unit_at + 10:unit_at + 14] = (unit.void_time + now - step.recorded_at).to_bytes(4, "big")
            unit_at += 22 + sum(5 + len(value) for _, value in unit.fields)
            unit_at += sum(8 + len(op.name) + len(op.value) for op in unit.ops)
        at += len(body)
    return bytes(out)


OPTIONS = argparse.Namespace(only=None, show=0, steps=3, request_bytes=200, timeout=2, list_failing=False,
                             with_skipped=False)


def outcome(expected_text="", spoil=lambda case, index, reply: reply, area=AREA):
    """(passed, failed, skipped, failing) of one area against the stand-in."""
    with StandIn(area, spoil) as port, contextlib.redirect_stdout(io.StringIO()):
        run = replay("127.0.0.1", port, [area], OPTIONS, expected_text)
    return run.passed, run.failed, run.skipped, run.failing


def flip_last_byte(name, at):
    def spoil(case, index, reply):
        return reply[:-1] + bytes([reply[-1] ^ 1]) if case.name == name and index == at else reply
    return spoil


def first_compared(name):
    case = next(case for case in cases.read(AREA) if case.name == name)
    return next(i for i, step in enumerate(case.steps) if step.kind == "b" and step.reply)


def spoil_generation(case, index, reply):
    return reply[:14] + b"\x00\x00\x77\x77" + reply[18:] if case.name == "batch/ttl" and reply[1] == 3 else reply


def checks():
    """(what must hold, whether it does)."""
    total = sum(1 for _ in cases.read(AREA))
    yield "a perfect server passes every batch case", outcome()[:3] == (total, 0, 0)
    yield "a perfect server passes every info case", outcome(area="13-info")[1] == 0

    at = first_compared("batch/get_all")
    spoiled = outcome(spoil=flip_last_byte("batch/get_all", at))
    yield "one wrong byte fails its case and no other", spoiled[:2] == (total - 1, 1)
    yield "the failing step is named", spoiled[3] == [f"batch/get_all #{at}"]
    yield "a wrong generation fails", outcome(spoil=spoil_generation)[1] == 1

    listed = f"[differs: on purpose]\nbatch/get_all #{at}\n"
    yield "a listed difference is no failure", outcome(listed, flip_last_byte("batch/get_all", at))[1] == 0
    yield "a listed difference that is gone fails", outcome(listed)[1] == 1
    yield "a pattern without steps must differ too", outcome("[differs: x]\nbatch/get_all\n")[1] == 1
    yield "another step than the listed one fails", \
        outcome(f"[differs: x]\nbatch/get_all #{at + 1}\n", flip_last_byte("batch/get_all", at))[1] == 1
    # The last case: the stand-in gives equal requests their replies in the order of the recording.
    last = "batch/udf_missing"
    yield "a skipped case is not judged", \
        outcome("[skip: x]\nbatch/udf_*\n", flip_last_byte(last, first_compared(last)))[:3] == (total - 1, 0, 1)
    yield "a whole area can be skipped", outcome(f"[skip: x]\n{AREA}:*\n")[:3] == (0, 0, total)

    entry = parse("[any: the data model]\nbatch/filters @expression\n")
    case = next(case for case in cases.read(AREA) if case.name == "batch/filters")
    needing = [i for i, step in enumerate(case.steps) if "expression" in step.features]
    others = [i for i in range(len(case.steps)) if i not in needing]
    judge = Judge(entry)
    yield "only the steps with the feature may differ", bool(needing) and \
        judge.verdict(case, {needing[0]: "x", others[0]: "y"}) == ({others[0]: "y"}, [])
    yield "a feature entry that covers nothing is a leftover", len(list(Judge(parse("[any: x]\nnone @udf\n")).leftovers())) == 1
    yield "an unknown kind of entry is refused", raises(BadList, lambda: parse("[maybe: x]\na\n"))

    entries = parse((cases.FOLDER.parent / "expected.txt").read_text())
    names = [case for area in cases.areas() for case in cases.read(area)]
    yield "every line of expected.txt names a case", \
        all(e.kind == "mask" or any(e.matches(case) for case in names) for e in entries)

    yield "a void-time three seconds off is near, four is not", void_time_off(3) is None and void_time_off(4) is not None
    yield "a void-time of never must be never", void_time_off(0, never=True) is not None
    yield "a server that closes instead of answering is seen", closes_at_once()
    yield "a silent server is seen", raises(NoReply, ask_silent_server)
    yield "every recorded reply can be taken apart", all(
        units(body) is not None for area in ("01-single-policy", "12-query") for c in cases.read(area) for s in c.steps
        if s.reply and s.kind != "i" for kind, body in frames(s.reply) if kind == 3)


def void_time_off(seconds, never=False):
    now = int(time.time()) - EPOCH
    step = next(s for c in cases.read("02-single-ops") for s in c.steps
                if s.recorded_at and s.kind == "s" and s.reply and units(s.reply[8:])[0].void_time)
    reply = moved(step, now + seconds)
    if never:
        reply = reply[:18] + bytes(4) + reply[22:]
    return differences(step, reply, now)


def raises(kind, action):
    try:
        action()
    except kind:
        return True
    return False


def closes_at_once():
    with StandIn(AREA, lambda case, index, reply: b"") as port:
        return Connection("127.0.0.1", port, 2).ask(next(cases.read(AREA)).steps[0].request, "s") == b""


def ask_silent_server():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        Connection("127.0.0.1", silent.getsockname()[1], 0.1).ask(b"\x02\x01" + bytes(6), "i")


def run():
    passed = failed = 0
    for name, holds in checks():
        if holds:
            passed += 1
        else:
            failed += 1
            print(f"FAIL self-test: {name}")
    return passed, failed
