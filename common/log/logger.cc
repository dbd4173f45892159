#include "common/log/logger.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <mutex>
#include <vector>

namespace cairn::log {
namespace {

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %v";
constexpr const char* kJsonPattern = "{\"ts\":\"%Y-%m-%dT%H:%M:%S.%eZ\",%v";

/// Hands spdlog's finished lines to a Sink of ours.
class Forward : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit Forward(Sink& sink) : sink_(sink) {}

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        sink_.write({line.data(), line.size()});
    }
    void flush_() override {}

private:
    Sink& sink_;
};

std::unique_ptr<spdlog::logger> open(Format format, spdlog::sink_ptr sink, const char* end_of_line) {
    auto out = std::make_unique<spdlog::logger>("", std::move(sink));
    out->set_level(spdlog::level::trace);  // what is written is decided by levels_ alone
    out->set_formatter(std::make_unique<spdlog::pattern_formatter>(format == Format::json ? kJsonPattern : kTextPattern,
                                                                   spdlog::pattern_time_type::utc, end_of_line));
    return out;
}

}  // namespace

Logger::Logger(Format format, Level level)
    : format_(format), out_(open(format, std::make_shared<spdlog::sinks::stderr_sink_mt>(), "\n")) {
    set_level(level);
}

Logger::Logger(Format format, Level level, Sink& sink)
    : format_(format), out_(open(format, std::make_shared<Forward>(sink), "")) {
    set_level(level);
}

Logger::~Logger() = default;

void Logger::set_level(Level level) {
    for (auto& each : levels_) each.store(level, std::memory_order_relaxed);
}

void Logger::limited(RateLimit& limit, Instant now, Level level, Module module, std::string_view message,
                     Fields fields) {
    if (!enabled(module, level)) return;
    const auto held_back = limit.admit(now);
    if (!held_back) return;
    if (*held_back == 0) return write(level, module, message, {fields.begin(), fields.size()});

    std::vector<Field> all(fields);
    all.push_back({"held_back", *held_back});
    write(level, module, message, all);
}

void Logger::write(Level level, Module module, std::string_view message, std::span<const Field> fields) {
    const auto line =
        format_ == Format::json ? json_line(level, module, message, fields) : text_line(level, module, message, fields);
    out_->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace cairn::log
