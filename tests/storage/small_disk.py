"""Runs a test on a file system of its own that is small: a tmpfs in a mount namespace that only this test sees."""
import ctypes
import pathlib
import subprocess
import tempfile
import threading

from node import Skipped

CLONE_NEWNS = 0x00020000


class SmallDisk:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def resize(self, size):
        subprocess.run(["mount", "-o", f"remount,size={size}", self.folder], check=True)

    def fill(self):
        """Takes all the room that is left."""
        with open(self.folder / "filling", "ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    def empty(self):
        (self.folder / "filling").unlink()


def on_small_disk(size, work):
    """work(SmallDisk), with what it starts, on a thread that has left the machine's mount namespace."""
    failures = []

    def inside():
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.unshare(CLONE_NEWNS) != 0:
                raise Skipped("needs root: a mount namespace of its own")
            subprocess.run(["mount", "--make-rprivate", "/"], check=True)
            with tempfile.TemporaryDirectory(prefix="cairn-small-") as folder:
                if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "cairn-small", folder]).returncode:
                    raise Skipped("a tmpfs cannot be mounted here")
                try:
                    work(SmallDisk(folder))
                finally:
                    subprocess.run(["umount", "--lazy", folder], check=True)
        except BaseException as failure:  # noqa: BLE001 - it is the caller's
            failures.append(failure)

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
