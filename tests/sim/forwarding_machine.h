#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/runtime/machine.h"

namespace cairn::sim {

/// A machine like another one: for those that change one thing.
class ForwardingMachine : public runtime::Machine, public runtime::Disk {
public:
    /// @param machine  outlives this and its devices.
    explicit ForwardingMachine(runtime::Machine& machine) : machine_(machine) {}

    size_t loop_count() const override { return machine_.loop_count(); }
    runtime::Loop& loop(size_t index) override { return machine_.loop(index); }
    runtime::Disk& disk() override { return *this; }
    runtime::ProcessStats process_stats() override { return machine_.process_stats(); }
    std::vector<std::string> local_addresses() override { return machine_.local_addresses(); }
    void run_aside(std::move_only_function<void(runtime::Clock&)> work, runtime::Work done) override {
        machine_.run_aside(std::move(work), std::move(done));
    }
    void side_by_side(size_t count, const std::function<void(size_t)>& part) override {
        machine_.side_by_side(count, part);
    }
    Result<std::unique_ptr<runtime::Listener>> listen(const runtime::Endpoint& at, Accept accept,
                                                      size_t loops = 0) override {
        return machine_.listen(at, std::move(accept), loops);
    }

    Result<std::string> read_file(const std::string& path) override { return machine_.disk().read_file(path); }
    Result<void> write_file(const std::string& path, std::string_view content) override {
        return machine_.disk().write_file(path, content);
    }
    void write_file_later(runtime::Loop& home, std::string path, std::string content,
                          runtime::Device::Done done) override {
        machine_.disk().write_file_later(home, std::move(path), std::move(content), std::move(done));
    }
    Result<void> remove_file(const std::string& path) override { return machine_.disk().remove_file(path); }
    Result<std::unique_ptr<runtime::Device>> open_device(const std::string& path,
                                                         const runtime::DeviceOptions& options) override {
        auto opened = machine_.disk().open_device(path, options);
        if (!opened) return std::unexpected(opened.error());
        return wrap(std::move(*opened));
    }

private:
    virtual std::unique_ptr<runtime::Device> wrap(std::unique_ptr<runtime::Device> device) = 0;

    runtime::Machine& machine_;
};

/// The same of a device.
class ForwardingDevice : public runtime::Device {
public:
    explicit ForwardingDevice(std::unique_ptr<runtime::Device> device) : device_(std::move(device)) {}

    const std::string& path() const override { return device_->path(); }
    uint64_t size() const override { return device_->size(); }
    uint32_t sector() const override { return device_->sector(); }
    bool direct() const override { return device_->direct(); }
    void read(runtime::Loop& home, uint64_t offset, MutableBytes into, Done done) override {
        device_->read(home, offset, into, std::move(done));
    }
    void write(runtime::Loop& home, uint64_t offset, Bytes from, Done done) override {
        device_->write(home, offset, from, std::move(done));
    }
    void sync(runtime::Loop& home, Done done) override { device_->sync(home, std::move(done)); }
    void discard(runtime::Loop& home, uint64_t offset, uint64_t bytes, Done done) override {
        device_->discard(home, offset, bytes, std::move(done));
    }
    Result<void> read_now(uint64_t offset, MutableBytes into) override { return device_->read_now(offset, into); }
    Result<void> write_now(uint64_t offset, Bytes from) override { return device_->write_now(offset, from); }
    Result<void> sync_now() override { return device_->sync_now(); }

private:
    const std::unique_ptr<runtime::Device> device_;
};

}  // namespace cairn::sim
