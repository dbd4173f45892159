"""How long this machine kept processes waiting. Nodes that got no processor for a heartbeat's time-out leave each other's
views, and rightly: a test that fails then has proved nothing."""
import threading
import time

STEP_S = 0.02


class Stalls:
    """While the block runs; `longest_s` then is the longest time that a thread, ready to run, did not."""

    def __enter__(self):
        self.longest_s = 0.0
        self._ended, self._began = threading.Event(), time.monotonic()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def _watch(self):
        before, ended = self._began, False
        while not ended:
            ended = self._ended.wait(STEP_S)
            now = time.monotonic()
            self.longest_s = max(self.longest_s, now - before - STEP_S)
            before = now
