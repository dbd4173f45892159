#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::sim {

/// What the users of a cluster may find: they ask, are told, and look. Every check gives in words what cannot be, or
/// nothing. With `lossy`, acknowledged changes may be missing (both sides of a split were written), but nothing may be
/// there that nobody asked for, or more often than it was asked for.

/// A record that one user alone changes, one change at a time. Each change has a number, which a write leaves there.
class OwnRecord {
public:
    /// @return  the number of the change.
    int64_t begin(bool removes) {
        removes_.push_back(removes);
        return asked();
    }
    /// The last change never was.
    void refused() { removes_.pop_back(); }
    /// The last change is there.
    void acknowledged() { acknowledged_ = asked(); }

    int64_t asked() const { return static_cast<int64_t>(removes_.size()); }
    /// @param value  the number that is there; nothing: no record is.
    std::optional<std::string> check(std::optional<int64_t> value, bool lossy) const;

private:
    std::vector<bool> removes_;  // by number - 1
    int64_t acknowledged_ = 0;
};

/// A number that many users add 1 to.
class SharedCounter {
public:
    void acknowledged() { ++acknowledged_; }
    void in_doubt() { ++in_doubt_; }
    /// While nobody else does anything.
    std::optional<std::string> check(int64_t value, bool lossy) const;

private:
    int64_t acknowledged_ = 0;
    int64_t in_doubt_ = 0;
};

/// A text that many users append words to, each word once.
class SharedSet {
public:
    /// @return  a word that was never given before, with its end.
    std::string make_word(size_t user);
    void refused(const std::string& word) { *find(word) = State::refused; }
    void acknowledged(const std::string& word);
    /// Only those that a reading that begins now has to find.
    size_t acknowledged_count() const { return order_.size(); }
    size_t size() const { return states_.size(); }
    /// @param at_least  of the acknowledged words, so many in their order have to be there.
    std::optional<std::string> check(std::string_view text, size_t at_least, bool lossy) const;

private:
    enum class State : uint8_t { made, refused, acknowledged };
    static std::optional<size_t> number_in(std::string_view word);
    State* find(std::string_view word) { return &states_[number_in(word).value()]; }

    std::vector<State> states_;  // by the number of the word
    std::vector<size_t> order_;
};

}  // namespace cairn::sim
