"""Network namespaces around one bridge, for nodes and clients that are to be cut off from each other.

All of it is in namespaces of its own, the bridge too: the machine's own network is not touched. A name says which process
made it, so that a later run removes what a killed one has left."""
import contextlib
import ctypes
import fcntl
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
_NEW_NETWORK = 0x40000000  # CLONE_NEWNET
_LIBC = ctypes.CDLL(None, use_errno=True)


class Unavailable(Exception):
    """This machine or this user cannot have network namespaces."""


def run(*argv, **options):
    """Runs a program that has to succeed. @return  what it printed."""
    done = subprocess.run([str(part) for part in argv], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise OSError(f"{' '.join(map(str, argv))}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def check_available():
    """Raises Unavailable with the reason."""
    if os.geteuid() != 0:
        raise Unavailable("not root")
    for program in ("ip", "nft"):
        if shutil.which(program) is None:
            raise Unavailable(f"there is no program {program}")
    try:
        with Network() as network:
            network.add("a").cut(network.add("b"))
    except OSError as error:
        raise Unavailable(str(error)) from None


def _begin_of(pid):
    """When a process began, in the kernel's ticks; nothing: there is none."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return None


def names():
    return [line.split()[0] for line in run("ip", "netns", "list").splitlines() if line]


def _remove(names):
    """Ends all processes in these namespaces, and removes them."""
    for name in names:
        with contextlib.suppress(OSError):  # another run may be quicker
            for pid in run("ip", "netns", "pids", name).split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
        with contextlib.suppress(OSError):
            run("ip", "netns", "delete", name)


def remove_leftovers():
    """Removes the namespaces of runs that are no longer there. @return  their names."""
    left = []
    for name in names():
        made_by = re.fullmatch(r"cairn-(\d+)-(\d+)-\d+-.+", name)
        if made_by and _begin_of(made_by[1]) != made_by[2]:
            left.append(name)
    _remove(left)
    return left


class Place:
    """One namespace with one address; nodes and clients run in it.

    cores: of the machine, for what runs in it, as taskset reads them; nothing: all."""

    def __init__(self, name, short, address, cores=None):
        self.name, self.short, self.address, self.cores = name, short, address, cores

    def command(self, argv):
        """What runs these arguments in it; the process is the program itself."""
        pinned = ["taskset", "--cpu-list", self.cores] if self.cores else []
        return ["ip", "netns", "exec", self.name, *pinned, *argv]

    @contextlib.contextmanager
    def inside(self):
        """Sockets that this thread makes in this block are in the namespace. What is cut or slow is not felt by those
        that connect to the namespace's own address."""
        with open(f"/proc/self/task/{threading.get_native_id()}/ns/net") as home, \
                open(f"/run/netns/{self.name}") as there:
            _enter(there)
            try:
                yield
            finally:
                _enter(home)

    def cut(self, other):
        """Nothing that this place sends arrives at the other; what the other sends does."""
        run("ip", "netns", "exec", other.name, "nft", "add", "element", "ip", "cut", "sources", f"{{ {self.address} }}")

    def mend(self, other):
        """What this place sends arrives at the other again."""
        run("ip", "netns", "exec", other.name, "nft", "delete", "element", "ip", "cut", "sources", f"{{ {self.address} }}")

    def hear_all(self):
        """Everything arrives here again."""
        run("ip", "netns", "exec", self.name, "nft", "flush", "set", "ip", "cut", "sources")


def _enter(namespace):
    if _LIBC.setns(namespace.fileno(), _NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), "setns")


_RULES = """
table ip cut {
    set sources { type ipv4_addr; }
    chain arriving { type filter hook input priority 0; ip saddr @sources drop; }
}
"""


class Network:
    """Places that reach each other, until they are cut. Use it with `with`: all is gone at the end."""
    _count = 0

    def __enter__(self):
        remove_leftovers()
        Network._count += 1
        self._prefix = f"cairn-{os.getpid()}-{_begin_of(os.getpid())}-{Network._count}"
        self._hub = f"{self._prefix}-hub"
        self.places, self._relays = [], {}
        try:
            self._make(self._hub)
            self._ip(self._hub, "link add bridge0 type bridge mcast_snooping 0")
            self._ip(self._hub, "link set bridge0 up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        kept = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C is not to stop this
        try:
            for relay in self._relays.values():
                relay.kill()
                relay.wait()
            mine = [self._hub, *(place.name for place in self.places)]
            _remove([name for name in names() if name in mine])
        finally:
            signal.signal(signal.SIGINT, kept)

    def add(self, short, cores=None):
        """A place more. @param short  its name here, at most eight characters."""
        number = len(self.places) + 1
        place = Place(f"{self._prefix}-{short}", short, f"10.0.0.{number}", cores)
        self.places.append(place)
        self._make(place.name)
        self._ip(self._hub, f"link add port{number} type veth peer name eth0 netns {place.name}")
        self._ip(self._hub, f"link set port{number} master bridge0 up")
        self._ip(place.name, f"address add {place.address}/24 dev eth0")
        self._ip(place.name, "link set eth0 up")
        run("ip", "netns", "exec", place.name, "nft", "-f", "-", input=_RULES)
        return place

    def cut_between(self, some, others):
        """Nothing passes between the two sides."""
        for one in some:
            for other in others:
                one.cut(other)
                other.cut(one)

    def mend_between(self, some, others):
        """What cut_between() does, undone."""
        for one in some:
            for other in others:
                one.mend(other)
                other.mend(one)

    def isolate(self, place):
        self.cut_between([place], [other for other in self.places if other is not place])

    def heal(self):
        """All cuts end; slow links stay slow."""
        for place in self.places:
            place.hear_all()

    def slow(self, place, delay_s):
        """Each frame to and from the place takes so much longer. Frames pass through a process of ours: not every kernel
        can delay (netem). 0: as it was."""
        port = f"port{self.places.index(place) + 1}"
        if place in self._relays:
            relay = self._relays.pop(place)
            relay.kill()
            relay.wait()
            self._ip(self._hub, f"link delete {port}near")
        if delay_s == 0:
            self._ip(self._hub, f"link set {port} master bridge0")
            return
        for each in self.places:
            _let_the_cpu_sum(each)
        self._ip(self._hub, f"link set {port} nomaster")
        self._ip(self._hub, f"link add {port}near type veth peer name {port}far")
        self._ip(self._hub, f"link set {port}far master bridge0 up")
        self._ip(self._hub, f"link set {port}near up")
        self._relays[place] = subprocess.Popen(
            ["ip", "netns", "exec", self._hub, sys.executable, "-B", str(HERE / "relay.py"), str(delay_s), port, f"{port}near"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        if self._relays[place].stdout.readline() != b"ready\n":
            raise OSError("the relay of a slow link does not start")

    def _make(self, name):
        run("ip", "netns", "add", name)
        # IPv6 would only chatter: its addresses are not used.
        run("ip", "netns", "exec", name, "sh", "-c",
            "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6; echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6")
        self._ip(name, "link set lo up")

    @staticmethod
    def _ip(namespace, words):
        run("ip", "-n", namespace, *words.split())


def _let_the_cpu_sum(place):
    """Frames leave with their checksums and no larger than the link takes: a relay cannot pass on what a virtual device
    would finish later."""
    set_checksums, ethtool = 0x17, 0x8946
    with place.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = ctypes.create_string_buffer(struct.pack("=II", set_checksums, 0), 8)
        fcntl.ioctl(any_socket, ethtool, struct.pack("16sP8x", b"eth0", ctypes.addressof(request)))
