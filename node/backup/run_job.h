#pragma once
#include <functional>
#include <string>

#include "common/runtime/task_group.h"

namespace cairn::backup {

/// Posts a job to its loop, with a line of progress each second.
/// @param tasks  of the job's loop; it outlives the run.
/// @param tell   shows a line instead of the last one; an empty one takes it away. None: no progress.
/// @param ended  runs when the job has.
template <class Job>
void start_job(runtime::TaskGroup& tasks, Job& job, Result<void>& outcome, std::function<std::string()> line,
               std::function<void(const std::string&)> tell, std::function<void()> ended) {
    const auto perform = [](Job& what, Result<void>& into, runtime::TaskGroup& group,
                            std::function<void()> last) -> runtime::Task<void> {
        into = co_await what.run();
        group.stop(std::move(last));
    };
    const auto show = [](runtime::TaskGroup& group, std::function<std::string()> text,
                         std::function<void(const std::string&)> on) -> runtime::Task<void> {
        while (co_await group.sleep(1s)) on(text());
        on("");
    };
    tasks.loop().post([&tasks, &job, &outcome, perform, show, line = std::move(line), tell = std::move(tell),
                       ended = std::move(ended)] {
        tasks.spawn(perform(job, outcome, tasks, ended));
        if (tell) tasks.spawn(show(tasks, line, tell));
    });
}

/// Seconds since `began`, by the loop's clock read now.
inline double seconds_since(runtime::Loop& loop, Instant began) {
    loop.clock().refresh();
    return std::chrono::duration<double>(loop.clock().now() - began).count();
}

}  // namespace cairn::backup
