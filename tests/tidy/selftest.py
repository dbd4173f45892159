"""One planted violation of each kind in a small tree: the rule must find it there, and nothing in the clean tree."""
import pathlib
import tempfile

from tree import Tree

CLEAN = {
    "CMakeLists.txt": "add_subdirectory(common)\n",
    ".clang-format": "BasedOnStyle: Google\nIndentWidth: 4\n",
    "README.md": "# Title\n\nSee [the page](docs/page.md#a-heading), [here](#title), `[code](is/not/a.link)`.\n",
    "docs/page.md": "# Page\n\n## A heading\n\n[up](../README.md)\n",
    "common/base/CMakeLists.txt": "cairn_library(base SOURCES a.cc)\n",
    "common/base/a.h": "// Says why.\n#pragma once\n#include <mutex>\n",
    "common/base/a.cc": '#include "common/base/a.h"\n\n#include <chrono>\n\n'
                        '// std::thread in a comment, docs/page.md, "A heading"\n'
                        'const char* text = "std::thread t; // time(nullptr)";\n'
                        "Clock& clock();\nlong a(Clock& c) { return clock().time(0) + state.open(1) + 1'000'000; }\n",
    "common/wire/CMakeLists.txt": "include(wire.cmake)\n",
    "common/wire/wire.cmake": "# The wire.\ncairn_library(wire\n  SOURCES w.cc  # one file\n  DEPS base)\n",
    "common/wire/w.h": '#pragma once\n#include "common/base/a.h"\n',
    "common/wire/w.cc": '#include "common/wire/w.h"\n',
    "common/runtime/asio/CMakeLists.txt": "cairn_library(runtime_asio SOURCES m.cc DEPS base)\n",
    "common/runtime/asio/m.cc": "#include <sys/socket.h>\n\nauto now = std::chrono::steady_clock::now();\n",
    "node/txn/CMakeLists.txt": "cairn_library(txn SOURCES t.cc DEPS wire)\n",
    "node/txn/t.cc": '#include "common/base/a.h"\n#include "common/wire/w.h"\n',
    "node/CMakeLists.txt": "cairn_program(cairnd SOURCES main.cc DEPS txn)\n",
    "node/main.cc": '#include "common/runtime/asio/m.h"\n\nauto home = std::getenv("HOME");\n',
    "common/runtime/asio/m.h": "#pragma once\n",
    "operator/plan/CMakeLists.txt": "cairn_library(plan SOURCES p.cc DEPS base)\n",
    "operator/plan/p.cc": '#include "common/base/a.h"\n',
    "operator/plan/p.h": "#pragma once\n",
    "tests/unit/a_test.cc": '#include "node/txn/t.h"\n#include "operator/plan/p.h"\n\n#include <thread>\n',
    "node/txn/t.h": "#pragma once\n",
}
CLEAN["node/txn/t.cc"] = '#include "node/txn/t.h"\n\n' + CLEAN["node/txn/t.cc"]
CLEAN["common/runtime/asio/m.cc"] = '#include "common/runtime/asio/m.h"\n\n' + CLEAN["common/runtime/asio/m.cc"]
CLEAN["operator/plan/p.cc"] = '#include "operator/plan/p.h"\n\n' + CLEAN["operator/plan/p.cc"]

BASE_CC = '#include "common/base/a.h"\n\n'


def in_base(code):
    return {"common/base/a.cc": BASE_CC + code + "\n"}


# (name, files over the clean tree, rule, part of the sentence)
PLANTED = [
    ("include upward", {"common/base/a.cc": BASE_CC + '#include "common/wire/w.h"\n'}, "include", "not in the DEPS of base"),
    ("include across", {"node/txn/t.cc": '#include "node/txn/t.h"\n\n#include "operator/plan/p.h"\n'}, "include",
     "node/ must not include"),
    ("include of tests", {"common/wire/w.cc": '#include "common/wire/w.h"\n\n#include "tests/unit/a_test.cc"\n'}, "include",
     "must not include"),
    ("include of nothing", {"common/base/a.cc": BASE_CC + '#include "a.h"\n'}, "include", "is not a file"),
    ("program includes operator", {"node/main.cc": '#include "operator/plan/p.h"\n'}, "include", "node/ must not include"),
    ("file without library", {"node/lost/x.cc": "int x;\n"}, "deps", "belongs to no"),
    ("file that is not built", {"common/wire/x.cc": "int x;\n"}, "deps", "never built"),
    ("unknown dep", {"common/wire/wire.cmake": "cairn_library(wire SOURCES w.cc DEPS base nowhere)\n"}, "deps", "'nowhere'"),
    ("dep upward", {"common/wire/wire.cmake": "cairn_library(wire SOURCES w.cc DEPS base plan)\n"}, "deps",
     "must not depend on plan"),
    ("circle", {"common/base/CMakeLists.txt": "cairn_library(base SOURCES a.cc DEPS wire)\n"}, "deps", "circle: base -> wire"),
    ("steady_clock", in_base("auto t = std::chrono::steady_clock::now();"), "reality", "steady_clock"),
    ("clock_gettime", in_base("void f() { clock_gettime(CLOCK_REALTIME, &t); }"), "reality", "clock_gettime"),
    ("time()", in_base("auto t = std::time(nullptr);"), "reality", "std::time"),
    ("sleep", in_base("void f() { x::sleep_for(1); }"), "reality", "sleep_for"),
    ("random header", in_base("#include <random>"), "reality", "<random>"),
    ("random_device", in_base("std::random_device d;"), "reality", "random_device"),
    ("rand", in_base("int r = rand();"), "reality", "rand"),
    ("mt19937", in_base("std::mt19937_64 m;"), "reality", "mt19937"),
    ("thread", in_base("std::thread t;"), "reality", "std::thread"),
    ("jthread", in_base("std::jthread t;"), "reality", "std::jthread"),
    ("async", in_base("auto f = std::async(g);"), "reality", "std::async"),
    ("pthread", in_base("int r = pthread_create(&t);"), "reality", "pthread_create"),
    ("thread_local", in_base("thread_local int x;"), "reality", "thread_local"),
    ("socket header", in_base("#include <sys/socket.h>"), "reality", "<sys/socket.h>"),
    ("socket call", in_base("int s = ::socket(1, 2, 3);"), "reality", "::socket"),
    ("asio timer", in_base("#include <asio/steady_timer.hpp>"), "reality", "<asio/steady_timer.hpp>"),
    ("fstream", in_base("#include <fstream>"), "reality", "<fstream>"),
    ("fopen", in_base('auto f = fopen("a", "r");'), "reality", "fopen"),
    ("::open", in_base('int f = ::open("a", 0);'), "reality", "::open"),
    ("filesystem", in_base("std::filesystem::path p;"), "reality", "filesystem"),
    ("output", in_base('void f() { std::cerr << "x"; }'), "reality", "std::cerr"),
    ("environment", in_base('auto h = std::getenv("HOME");'), "reality", "getenv"),
    ("program with a socket", {"node/main.cc": "int s = ::socket(1, 2, 3);\n"}, "reality", "::socket"),
    ("dead link", {"docs/page.md": "# Page\n\n## A heading\n\n[x](gone.md)\n"}, "link", "docs/gone.md"),
    ("dead anchor", {"README.md": "# T\n\n[x](docs/page.md#none)\n"}, "link", "#none"),
    ("dead reference link", {"README.md": "# T\n\n[x][1]\n\n[1]: docs/gone.md\n"}, "link", "docs/gone.md"),
    ("dead page in a comment", in_base("// docs/gone.md has it"), "link", "names docs/gone.md"),
    ("dead heading in a comment", in_base('// docs/page.md, "Gone"'), "link", "no such heading"),
    ("dead page in CMake", {"common/CMakeLists.txt": "# docs/gone.md\n"}, "link", "names docs/gone.md"),
    ("word", in_base("// TODO: later"), "word", "TODO"),
    ("word in a script", {"tools/x": "# FIXME\n"}, "word", "FIXME"),
    ("word XXX", in_base("// XXX"), "word", "XXX"),
    ("word HACK", in_base("// HACK"), "word", "HACK"),
    ("machine path", {"docs/page.md": "# Page\n\n## A heading\n\nin /root/x\n"}, "word", "/root/"),
    ("machine path in code", in_base('const char* p = "/work/main";'), "word", "/work/"),
    ("long file", in_base("int x;\n" * 601), "shape", "lines"),
    ("no pragma once", {"common/wire/w.h": '#include "common/base/a.h"\n'}, "shape", "#pragma once"),
    ("own header late", {"common/wire/w.cc": '#include "common/base/a.h"\n#include "common/wire/w.h"\n'}, "shape", "comes first"),
    ("format", in_base("int   x   ;"), "format", "would change"),
]


def plant(folder, files):
    for path, content in files.items():
        file = pathlib.Path(folder, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)


def run(findings):
    """(name, problem or None) for the clean tree and each planted violation."""
    with tempfile.TemporaryDirectory() as folder:
        plant(folder, CLEAN)
        found = [str(f) for f in findings(Tree(folder), False)]
        yield "clean tree", "found: " + "; ".join(found) if found else None
    for name, files, rule, part in PLANTED:
        with tempfile.TemporaryDirectory() as folder:
            plant(folder, {**CLEAN, **files})
            found = list(findings(Tree(folder), rule == "format"))
            hit = any(f.rule == rule and part in f.text and f.path in files for f in found)
            # A planted violation is one violation: a rule that fires on its neighbours fires too often.
            stray = [str(f) for f in found if f.rule not in (rule, "format")]
            if not hit:
                yield name, f"not found: [{rule}] ... {part}"
            else:
                yield name, "found besides: " + "; ".join(stray) if stray else None
