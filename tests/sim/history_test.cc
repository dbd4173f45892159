#include "tests/sim/history.h"

#include <gtest/gtest.h>

namespace cairn::sim {
namespace {

using Kind = Operation::Kind;

TEST(History, ExplainsWhatHappenedOneAfterTheOther) {
    History history;
    history.answer(history.ask({.kind = Kind::put, .value = 5}), ResultCode::ok, 1);
    history.answer(history.ask({.kind = Kind::get}), ResultCode::ok, 1, 5);
    history.answer(history.ask({.kind = Kind::remove}), ResultCode::ok);
    history.answer(history.ask({.kind = Kind::get}), ResultCode::not_found);
    EXPECT_EQ(history.violation(), std::nullopt);
}

TEST(History, FindsAReadOfWhatWasOverwrittenBefore) {
    History history;
    history.answer(history.ask({.kind = Kind::put, .value = 5}), ResultCode::ok, 1);
    history.answer(history.ask({.kind = Kind::put, .value = 6}), ResultCode::ok, 2);
    history.answer(history.ask({.kind = Kind::get}), ResultCode::ok, 1, 5);
    EXPECT_NE(history.violation(), std::nullopt);
}

TEST(History, LetsOperationsAtTheSameTimeComeInEitherOrder) {
    History history;
    const size_t put = history.ask({.kind = Kind::put, .value = 5});
    const size_t get = history.ask({.kind = Kind::get});
    history.answer(get, ResultCode::ok, 1, 5);
    history.answer(put, ResultCode::ok, 1);
    EXPECT_EQ(history.violation(), std::nullopt);
}

TEST(History, LetsADoubtfulWriteHappenLateOrNever) {
    for (const int64_t read : {5, 6}) {
        History history;
        history.answer(history.ask({.kind = Kind::put, .value = 5}), ResultCode::ok, 1);
        history.ask({.kind = Kind::put, .value = 6});
        history.answer(history.ask({.kind = Kind::get}), ResultCode::ok, 1, 5);
        history.answer(history.ask({.kind = Kind::get}), ResultCode::ok, read == 5 ? 1 : 2, read);
        EXPECT_EQ(history.violation(), std::nullopt) << read;
    }
}

TEST(History, FindsALostAcknowledgedWrite) {
    History history;
    history.answer(history.ask({.kind = Kind::put, .value = 5}), ResultCode::ok, 1);
    history.answer(history.ask({.kind = Kind::get}), ResultCode::not_found);
    EXPECT_NE(history.violation(), std::nullopt);
}

TEST(History, FindsTwoAdditionsThatReadTheSame) {
    History history;
    const size_t first = history.ask({.kind = Kind::add, .value = 1});
    const size_t second = history.ask({.kind = Kind::add, .value = 1});
    history.answer(first, ResultCode::ok, 1, 1);
    history.answer(second, ResultCode::ok, 2, 1);
    EXPECT_NE(history.violation(), std::nullopt);
}

TEST(History, FindsAWrongGeneration) {
    History history;
    history.answer(history.ask({.kind = Kind::put, .value = 5}), ResultCode::ok, 1);
    history.answer(history.ask({.kind = Kind::put_if, .value = 6, .generation_asked = 2}), ResultCode::ok, 2);
    EXPECT_NE(history.violation(), std::nullopt);
}

}  // namespace
}  // namespace cairn::sim
