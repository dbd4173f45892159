#include <algorithm>

#include "node/cdt/pick.h"
#include "node/cdt/ranking.h"

namespace cairn::cdt {
namespace {

class ListAnswer {
public:
    ListAnswer(View& list, const Selection& selection, Question question, Memory& memory)
        : list_(list), selection_(selection), question_(question), memory_(memory), n_(list.count()) {}

    ResultCode run(ParticleValue& result) {
        switch (question_.want) {
            case Want::none: return ResultCode::ok;
            case Want::count: result = integer_answer(count(), memory_); return ResultCode::ok;
            case Want::exists: result = boolean_answer(exists(), memory_); return ResultCode::ok;
            case Want::index:
            case Want::reverse_index: result = question_.single ? one_position(one_index()) : indexes(); break;
            case Want::rank:
            case Want::reverse_rank: result = question_.single ? one_position(one_rank()) : ranks(); break;
            case Want::value: result = question_.single ? one_value() : values(); break;
            case Want::index_range:
            case Want::reverse_index_range: return range(Positions::index, result);
            case Want::rank_range:
            case Want::reverse_rank_range: return range(Positions::rank, result);
            default: return ResultCode::op_not_applicable;
        }
        return too_big_ ? ResultCode::record_too_big : ResultCode::ok;
    }

private:
    bool reversed() const { return is_reversed(question_.want); }
    bool inverted() const { return question_.inverted; }
    bool by_items() const {
        return selection_.positions == Positions::index_items || selection_.positions == Positions::rank_items;
    }
    bool is_by_rank() const {
        return selection_.positions == Positions::rank || selection_.positions == Positions::value;
    }
    bool by_index() const { return selection_.positions == Positions::index; }

    std::vector<uint32_t> chosen() { return selection_.chosen(list_, inverted()); }

    int64_t count() {
        if (by_items()) {
            if (inverted() || !list_.ordered()) return int64_t(chosen().size());
            int64_t sum = 0;
            for (const Run& item : selection_.items) sum += item.count;
            return sum;
        }
        return inverted() ? n_ - selection_.run.count : selection_.run.count;
    }

    bool exists() {
        if (inverted() && selection_.run.count != 0 && is_by_rank()) return false;  // as the reference has it
        if (inverted() && selection_.positions == Positions::value) return true;
        return count() > 0;
    }

    std::optional<uint32_t> one_index() {
        const Run run = selection_.run;
        if (run.count == 0) return std::nullopt;
        switch (selection_.positions) {
            case Positions::rank: return Ranking(list_).heap_entries(run.start, run.start + 1)[0];
            case Positions::value: return selection_.indexes[0];
            default: return run.start;
        }
    }
    std::optional<uint32_t> one_rank() {
        if (selection_.run.count == 0) return std::nullopt;
        if (by_index() && !list_.ordered()) return Ranking(list_).first_rank_of(selection_.run.start);
        return selection_.run.start;
    }
    ParticleValue one_position(std::optional<uint32_t> position) {
        return position_answer(position, n_, reversed(), memory_);
    }
    ParticleValue one_value() {
        const auto index = one_index();
        return index ? value_answer(list_.value(*index), memory_) : ParticleValue{};
    }

    ParticleValue runs() { return list_answer(runs_of(selection_.run, inverted(), n_).all(), n_, reversed(), memory_); }
    ParticleValue positions(std::vector<uint32_t> list) {
        return positions_answer(std::move(list), n_, reversed(), memory_);
    }
    ParticleValue indexes() {
        if (by_index()) return runs();
        if (selection_.positions == Positions::index_items && !inverted()) {
            return list_answer(selection_.items, n_, reversed(), memory_);
        }
        return positions(chosen());
    }

    ParticleValue ranks() {
        switch (selection_.positions) {
            case Positions::index: {
                const Runs selected = runs_of(selection_.run, inverted(), n_);
                if (list_.ordered() || selected.total() == n_) return runs();
                return positions(ranks_of(selected));
            }
            case Positions::rank:
            case Positions::value: return runs();
            case Positions::index_items: return indexes();
            case Positions::rank_items: return item_ranks();
        }
        return {};
    }
    std::vector<uint32_t> ranks_of(const Runs& selected) {
        if (selected.total() == 0) return {};
        return values_at(Ranking(list_).first_ranks(), selected.all());
    }
    ParticleValue item_ranks() {
        if (!inverted()) return positions(positions_of(selection_.items));
        return list_answer(runs_beside(selection_.items, n_), n_, reversed(), memory_);
    }

    ParticleValue values() {
        if (by_index()) {
            return entries_answer(list_, runs_of(selection_.run, inverted(), n_).all(), Want::value, memory_);
        }
        if (!inverted() && selection_.positions == Positions::rank) {
            const Run run = selection_.run;
            return entries_answer(list_, Ranking(list_).heap_entries(run.start, run.start + run.count), Want::value,
                                  memory_);
        }
        if (!inverted() && selection_.positions == Positions::index_items) {
            too_big_ = total_size(selection_.items) > kAnswerMax;
            return too_big_ ? ParticleValue{} : entries_answer(list_, selection_.items, Want::value, memory_);
        }
        return entries_answer(list_, chosen(), Want::value, memory_);
    }
    size_t total_size(std::span<const Run> items) {
        size_t size = 0;
        for (const Run& item : items) size += list_.entries(item.start, item.start + item.count).size();
        return size;
    }

    ResultCode range(Positions kind, ParticleValue& result) {
        const Run run = selection_.run;
        const bool known = list_.ordered() || selection_.positions == kind ||
                           (kind == Positions::rank && selection_.positions == Positions::value);
        if (by_items()) return ResultCode::op_not_applicable;
        if (inverted()) {
            if (selection_.positions != Positions::rank || run.count != n_) return ResultCode::op_not_applicable;
            result = pair_answer(0, 0, memory_);
            return ResultCode::ok;
        }
        if (!known && (question_.single || run.count != 0)) return ResultCode::op_not_applicable;
        const bool from_end = reversed() && (run.count != 0 || (question_.single && !list_.ordered()));
        result = pair_answer(from_end ? n_ - run.start - run.count : run.start, run.count, memory_);
        return ResultCode::ok;
    }

    static constexpr size_t kAnswerMax = 64 << 20;

    View& list_;
    const Selection& selection_;
    const Question question_;
    Memory& memory_;
    const uint32_t n_;
    bool too_big_ = false;
};

}  // namespace

ResultCode answer_from_list(View& list, const Selection& selection, Question question, Memory& memory,
                            ParticleValue& result) {
    return ListAnswer(list, selection, question, memory).run(result);
}

}  // namespace cairn::cdt
