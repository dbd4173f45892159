#include "tests/sim/volume.h"

#include <algorithm>

#include "common/base/check.h"
#include "common/base/hash.h"
#include "tests/sim/sim_loop.h"

namespace cairn::sim {

Volume::Volume(Scheduler& scheduler, const DiskShape& shape, const DiskFaults& faults, DiskFaults& struck,
               std::string path, uint64_t bytes)
    : scheduler_(scheduler),
      shape_(shape),
      faults_(faults),
      struck_(struck),
      path_(std::move(path)),
      medium_(bytes, shape.sector) {}

void Volume::begin(SimLoop& home, const Operation& operation, Done done, std::shared_ptr<Answers> answers) {
    const uint64_t number = ++operations_made_;
    scheduler_.note("disk", home.id(), static_cast<uint64_t>(operation.kind), number, operation.offset,
                    operation.bytes);
    // What a reader looks at too early must not look right.
    std::ranges::fill(operation.into, uint8_t{0xDB});
    const auto event = scheduler_.after(delay(), Scheduler::kNoLoop, [this, number] { finish(number); });
    ++answers->due;
    under_way_.emplace(number, UnderWay{operation, medium_.mark(), hash64(operation.from), event, &home,
                                        std::move(done), std::move(answers)});
    // Others may see a part of it before it is answered.
    if (operation.kind == Kind::write && faults_.lost_write == 0 && scheduler_.dice().once_in(4))
        medium_.write_torn(operation.offset, operation.from, scheduler_.dice());
}

Duration Volume::delay() {
    const bool slow = strikes(&DiskFaults::slow);
    return scheduler_.dice().up_to(slow ? faults_.slow_max : shape_.delay_max);
}

void Volume::finish(uint64_t number) {
    auto found = under_way_.extract(number);
    auto& ended = found.mapped();
    CAIRN_CHECK(hash64(ended.operation.from) == ended.hash);  // nobody changes what is being written
    auto result = perform(ended.operation, ended.mark);
    scheduler_.note("disk answers", ended.home->id(), number, result.has_value());
    scheduler_.after(Duration::zero(), ended.home->id(),
                     [done = std::move(ended.done), result = std::move(result), answers = ended.answers]() mutable {
                         --answers->due;
                         if (answers->wanted) done(std::move(result));
                     });
}

void Volume::abandon() {
    // What the callbacks own may look at this volume when it dies, so they die last.
    auto dropped = std::exchange(under_way_, {});
    for (auto& [number, operation] : dropped) {
        scheduler_.forget(operation.event);
        if (operation.operation.kind != Kind::write) continue;
        const auto& [kind, offset, bytes, into, from] = operation.operation;
        switch (scheduler_.dice().below(3)) {
            case 0: break;
            case 1: medium_.write(offset, from); break;
            default: medium_.write_torn(offset, from, scheduler_.dice());
        }
    }
}

bool Volume::strikes(uint64_t DiskFaults::* fault) {
    if (faults_.*fault == 0 || !scheduler_.dice().once_in(faults_.*fault)) return false;
    ++(struck_.*fault);
    return true;
}

Result<void> Volume::perform(const Operation& operation) { return perform(operation, medium_.mark()); }

Result<void> Volume::perform(const Operation& operation, uint64_t mark) {
    switch (operation.kind) {
        case Kind::read: return read(operation);
        case Kind::write: return write(operation);
        case Kind::sync: return sync(mark);
        case Kind::discard: discard(operation);
    }
    return {};
}

std::string Volume::text(const char* doing, const Operation& operation) const {
    return std::string("cannot ") + doing + " " + std::to_string(operation.bytes) + " bytes at offset " +
           std::to_string(operation.offset) + " of '" + path_ + "': ";
}

Result<void> Volume::read(const Operation& operation) {
    if (strikes(&DiskFaults::read_error)) return fail(text("read", operation) + "Input/output error");
    medium_.read(operation.offset, operation.into);
    return {};
}

Result<void> Volume::write(const Operation& operation) {
    auto& dice = scheduler_.dice();
    const auto& [kind, offset, bytes, into, from] = operation;
    if (strikes(&DiskFaults::write_error)) {
        medium_.write_torn(offset, from, dice);
        if (dice.once_in(2))
            return fail(ResultCode::out_of_space, text("write", operation) + "No space left on device");
        return fail(text("write", operation) + "Input/output error");
    }
    if (strikes(&DiskFaults::lost_write)) return {};
    if (strikes(&DiskFaults::flipped_bit)) {
        std::vector<uint8_t> wrong(from.begin(), from.end());
        wrong[dice.below(wrong.size())] ^= static_cast<uint8_t>(1 << dice.below(8));
        medium_.write(offset, wrong);
        return {};
    }
    const uint64_t places = (medium_.size() - from.size()) / medium_.sector() + 1;
    if (places > 1 && strikes(&DiskFaults::misplaced_write)) {
        const uint64_t right = offset / medium_.sector();
        medium_.write((right + dice.between(1, places - 1)) % places * medium_.sector(), from);
        return {};
    }
    medium_.write(offset, from);
    return {};
}

Result<void> Volume::sync(uint64_t mark) {
    if (strikes(&DiskFaults::sync_error)) {
        medium_.fail_sync(mark, scheduler_.dice());
        return fail("cannot make durable '" + path_ + "': Input/output error");
    }
    if (!strikes(&DiskFaults::lost_sync)) medium_.make_durable(mark);
    return {};
}

void Volume::discard(const Operation& operation) {
    const std::vector<uint8_t> zeros(operation.bytes);
    medium_.write_torn(operation.offset, zeros, scheduler_.dice());
}

SimDevice::SimDevice(std::shared_ptr<Volume> volume, Scheduler& scheduler, const runtime::DeviceOptions& options)
    : volume_(std::move(volume)),
      scheduler_(scheduler),
      process_(volume_->process),
      size_(volume_->medium().size()),
      direct_(options.direct),
      read_only_(options.read_only),
      exclusive_(options.exclusive) {
    if (exclusive_) ++(read_only_ ? volume_->sharing : volume_->alone);
}

SimDevice::~SimDevice() {
    if (!alive()) return;
    answers_->wanted = false;
    if (answers_->due > 0) {
        CAIRN_CHECK(scheduler_.current() == Scheduler::kNoLoop);  // all answered, or the loops have stopped
        volume_->abandon();
    }
    if (exclusive_) --(read_only_ ? volume_->sharing : volume_->alone);
}

void SimDevice::check(const Volume::Operation& operation) const {
    const uint64_t sector = volume_->medium().sector();
    CAIRN_CHECK(operation.offset % sector == 0 && operation.bytes % sector == 0);
    CAIRN_CHECK(operation.offset <= size_ && operation.bytes <= size_ - operation.offset);
    CAIRN_CHECK(operation.bytes > 0 || operation.kind == Volume::Kind::sync);
    for (const uint8_t* address : {static_cast<const uint8_t*>(operation.into.data()), operation.from.data()})
        CAIRN_CHECK(reinterpret_cast<uintptr_t>(address) % sector == 0);
    CAIRN_CHECK(!read_only_ || operation.kind == Volume::Kind::read);
}

void SimDevice::begin(runtime::Loop& home, const Volume::Operation& operation, Done done) {
    check(operation);
    if (alive()) volume_->begin(static_cast<SimLoop&>(home), operation, std::move(done), answers_);
}

Result<void> SimDevice::perform(const Volume::Operation& operation) {
    check(operation);
    if (!alive()) return fail("the machine of '" + path() + "' has crashed");
    return volume_->perform(operation);
}

void SimDevice::read(runtime::Loop& home, uint64_t offset, MutableBytes into, Done done) {
    begin(home, {Volume::Kind::read, offset, into.size(), into, {}}, std::move(done));
}

void SimDevice::write(runtime::Loop& home, uint64_t offset, Bytes from, Done done) {
    begin(home, {Volume::Kind::write, offset, from.size(), {}, from}, std::move(done));
}

void SimDevice::sync(runtime::Loop& home, Done done) {
    begin(home, {Volume::Kind::sync, 0, 0, {}, {}}, std::move(done));
}

void SimDevice::discard(runtime::Loop& home, uint64_t offset, uint64_t bytes, Done done) {
    begin(home, {Volume::Kind::discard, offset, bytes, {}, {}}, std::move(done));
}

Result<void> SimDevice::read_now(uint64_t offset, MutableBytes into) {
    return perform({Volume::Kind::read, offset, into.size(), into, {}});
}

Result<void> SimDevice::write_now(uint64_t offset, Bytes from) {
    return perform({Volume::Kind::write, offset, from.size(), {}, from});
}

Result<void> SimDevice::sync_now() { return perform({Volume::Kind::sync, 0, 0, {}, {}}); }

}  // namespace cairn::sim
