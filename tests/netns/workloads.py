"""What clients are told, under faults: nothing acknowledged is lost, nothing is doubled, registers have one history."""
import time

from load import under_load

ON_FILES = "type: device, files: [test.data], filesize: 256M, commit-to-device: true"


def test_one_node_keeps_its_promises(cluster):
    cluster.formed(1)
    with under_load(cluster):
        time.sleep(5)


def test_a_killed_node_keeps_what_it_committed_to_its_files(cluster):
    node, = cluster.formed(1, storage=ON_FILES)
    with under_load(cluster):
        for _ in range(3):
            time.sleep(1)
            node.kill()
            node.start()
            cluster.agree([node])


def test_what_a_killed_node_in_memory_forgets_is_found(cluster):
    node, = cluster.formed(1)
    try:
        with under_load(cluster):
            time.sleep(1)
            node.kill()
            node.start()
            cluster.agree([node])
            time.sleep(1)
    except AssertionError as wrong:
        for sentence in ("python:", "go:", "set: ", "acknowledged are lost", "list-", "counter-", "no order of its writes and reads"):
            assert sentence in str(wrong), wrong
    else:
        raise AssertionError("nothing is found")


def test_a_paused_node_does_nothing_twice(cluster):
    node, = cluster.formed(1)
    with under_load(cluster):
        for _ in range(3):
            time.sleep(1)
            node.pause()
            time.sleep(1.5)  # longer than an attempt
            node.resume()
        time.sleep(1)
