"""What a namespace does as it fills: eviction, stop-writes, the end of tombstones, and settings changed on the way."""
import random
import threading
import time

from client import FULL, NOT_FOUND, OK, OVERLOAD, Client
from node import Failed, Node

DEVICE = "type: device\nfiles: [{dir}/data]\nfilesize: 72M\nwrite-block-size: 128K\npost-write-cache: 0\n"
MEMORY = "type: memory\ndata-size: 64M\n"
MARK_PCT = 30
FOR_EVER = 0xFFFFFFFF
EPOCH_2010 = 1262304000


def values_of(text):
    return dict(pair.split("=", 1) for pair in text.split(";") if "=" in pair)


def statistics(client):
    return values_of(client.info("namespace/test"))


def change(client, parameter, value):
    answer = client.info(f"set-config:context=namespace;namespace=test;{parameter}={value}")
    if answer != "ok":
        raise Failed(f"set-config of {parameter}: {answer}")


def wait_for(what, condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def fill_beyond_the_mark(client, megabytes):
    """Records with lives of 1,000 s and more, each 100 s longer than the one before. @return their number."""
    count = megabytes * 1_000_000 // 10_000
    padding = random.Random(1).randbytes(10_000)
    for key in range(count):
        while (code := client.put(key, 1, padding, ttl=1_000 + key * 100)) == OVERLOAD:
            time.sleep(0.01)
        if code != OK:
            raise Failed(f"put of {key}: code {code}")
    return count


def eviction(program, storage, restart):
    with Node(program, storage + f"evict-used-pct: {MARK_PCT}\n") as node:
        node.start()
        client = Client(node.port)
        change(client, "evict-tenths-pct", 200)
        for key in range(100):
            if client.put(f"stays {key}", 1, b"x" * 1000, ttl=FOR_EVER) != OK:
                raise Failed("put of a record that never expires")
        began = int(time.time())
        count = fill_beyond_the_mark(client, megabytes=30)  # of 64: nearly a half
        wait_for("eviction brings the namespace below its mark",
                 lambda: int(statistics(client)["data_used_pct"]) <= MARK_PCT, 30)
        wait_for("the mark is no longer breached", lambda: statistics(client)["hwm_breached"] == "false", 10)
        now = statistics(client)
        if int(now["evicted_objects"]) == 0 or int(now["evict_void_time"]) == 0:
            raise Failed(f"evicted {now['evicted_objects']}, up to {now['evict_void_time']}")
        gone = {key for key in range(count) if client.get(key)[0] == NOT_FOUND}
        if len(gone) > count * 0.7:
            raise Failed(f"{len(gone)} of {count} are gone, though a third would do")
        latest = max(gone)
        kept = [key for key in range(latest) if key not in gone]
        if len(kept) > latest / 10:
            raise Failed(f"{len(kept)} records are there that expire before one that was evicted")
        for key in range(100):
            if client.get(f"stays {key}")[0] != OK:
                raise Failed("a record that never expires was evicted")
        client.close()
        if restart:
            node.kill()
            node.start()
            client = Client(node.port)
            # What the mark covers stays away; of the bucket in which a round ended some may come back.
            until = int(now["evict_void_time"]) + EPOCH_2010
            for key in gone:
                if began + 1_000 + key * 100 + 60 < until and client.get(key)[0] != NOT_FOUND:
                    raise Failed(f"record {key} was evicted and is back after a restart")
            client.close()


def test_eviction_keeps_a_device_below_its_mark(program):
    eviction(program, DEVICE + "commit-to-device: true\n", restart=True)


def test_eviction_keeps_memory_below_its_mark(program):
    eviction(program, MEMORY, restart=False)


def test_eviction_goes_on_under_load(program):
    with Node(program, DEVICE + f"evict-used-pct: {MARK_PCT}\n") as node:
        node.start()
        client = Client(node.port)
        change(client, "evict-tenths-pct", 300)
        stop = threading.Event()
        refused = []

        def write():
            writer = Client(node.port)
            padding = random.Random(2).randbytes(10_000)
            key = 0
            while not stop.is_set():
                code = writer.put(f"load {key}", 1, padding, ttl=1_000 + key)
                if code == FULL:
                    refused.append(key)
                elif code not in (OK, OVERLOAD):
                    refused.append(code)
                key += code == OK
                time.sleep(0.002)  # some megabytes a second: more than the namespace holds, in the time of the test
            writer.close()

        thread = threading.Thread(target=write)
        thread.start()
        try:
            wait_for("a namespace full of records that expire evicts",
                     lambda: int(statistics(client)["evicted_objects"]) > 6_000, 120)
        finally:
            stop.set()
            thread.join()
        if refused:
            raise Failed(f"{len(refused)} writes were refused")
        client.close()


def test_what_is_used_stops_writes_and_lets_them_go_on_again(program):
    with Node(program, DEVICE + "stop-writes-used-pct: 20\n") as node:
        node.start()
        client = Client(node.port)
        written = 0
        while (code := client.put(written, 1, b"x" * 20_000)) in (OK, OVERLOAD):
            written += code == OK
            if written > 2_500:
                raise Failed("writes were never refused")
            time.sleep(0.002)  # what is used is looked at once a second
        if code != FULL:
            raise Failed(f"code {code}")
        if statistics(client)["stop_writes"] != "true":
            raise Failed("stop_writes is not told")
        for key in range(written):  # deletes are never refused; how far it went beyond the limit is not known
            if client.delete(key) != OK:
                raise Failed("a delete was refused")
        wait_for("writes are taken again", lambda: client.put(written, 1, b"x") == OK, 10)
        client.close()
        log = (node.folder / "log").read_text()
        for line in ("stop-writes on", "stop-writes off"):
            found = [each for each in log.splitlines() if line in each]
            if len(found) != 1 or "limit=stop-writes-used-pct" not in found[0]:
                raise Failed(f"the log says of {line}: {found}")


def test_tombstones_end_when_nothing_is_left_that_they_bury(program):
    with Node(program, DEVICE + "commit-to-device: true\n") as node:
        node.start()
        client = Client(node.port)
        for parameter, value in (("tomb-raider-eligible-age", 0), ("tomb-raider-sleep", 0)):
            change(client, parameter, value)
        padding = b"x" * 20_000
        for key in range(200):
            if client.put(key, 1, padding) != OK:
                raise Failed("put")
        for key in range(200):
            if client.delete(key, durable=True) != OK:
                raise Failed("durable delete")
        if statistics(client)["tombstones"] != "200":
            raise Failed(f"tombstones: {statistics(client)['tombstones']}")
        change(client, "tomb-raider-period", 1)
        # Their records are overwritten only when the device has been filled once around; until then all have to stay.
        time.sleep(3)
        if statistics(client)["tombstones"] != "200":
            raise Failed("tombstones went while what they bury was still on the device")
        node.kill()
        node.start()
        client = Client(node.port)
        for key in range(200):
            if client.get(key)[0] != NOT_FOUND:
                raise Failed(f"deleted record {key} is back")
        for parameter, value in (("tomb-raider-eligible-age", 0), ("tomb-raider-sleep", 0), ("tomb-raider-period", 1)):
            change(client, parameter, value)
        for key in range(5_000):
            while (code := client.put(f"other {key % 100}", 1, padding)) == OVERLOAD:
                time.sleep(0.01)
            if code != OK:
                raise Failed(f"put: code {code}")
        wait_for("the tombstones end", lambda: statistics(client)["tombstones"] == "0", 60)
        client.close()
        node.kill()
        node.start()
        client = Client(node.port)
        for key in range(200):
            if client.get(key)[0] != NOT_FOUND:
                raise Failed(f"deleted record {key} is back after its tombstone ended")
        client.close()


def test_settings_of_the_store_change_while_it_runs(program):
    with Node(program, DEVICE + "defrag-lwm-pct: 1\n") as node:
        node.start()
        client = Client(node.port)
        padding = b"x" * 20_000
        for key in range(1_000):
            while client.put(key, 1, padding) == OVERLOAD:
                time.sleep(0.01)
        for key in range(1_000):
            if key % 4:
                client.delete(key)
        time.sleep(1.5)
        if int(statistics(client)["storage-engine.stripe[0].defrag_writes"]) > 0:
            raise Failed("blocks were moved below a mark of 1 %")
        before = int(statistics(client)["storage-engine.stripe[0].free_wblocks"])
        change(client, "defrag-lwm-pct", 60)
        wait_for("defragmentation by the new mark", lambda: int(
            statistics(client)["storage-engine.stripe[0].free_wblocks"]) > before + 50, 30)
        if float(statistics(client)["write_amplification"]) <= 1.0:
            raise Failed("write amplification does not count what was moved")
        for parameter, value in (("flush-max-ms", 100), ("max-write-cache", "8M"), ("post-write-cache", "16M"),
                                 ("defrag-sleep", 100), ("defrag-queue-min", 2)):
            change(client, parameter, value)
        config = values_of(client.info("get-config:context=namespace;namespace=test"))
        if config["storage-engine.flush-max-ms"] != "100" or config["storage-engine.defrag-lwm-pct"] != "60":
            raise Failed("get-config does not tell the new values")
        for parameter, value in (("flush-max-ms", 5_000), ("defrag-lwm-pct", 101), ("write-block-size", "1M"),
                                 ("commit-to-device", "true")):
            answer = client.info(f"set-config:context=namespace;namespace=test;{parameter}={value}")
            if not answer.startswith("ERROR:4"):
                raise Failed(f"{parameter}={value} was taken: {answer}")
            said = [line for line in (node.folder / "log").read_text().splitlines()
                    if "configuration not changed" in line and parameter in line]
            if not said:
                raise Failed(f"the log does not say why {parameter} was refused")
        client.close()
