#include "node/storage/openers.h"

#include <cstring>
#include <mutex>

namespace cairn::storage {

void copy_record(const record::Head& record, Buffer& into) {
    into.clear();
    const size_t bytes = size_t{record.units} * record::kUnit;
    std::memcpy(into.append(bytes), &record, bytes);
}

void Openers::take_keys(std::span<const std::unique_ptr<StoreDevice>> devices, size_t count) {
    all_.clear();
    for (size_t i = 0; i < count; ++i) {
        auto opener = std::make_unique<Opener>();
        for (const auto& device : devices) {
            opener->ciphers.push_back(device->make_cipher());
            opener->openers.push_back(std::make_unique<RecordOpener>(opener->ciphers.back().get()));
        }
        all_.push_back(std::move(opener));
    }
}

bool Openers::open(uint32_t device, const record::Head& stored, uint64_t seq, uint32_t unit, Buffer& into) {
    if (!stored.encrypted && !stored.compressed) {
        copy_record(stored, into);
        return true;
    }
    const size_t first = turn_.load(std::memory_order_relaxed) % all_.size();
    Opener* taken = nullptr;
    for (size_t i = 0; i < all_.size() && taken == nullptr; ++i) {
        Opener& opener = *all_[(first + i) % all_.size()];
        if (opener.lock.try_lock()) taken = &opener;
    }
    if (taken == nullptr) {
        taken = all_[turn_.fetch_add(1, std::memory_order_relaxed) % all_.size()].get();
        taken->lock.lock();
    }
    std::lock_guard lock(taken->lock, std::adopt_lock);
    const record::Head* plain = nullptr;
    if (taken->openers[device]->open(stored, seq, unit, plain) != RecordOpener::Outcome::plain) return false;
    copy_record(*plain, into);
    return true;
}

}  // namespace cairn::storage
