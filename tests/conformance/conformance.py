"""Installs each official client at its pinned version, starts a cairnd for it, runs its tests, and counts them."""
import argparse
import concurrent.futures
import contextlib
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "vectors"))

import clients  # noqa: E402
import go_suite  # noqa: E402
import readme_test  # noqa: E402
import three_nodes  # noqa: E402
from results import Results, Unavailable  # noqa: E402
from server import Server, ServerFailed  # noqa: E402

NAMESPACES = """- name: test
  nsup-period: 1
  storage-engine: {type: memory, data-size: 1G}
- name: bar
  nsup-period: 0
  allow-ttl-without-nsup: false
  storage-engine: {type: memory, data-size: 512M}
"""

# Two copies on files without a cache: a record is read from its file once its write block is full.
ON_DEVICE = NAMESPACES.replace("  nsup-period", "  replication-factor: 2\n  nsup-period").replace("type: memory, data-size: 1G", "type: device, files: [test.data], filesize: 512M, post-write-cache: 0"
                               ).replace("type: memory, data-size: 512M",
                                         "type: device, files: [bar.data], filesize: 256M, post-write-cache: 0")

# The longest first: two run at a time, as all wait much.
PARTS = {
    "go-suite": go_suite.run, "python": clients.python, "go": clients.go, "node": clients.node, "java": clients.java,
    "rust": clients.rust, "readme": readme_test.run,
    "cluster-python": three_nodes.python, "cluster-go": three_nodes.go,
}
OF_THREE = ("cluster-python", "cluster-go")


@contextlib.contextmanager
def one_node(program):
    with Server(program, NAMESPACES) as server:
        yield {"CAIRN_PORT": str(server.port), "CAIRN_STORAGE": "memory", "CAIRN_SIZE": "1"}


def servers(name, program, cluster):
    if name in OF_THREE:
        return three_nodes.started(program)
    return three_nodes.started(program, "device", ON_DEVICE) if cluster else one_node(program)


def run_part(name, program, cache, results, arguments, cluster):
    """Each client has a server of its own: what one leaves behind, or breaks, is not another's trouble."""
    started = time.monotonic()
    (cache / name).mkdir(parents=True, exist_ok=True)
    print(f"== {name}", flush=True)
    try:
        prepared = PARTS[name](cache / name)
        with servers(name, program, cluster) as told:
            prepared(dict(os.environ, **told), arguments, results.of(name))
    except Unavailable as reason:
        results.of(name).skip("the whole client", str(reason))
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        results.of(name).fail("the installation", str(error))
    except ServerFailed as error:
        results.of(name).fail("the server", str(error))
    print(f"-- {name}, {time.monotonic() - started:.0f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", help="the cairnd to test (default: that of the preset dev)")
    parser.add_argument("--cluster", action="store_true", help="three nodes with two copies on files, not one in memory")
    parser.add_argument("part", nargs="*", help=f"which (default: all): {', '.join(PARTS)}")
    parser.add_argument("-k", action="append", default=[], metavar="WORD", help="only cases whose names hold it")
    options = parser.parse_args()
    for name in options.part:
        if name not in PARTS:
            parser.error(f"there is no part '{name}'; there are: {', '.join(PARTS)}")
    build = pathlib.Path(os.environ.get("CAIRN_BUILD_DEV", ROOT / "build" / "dev"))
    program = pathlib.Path(options.program or build / "bin" / "cairnd").resolve()
    cache = ROOT / "build" / "conformance"
    results = Results()
    names = options.part or [part for part in PARTS if not (options.cluster and part in OF_THREE)]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        running = [pool.submit(run_part, name, str(program), cache, results, options.k, options.cluster) for name in names]
    for part in running:
        part.result()
    return results.sum_up()


if __name__ == "__main__":
    sys.exit(main())
