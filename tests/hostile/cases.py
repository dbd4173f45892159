"""The hostile clients, one function each. A case gets a running server and fails by raising; what it returns is shown."""
import socket
import struct
import time

from rogue import (BATCH, BLOB, DIGEST, GET_ALL, INFO, INTEGER, LAST, LIST, MAP, MESSAGE, NAMESPACE, OP_APPEND, OP_READ,
                   OP_WRITE, READ, RESPOND_ALL, WRITE, Peer, batch, batch_row, bomb, compressed, digest, field, frame, get,
                   header, message, op, put, record, repeat_row, request, scan)
from watch import open_files

FRAME_MAX = 128 << 20


class Failed(Exception):
    pass


def expect(condition, text):
    if not condition:
        raise Failed(text)


def oversize(target):
    for size in ((1 << 48) - 1, FRAME_MAX + 1):
        for kind in (1, 2, 3, 4, 5):
            with Peer(target.port) as peer:
                peer.send(header(kind, size))
                expect(peer.closed(1), f"type {kind} with {size} bytes announced: still open after 1 s")
    expect(target.memory.peak_growth() < 4, f"memory grew by {target.memory.peak_growth():.1f} MiB")


def announced_and_silent(target):
    peers = [Peer(target.port) for _ in range(200)]
    for peer in peers:
        peer.send(header(MESSAGE, FRAME_MAX) + b"\x16")
    time.sleep(0.5)
    grown = target.memory.peak_growth()
    for peer in peers:
        peer.close()
    expect(grown < 8, f"memory grew by {grown:.1f} MiB for 25 GiB announced")
    return f"{grown:.1f} MiB"


def half_frames(target):
    peers = [Peer(target.port) for _ in range(500)]
    whole = put("half", [(b"a", INTEGER, bytes(8))])
    for i in range(12):
        for peer in peers:
            peer.send(whole[i:i + 1])
        time.sleep(0.05)
    grown = target.memory.peak_growth()
    for peer in peers:
        peer.send(whole[12:])
    answered = sum(peer.receive_frame()[1][5] == 0 for peer in peers)
    for peer in peers:
        peer.close()
    expect(answered == len(peers), f"{len(peers) - answered} of {len(peers)} patient clients got no answer")
    expect(grown < 8, f"memory grew by {grown:.1f} MiB")


def idle_connections(target):
    count = 5000
    peers = [Peer(target.port) for _ in range(count)]
    for peer in peers:  # one request each, so that buffers are there
        peer.send(get("idle"))
    for peer in peers:
        peer.receive_frame()
    time.sleep(0.5)
    each = target.memory.growth() * 1024 / count
    alive = sum(peer.ask(get("idle")) == 2 for peer in peers[::100])
    for peer in peers:
        peer.close()
    expect(alive == count // 100, f"{count // 100 - alive} idle connections were not served any more")
    expect(each <= 5, f"{each:.1f} KiB for each idle connection")
    return f"{each:.1f} KiB each"


def connect_flood(target):
    files = open_files(target.pid)
    for i in range(20_000):
        with socket.create_connection(("127.0.0.1", target.port)) as flooding:
            flooding.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if i % 3 == 0:
                flooding.send(b"\x02\x03\x00")
    deadline = time.monotonic() + 5
    while (left := open_files(target.pid) - files) > 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    expect(left <= 0, f"{left} descriptors are left over")
    expect(target.memory.settles(16), f"memory stays {target.memory.growth():.1f} MiB larger")


def nesting_bomb(target):
    count = 1_000_000
    bombs = {"list": (LIST, b"\x91" * count + b"\x90"), "map": (MAP, b"\x81\x01" * (count // 2) + b"\x80"),
             "map of keys": (MAP, b"\x81" * count), "lists that end early": (LIST, b"\x92" * count),
             "huge counts": (LIST, b"\xdd\xff\xff\xff\xff" * (count // 5))}
    with Peer(target.port) as peer:
        for name, (kind, value) in bombs.items():
            code = peer.ask(put("nest", [(b"a", kind, value)]))
            expect(code not in (0, None), f"{name}: accepted")
    expect(target.memory.settles(16), f"memory stays {target.memory.growth():.1f} MiB larger")


def zlib_bomb(target):
    whole = bomb(FRAME_MAX)
    lying = compressed(4096, whole[16:])  # announces little, inflates to 128 MiB
    with Peer(target.port) as peer:
        code = peer.ask(lying)
        expect(code == 4, f"a frame that lies about its size: code {code}")
        expect(target.memory.peak_growth() < 4, f"it took {target.memory.peak_growth():.1f} MiB")
    peers = [Peer(target.port, timeout_s=30) for _ in range(8)]
    for peer in peers:
        peer.send(whole)
    codes = {peer.receive_frame()[1][5] for peer in peers}
    for peer in peers:
        peer.close()
    expect(codes == {4}, f"codes {codes}")
    peak = target.memory.peak_growth()
    expect(peak < 64 * target.workers, f"memory grew by {peak:.0f} MiB")
    expect(target.memory.settles(16), f"memory stays {target.memory.growth():.1f} MiB larger")
    return f"{len(whole) >> 10} KiB inflate to 128 MiB; peak {peak:.0f} MiB"


def read_stream(peer):
    """Messages of a batch or scan until the last one."""
    count = 0
    while True:
        _, body = peer.receive_frame()
        at = 0
        while at < len(body):
            info3 = body[at + 3]
            fields, ops = struct.unpack_from(">HH", body, at + 18)
            at += 22
            for _ in range(fields + ops):
                at += 4 + struct.unpack_from(">I", body, at)[0]
            if info3 & LAST:
                return count
            count += 1


def huge_batch(target):
    rows = 1_000_000
    absent = digest("absent")
    with Peer(target.port, timeout_s=60) as peer:
        peer.send(batch([batch_row(0, absent)] + [repeat_row(i, absent) for i in range(1, rows)]))
        count = read_stream(peer)
        expect(count == rows, f"{count} of {rows} rows answered")
        code = peer.ask(batch([batch_row(0, absent)], count=0xFFFFFFFF))
        expect(code == 4, f"a count without its rows: code {code}")
    peak = target.memory.peak_growth()
    expect(peak < 128, f"memory grew by {peak:.0f} MiB")
    expect(target.memory.settles(16), f"memory stays {target.memory.growth():.1f} MiB larger")
    return f"peak {peak:.0f} MiB"


def silent_readers(target):
    value = bytes(500_000)
    keys = [f"large-{i}" for i in range(60)]
    with Peer(target.port) as peer:
        for key in keys:
            expect(peer.ask(put(key, [(b"a", BLOB, value)])) == 0, "cannot store the large records")
    target.memory.begin()
    rows = batch([batch_row(i, digest(key)) for i, key in enumerate(keys)] * 20)
    peers = [Peer(target.port, receive_buffer=4096) for _ in range(40)]
    for i, peer in enumerate(peers):
        peer.send(scan(timeout_ms=2000) if i % 2 == 0 else rows)
    time.sleep(3)
    peak = target.memory.peak_growth()
    expect(peak < len(peers) * 2, f"memory grew by {peak:.0f} MiB for {len(peers)} silent readers")
    time.sleep(10)  # batches may wait 10 s for their client
    left = sum(stalled(peer) for peer in peers)
    for peer in peers:
        peer.close()
    expect(left == 0, f"{left} of {len(peers)} are still connected")
    expect(target.memory.settles(16), f"memory stays {target.memory.growth():.1f} MiB larger")
    return f"peak {peak:.0f} MiB"


def stalled(peer):
    """Whether the server still holds the connection: what is in the pipe ends with a close, or it does not end."""
    peer.socket.settimeout(0.5)
    data = 0
    try:
        while piece := peer.socket.recv(1 << 20):
            data += len(piece)
            if data > 64 << 20:
                return True
        return False
    except ConnectionError:
        return False
    except TimeoutError:
        return True


def million_operations(target):
    operation = op(OP_READ, b"a")
    with Peer(target.port, timeout_s=30) as peer:
        expect(peer.ask(put("ops", [(b"a", INTEGER, bytes(8))])) == 0, "cannot store")
        body = bytearray(message(record("ops"), info1=READ) + operation * 1_000_000)
        for announced in (0, 1, 32_768, 65_535):
            body[20:22] = struct.pack(">H", announced)
            code = peer.ask(frame(MESSAGE, bytes(body)))
            expect(code == 4, f"a million operations, {announced} announced: code {code}")
        writes = [op(OP_WRITE, b"a", INTEGER, bytes(8))] * 32_768
        expect(peer.ask(request(record("ops"), writes, info2=WRITE)) == 0, "32,768 writes are not accepted")
        expect(peer.ask(request(record("ops"), writes + writes[:1], info2=WRITE)) == 4, "32,769 writes are accepted")


def many_bins(target):
    count = 32_767
    names = [f"b{i}".encode() for i in range(count)]
    with Peer(target.port, timeout_s=60) as peer:
        code = peer.ask(put("wide", [(name, INTEGER, bytes(8)) for name in names]))
        expect(code == 0, f"a record of {count} bins: code {code}")
        expect(peer.ask(get("wide")) == 0, "it cannot be read")
        reads = [op(OP_READ, name) for name in reversed(names)]
        expect(peer.ask(request(record("wide"), reads, info1=READ)) == 0, "it cannot be read bin by bin")
        absent = [op(OP_READ, b"none")] * 32_768
        expect(peer.ask(request(record("wide"), absent, info1=READ)) == 0, "absent bins cannot be asked for")
        scanning = request([field(NAMESPACE, b"test"), field(11, struct.pack("<H", partition("wide")))], absent,
                           info1=READ, info3=0x04)
        peer.send(scanning)
        read_stream(peer)
        code = peer.ask(put("wide", [(b"one-more", INTEGER, bytes(8))]))
        expect(code == 4, f"one bin too many: code {code}")


def partition(key):
    return struct.unpack("<H", digest(key)[:2])[0] & 0xFFF


def amplification(target):
    """Small requests whose replies, or whose work, would be gigabytes."""
    with Peer(target.port, timeout_s=60) as peer:
        expect(peer.ask(put("big", [(b"a", BLOB, bytes(1_000_000))])) == 0, "cannot store")
        reads = [op(OP_READ, b"a")] * 1000
        for flags in ({"info1": READ}, {"info1": READ, "info2": WRITE}):
            operations = reads if "info2" not in flags else [op(OP_WRITE, b"b", INTEGER, bytes(8))] + reads[1:]
            code = peer.ask(request(record("big"), operations, **flags))
            expect(code == 13, f"a thousand reads of a megabyte: code {code}")
        rows = struct.pack(">I", 0) + digest("big") + struct.pack(">BBHH", 0, READ, 1, len(reads)) + field(NAMESPACE, b"test")
        peer.send(batch([rows + b"".join(reads)]))
        read_stream(peer)
        scanning = [field(NAMESPACE, b"test"), field(11, struct.pack("<H", partition("big")))]
        peer.send(request(scanning, reads, info1=READ, info3=0x04))
        read_stream(peer)
        code = peer.ask(request(record("big"), [op(OP_APPEND, b"a", BLOB, b"x")] * 1000, info2=WRITE))
        expect(code in (0, 13), f"a thousand appends to a megabyte: code {code}")
    peak = target.memory.peak_growth()
    expect(peak < 400, f"memory grew by {peak:.0f} MiB")
    expect(target.memory.settles(32), f"memory stays {target.memory.growth():.1f} MiB larger")
    return f"peak {peak:.0f} MiB"


def info_flood(target):
    def ask(body):
        with Peer(target.port, timeout_s=30) as peer:
            peer.send(frame(INFO, body))
            try:
                peer.receive_frame()
            except ConnectionError:
                pass  # refusing to go on is an answer too

    ask(b"x" * (8 << 20))
    ask(b"namespace/" + b"y" * (1 << 20) + b"\n")
    ask(b"\n" * (8 << 20))
    for line in (b"statistics\n", b"namespace/test\n", b"replicas\n", b"sets\n", b"partition-info\n"):
        ask(line * 50_000)
    peak = target.memory.peak_growth()
    expect(peak < 200, f"memory grew by {peak:.0f} MiB")
    expect(target.memory.settles(16), f"memory stays {target.memory.growth():.1f} MiB larger")
    return f"peak {peak:.0f} MiB"


def other_protocols(target):
    greetings = {
        "TLS": bytes.fromhex("16030100c8010000c40303") + bytes(200),
        "HTTP": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "Redis": b"*1\r\n$4\r\nPING\r\n",
        "SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
        "zeros": bytes(64),
    }
    for name, greeting in greetings.items():
        with Peer(target.port) as peer:
            peer.send(greeting)
            expect(peer.closed(1), f"{name}: still open after 1 s")


def every_header(target):
    """All values of the version and type bytes: known ones are served, others closed without an answer."""
    known = {(2, kind) for kind in range(1, 6)} | {(0, 2)}
    kept = []
    for version in range(256):
        for kind in range(256):
            with Peer(target.port, timeout_s=2) as peer:
                peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                peer.send(header(kind, 0, version))
                if (version, kind) in known:
                    expect(peer.ask(get("none")) == 2 if kind == 5 else peer.socket.recv(1), f"{version} {kind}: not served")
                else:
                    try:
                        if peer.socket.recv(1):
                            kept.append((version, kind))
                    except ConnectionError:
                        pass
                    except TimeoutError:
                        kept.append((version, kind))
    expect(not kept, f"{len(kept)} are not closed, such as version and type {kept[:5]}")


def too_many_connections(target):
    """On a server of its own, with proto-fd-max 100; the canary and the case share it."""
    peers = []
    refused = 0
    for _ in range(150):
        peer = Peer(target.port, timeout_s=5)
        try:
            peer.ask(get("none"))
            peers.append(peer)
        except (OSError, ConnectionError):
            refused += 1
            peer.close()
    expect(refused >= 50, f"{refused} of 150 were refused")
    expect(len(peers) >= 90, f"only {len(peers)} were served")
    expect(all(peer.ask(get("none")) == 2 for peer in peers), "an old connection is not served any more")
    expect(target.http_status("/healthz") == 200, "the admin port does not answer")
    for peer in peers[:20]:
        peer.close()
    time.sleep(0.3)
    with Peer(target.port) as peer:
        expect(peer.ask(get("none")) == 2, "no new connection although others left")
    for peer in peers:
        peer.close()


ALL = [oversize, announced_and_silent, half_frames, idle_connections, connect_flood, nesting_bomb, zlib_bomb, huge_batch,
       silent_readers, million_operations, many_bins, amplification, info_flood, other_protocols, every_header]
LIMITED = [too_many_connections]
