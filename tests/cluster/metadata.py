"""What one node is told of truncations, indexes and functions holds on all of them, and survives restarts."""
import base64

from node import until
from records import Session


def objects(nodes):
    """Of the masters."""
    return sum(int(node.namespace_statistics()["master_objects"]) for node in nodes)


def found_by_index(nodes, begin=0, end=1 << 40):
    """The records that all nodes find, or what one of them says instead."""
    counts = []
    for node in nodes:
        with Session(node) as session:
            counts.append(session.count(begin, end))
    return sum(counts) if all(isinstance(count, int) for count in counts) else counts


def fill(node, count, set_name="people"):
    with Session(node) as session:
        for key in range(count):
            assert session.put(key, key, set_name) == 0, key


def readable(node, count, set_name="people"):
    with Session(node) as session:
        return sum(session.get(key, set_name) == 0 for key in range(count))


def restart_all(cluster, nodes, stop=True):
    for node in nodes:
        node.stop() if stop else node.kill()
    for node in nodes:
        node.start()
    cluster.agree(nodes)


def three_on_files(cluster):
    ports = cluster.ports(9)
    for i in range(3):
        storage = "type: device, files: [test.data], filesize: 64M, commit-to-device: true"
        cluster.add(ports[3 * i:3 * i + 3], f"['127.0.0.1:{ports[2]}']", rack=i + 1, storage=storage)
    for node in cluster.nodes:
        node.start()
    cluster.agree(cluster.nodes)
    return list(cluster.nodes)


def test_a_truncation_told_to_one_node_holds_on_all(cluster):
    nodes = three_on_files(cluster)
    fill(nodes[0], 300)
    fill(nodes[1], 100, "other")
    assert [readable(node, 300) for node in nodes] == [300] * 3
    assert nodes[2].info("truncate:namespace=test;set=people") == "ok"
    assert [readable(node, 300) for node in nodes] == [0] * 3, "at once"
    assert [readable(node, 100, "other") for node in nodes] == [100] * 3
    fill(nodes[1], 50)
    assert [readable(node, 300) for node in nodes] == [50] * 3, "what is written afterwards stays"
    times = {node.info("smd-show:module=truncate") for node in nodes}
    assert len(times) == 1 and times.pop().startswith("test|people="), times
    restart_all(cluster, nodes, stop=False)
    assert [readable(node, 300) for node in nodes] == [50] * 3, "and nothing comes back"
    assert nodes[0].info("truncate-namespace:namespace=test") == "ok"
    restart_all(cluster, nodes)
    assert [readable(node, 100, "other") for node in nodes] == [0] * 3
    for name in ("truncate-namespace-undo:namespace=test", "truncate-undo:namespace=test;set=people"):
        assert nodes[1].info(name) == "ok"
    assert {node.info("smd-show:module=truncate") for node in nodes} == {"<empty>"}


def test_a_node_that_was_away_hears_of_a_truncation_before_it_serves(cluster):
    nodes = three_on_files(cluster)
    fill(nodes[0], 200)
    nodes[1].kill()
    cluster.agree([nodes[0], nodes[2]])
    assert nodes[0].info("truncate:namespace=test;set=people") == "ok"
    nodes[1].start()
    cluster.agree(nodes)
    assert [readable(node, 200) for node in nodes] == [0] * 3
    until("no copy is left", lambda: objects(nodes) == 0, 20)


def test_an_index_made_on_one_node_answers_on_all(cluster):
    nodes = cluster.three()
    cluster.agree(nodes)
    fill(nodes[0], 300)
    create = "sindex-create:namespace=test;set=people;indexname=age;bin=age;type=numeric"
    assert nodes[1].info(create) == "ok"
    assert nodes[2].info(create) == "ok", "the same again"
    assert nodes[0].info(create.replace("numeric", "string")).startswith("ERROR:200:"), "and not another one"
    listed = {node.info("sindex-list:namespace=test").rsplit(":state=", 1)[0] for node in nodes}
    assert len(listed) == 1 and "indexname=age" in listed.pop()
    until("all records are in it", lambda: found_by_index(nodes) == 300, 20)
    assert found_by_index(nodes, 100, 199) == 100
    assert nodes[0].info(create.replace("indexname=age", "indexname=years")) == "ok", "another name"
    assert {node.info("sindex-exists:namespace=test;indexname=age") for node in nodes} == {"false"}
    nodes[1].stop()
    cluster.agree([nodes[0], nodes[2]])
    assert nodes[0].info("sindex-create:namespace=test;set=other;indexname=other;bin=age;type=numeric") == "ok"
    nodes[1].start()
    cluster.agree(nodes)
    assert {node.info("sindex-exists:namespace=test;indexname=other") for node in nodes} == {"true"}
    until("the restarted node answers too", lambda: found_by_index(nodes) == 300, 20)
    restart_all(cluster, nodes)
    fill(nodes[2], 100)
    until("it is there after a restart of all", lambda: found_by_index(nodes) == 100, 20)
    for name in ("years", "other"):
        assert nodes[2].info(f"sindex-delete:namespace=test;indexname={name}") == "ok"
    assert {node.info("sindex-list:namespace=test") for node in nodes} == {""}
    restart_all(cluster, nodes)
    assert {node.info("sindex-list:namespace=test") for node in nodes} == {""}


def test_a_function_registered_on_one_node_runs_on_all(cluster):
    nodes = cluster.three()
    cluster.agree(nodes)
    fill(nodes[0], 30)

    def put(node, name, source):
        code = base64.b64encode(source.encode()).decode()
        return node.info(f"udf-put:filename={name};content={code};content-len={len(code)};udf-type=LUA;")

    def ages():
        called = []
        for node in nodes:
            with Session(node) as session:
                called += [session.call(key, b"ages", b"age") for key in range(30)]
        return [int.from_bytes(given[1], "big") if given[0] == b"SUCCESS" else given for given in called]

    assert put(nodes[2], "ages.lua", "function age(rec) return rec.age end") == "ok"
    assert ages() == list(range(30)) * 3
    assert put(nodes[0], "ages.lua", "function age(rec) return rec.age + 1 end") == "ok"
    assert ages() == list(range(1, 31)) * 3
    assert put(nodes[0], "bad.lua", "function").startswith("error=compile_error")
    restart_all(cluster, nodes)
    assert {node.info("udf-list") for node in nodes} == {nodes[0].info("udf-list")} and "ages.lua" in nodes[1].info("udf-list")
    fill(nodes[0], 30)
    assert ages() == list(range(1, 31)) * 3
    assert nodes[1].info("udf-remove:filename=ages.lua;") == "ok"
    assert {node.info("udf-list") for node in nodes} == {""}
