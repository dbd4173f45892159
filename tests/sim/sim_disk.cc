#include "tests/sim/sim_disk.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tests/sim/sim_loop.h"

namespace cairn::sim {
namespace {

std::unexpected<Error> not_found(const char* doing, const std::string& path) {
    return fail(ResultCode::not_found, std::string("cannot ") + doing + " '" + path + "': No such file or directory");
}

std::unexpected<Error> no_room(const std::string& doing, const std::string& path) {
    return fail(ResultCode::out_of_space, "cannot " + doing + " '" + path + "': No space left on device");
}

}  // namespace

Result<std::string> SimDisk::read_file(const std::string& path) {
    if (const auto found = files_.find(path); found != files_.end()) return found->second;
    if (auto* device = medium(path); device != nullptr) return std::string(as_text(device->bytes()));
    return not_found("open", path);
}

Result<void> SimDisk::write_file(const std::string& path, std::string_view content) {
    if (writes_to_fail_ > 0) {
        --writes_to_fail_;
        return fail("cannot write '" + path + "': No space left on device");
    }
    const auto old = files_.find(path);
    const uint64_t freed = old == files_.end() ? 0 : old->second.size();
    if (content.size() > freed && content.size() - freed > capacity_ - std::min(used_bytes(), capacity_))
        return no_room("write", path);
    files_[path] = content;
    return {};
}

void SimDisk::write_file_later(runtime::Loop& home, std::string path, std::string content, runtime::Device::Done done) {
    const uint64_t number = ++later_begun_;
    later_.emplace(number,
                   Later{std::move(path), std::move(content), std::move(done), static_cast<SimLoop&>(home).id()});
    scheduler_.after(1us + scheduler_.dice().up_to(shape().delay_max), Scheduler::kNoLoop, [this, number] {
        auto begun = later_.extract(number);
        if (!begun) return;  // the process ended
        Later& later = begun.mapped();
        scheduler_.after(Duration::zero(), later.home,
                         [done = std::move(later.done), outcome = write_file(later.path, later.content)]() mutable {
                             done(std::move(outcome));
                         });
    });
}

Result<void> SimDisk::remove_file(const std::string& path) {
    if (files_.erase(path) + volumes_.erase(path) == 0) return not_found("remove", path);
    return {};
}

Result<std::unique_ptr<runtime::Device>> SimDisk::open_device(const std::string& path,
                                                              const runtime::DeviceOptions& options) {
    auto found = volumes_.find(path);
    const bool exists = found != volumes_.end();
    const uint64_t sector = exists ? found->second->medium().sector() : shape().sector;
    if (!exists && (options.create_bytes == 0 || options.read_only)) return not_found("open", path);
    const uint64_t have = exists ? found->second->medium().size() : 0;
    const uint64_t wanted = options.read_only ? 0 : options.create_bytes - options.create_bytes % sector;
    if (wanted > have && wanted - have > capacity_ - std::min(used_bytes(), capacity_))
        return no_room("reserve " + std::to_string(wanted) + " bytes for", path);
    if (exists && options.exclusive && (found->second->alone > 0 || (!options.read_only && found->second->sharing > 0)))
        return fail("cannot open '" + path + "': it is in use by another process");
    if (!exists)
        found =
            volumes_.emplace(path, std::make_shared<Volume>(scheduler_, *shape_, faults_, struck_, path, wanted)).first;
    else if (wanted > have) found->second->medium().grow(wanted);
    return std::make_unique<SimDevice>(found->second, scheduler_, options);
}

DiskShape& SimDisk::shape() {
    if (!shape_) {
        auto& dice = scheduler_.dice();
        constexpr std::array<uint32_t, 3> sectors{16, 512, 4096};
        constexpr std::array<Duration, 4> delays{1us, 100us, 1ms, 20ms};
        shape_ = DiskShape{sectors[dice.below(sectors.size())], delays[dice.below(delays.size())]};
    }
    return *shape_;
}

uint64_t SimDisk::used_bytes() const {
    uint64_t bytes = 0;
    for (const auto& [path, content] : files_) bytes += content.size();
    for (const auto& [path, volume] : volumes_) bytes += volume->medium().size();
    return bytes;
}

Medium* SimDisk::medium(const std::string& path) {
    const auto found = volumes_.find(path);
    return found == volumes_.end() ? nullptr : &found->second->medium();
}

void SimDisk::kill() {
    for (auto& [number, later] : std::exchange(later_, {})) {
        if (scheduler_.dice().once_in(2)) (void)write_file(later.path, later.content);
    }
    for (const auto& [path, volume] : volumes_) {
        ++volume->process;
        volume->alone = volume->sharing = 0;
        volume->abandon();
    }
}

void SimDisk::wipe() {
    files_.clear();
    volumes_.clear();
}

void SimDisk::lose_power() {
    for (const auto& [path, volume] : volumes_) volume->medium().lose_power(scheduler_.dice());
}

}  // namespace cairn::sim
