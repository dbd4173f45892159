#include "tests/fuzz/request.h"

#include <array>

namespace cairn::fuzz {
namespace {

using wire::FieldType;
using wire::Particle;

constexpr std::array<std::string_view, 6> kBinNames = {"a", "b", "c", "", "fifteen-letters", "sixteen-letters-"};
constexpr std::array<std::string_view, 4> kSetNames = {"s", "t", "", "bar"};

std::string value_of(FuzzedDataProvider& input, Particle type) {
    const auto be = [](uint64_t number) {
        std::string text(8, '\0');
        store_be(reinterpret_cast<uint8_t*>(text.data()), number);
        return text;
    };
    if (input.ConsumeProbability<float>() < 0.2f) return input.ConsumeRandomLengthString(40);
    switch (type) {
        case Particle::null: return {};
        case Particle::integer:
        case Particle::floating: return be(input.ConsumeIntegral<uint64_t>());
        case Particle::boolean: return std::string(1, char(input.ConsumeBool()));
        case Particle::geojson:
            return std::string(3, '\0') + (input.ConsumeBool() ? R"({"type":"Point","coordinates":[1.5,-2]})"
                                                               : input.ConsumeRandomLengthString(80));
        default: return input.ConsumeRandomLengthString(200);
    }
}

}  // namespace

Digest digest_of(uint8_t index) {
    Digest digest{};
    digest.bytes[0] = index % 4;  // few partitions, so that they hold several records
    digest.bytes[5] = index;
    return digest;
}

wire::MessageHeader make_header(FuzzedDataProvider& input) {
    wire::MessageHeader header;
    header.info1 = input.ConsumeIntegral<uint8_t>();
    header.info2 = input.ConsumeIntegral<uint8_t>();
    header.info3 = input.ConsumeIntegral<uint8_t>();
    header.info4 = input.ConsumeBool() ? 0 : input.ConsumeIntegral<uint8_t>();
    header.generation = input.ConsumeIntegralInRange<uint32_t>(0, 3);
    header.record_ttl =
        input.PickValueInArray<uint32_t>({0, 0, 1, 100, 315'360'000, 315'360'001, ~0u, ~0u - 1, ~0u - 2});
    header.timeout_ms = input.ConsumeIntegral<uint8_t>();
    return header;
}

void append_field(FuzzedDataProvider& input, Buffer& body, FieldType type, Bytes data) {
    uint8_t* at = body.append(5);
    const bool lies = input.ConsumeIntegral<uint8_t>() == 0xAA;
    store_be(at, lies ? input.ConsumeIntegral<uint32_t>() : uint32_t(data.size() + 1));
    at[4] = uint8_t(type);
    body.append(data);
}

uint16_t append_ops(FuzzedDataProvider& input, Buffer& body, size_t count_max) {
    constexpr std::array<uint8_t, 12> kScalar = {1, 2, 2, 2, 5, 9, 10, 11, 14, 1, 3, 4};
    constexpr std::array<Particle, 12> kTypes = {Particle::integer, Particle::floating, Particle::string,
                                                 Particle::blob,    Particle::boolean,  Particle::list,
                                                 Particle::map,     Particle::geojson,  Particle::hll,
                                                 Particle::null,    Particle::vector,   Particle::java_blob};
    uint16_t count = 0;
    while (count < count_max && input.remaining_bytes() > 0 && input.ConsumeIntegral<uint8_t>() >= 0x40) {
        const uint8_t choice = input.ConsumeIntegral<uint8_t>();
        const uint8_t code = choice < 240 ? kScalar[choice % kScalar.size()] : input.ConsumeIntegral<uint8_t>();
        const Particle type =
            choice < 240 ? input.PickValueInArray(kTypes) : Particle(input.ConsumeIntegral<uint8_t>());
        const std::string_view name = input.PickValueInArray(kBinNames);
        const uint8_t flags = input.ConsumeIntegral<uint8_t>() == 0xBB;  // with an update time of 8 bytes
        const std::string value = std::string(flags ? 8 : 0, '\0') + value_of(input, type);
        uint8_t* at = body.append(8);
        const bool lies = input.ConsumeIntegral<uint8_t>() == 0xAA;
        store_be(at, lies ? input.ConsumeIntegral<uint32_t>() : uint32_t(4 + name.size() + value.size()));
        at[4] = code;
        at[5] = uint8_t(type);
        at[6] = flags;
        at[7] = uint8_t(name.size());
        body.append(as_bytes(name));
        body.append(as_bytes(value));
        ++count;
    }
    return count;
}

void append_any_field(FuzzedDataProvider& input, Buffer& body) {
    switch (input.ConsumeIntegralInRange<int>(0, 5)) {
        case 0:
        case 1: return append_field(input, body, FieldType::set, as_bytes(input.PickValueInArray(kSetNames)));
        case 2: {
            const auto type = input.PickValueInArray({Particle::integer, Particle::string, Particle::blob});
            return append_field(input, body, FieldType::key,
                                as_bytes(std::string(1, char(type)) + value_of(input, type)));
        }
        case 3: {
            const std::string name = input.ConsumeRandomLengthString(70);
            return append_field(input, body, FieldType::set, as_bytes(name));
        }
        default: {
            const auto type = FieldType(input.ConsumeIntegralInRange<uint8_t>(0, 50));
            const std::string content = input.ConsumeRandomLengthString(24);
            return append_field(input, body, type, as_bytes(content));
        }
    }
}

}  // namespace cairn::fuzz
