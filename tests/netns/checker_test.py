"""The checker of histories finds what is wrong, and nothing else: small histories, each planted with one thing."""
import json
import pathlib
import tempfile

import history
import load


def found(*operations):
    """What is wrong with these: (op, key, value, kind, begin, end); end 0: it is never answered."""
    events = []
    for process, (op, key, value, kind, begin, end) in enumerate(operations):
        told = {"process": process, "op": op, "key": key}
        reads = op in ("read", "total", "list", "scan")
        events.append(dict(told, kind="invoke", value=None if reads else value, time=begin))
        if end:
            events.append(dict(told, kind=kind, value=value, time=end))
    events.sort(key=lambda event: event["time"])
    with tempfile.TemporaryDirectory(prefix="cairn-history-") as folder:
        path = pathlib.Path(folder) / "history"
        path.write_text("".join(json.dumps(event) + "\n" for event in events))
        return history.wrong(path, load.go_program("check"))


def assert_wrong(sentence, *operations):
    assert sentence in "; ".join(found(*operations)), found(*operations)


def test_what_may_happen_is_not_wrong(_):
    wrong = found(
        ("write", "r", 1, "ok", 10, 20), ("write", "r", 2, "ok", 15, 40), ("read", "r", 2, "ok", 21, 30),
        ("read", "r", None, "ok", 1, 9), ("write", "r", 3, "unknown", 50, 60), ("read", "r", 2, "ok", 61, 70),
        ("read", "r", 3, "ok", 71, 80), ("write", "r", 4, "fail", 81, 90), ("read", "r", 3, "ok", 100, 110),
        ("write", "r", 5, "unknown", 95, 0), ("read", "r", None, "fail", 111, 112),
        ("add", "c", 1, "ok", 10, 20), ("add", "c", 1, "unknown", 10, 20), ("add", "c", 1, "fail", 10, 20),
        ("add", "c", 1, "ok", 30, 50), ("total", "c", 1, "ok", 40, 45), ("total", "c", 3, "ok", 60, 70),
        ("insert", "set", 1, "ok", 10, 20), ("insert", "set", 2, "unknown", 10, 20), ("insert", "set", 3, "fail", 10, 20),
        ("insert", "set", 4, "unknown", 10, 20), ("scan", "set", [], "ok", 5, 30), ("scan", "set", [4, 1], "ok", 40, 50),
        ("append", "l", 1, "ok", 10, 20), ("append", "l", 2, "unknown", 30, 0), ("list", "l", [1], "ok", 40, 50))
    assert wrong == [], wrong


def test_registers(_):
    one, two = ("write", "r", 1, "ok", 10, 20), ("write", "r", 2, "ok", 30, 40)
    assert_wrong("r: no order", one, two, ("read", "r", 1, "ok", 50, 60))  # the second is lost
    assert_wrong("r: no order", one, ("read", "r", None, "ok", 50, 60))
    assert_wrong("r: no order", one, two, ("read", "r", 2, "ok", 31, 33), ("read", "r", 1, "ok", 34, 36))  # back again
    assert_wrong("r: no order", one, ("write", "r", 2, "fail", 30, 40), ("read", "r", 2, "ok", 50, 60))
    assert_wrong("r: no order", ("read", "r", 1, "ok", 1, 9), one)
    assert_wrong("r: no order", one, ("write", "r", 2, "unknown", 30, 40), ("read", "r", 2, "ok", 50, 60),
                 ("read", "r", 1, "ok", 70, 80))


def test_counters(_):
    adds = [("add", "c", 1, "ok", 10, 20), ("add", "c", 1, "unknown", 10, 20), ("add", "c", 1, "fail", 10, 20)]
    assert_wrong("c: 0 is not from 1 to 2", *adds, ("total", "c", 0, "ok", 30, 40))
    assert_wrong("c: 0 is not from 1 to 2", *adds, ("total", "c", None, "ok", 30, 40))
    assert_wrong("c: 3 is not from 1 to 2", *adds, ("total", "c", 3, "ok", 30, 40))
    assert_wrong("c: was not read at the end", *adds, ("total", "c", 1, "fail", 30, 40))
    assert_wrong("c: 1 is not from 0 to 0", ("total", "c", 1, "ok", 1, 5), *adds, ("total", "c", 1, "ok", 30, 40))


def test_sets_and_lists(_):
    for add, read in (("insert", "scan"), ("append", "list")):
        adds = [(add, "s", 1, "ok", 10, 20), (add, "s", 2, "unknown", 10, 20), (add, "s", 3, "fail", 10, 20)]
        assert_wrong("s: 1 acknowledged are lost, such as 1", *adds, (read, "s", [2], "ok", 30, 40))
        assert_wrong("s: 1 acknowledged are lost, such as 1", *adds, (read, "s", None, "ok", 30, 40))
        assert_wrong("s: 2 is there 2 times", *adds, (read, "s", [1, 2, 2], "ok", 30, 40))
        assert_wrong("s: 3 is there, and had failed", *adds, (read, "s", [1, 3], "ok", 30, 40))
        assert_wrong("s: 7 was never added", *adds, (read, "s", [1, 7], "ok", 30, 40))
        assert_wrong("s: was not read at the end", *adds, (read, "s", [1], "fail", 30, 40))
        assert_wrong("s: was not read at the end", (read, "s", [], "ok", 1, 5), *adds)
        # In between, and there again at the end.
        assert_wrong("s: 1 acknowledged are lost", *adds, (read, "s", [], "ok", 30, 40), (read, "s", [1], "ok", 50, 60))
