#pragma once
#include <CLI/CLI.hpp>

#include <functional>
#include <string>

#include "common/base/result.h"

namespace cairn::ctl {

/// Makes one of the parsers a check of CLI11, which is an empty string or what is wrong.
/// @param keep  takes what was parsed.
template <class T>
CLI::Validator into(Result<T> (*parse)(std::string_view), std::function<void(T)> keep) {
    return CLI::Validator(
        [parse, keep](std::string& text) {
            auto parsed = parse(text);
            if (!parsed) return parsed.error().detail;
            keep(std::move(*parsed));
            return std::string();
        },
        "");
}

}  // namespace cairn::ctl
