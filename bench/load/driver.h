#pragma once
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/plan.h"
#include "bench/load/report.h"
#include "bench/load/worker.h"
#include "common/client/cluster_view.h"
#include "common/client/connection.h"
#include "common/runtime/machine.h"

namespace cairn::bench {

/// One run: finds the cluster, opens the connections, loads, measures. Lives on loop 0; one worker for each loop.
class Driver {
public:
    /// @param ended  runs once on loop 0: with what was measured, or why nothing was.
    Driver(runtime::Machine& machine, Plan& plan, std::move_only_function<void(Result<Measured>)> ended);

    void start();
    /// Ends the run now, with what was measured so far.
    void finish();

private:
    void ask_node(const runtime::Endpoint& at);
    void take_view(const runtime::Endpoint& at, const client::ClusterView& view);
    void open_workers();
    void opened();
    void begin_measuring();
    void tick();
    void gather(Tally tally);
    void end(Result<Measured> result);
    Worker::Progress progress() const;

    runtime::Machine& machine_;
    Plan& plan_;
    std::move_only_function<void(Result<Measured>)> ended_;
    runtime::Loop& loop_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::unique_ptr<runtime::Timer> timer_;
    std::unique_ptr<runtime::Timer> end_timer_;

    // Finding the cluster.
    std::unique_ptr<client::Connection> connection_;
    std::vector<runtime::Endpoint> to_ask_;
    std::vector<runtime::Endpoint> nodes_;
    std::array<uint16_t, kPartitionCount> owners_{};
    size_t partitions_owned_ = 0;

    // The run.
    size_t workers_opened_ = 0;
    size_t workers_done_ = 0;
    size_t workers_gathered_ = 0;
    bool measuring_ = false;
    bool finishing_ = false;
    Instant began_{};
    ProcessUsage server_start_, generator_start_;
    Worker::Progress last_{};
    Measured measured_;
};

}  // namespace cairn::bench
