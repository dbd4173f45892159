"""What is wrong with a history of workload.py. Registers are checked by the program in go/check, the rest here."""
import collections
import json
import subprocess

CHECK_S = 300


def load(path):
    with open(path) as file:
        return [json.loads(line) for line in file]


def operations(lines):
    """Each invocation with its end, as dicts: op, key, value, kind, begin, end (nothing: never heard of again). `kind` is
    ok, fail or unknown; what was never answered is unknown."""
    asked, done = {}, []
    for line in lines:
        if line["kind"] == "invoke":
            assert line["process"] not in asked, f"process {line['process']} asks twice"
            asked[line["process"]] = line
            continue
        begin = asked.pop(line["process"])
        assert (begin["op"], begin["key"]) == (line["op"], line["key"]), f"{begin}, answered by {line}"
        value = line["value"] if line["kind"] == "ok" else begin["value"]
        done.append({"op": line["op"], "key": line["key"], "value": value, "kind": line["kind"], "begin": begin["time"],
                     "end": line["time"]})
    done += [{"op": begin["op"], "key": begin["key"], "value": begin["value"], "kind": "unknown", "begin": begin["time"],
              "end": None} for begin in asked.values()]
    return done


def by_key(done, *ops):
    keys = collections.defaultdict(list)
    for one in done:
        if one["op"] in ops:
            keys[one["key"]].append(one)
    return keys.items()


def wrong_elements(done, add, read, losses=True):
    """Of sets and lists: what was added before a read began is in it, once; nothing that failed or was not asked for yet."""
    wrong = []
    for key, ops in by_key(done, add, read):
        adds = {one["value"]: one for one in ops if one["op"] == add}
        reads = [one for one in ops if one["op"] == read and one["kind"] == "ok"]
        if not reads or reads[-1]["begin"] < max((one["begin"] for one in adds.values()), default=0):
            wrong.append(f"{key}: was not read at the end")
        for one in reads:
            found = collections.Counter(one["value"] or [])
            for value, count in found.items():
                if count > 1:
                    wrong.append(f"{key}: {value} is there {count} times")
                if value not in adds or adds[value]["begin"] > one["end"]:
                    wrong.append(f"{key}: {value} was never added")
                elif adds[value]["kind"] == "fail":
                    wrong.append(f"{key}: {value} is there, and had failed")
            lost = [value for value, was in adds.items()
                    if was["kind"] == "ok" and was["end"] < one["begin"] and value not in found]
            if lost and losses:
                wrong.append(f"{key}: {len(lost)} acknowledged are lost, such as {min(lost)}")
    return wrong


def wrong_totals(done, losses=True):
    """Of counters: not less than what was acknowledged before a read began, not more than may have happened by its end."""
    wrong = []
    for key, ops in by_key(done, "add", "total"):
        adds = [one for one in ops if one["op"] == "add"]
        reads = [one for one in ops if one["op"] == "total" and one["kind"] == "ok"]
        if not reads or reads[-1]["begin"] < max((one["begin"] for one in adds), default=0):
            wrong.append(f"{key}: was not read at the end")
        for one in reads:
            least = sum(add["value"] for add in adds if add["kind"] == "ok" and add["end"] < one["begin"])
            most = sum(add["value"] for add in adds if add["kind"] != "fail" and add["begin"] < one["end"])
            if not (least if losses else 0) <= (one["value"] or 0) <= most:
                wrong.append(f"{key}: {one['value'] or 0} is not from {least} to {most}")
    return wrong


def wrong_registers(path, program):
    """Registers that no order of their writes and reads explains (the program of go/check)."""
    done = subprocess.run([program, path], capture_output=True, text=True, timeout=CHECK_S)
    if done.returncode not in (0, 1):
        raise OSError(f"{program}: {done.stderr}")
    return done.stdout.splitlines()


def wrong(path, program, registers=True, losses=True):
    """What is wrong, as sentences: the first of each key. @param program  that of go/check, built.
    @param registers  whether each register has to have one history: not where a node that was left out may still be asked.
    @param losses     whether what was acknowledged has to stay: not where two sides went on by themselves."""
    done = operations(load(path))
    found = {}
    for sentence in [*(wrong_registers(path, program) if registers else []), *wrong_totals(done, losses),
                     *wrong_elements(done, "insert", "scan", losses), *wrong_elements(done, "append", "list", losses)]:
        found.setdefault(sentence.partition(":")[0], sentence)
    return list(found.values())


def counted(path):
    """How many of each kind of end, and how many acknowledged of each operation."""
    done = operations(load(path))
    acknowledged = collections.Counter(one["op"] for one in done if one["kind"] == "ok")
    return collections.Counter(one["kind"] for one in done), acknowledged


def unanswered(path, but=()):
    """How many requests did not succeed, of other operations than these."""
    return sum(one["kind"] != "ok" and one["op"] not in but for one in operations(load(path)))


def failures(path):
    """Why requests failed, and how often."""
    return collections.Counter(line["error"] for line in load(path) if line["kind"] == "fail")
