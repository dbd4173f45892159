// Configuration files: what is accepted can be printed and read back as the same; what is not says why.
// A last line that begins with '$' is a variable of the environment.
#include "common/base/check.h"
#include "node/config/load.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace cairn;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    config::Environment environment;
    if (const size_t at = text.rfind("\n$"); at != text.npos) {
        const std::string_view line = text.substr(at + 2);
        const size_t equals = line.find('=');
        if (equals != line.npos) environment.emplace_back(line.substr(0, equals), line.substr(equals + 1));
        text = text.substr(0, at + 1);
    }
    const auto loaded = config::load(text, "fuzz.yaml", environment);
    if (!loaded) {
        CAIRN_CHECK(!loaded.error().detail.empty());
        return 0;
    }
    const std::string printed = config::print(*loaded);
    const auto again = config::load(printed, "printed.yaml", {});
    CAIRN_CHECK(again.has_value());
    CAIRN_CHECK(*again == *loaded);
    return 0;
}
