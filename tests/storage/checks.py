"""What the tests share: settings of storage, and records whose bytes tell their key and version."""
import random
import time

from client import OK, Client
from node import Failed

FILE = "type: device\nfiles: [{dir}/data]\nfilesize: 64M\nwrite-block-size: 128K\npost-write-cache: 0\n"
COMMIT = FILE + "commit-to-device: true\n"
IN_MEMORY = FILE.replace("type: device", "type: memory")


def expect(found, wanted, what):
    if found != wanted:
        raise Failed(f"{what}: expected {wanted}, found {found}")


def padding_of(key, value):
    """Bytes that belong to this version alone."""
    return random.Random(f"{key} {value}").randbytes(100 + key % 700)


def put_all(node, keys, value=1):
    client = Client(node.port)
    for key in keys:
        expect(client.put(key, value, padding_of(key, value)), OK, f"put of {key}")
    client.close()


def check_all(node, keys, value=1):
    client = Client(node.port)
    for key in keys:
        expect(client.get(key), (OK, value, padding_of(key, value)), f"get of {key}")
    client.close()


def ask_info(node, command, answer):
    client = Client(node.port)
    expect(client.info(command), answer, command)
    client.close()


def expect_entries(node, count):
    """Waits until the index `i` is built; then it has so many entries."""
    client = Client(node.port)
    deadline = time.monotonic() + 20
    while "load_pct=100;" not in (told := client.info("sindex-stat:namespace=test;indexname=i")):
        if time.monotonic() > deadline:
            raise Failed(f"the index is not built: {told}")
        time.sleep(0.02)
    client.close()
    expect(told.split(";")[0], f"entries={count}", "the index")
