"""What the server's other clients see, and what the server holds, while somebody is hostile."""
import multiprocessing
import os
import time

from rogue import INTEGER, Peer, get, put

ANSWER_MAX_S = 1.0


class Canary:
    """A process of its own (no lock shared with the attacker): puts and gets its record ten times a second."""

    def __init__(self, port):
        self._longest = multiprocessing.Value("d", 0.0)
        self._failed = multiprocessing.Value("i", 0)
        self._asked = multiprocessing.Value("i", 0)
        self._process = multiprocessing.Process(target=self._run, args=(port,), daemon=True)

    def __enter__(self):
        self._process.start()
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.join()

    def begin(self):
        self._longest.value = 0.0
        self._failed.value = 0
        self._asked.value = 0

    def complaint(self):
        """What was wrong since begin(); nothing when all was well."""
        asked = self._asked.value
        deadline = time.monotonic() + 10
        while self._asked.value < asked + 2 and time.monotonic() < deadline:
            time.sleep(0.02)  # the question that is out now belongs to the case
        if self._failed.value:
            return f"{self._failed.value} requests of another client failed"
        if self._asked.value < asked + 2:
            return "another client is not answered any more"
        if self._longest.value > ANSWER_MAX_S:
            return f"another client waited {self._longest.value * 1000:.0f} ms"
        return None

    @property
    def longest_ms(self):
        return self._longest.value * 1000

    def _run(self, port):
        peer, number = None, 0
        while True:
            began = time.monotonic()
            number += 1
            try:
                peer = peer or Peer(port, timeout_s=30)
                good = peer.ask(put("canary", [(b"n", INTEGER, number.to_bytes(8, "big"))], b"canary")) == 0
                peer.send(get("canary", b"canary"))
                good = good and peer.receive_frame()[1].endswith(number.to_bytes(8, "big"))
            except OSError:
                good, peer = False, None
            self._longest.value = max(self._longest.value, time.monotonic() - began)
            self._failed.value += not good
            self._asked.value += 1
            time.sleep(max(0.0, 0.1 - (time.monotonic() - began)))


class Memory:
    """Resident memory of the server, in MiB; the peak is that since begin()."""

    def __init__(self, pid):
        self._pid = pid
        self.base = 0.0

    def begin(self):
        with open(f"/proc/{self._pid}/clear_refs", "w") as file:
            file.write("5")  # the peak begins anew
        self.base = self.now()

    def now(self):
        return self._read("VmRSS")

    def peak_growth(self):
        return self._read("VmHWM") - self.base

    def growth(self):
        return self.now() - self.base

    def settles(self, growth_max, within_s=15):
        """Whether it comes back to the base, give or take."""
        deadline = time.monotonic() + within_s
        while self.growth() > growth_max and time.monotonic() < deadline:
            time.sleep(0.2)
        return self.growth() <= growth_max

    def _read(self, name):
        with open(f"/proc/{self._pid}/status") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith(name))


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))
