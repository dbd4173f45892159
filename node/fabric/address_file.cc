#include "node/fabric/address_file.h"

#include <utility>

#include "node/fabric/link_frames.h"

namespace cairn::fabric {
namespace {

/// The form is that of the frame in which peers tell each other addresses: versioned, bounded and checked.
Result<std::vector<runtime::Endpoint>> parse(Bytes bytes) {
    if (bytes.size() < kLinkHeaderSize) return fail("cut short");
    const auto start = parse_start(bytes.first(kLinkHeaderSize));
    if (!start) return std::unexpected(start.error());
    const Bytes body = bytes.subspan(kLinkHeaderSize);
    if (start->kind != FrameStart::Kind::link || start->body_size != body.size())
        return fail("cut short, or another file");
    const auto message = decode(*start, body);
    if (!message) return std::unexpected(message.error());
    const auto* const gossip = std::get_if<Gossip>(&*message);
    if (gossip == nullptr) return fail("another file");
    return gossip->listening;
}

}  // namespace

AddressFile::AddressFile(runtime::Disk& disk, runtime::Loop& loop, std::string path, log::Logger& logger)
    : disk_(disk), loop_(loop), path_(std::move(path)), log_(logger) {}

std::vector<runtime::Endpoint> AddressFile::load() {
    auto bytes = disk_.read_file(path_);
    if (!bytes && bytes.error().code == ResultCode::not_found) return {};
    const auto found = bytes ? parse(as_bytes(*bytes)) : std::unexpected(bytes.error());
    if (!found) {
        log_.warning(log::Module::hb, "the addresses of the last view cannot be read; the seeds have to do",
                     {{"path", path_}, {"reason", found.error().detail}});
        return {};
    }
    stored_ = *std::move(bytes);
    return *found;
}

void AddressFile::store(const std::vector<runtime::Endpoint>& addresses) {
    std::string bytes(as_text(encode(LinkMessage(Gossip{addresses}))));
    if (bytes == (next_ ? *next_ : stored_)) return;
    if (writing_) next_ = std::move(bytes);
    else write(std::move(bytes));
}

void AddressFile::write(std::string bytes) {
    writing_ = true;
    stored_ = bytes;
    disk_.write_file_later(loop_, path_, std::move(bytes),
                           [this, alive = std::weak_ptr(alive_)](const Result<void>& outcome) {
                               if (alive.expired()) return;
                               writing_ = false;
                               if (!outcome) {
                                   stored_.clear();
                                   log_.warning(log::Module::hb, "the addresses of the view cannot be stored",
                                                {{"path", path_}, {"reason", outcome.error().detail}});
                               }
                               if (next_) write(*std::exchange(next_, std::nullopt));
                           });
}

}  // namespace cairn::fabric
