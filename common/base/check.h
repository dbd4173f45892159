#pragma once

namespace cairn {

/// Reports a broken invariant of our own code to stderr and aborts. Never for what a peer, disk or user did.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace cairn

/// An invariant of our own, checked in every build: a wrong answer costs more than a restart.
#define CAIRN_CHECK(condition) \
    (__builtin_expect(!!(condition), 1) ? void(0) : ::cairn::check_failed(#condition, __FILE__, __LINE__))
