#include "node/rack_file.h"

#include <algorithm>

namespace cairn {

/// The name in the file, without the white space around it.
Result<std::string> RackFile::read() const {
    const auto content = disk_.read_file(path_);
    if (!content) return std::unexpected(content.error());
    constexpr std::string_view kSpace = " \t\r\n";
    const size_t first = content->find_first_not_of(kSpace);
    if (first == content->npos) return fail("it is empty");
    const std::string name = content->substr(first, content->find_last_not_of(kSpace) + 1 - first);
    const bool printable = std::ranges::all_of(name, [](unsigned char c) { return c >= ' ' && c != 0x7F; });
    if (!printable || name.size() > kNameBytesMax) {
        return fail("it holds more than a name; expected one line of at most " + std::to_string(kNameBytesMax) +
                    " bytes");
    }
    return name;
}

bool RackFile::look() {
    const auto name = read();
    const std::string problem = name ? "" : name.error().detail;
    if (problem != std::exchange(problem_, problem) && !problem.empty()) {
        log_.warning(log::Module::config, "network.rack-id-file names no rack",
                     {{"path", path_}, {"reason", problem}, {"rack", rack_}});
    }
    if (!name) return false;
    const uint32_t rack = *name == "0" ? 0 : names_.id_of(*name);
    if (rack == std::exchange(rack_, rack)) return false;
    log_.info(log::Module::config, "rack", {{"path", path_}, {"name", *name}, {"rack", rack_}});
    return true;
}

runtime::Task<void> watch_rack(runtime::TaskGroup& group, RackFile& file, std::function<void()> changed) {
    while (co_await group.sleep(RackFile::kEvery)) {
        if (file.look()) changed();
    }
}

}  // namespace cairn
