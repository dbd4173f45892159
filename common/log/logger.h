#pragma once
#include <array>
#include <atomic>
#include <initializer_list>
#include <memory>
#include <string_view>

#include "common/base/time.h"
#include "common/log/level.h"
#include "common/log/line.h"
#include "common/log/rate_limit.h"

namespace spdlog {
class logger;
}

namespace cairn::log {

enum class Format : uint8_t { text, json };

/// Where lines go instead of stderr; for tests. Called by one thread at a time.
class Sink {
public:
    virtual ~Sink() = default;
    /// `line` has its time and no newline.
    virtual void write(std::string_view line) = 0;
};

/// The lines of one process: built in main, handed to constructors. Safe on any thread; a line that is off costs one
/// load (and whatever computing its arguments costs: ask enabled() first when that is much).
///
///     logger.info(Module::namespace_, "stop-writes on", {{"namespace", name}, {"used", "91%"}});
///     2026-11-21T13:00:00.123Z INFO  namespace: stop-writes on namespace=test used=91%
class Logger {
public:
    using Fields = std::initializer_list<Field>;

    /// To stderr.
    explicit Logger(Format format, Level level = Level::info);
    /// `sink` outlives this.
    Logger(Format format, Level level, Sink& sink);
    ~Logger();
    Logger(const Logger&) = delete;
    Logger& operator=(const Logger&) = delete;

    bool enabled(Module module, Level level) const { return level >= this->level(module); }
    Level level(Module module) const { return levels_[size_t(module)].load(std::memory_order_relaxed); }
    void set_level(Module module, Level level) { levels_[size_t(module)].store(level, std::memory_order_relaxed); }
    /// Of every module.
    void set_level(Level level);

    void detail(Module module, std::string_view message, Fields fields = {}) {
        log(Level::detail, module, message, fields);
    }
    void debug(Module module, std::string_view message, Fields fields = {}) {
        log(Level::debug, module, message, fields);
    }
    void info(Module module, std::string_view message, Fields fields = {}) {
        log(Level::info, module, message, fields);
    }
    void warning(Module module, std::string_view message, Fields fields = {}) {
        log(Level::warning, module, message, fields);
    }
    void critical(Module module, std::string_view message, Fields fields = {}) {
        log(Level::critical, module, message, fields);
    }

    void log(Level level, Module module, std::string_view message, Fields fields = {}) {
        if (enabled(module, level)) write(level, module, message, {fields.begin(), fields.size()});
    }
    /// For what a peer can cause: at most one line per interval of `limit`, which then tells in `held_back` how many
    /// were not written since the last one.
    void limited(RateLimit& limit, Instant now, Level level, Module module, std::string_view message,
                 Fields fields = {});

private:
    void write(Level level, Module module, std::string_view message, std::span<const Field> fields);

    const Format format_;
    std::unique_ptr<spdlog::logger> out_;
    // Relaxed: a change of level orders nothing, and may take effect a line later on another thread.
    std::array<std::atomic<Level>, kModuleCount> levels_;
};

}  // namespace cairn::log
