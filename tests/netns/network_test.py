"""The harness itself: what is cut does not arrive, what is slow is late, and nothing is left behind."""
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import network as net
from node import until

HERE = pathlib.Path(__file__).resolve().parent


class Listening:
    """Datagrams to a place. One that is cut is lost, one that is not has arrived before the next is asked for."""

    def __init__(self, place):
        self.place = place
        with place.inside():
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((place.address, 0))

    def hears(self, other, within_s=0.3):
        """How long a datagram of the other took; nothing: it did not arrive."""
        with other.inside():
            sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(within_s)
        with sender:
            began = time.monotonic()
            sender.sendto(b"hear me", self.socket.getsockname())
            try:
                self.socket.recv(100)
            except TimeoutError:
                return None
            return time.monotonic() - began


def test_cuts(network):
    places = [network.add(name) for name in "abc"]
    a, b, c = (Listening(place) for place in places)
    assert all(x.hears(y.place) for x in (a, b, c) for y in (a, b, c)), "before"
    a.place.cut(b.place)
    assert not b.hears(a.place) and a.hears(b.place) and b.hears(c.place), "one way"
    a.place.mend(b.place)
    assert b.hears(a.place), "mended"
    a.place.cut(b.place)
    network.heal()
    assert b.hears(a.place), "healed"
    network.isolate(a.place)
    assert not a.hears(b.place) and not c.hears(a.place) and b.hears(c.place) and a.hears(a.place), "isolated"


def test_slow_links(network):
    a, b, c = (Listening(network.add(name)) for name in "abc")
    a.hears(b.place), c.hears(b.place)  # they know each other's hardware addresses
    network.slow(a.place, 0.2)
    assert 0.2 <= a.hears(b.place, 5) < 5 and 0.2 <= b.hears(a.place, 5) < 5
    assert c.hears(b.place) < 0.2
    with b.place.inside():
        listener = socket.create_server((b.place.address, 0))
    with a.place.inside():
        sender = socket.create_connection(listener.getsockname(), timeout=20)
    text = os.urandom(100_000)
    sender.sendall(text)
    sender.close()
    with listener.accept()[0].makefile("rb") as arrived:
        assert arrived.read() == text, "streams come through as they are"
    network.slow(a.place, 0)
    a.hears(b.place, 5)
    assert a.hears(b.place) < 0.2


def test_nothing_is_left_behind(_):
    def namespaces_of(child):
        return [name for name in net.names() if name.startswith(f"cairn-{child.pid}-")]

    def begin():
        # A shell that starts this in the background has it ignore Ctrl-C.
        text = "import network, signal, time\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n" \
               "with network.Network() as made:\n  made.add('a')\n  print('ready', flush=True)\n  time.sleep(600)"
        child = subprocess.Popen([sys.executable, "-B", "-c", text], cwd=HERE, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
        assert child.stdout.readline() == b"ready\n"
        assert len(namespaces_of(child)) == 2, net.names()
        return child

    child = begin()
    child.send_signal(signal.SIGINT)
    child.wait(20)
    assert not namespaces_of(child), "after Ctrl-C"

    child = begin()
    inside = subprocess.Popen(["ip", "netns", "exec", namespaces_of(child)[0], "sleep", "600"])
    until("it runs there", lambda: str(inside.pid) in net.run("ip", "netns", "pids", namespaces_of(child)[0]), 10)
    assert not [name for name in net.remove_leftovers() if str(child.pid) in name], "of one that lives"
    child.kill()
    child.wait()
    assert len(net.remove_leftovers()) == 2, "of one that was killed"
    assert not namespaces_of(child) and inside.wait(10) == -signal.SIGKILL


def test_stalls_are_seen(_):
    text = "import stalls, sys\nwith stalls.Stalls() as seen:\n  print('ready', flush=True)\n  sys.stdin.read()\n" \
           "print(seen.longest_s)"
    child = subprocess.Popen([sys.executable, "-B", "-c", text], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"ready\n"
    child.send_signal(signal.SIGSTOP)
    time.sleep(0.6)
    child.send_signal(signal.SIGCONT)
    assert float(child.communicate(timeout=20)[0]) >= 0.5
