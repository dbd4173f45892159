"""Plays histories of storage that nobody has played before: seeds follow from the time, are printed, and can be played again
with CAIRN_SIM_SEEDS=FIRST-LAST. Most run in a release build, in as many processes as there are cores; the first few also
under ASan and UBSan. Whole clusters play the first 1,000 seeds, which are known to end well, or those that are asked for."""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEEDS = 5_000
SANITIZED = 200
CHUNK = 250
# Test program: what one seed of it plays.
PROGRAMS = {"store_test": "Seeds/EachSeed", "namespace_test": "Seeds/EachSeed", "set_up_test": "Seeds/EachSeed"}
# Whole clusters: seeds from 1 on, in a release build.
CLUSTERS = "whole_cluster_test"
CLUSTER_SEEDS = 1_000
CLUSTER_CHUNK = 10
HANGS_S = 900  # a process that takes so long does not end
FAULTS = {"store_test": "Mutants/EachFault", "namespace_test": "Mutants/EachFault"}


class Job:
    def __init__(self, preset, program, suite, first, last):
        self.preset, self.program, self.suite, self.first, self.last = preset, program, suite, first, last

    def run(self):
        build = pathlib.Path(os.environ.get("CAIRN_BUILD_" + self.preset.upper(), ROOT / "build" / self.preset))
        began = time.monotonic()
        try:
            done = subprocess.run([build / "bin" / self.program, f"--gtest_filter={self.suite}.*", "--gtest_color=no"],
                                  env=dict(os.environ, CAIRN_SIM_SEEDS=f"{self.first}-{self.last}"), text=True,
                                  stdin=subprocess.DEVNULL, capture_output=True, errors="replace", timeout=HANGS_S)
        except subprocess.TimeoutExpired as hung:
            done = subprocess.CompletedProcess([], 1, (hung.stdout or b"").decode(errors="replace"), f"not within {HANGS_S} s")
        self.seconds = time.monotonic() - began
        self.output = done.stdout + done.stderr
        self.passed = len(re.findall(r"^\[       OK \]", self.output, re.MULTILINE))
        self.failed = sorted(set(re.findall(r"^\[  FAILED  \] (\S+), where", self.output, re.MULTILINE)))
        if done.returncode != 0 and not self.failed:
            self.failed = [f"{self.program} ended with status {done.returncode}"]
        return self

    def report(self):
        for line in re.findall(r"^found by seed .*$", self.output, re.MULTILINE):
            print(f"  {line}")
        for case in self.failed:
            print(f"FAILED {case}\n  again: CAIRN_SIM_SEEDS={self.first}-{self.last} build/{self.preset}/bin/{self.program} "
                  f"--gtest_filter='{case}'")
        if self.failed:
            print(self.output[-6_000:])
        sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(prog="tests/sim-seeds/run", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many new seeds (default %(default)s)")
    options = parser.parse_args()
    wanted = os.environ.get("CAIRN_SIM_SEEDS")
    if wanted:
        first, last = map(int, wanted.split("-"))
    else:
        first = int(time.time()) * 10_000
        last = first + options.seeds - 1
    print(f"seeds {first}-{last}; play them again with CAIRN_SIM_SEEDS={first}-{last} tests/sim-seeds/run", flush=True)
    began = time.monotonic()
    jobs = [Job("release", program, suite, first, last) for program, suite in FAULTS.items()]
    for preset, end in (("dev", min(last, first + SANITIZED - 1)), ("release", last)):
        for program, suite in PROGRAMS.items():
            jobs += [Job(preset, program, suite, start, min(end, start + CHUNK - 1)) for start in range(first, end + 1, CHUNK)]
    of_clusters = (first, last) if wanted else (1, CLUSTER_SEEDS)
    jobs += [Job("release", CLUSTERS, "Seeds/EachSeed", start, min(of_clusters[1], start + CLUSTER_CHUNK - 1))
             for start in range(of_clusters[0], of_clusters[1] + 1, CLUSTER_CHUNK)]
    passed, failed, spent = 0, 0, {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for job in pool.map(Job.run, jobs):
            job.report()
            passed += job.passed
            failed += len(job.failed)
            what = (job.preset, job.program, "planted faults" if "Fault" in job.suite else "histories")
            count, seconds = spent.get(what, (0, 0))
            spent[what] = (count + job.passed, seconds + job.seconds)
    for (preset, program, what), (count, seconds) in spent.items():
        print(f"{preset:8} {program:16} {count:6} {what} {seconds:6.0f} s")
    print(f"{last - first + 1} seeds from {first} on, in {time.monotonic() - began:.0f} s")
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
