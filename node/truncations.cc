#include "node/truncations.h"

#include <charconv>
#include <sstream>

#include "common/base/number.h"

namespace cairn {
namespace {

constexpr std::string_view kAll = "-";
constexpr char kExpiresBefore = '<';

Result<std::string> from_hex(std::string_view text) {
    std::string name;
    for (size_t i = 0; i + 1 < text.size(); i += 2) {
        unsigned value = 0;
        const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
        if (error != std::errc{} || end != text.data() + i + 2) return fail("is not hexadecimal");
        name.push_back(static_cast<char>(value));
    }
    return name;
}

Result<uint32_t> from_decimal(std::string_view text) {
    uint32_t value = 0;
    if (!parse_number(text, value)) return fail("is not a number of seconds");
    return value;
}

}  // namespace

Result<void> Truncations::change(std::atomic<uint64_t>& changed, uint64_t to) {
    const std::lock_guard lock(changing_);
    if (to != 0 && changed.load() >= to) return {};
    if (auto written = write(&changed, to); !written) return written;
    changed.store(to);
    return {};
}

Result<void> Truncations::keep() {
    const std::lock_guard lock(changing_);
    return write(nullptr, 0);
}

Result<void> Truncations::put_in_force(const std::vector<Wanted>& wanted) {
    const std::lock_guard lock(changing_);
    bool on_devices = false;
    for (const auto& [ns, set, time] : wanted) {
        on_devices = on_devices || ns->store != nullptr;
        if (set.empty()) ns->truncate_lut.store(time);
        else ns->sets.truncate(set, time);
        ns->truncations.fetch_add(1, std::memory_order_release);
    }
    return on_devices ? write(nullptr, 0) : Result<void>();
}

Result<void> Truncations::write(const std::atomic<uint64_t>* changed, uint64_t to) {
    std::string text;
    const auto add = [&](const partition::Namespace& ns, std::string_view set, const std::atomic<uint64_t>& lut) {
        if (const uint64_t time = &lut == changed ? to : lut.load(); time != 0) {
            text += std::to_string(time) + " " + ns.name + " " + std::string(set) + "\n";
        }
    };
    for (const auto& ns : state_.namespaces) {
        if (!ns->store) continue;
        add(*ns, kAll, ns->truncate_lut);
        for (const auto& mark : ns->evictions.marks()) {
            text += std::to_string(mark.lut) + " " + ns->name + " " + kExpiresBefore + std::to_string(mark.void_time) +
                    "\n";
        }
        for (uint32_t number = 1; number <= ns->sets.count(); ++number) {
            const auto id = static_cast<partition::SetId>(number);
            if (ns->sets.exists(id)) add(*ns, to_hex(as_bytes(ns->sets.name(id))), ns->sets[id].truncate_lut);
        }
    }
    return disk_.write_file(path_, text);
}

Result<void> Truncations::restore(partition::Namespace& ns) {
    const auto text = disk_.read_file(path_);
    if (!text) {
        if (text.error().code == ResultCode::not_found) return {};
        return std::unexpected(text.error());
    }
    std::istringstream lines(*text);
    uint64_t time = 0;
    std::string name;
    std::string set;
    while (lines >> time >> name >> set) {
        if (name != ns.name) continue;
        if (set == kAll) {
            ns.truncate_lut = time;
            continue;
        }
        if (set.starts_with(kExpiresBefore)) {
            const auto void_time = from_decimal(std::string_view(set).substr(1));
            if (!void_time) return fail("'" + path_ + "': the void-time '" + set + "' " + void_time.error().detail);
            ns.evictions.add({*void_time, time}, 0);
            continue;
        }
        const auto set_name = from_hex(set);
        if (!set_name) return fail("'" + path_ + "': the set '" + set + "' " + set_name.error().detail);
        if (const partition::SetId id = ns.sets.find(*set_name); id != partition::kNoSet) {
            ns.sets[id].truncate_lut = time;
        }
    }
    if (!lines.eof()) {
        return fail("'" + path_ + "' is not a list of truncations; restore it, or remove it and truncate again");
    }
    return {};
}

}  // namespace cairn
