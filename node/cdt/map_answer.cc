#include <algorithm>

#include "node/cdt/encoder.h"
#include "node/cdt/pick.h"
#include "node/cdt/ranking.h"

namespace cairn::cdt {
namespace {

class MapAnswer {
public:
    MapAnswer(View& map, const Selection& selection, Question question, Memory& memory)
        : map_(map), selection_(selection), question_(question), memory_(memory), n_(map.count()), run_(selection.run) {
        uninvert();
    }

    ResultCode run(ParticleValue& result) {
        switch (question_.want) {
            case Want::none: return ResultCode::ok;
            case Want::count: result = integer_answer(count(), memory_); return ResultCode::ok;
            case Want::exists: result = boolean_answer(exists(), memory_); return ResultCode::ok;
            case Want::index:
            case Want::reverse_index:
                result = question_.single ? one_position(one_index()) : indexes();
                return ResultCode::ok;
            case Want::rank:
            case Want::reverse_rank:
                if (selection_.positions == Positions::index_items) return ResultCode::op_not_applicable;
                result = question_.single ? one_position(one_rank()) : ranks();
                return ResultCode::ok;
            case Want::key:
            case Want::value:
            case Want::key_value:
            case Want::unordered_map:
            case Want::ordered_map: result = question_.single ? one_entry() : entries(); return ResultCode::ok;
            case Want::index_range:
            case Want::reverse_index_range:
            case Want::rank_range:
            case Want::reverse_rank_range: return range(result);
        }
        return ResultCode::op_not_applicable;
    }

private:
    /// What an inverted run leaves may be a run itself: then it is answered like one.
    void uninvert() {
        inverted_ = question_.inverted;
        if (!inverted_) return;
        switch (selection_.positions) {
            case Positions::index:
            case Positions::rank: {
                const Runs left = runs_of(run_, true, n_);
                if (left.size > 1) return;
                run_ = left.size == 1 ? left.run[0] : Run{0, 0};
                inverted_ = false;
                return;
            }
            case Positions::value:
                if (run_.count != 0) return;
                run_ = {0, n_};
                everything_ = true;
                inverted_ = false;
                return;
            default: return;
        }
    }

    bool reversed() const { return is_reversed(question_.want); }
    bool by_index() const { return selection_.positions == Positions::index || everything_; }
    bool by_rank() const { return selection_.positions == Positions::rank; }
    bool by_items() const {
        return selection_.positions == Positions::index_items || selection_.positions == Positions::rank_items;
    }

    /// Indexes of the selected entries, ascending.
    std::vector<uint32_t> chosen() { return selection_.chosen(map_, question_.inverted); }
    std::vector<uint32_t> by_rank_order() { return Ranking(map_).entries(run_.start, run_.start + run_.count); }

    int64_t count() {
        if (by_items()) return int64_t(chosen().size());
        return inverted_ ? n_ - run_.count : run_.count;
    }
    bool exists() {
        // As the reference has it.
        const bool sees_rest = by_items() || (by_index() && map_.ordered());
        if (inverted_ && !sees_rest) return run_.count == 0 && n_ != 0;
        return count() > 0;
    }

    std::optional<uint32_t> one_index() {
        if (run_.count == 0) return std::nullopt;
        if (by_rank()) return by_rank_order()[0];
        return selection_.positions == Positions::value ? selection_.indexes[0] : run_.start;
    }
    std::optional<uint32_t> one_rank() {
        if (run_.count == 0) return std::nullopt;
        return by_index() ? Ranking(map_).rank_of(run_.start) : run_.start;
    }
    ParticleValue one_position(std::optional<uint32_t> position) {
        return position_answer(position, n_, reversed(), memory_);
    }
    ParticleValue one_entry() {
        const auto index = one_index();
        if (is_map(question_.want)) {
            const Run run = {index.value_or(0), index ? 1u : 0u};
            return entries_answer(map_, std::span(&run, 1), question_.want, memory_);
        }
        if (!index) return {};
        return value_answer(question_.want == Want::key ? map_.key(*index) : map_.value(*index), memory_);
    }

    ParticleValue runs() { return list_answer(runs_of(run_, inverted_, n_).all(), n_, reversed(), memory_); }
    ParticleValue positions(std::vector<uint32_t> list) {
        return positions_answer(std::move(list), n_, reversed(), memory_);
    }

    ParticleValue indexes() {
        if (by_index()) return runs();
        if (by_rank() && !inverted_) return positions(by_rank_order());
        if (selection_.positions == Positions::index_items) {
            if (!inverted_) return positions(positions_of(selection_.items));
            // As the reference has it.
            if (!map_.ordered()) return list_answer(runs_beside(selection_.items, n_), n_, reversed(), memory_);
        }
        return positions(chosen());
    }

    ParticleValue ranks() {
        if (by_index()) {
            const Runs selected = runs_of(run_, inverted_, n_);
            return selected.total() == n_ ? runs() : positions(ranks_of(selected));
        }
        if (selection_.positions != Positions::rank_items) return runs();
        if (!inverted_) return positions(positions_of(selection_.items));
        return list_answer(runs_beside(selection_.items, n_), n_, reversed(), memory_);
    }
    std::vector<uint32_t> ranks_of(const Runs& selected) {
        if (selected.total() == 0) return {};
        return values_at(Ranking(map_).ranks(), selected.all());
    }

    ParticleValue entries() {
        const Want want = question_.want;
        if (by_index()) return entries_answer(map_, runs_of(run_, inverted_, n_).all(), want, memory_);
        if (by_rank() && !inverted_ && want != Want::ordered_map) {
            return entries_answer(map_, by_rank_order(), want, memory_);
        }
        return entries_answer(map_, chosen(), want, memory_);
    }

    ResultCode range(ParticleValue& result) {
        const bool of_index = question_.want == Want::index_range || question_.want == Want::reverse_index_range;
        const bool known = of_index == (selection_.positions == Positions::index);
        if (by_items() || inverted_ || !known) return ResultCode::op_not_applicable;
        // As the reference has it.
        const bool refused = selection_.by_key_interval && !map_.ordered();
        if (n_ == 0 && question_.inverted && of_index && refused) return ResultCode::op_not_applicable;
        if (n_ == 0 && reversed() && selection_.by_value_interval) {
            result = pair_answer(-1, 0, memory_);
            return ResultCode::ok;
        }
        if (question_.single && run_.count == 0 && of_index) {
            result = pair_answer(-1, 0, memory_);
            return ResultCode::ok;
        }
        const bool from_end = reversed() && run_.count != 0;
        result = pair_answer(from_end ? n_ - run_.start - run_.count : run_.start, run_.count, memory_);
        return ResultCode::ok;
    }

    View& map_;
    const Selection& selection_;
    const Question question_;
    Memory& memory_;
    const uint32_t n_;
    Run run_;
    bool inverted_ = false;    // still, after uninvert()
    bool everything_ = false;  // no value was found, and the rest is asked for
};

}  // namespace

ResultCode answer_from_map(View& map, const Selection& selection, Question question, Memory& memory,
                           ParticleValue& result) {
    return MapAnswer(map, selection, question, memory).run(result);
}

}  // namespace cairn::cdt
