// Mutated requests to a live server on several connections, while a canary on a connection of its own asks ten times a
// second and must be answered within one. The last line begins with PASS or FAIL. Started by tests/fuzz/run.
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

#include "common/base/buffer.h"
#include "common/wire/encode.h"
#include "common/wire/message.h"
#include "common/wire/proto.h"
#include "tests/fuzz/mutate.h"

namespace cairn::fuzz {
namespace {

using Time = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t kConnections = 12;
constexpr size_t kPendingMax = 1 << 10;  // a frame that ends its connection takes the ones behind it along
constexpr size_t kLastFrames = 300;  // kept to find out what a dead server died of
constexpr milliseconds kAnswerMax{1000};
constexpr milliseconds kPatience{300};  // of an attacker: a scan may be asked to send one record a second
constexpr uint64_t kGrowthMaxKib = 64 << 10;

struct Options {
    uint16_t port;
    int pid;  // of the server
    uint64_t frames;
    uint64_t seed;
    std::string golden;     // file: frames, each after its size as u32 little-endian
    std::string last_file;  // where the last frames go when the server dies, hex, one a line
};

int open_socket(uint16_t port, bool blocking) {
    const int fd = socket(AF_INET, SOCK_STREAM | (blocking ? 0 : SOCK_NONBLOCK), 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    const linger at_once{.l_onoff = 1, .l_linger = 0};  // many connections a second: no ports left waiting
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0 && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

uint64_t resident_kib(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("VmRSS:")) return std::strtoull(line.c_str() + 6, nullptr, 10);
    }
    return 0;
}

size_t open_files(int pid) {
    size_t count = 0;
    DIR* folder = opendir(("/proc/" + std::to_string(pid) + "/fd").c_str());
    if (folder == nullptr) return 0;
    while (readdir(folder) != nullptr) ++count;
    closedir(folder);
    return count - 2;  // . and ..
}

/// A well-behaved client: one record of its own, written and read in turn.
class Canary {
public:
    explicit Canary(uint16_t port) : port_(port), thread_([this] { run(); }) {}

    void stop() {
        stopping_ = true;
        if (thread_.joinable()) thread_.join();
    }
    uint64_t asked() const { return asked_; }
    uint64_t late() const { return late_; }
    uint64_t failed() const { return failed_; }
    int64_t longest_ms() const { return longest_ms_; }

private:
    void run() {
        while (!stopping_) {
            const auto began = Time::now();
            if (fd_ < 0) connect_again();
            const uint64_t number = ++asked_;
            if (!ask(true, number) || !ask(false, number)) {
                if (fd_ >= 0) close(fd_);
                fd_ = -1;
                ++failed_;
            }
            const auto took = std::chrono::duration_cast<milliseconds>(Time::now() - began);
            if (took > kAnswerMax) ++late_;
            longest_ms_ = std::max<int64_t>(longest_ms_, took.count());
            std::this_thread::sleep_until(began + milliseconds(100));
        }
        if (fd_ >= 0) close(fd_);
    }

    void connect_again() {
        fd_ = open_socket(port_, true);
        const timeval patience{.tv_sec = 10, .tv_usec = 0};
        if (fd_ >= 0) setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    }

    bool ask(bool write, uint64_t number) {
        Buffer out;
        wire::FrameWriter frame(out, wire::FrameType::message);
        wire::UnitWriter unit(out);
        std::array<uint8_t, Digest::kSize> digest{1, 2, 3};
        std::array<uint8_t, 8> value;
        store_be(value.data(), number);
        unit.field(wire::FieldType::ns, as_bytes("canary"));
        unit.field(wire::FieldType::digest, digest);
        if (write) unit.op(wire::OpCode::write, wire::Particle::integer, "n", value);
        unit.finish(write ? wire::MessageHeader{.info2 = wire::info2::write}
                          : wire::MessageHeader{.info1 = wire::info1::read | wire::info1::get_all});
        frame.finish();
        if (send(fd_, out.data(), out.size(), MSG_NOSIGNAL) != ssize_t(out.size())) return false;

        std::array<uint8_t, wire::kProtoHeaderSize> header;
        if (!receive(header)) return false;
        std::vector<uint8_t> body(wire::ProtoHeader::load(header.data()).body_size);
        wire::Message reply;
        if (body.size() > 4096 || !receive(body) || !reply.parse(body) || reply.header.result != ResultCode::ok)
            return false;
        if (write) return true;
        return reply.ops.count() == 1 && std::ranges::equal((*reply.ops.begin()).value, value);
    }

    bool receive(MutableBytes into) { return recv(fd_, into.data(), into.size(), MSG_WAITALL) == ssize_t(into.size()); }

    const uint16_t port_;
    int fd_ = -1;
    std::atomic<bool> stopping_{false};
    std::atomic<uint64_t> asked_{0}, late_{0}, failed_{0};
    std::atomic<int64_t> longest_ms_{0};
    std::thread thread_;
};

/// The attackers: one loop over all their connections.
class Attack {
public:
    Attack(const Options& options, std::vector<std::string> golden)
        : options_(options), mutator_(std::move(golden), options.seed) {}

    /// @return  false when the server is gone.
    bool run() {
        std::vector<pollfd> polled(kConnections);
        auto last_line = Time::now();
        while (sent_ < options_.frames) {
            for (size_t i = 0; i < kConnections; ++i) {
                Link& link = links_[i];
                if (link.fd < 0 && !reopen(link)) return false;
                fill(link);
                polled[i] = {
                    .fd = link.fd, .events = short(POLLIN | (link.pending.empty() ? 0 : POLLOUT)), .revents = 0};
            }
            poll(polled.data(), polled.size(), 100);
            for (size_t i = 0; i < kConnections; ++i) {
                if (polled[i].revents != 0) serve(links_[i], polled[i].revents);
                else if (Time::now() - links_[i].moved > kPatience) drop(links_[i]);
            }
            if (Time::now() - last_line > std::chrono::seconds(30)) {
                last_line = Time::now();
                std::printf("  %lu frames, %lu connections, %lu KiB\n", sent_, opened_, resident_kib(options_.pid));
                std::fflush(stdout);
            }
        }
        for (Link& link : links_) drop(link);
        return true;
    }

    void save_last() const {
        std::ofstream file(options_.last_file);
        for (const std::string& frame : last_) file << to_hex(as_bytes(frame)) << '\n';
    }
    uint64_t opened() const { return opened_; }
    uint64_t received() const { return received_; }

private:
    struct Link {
        int fd = -1;
        std::string pending = {};
        bool last = false;  // closed when all pending bytes are sent
        Time::time_point moved = Time::now();
    };

    bool reopen(Link& link) {
        for (int attempt = 0; attempt < 50; ++attempt) {
            link = {};
            link.fd = open_socket(options_.port, false);
            if (link.fd >= 0) {
                ++opened_;
                return true;
            }
            if (kill(options_.pid, 0) != 0) return false;
            std::this_thread::sleep_for(milliseconds(20));
        }
        return false;
    }
    void drop(Link& link) {
        if (link.fd >= 0) close(link.fd);
        link = {};
    }

    void fill(Link& link) {
        while (!link.last && link.pending.size() < kPendingMax && sent_ < options_.frames) {
            const std::string frame = mutator_.next();
            link.pending += frame;
            ++sent_;
            if (last_.size() == kLastFrames) last_.pop_front();
            last_.push_back(frame);
            // A frame that announces more than it brings would swallow the next ones.
            const bool honest =
                frame.size() >= 8 && frame.size() - 8 == wire::ProtoHeader::load(as_bytes(frame).data()).body_size;
            link.last = (!honest && !mutator_.dice().once_in(4)) || mutator_.dice().once_in(2000);
        }
    }

    void serve(Link& link, short events) {
        static std::array<char, 256 << 10> replies;
        if ((events & POLLIN) != 0) {
            const ssize_t size = recv(link.fd, replies.data(), replies.size(), 0);
            if (size == 0 || (size < 0 && errno != EAGAIN)) return drop(link);
            if (size > 0) received_ += uint64_t(size);
            link.moved = Time::now();
        } else if ((events & (POLLERR | POLLHUP)) != 0) {
            return drop(link);
        }
        if ((events & POLLOUT) == 0) return;
        const ssize_t size = send(link.fd, link.pending.data(), link.pending.size(), MSG_NOSIGNAL);
        if (size < 0 && errno != EAGAIN) return drop(link);
        if (size > 0) link.pending.erase(0, size_t(size));
        link.moved = Time::now();
        if (!link.pending.empty() || !link.last) return;
        if (mutator_.dice().once_in(4)) return drop(link);  // while replies are on their way
        shutdown(link.fd, SHUT_WR);
    }

    const Options& options_;
    Mutator mutator_;
    std::array<Link, kConnections> links_;
    std::deque<std::string> last_;
    uint64_t sent_ = 0, opened_ = 0, received_ = 0;
};

std::vector<std::string> read_golden(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string all{std::istreambuf_iterator<char>(file), {}};
    std::vector<std::string> frames;
    for (size_t at = 0; at + 4 <= all.size();) {
        const auto size = load_le<uint32_t>(reinterpret_cast<const uint8_t*>(all.data()) + at);
        frames.push_back(all.substr(at + 4, size));
        at += 4 + size;
    }
    return frames;
}

/// Removes what the attack has written, so that only what leaked is left.
void truncate_all(uint16_t port) {
    const int fd = open_socket(port, true);
    const std::string lines = "truncate-namespace:namespace=test\ntruncate-namespace:namespace=bar\n";
    std::array<uint8_t, wire::kProtoHeaderSize> header;
    wire::store_proto_header(header.data(), wire::FrameType::info, lines.size());
    send(fd, header.data(), header.size(), MSG_NOSIGNAL);
    send(fd, lines.data(), lines.size(), MSG_NOSIGNAL);
    char reply[256];
    recv(fd, reply, sizeof(reply), 0);
    close(fd);
}

int run(const Options& options) {
    auto golden = read_golden(options.golden);
    if (golden.empty()) return std::printf("FAIL live: no golden frames in %s\n", options.golden.c_str()), 1;
    const uint64_t base_kib = resident_kib(options.pid);
    const size_t base_files = open_files(options.pid);
    const auto began = Time::now();
    Canary canary(options.port);
    Attack attack(options, std::move(golden));
    const bool alive = attack.run();
    const double seconds = std::chrono::duration<double>(Time::now() - began).count();
    if (!alive || kill(options.pid, 0) != 0) {
        attack.save_last();
        canary.stop();
        return std::printf("FAIL live: the server is gone; its last frames are in %s\n", options.last_file.c_str()), 1;
    }
    std::this_thread::sleep_for(milliseconds(500));
    canary.stop();
    truncate_all(options.port);
    uint64_t kib = 0;
    size_t files = 0;
    for (int half_seconds = 0; half_seconds < 60; ++half_seconds) {
        kib = resident_kib(options.pid);
        files = open_files(options.pid);
        if (kib <= base_kib + kGrowthMaxKib && files <= base_files) break;
        std::this_thread::sleep_for(milliseconds(500));
    }
    const bool good = kib != 0 && kib <= base_kib + kGrowthMaxKib && files <= base_files && canary.late() == 0 &&
                      canary.failed() == 0;
    if (!good) attack.save_last();
    std::printf(
        "%s live: %lu frames in %.0f s, %lu connections, %.1f MB of replies; canary asked %lu times, longest %ld ms, "
        "%lu late, %lu failed; resident %lu -> %lu KiB, files %zu -> %zu (seed %lu)\n",
        good ? "PASS" : "FAIL", options.frames, seconds, attack.opened(), double(attack.received()) / 1e6,
        canary.asked(), canary.longest_ms(), canary.late(), canary.failed(), base_kib, kib, base_files, files,
        options.seed);
    return good ? 0 : 1;
}

}  // namespace
}  // namespace cairn::fuzz

int main(int argc, char** argv) {
    if (argc != 7) {
        std::fprintf(stderr, "usage: fuzz_live PORT SERVER-PID FRAMES SEED GOLDEN-FILE LAST-FRAMES-FILE\n");
        return 2;
    }
    return cairn::fuzz::run({.port = uint16_t(std::atoi(argv[1])),
                             .pid = std::atoi(argv[2]),
                             .frames = std::strtoull(argv[3], nullptr, 10),
                             .seed = std::strtoull(argv[4], nullptr, 10),
                             .golden = argv[5],
                             .last_file = argv[6]});
}
