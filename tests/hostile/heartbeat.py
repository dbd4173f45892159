"""Mutated frames to the heartbeat port of real nodes, which is also their fabric's: the view, its key and its members stay as
they are, nobody ends, and memory does not grow. Frames of a real node are recorded first; half of the connections begin with
the right greeting of a node that nobody knows."""
import ctypes
import multiprocessing
import os
import pathlib
import random
import socket
import struct
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "cluster")]
from node import Cluster, Failed  # noqa: E402
from watch import Memory  # noqa: E402

HEADER = struct.Struct("<4sIIIQ")  # magic, version, bytes of the body, zero, check
STRANGER = 0xB9
PATIENCE_S = 0.2  # with a node that waits for the rest of a frame
GROWTH_MAX_MIB = 32


def check_of(body):
    library = ctypes.CDLL("libxxhash.so.0")
    library.XXH3_64bits.restype = ctypes.c_uint64
    return library.XXH3_64bits(body, ctypes.c_size_t(len(body)))


def greeting(like):
    """The greeting of a stranger, made of a node's own: another id, incarnation and boot, and nowhere to be reached."""
    kind_and_name = like[HEADER.size:][:2 + like[HEADER.size + 1]]
    member = struct.pack("<QQQQ", STRANGER, 1, 2, random.getrandbits(63) | 1)
    body = kind_and_name + member + struct.pack("<IHHH", 0, 0, 0, 0)
    magic, version, *_ = HEADER.unpack_from(like)
    return HEADER.pack(magic, version, len(body), 0, check_of(body)) + body


def read_frame(peer):
    head = read_all(peer, HEADER.size)
    return head + read_all(peer, HEADER.unpack(head)[2])


def read_all(peer, size):
    data = b""
    while len(data) < size:
        piece = peer.recv(size - len(data))
        if not piece:
            raise ConnectionError("the node closed the connection")
        data += piece
    return data


def record_frames(tap):
    """What a node says to somebody whom it dials: its greeting, pulses, addresses."""
    tap.settimeout(20)
    peer, _ = tap.accept()
    with peer:
        peer.settimeout(5)
        frames = [read_frame(peer)]
        peer.sendall(greeting(frames[0]))
        while len(frames) < 6:  # who never echoes is left after a while
            frames.append(read_frame(peer))
    return frames


def mutate(frame, chance):
    data = bytearray(frame)
    for _ in range(chance.choice((1, 1, 2, 8))):
        at = chance.randrange(len(data)) if data else 0
        how = chance.randrange(7)
        if how == 0 and data:
            data[at] ^= 1 << chance.randrange(8)
        elif how == 1 and data:
            data[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
        elif how == 2:
            data[at:at] = chance.randbytes(chance.randrange(1, 64))
        elif how == 3:
            del data[at:at + chance.randrange(1, 64)]
        elif how == 4:
            del data[at:]
        elif how == 5:
            data += data[at:]
        elif len(data) >= 12:
            struct.pack_into("<I", data, 8, chance.choice((0, 1, len(data), 1 << 20, 32 << 20, 0xFFFFFFFF)))
    return bytes(data)


def attack(seed, ports, frames, count, sent):
    chance = random.Random(seed)
    for number in range(count):
        data = mutate(chance.choice(frames), chance)
        if any(data.startswith(frame) for frame in frames):
            data = data[1:]  # a whole greeting is no garbage: who says it takes its sender's place, until TLS tells them apart
        if chance.random() < 0.5:
            data = greeting(frames[0]) + data
        peer = socket.socket()
        try:
            peer.settimeout(PATIENCE_S)
            # From many addresses: ports of one would run out.
            peer.bind((f"127.{chance.randrange(1, 255)}.{chance.randrange(256)}.{chance.randrange(1, 255)}", 0))
            peer.connect(("127.0.0.1", ports[number % len(ports)]))
            peer.sendall(data)
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(1 << 16):
                pass
        except OSError:
            pass
        finally:
            peer.close()
        with sent.get_lock():
            sent.value += 1


def run(program, count, seed=1):
    """@return  what was seen."""
    with Cluster(program) as cluster, socket.socket() as tap:
        tap.bind(("127.0.0.1", 0))
        tap.listen()
        ports = cluster.ports(9)
        for i in range(3):
            seeds = [f"127.0.0.1:{ports[2]}"] + ([f"127.0.0.1:{tap.getsockname()[1]}"] if i == 0 else [])
            cluster.add(ports[3 * i:3 * i + 3], seeds, rack=i + 1)
        for node in cluster.nodes:
            node.start()
        frames = record_frames(tap)
        tap.close()
        cluster.agree(cluster.nodes)
        before = [node.info("cluster-stable:") for node in cluster.nodes]
        memory = [Memory(node.process.pid) for node in cluster.nodes]
        for one in memory:
            one.begin()
        sent = multiprocessing.Value("q", 0)
        began = time.monotonic()
        processes = 2 * (os.cpu_count() or 1)
        attackers = [multiprocessing.Process(target=attack, args=(seed + i, [node.heartbeat_port for node in cluster.nodes],
                                                                  frames, count // processes, sent))
                     for i in range(processes)]
        for attacker in attackers:
            attacker.start()
        while any(attacker.is_alive() for attacker in attackers):
            time.sleep(1)
            for node, key in zip(cluster.nodes, before):
                if not node.alive:
                    raise Failed(f"{node.name} ended after {sent.value} frames")
                now = node.info("cluster-stable:")
                if now != key:
                    raise Failed(f"{node.name} went from view {key} to {now} after {sent.value} frames")
        took = time.monotonic() - began
        cluster.agree(cluster.nodes)
        if [node.info("cluster-stable:") for node in cluster.nodes] != before:
            raise Failed("the view is another one")
        growth = max(one.peak_growth() for one in memory)
        if growth > GROWTH_MAX_MIB:
            raise Failed(f"memory grew by {growth:.1f} MiB")
        for node in cluster.nodes:
            node.stop()
    return (f"{sent.value} mutated frames in {took:.0f} s, the view is the same, memory grew by {growth:.1f} MiB")
