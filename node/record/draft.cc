#include "node/record/draft.h"

#include <bit>

#include "common/base/hash.h"

namespace cairn::record {
namespace {

constexpr size_t kWide = 32;               // bins from which names are looked up by hash
constexpr size_t kKeptBinsMax = 4096;      // larger views are given back after use

}  // namespace

void Draft::begin(const Head* old) {
    if (bins_.capacity() > kKeptBinsMax) std::vector<Bin>().swap(bins_);
    clear();
    memory_.reset();
    if (old == nullptr) return;
    BinWalk walk = walk_bins(*old);
    Bin bin;
    while (walk.next(bin)) bins_.push_back(bin);
    live_ = bins_.size();
}

Bin* Draft::find(std::string_view name) {
    Bin* bin = find_slot(name);
    return bin != nullptr && bin->type != Particle::null ? bin : nullptr;
}

Bin* Draft::find_slot(std::string_view name) {
    if (bins_.size() < kWide) {
        for (Bin& bin : bins_) {
            if (bin.name == name) return &bin;
        }
        return nullptr;
    }
    if (!named_) index_names();
    const size_t mask = names_.size() - 1;
    for (size_t slot = hash64(as_bytes(name)) & mask; names_[slot] != 0; slot = (slot + 1) & mask) {
        Bin& bin = bins_[names_[slot] - 1];
        if (bin.name == name) return &bin;
    }
    return nullptr;
}

void Draft::index_names() {
    names_.assign(std::bit_ceil(bins_.size() * 4), 0);
    const size_t mask = names_.size() - 1;
    for (uint32_t i = 0; i < bins_.size(); ++i) {
        size_t slot = hash64(as_bytes(bins_[i].name)) & mask;
        while (names_[slot] != 0) slot = (slot + 1) & mask;
        names_[slot] = i + 1;
    }
    named_ = true;
}

void Draft::set(std::string_view name, Particle type, Bytes value) {
    if (Bin* bin = find_slot(name)) {
        if (bin->type == Particle::null) ++live_;
        bin->type = type;
        bin->value = value;
        return;
    }
    bins_.push_back({name, type, value});
    ++live_;
    if (!named_) return;
    if (bins_.size() * 2 > names_.size()) {
        named_ = false;
        return;
    }
    const size_t mask = names_.size() - 1;
    size_t slot = hash64(as_bytes(name)) & mask;
    while (names_[slot] != 0) slot = (slot + 1) & mask;
    names_[slot] = static_cast<uint32_t>(bins_.size());
}

void Draft::remove(std::string_view name) {
    Bin* bin = find(name);
    if (bin == nullptr) return;
    bin->type = Particle::null;
    --live_;
}

void Draft::clear() {
    bins_.clear();
    live_ = 0;
    named_ = false;
}

size_t Draft::stored_size() const {
    size_t size = 0;
    for_each([&](const Bin& bin) { size += bin.stored_size(); });
    return size;
}

uint8_t* Draft::store(uint8_t* at) const {
    for_each([&](const Bin& bin) { at = bin.store(at); });
    return at;
}

}  // namespace cairn::record
