#include "node/cdt/path.h"

#include <algorithm>

#include "node/cdt/encoder.h"
#include "node/cdt/range.h"
#include "node/cdt/ranking.h"
#include "node/cdt/selection.h"
#include "node/cdt/write.h"

namespace cairn::cdt {
namespace {

namespace msgpack = record::msgpack;
using msgpack::Element;
using msgpack::Reader;
using msgpack::Type;
using record::Memory;

/// How a step creates collections.
constexpr uint8_t kCreatePadded = 2, kCreateOrdered = 3;  // lists: with nils up to the index; ordered

/// Bytes that the steps of one context may pass: each level of a deep value has all levels below it to pass.
constexpr size_t kWalkedMax = 64 << 20;

uint8_t created_flags(const Step& step, bool map) {
    if (!map) return step.create == kCreateOrdered ? msgpack::flag::ordered : uint8_t{0};
    switch (step.create) {
        case 2: return msgpack::flag::ordered;
        case 3: return msgpack::flag::ordered | msgpack::flag::value_ordered;
        default: return 0;
    }
}

Bytes join(Bytes whole, Bytes part, Bytes replacement, Memory& memory) {
    const size_t before = size_t(part.data() - whole.data());
    const Bytes after = whole.subspan(before + part.size());
    Encoder out(memory, before + replacement.size() + after.size());
    out.bytes(whole.first(before));
    out.bytes(replacement);
    out.bytes(after);
    return out.written();
}

}  // namespace

ResultCode Path::walk(Bytes root, Context context, bool creates, Memory& memory) {
    root_ = target_ = root;
    creates_ = creates;
    size_t walked = 0;
    while (!context.empty()) {
        Step step;
        Level level = {};
        if (const ResultCode code = context.next(step); code != ResultCode::ok) return code;
        const ResultCode code = target_.empty() ? step_into_new(step, level) : step_into(step, level, walked);
        if (code != ResultCode::ok) return code;
        levels_.push_back(level);
        target_ = level.value;
        if (levels_.size() >= msgpack::kDepthMax) return ResultCode::op_not_applicable;
        if (walked > kWalkedMax) return ResultCode::record_too_big;
    }
    memory.charge(walked);
    return ResultCode::ok;
}

ResultCode Path::step_into(const Step& step, Level& level, size_t& walked) {
    Element header;
    CAIRN_CHECK(Reader(target_).next(header));
    if (!header.container()) return ResultCode::op_not_applicable;
    level.map = header.type == Type::map;
    if ((level.map && step.list_only) || (!level.map && step.map_only)) return ResultCode::op_not_applicable;
    level.collection = target_;
    View view(target_);
    const ResultCode code = find(view, step, level);
    if (code != ResultCode::ok) return code;
    if (level.exists) {
        level.value = view.value(level.index);
        walked += view.walked();
        return ResultCode::ok;
    }
    if (!creates_ || step.create == 0) return ResultCode::op_not_applicable;
    return find_new(view, step, level);
}

/// Looks for the value a step names.
ResultCode Path::find(View& view, const Step& step, Level& level) {
    const uint32_t n = view.count();
    switch (step.base) {
        case StepBase::index:
        case StepBase::rank: {
            const auto position = resolve(step.index(), n);
            level.exists = position.has_value();
            if (!position) break;
            const bool by_index = step.base == StepBase::index || (!view.map() && view.ordered());
            level.index = by_index     ? *position
                          : view.map() ? Ranking(view).entries(*position, *position + 1)[0]
                                       : Ranking(view).heap_entries(*position, *position + 1)[0];
            break;
        }
        case StepBase::key: {
            if (!view.map()) return ResultCode::op_not_applicable;
            const Place place = view.find_key(step.argument);
            level.exists = place.found && !is_wildcard(step.argument);
            level.index = place.index;
            break;
        }
        case StepBase::value: {
            const ValueRange range = find_values(view, step.argument);
            level.exists = !range.equal.empty();
            if (level.exists) level.index = range.equal[0];
            break;
        }
    }
    return ResultCode::ok;
}

/// Chooses the place of a new value.
ResultCode Path::find_new(View& view, const Step& step, Level& level) {
    if (view.map()) {
        if (step.base != StepBase::key) return ResultCode::op_not_applicable;
        level.key = step.argument;
        return ResultCode::ok;
    }
    if (step.base != StepBase::index) return ResultCode::op_not_applicable;
    const int64_t index = step.index();
    const uint32_t n = view.count();
    if (index < 0 && (index != -1 || n != 0)) return ResultCode::op_not_applicable;
    if (index > n && !view.ordered() && step.create != kCreatePadded) return ResultCode::op_not_applicable;
    if (index > int64_t(kCollectionMax)) return ResultCode::record_too_big;
    level.index = index < 0 ? 0 : uint32_t(index);
    return ResultCode::ok;
}

ResultCode Path::step_into_new(const Step& step, Level& level) {
    if (!creates_ || (levels_.empty() ? step.create == 0 : step.persist)) return ResultCode::op_not_applicable;
    level.map = step.base == StepBase::key;
    if (!level.map && step.map_only) return ResultCode::op_not_applicable;
    level.flags = created_flags(step, level.map);
    View view(level.map, level.flags);
    return find_new(view, step, level);
}

ResultCode Path::put(const Level& level, uint32_t depth, Bytes value, Memory& memory, Bytes& collection) {
    View view = level.collection.empty() ? View(level.map, level.flags) : View(level.collection);
    Outcome outcome;
    const Target target = {view, depth, memory, outcome};
    ResultCode code = ResultCode::ok;
    const uint32_t n = view.count();
    if (level.map) {
        Bytes key;
        code = to_stored_key(level.key, memory, key);
        if (code != ResultCode::ok) return code;
        const uint32_t at = view.find_key(key).index;
        code = target.splice(at, at, 1, {key, value});
    } else if (!view.ordered()) {
        const uint32_t gap = level.index - n;
        Encoder nils(memory, gap);
        for (uint32_t i = 0; i < gap; ++i) nils.nil();
        code = target.splice(n, n, gap + 1, {nils.written(), value});
    } else {
        // A changed element leaves its place; a new one had none.
        view.load();
        const uint32_t without = level.exists ? level.index : n;
        std::vector<Bytes> parts;
        uint32_t at = view.upper_bound(value);
        if (at <= without) {
            parts = {view.entries(0, at), value, view.entries(at, without)};
            if (without != n) parts.push_back(view.entries(without + 1, n));
        } else {
            parts = {view.entries(0, without), view.entries(without + 1, at), value, view.entries(at, n)};
        }
        code = target.replace(view.flags(), n + (level.exists ? 0 : 1), parts);
    }
    collection = outcome.value;
    return code;
}

ResultCode Path::replace_in_root(Bytes replaced, Bytes value, Memory& memory, Bytes& root) const {
    View view(root_);
    if (view.places().count() == 0) {
        root = join(root_, replaced, value, memory);
        return ResultCode::ok;
    }
    const uint32_t index = levels_[0].index;
    const auto before = uint32_t(replaced.data() - view.body().data());
    const auto size_before = uint32_t(view.entry(index).size());
    const record::EntryChange change = {
        index, index + 1, 1, view.start(index), size_before, uint32_t(size_before - replaced.size() + value.size())};
    const Bytes parts[] = {view.body().first(before), value, view.body().subspan(before + replaced.size())};
    Outcome outcome;
    const Target target = {view, 1, memory, outcome};
    const ResultCode code = target.replace(view.flags(), view.count(), parts, &change);
    root = outcome.value;
    return code;
}

ResultCode Path::replace(Bytes value, Memory& memory, Bytes& root) {
    // What `value` stands for in the root: most collections on the way stay as they are around it.
    Bytes replaced = levels_.empty() ? root_ : levels_.back().value;
    for (size_t i = levels_.size(); i-- != 0;) {
        const Level& level = levels_[i];
        const bool in_place = level.exists && (level.map || !View(level.collection).ordered());
        if (in_place) continue;
        if (level.exists && replaced.size() != level.value.size()) value = join(level.value, replaced, value, memory);
        const ResultCode code = put(level, uint32_t(i + 1), value, memory, value);
        if (code != ResultCode::ok) return code;
        replaced = level.collection;
    }
    if (root_.empty() || replaced.size() == root_.size()) {
        root = value;
        return ResultCode::ok;
    }
    return replace_in_root(replaced, value, memory, root);
}

}  // namespace cairn::cdt
