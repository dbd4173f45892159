#include "node/query/monitor.h"

#include <algorithm>

namespace cairn::query {

void Monitor::set_done_max(size_t done_max) {
    const std::lock_guard lock(mutex_);
    done_max_ = done_max;
    while (done_.size() > done_max_) done_.pop_front();
}

ResultCode Monitor::add(const std::shared_ptr<Job>& job, size_t active_max) {
    const std::lock_guard lock(mutex_);
    if (std::ranges::any_of(active_, [&](const auto& other) { return other->id == job->id; })) {
        return ResultCode::parameter;
    }
    if (active_.size() >= active_max) return ResultCode::forbidden;
    active_.push_back(job);
    return ResultCode::ok;
}

void Monitor::finish(const std::shared_ptr<Job>& job, JobEnd end, Instant now) {
    job->ended_ns.store(now.count(), std::memory_order_relaxed);
    job->end.store(end, std::memory_order_release);
    const std::lock_guard lock(mutex_);
    std::erase(active_, job);
    done_.push_back(job);
    if (done_.size() > done_max_) done_.pop_front();
}

std::vector<std::shared_ptr<const Job>> Monitor::all() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<const Job>> jobs(active_.begin(), active_.end());
    jobs.insert(jobs.end(), done_.rbegin(), done_.rend());
    return jobs;
}

std::shared_ptr<const Job> Monitor::find(uint64_t id) const {
    for (auto& job : all()) {
        if (job->id == id) return job;
    }
    return nullptr;
}

bool Monitor::abort(uint64_t id) {
    const std::lock_guard lock(mutex_);
    for (const auto& job : active_) {
        if (job->id != id) continue;
        job->abort_asked.store(true, std::memory_order_relaxed);
        return true;
    }
    return false;
}

size_t Monitor::abort_all() {
    const std::lock_guard lock(mutex_);
    for (const auto& job : active_) job->abort_asked.store(true, std::memory_order_relaxed);
    return active_.size();
}

size_t Monitor::active_count() const {
    const std::lock_guard lock(mutex_);
    return active_.size();
}

}  // namespace cairn::query
