#pragma once
#include <deque>
#include <utility>

#include "common/base/check.h"
#include "common/runtime/loop.h"

namespace cairn::txn {

/// A loop that turns when it is told to, for what is posted and nothing else.
class Turns final : public runtime::Loop {
public:
    explicit Turns(runtime::Clock& clock) : clock_(clock) {}

    void run() {
        while (!posted_.empty()) {
            runtime::Work work = std::move(posted_.front());
            posted_.pop_front();
            work();
        }
    }

    runtime::Clock& clock() override { return clock_; }
    void post(runtime::Work work) override { posted_.push_back(std::move(work)); }
    runtime::Random& random() override { nothing_else(); }
    std::unique_ptr<runtime::Timer> make_timer() override { nothing_else(); }
    asio::any_io_executor executor() override { nothing_else(); }
    void connect(const runtime::Endpoint&, Connected, Duration) override { nothing_else(); }
    void resolve(const std::string&, std::move_only_function<void(Result<std::vector<std::string>>)>) override {
        nothing_else();
    }

private:
    [[noreturn]] static void nothing_else() {
        CAIRN_CHECK(false);
        std::abort();
    }

    runtime::Clock& clock_;
    std::deque<runtime::Work> posted_;
};

}  // namespace cairn::txn
