#pragma once
#include <csignal>
#include <functional>
#include <string>

#include "common/runtime/task_group.h"
#include "node/backup/command_line.h"

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

struct Ended {
    Result<void> outcome;
    double seconds;
};

/// Runs `job` on loop 0 of a machine that nobody else uses until it has ended; SIGINT and SIGTERM interrupt it.
/// @param tell  as for start_job().
template <class Job>
Ended run_to_end(auto& machine, Job& job, std::function<void(const std::string&)> tell) {
    runtime::Loop& loop = machine.loop(0);
    runtime::TaskGroup tasks(loop);
    Result<void> outcome;
    const Instant began = loop.clock().now();
    const auto seconds = [&] {
        loop.clock().refresh();
        return std::chrono::duration<double>(loop.clock().now() - began).count();
    };
    machine.on_signals({SIGINT, SIGTERM}, [&](int) { job.interrupt(); });
    const auto line = [&] { return progress_line(job.progress(), seconds()); };
    start_job(tasks, job, outcome, line, std::move(tell), [&] { machine.stop(); });
    machine.run();
    return {std::move(outcome), seconds()};
}

}  // namespace cairn::backup
