#include "node/copies/record_copies.h"

#include <gtest/gtest.h>

namespace cairn::copies {
namespace {

using replication::Kind;
using replication::Version;
using Have = RecordCopies::Have;

constexpr PartitionId kPartition = 7;

Digest digest_of(uint8_t bucket, uint8_t number) {
    Digest digest{};
    digest.bytes[0] = kPartition;
    digest.bytes[1] = static_cast<uint8_t>(bucket >> 2 << 4);
    digest.bytes[2] = static_cast<uint8_t>(bucket << 6);
    digest.bytes[19] = number;
    return digest;
}

NamespaceConfig config() {
    NamespaceConfig made;
    made.name = "test";
    made.storage_engine.data_size_bytes = 64 << 20;
    return made;
}

/// The records of one partition, in a namespace of their own.
struct Side {
    partition::Namespace ns{0, config(), 1};
    RecordCopies records{ns};

    template <class Step>
    auto with(Step&& step) {
        return ns.partitions.with(kPartition, [&](partition::Partition& partition) {
            records.enter(partition);
            auto outcome = step(records);
            records.leave();
            return outcome;
        });
    }
    bool put(const Digest& digest, const Version& version) {
        return with([&](RecordCopies& to) { return to.put(digest, version); });
    }
    bool erase(const Digest& digest) {
        return with([&](RecordCopies& from) {
            from.erase(digest);
            return true;
        });
    }
    RecordCopies::Found find(const Digest& digest) {
        return with([&](RecordCopies& in) { return in.find(digest); });
    }
    auto hashes() {
        return with([](RecordCopies& of) { return of.bucket_hashes(); });
    }
    auto list(size_t bucket, std::optional<Digest> after, size_t max) {
        return with([&](RecordCopies& of) { return of.list(bucket, after, max); });
    }
};

/// @param body  padded to nothing: its length is kept to the byte.
Version version_of(std::string_view set, std::string_view body, bool has_key = false) {
    Version version{.generation = 3, .last_update_ms = 1'000'000, .kind = Kind::live, .void_time = 77, .content = {}};
    version.content.push_back(static_cast<uint8_t>(set.size()));
    version.content.insert(version.content.end(), set.begin(), set.end());
    version.content.push_back(has_key ? 1 : 0);
    version.content.insert(version.content.end(), body.begin(), body.end());
    return version;
}

TEST(RecordCopies, GiveBackWhatWasPut) {
    Side side;
    const Version version = version_of("fruit", "seventeen bytes..", true);
    ASSERT_TRUE(side.put(digest_of(0, 1), version));
    const auto found = side.find(digest_of(0, 1));
    EXPECT_EQ(found.have, Have::here);
    EXPECT_EQ(found.version, version);
    EXPECT_EQ(side.find(digest_of(0, 2)).have, Have::nothing);
    EXPECT_EQ(side.ns.sets[side.ns.sets.find("fruit")].objects.load(), 1u);
}

TEST(RecordCopies, ReplaceWhatIsThere) {
    Side side;
    ASSERT_TRUE(side.put(digest_of(0, 1), version_of("", "old")));
    ASSERT_TRUE(side.put(digest_of(0, 1), version_of("", "a newer and longer one")));
    EXPECT_EQ(side.find(digest_of(0, 1)).version, version_of("", "a newer and longer one"));
    EXPECT_EQ(side.ns.partitions.memory_use().objects, 1u);
    side.erase(digest_of(0, 1));
    side.erase(digest_of(0, 1));
    EXPECT_EQ(side.ns.partitions.memory_use().objects, 0u);
}

TEST(RecordCopies, RefuseContentThatIsNone) {
    Side side;
    Version version = version_of("fruit", "");
    version.content.resize(4);
    EXPECT_FALSE(side.put(digest_of(0, 1), version)) << "the name of the set is cut short";
    version.content.clear();
    EXPECT_FALSE(side.put(digest_of(0, 1), version));
}

TEST(RecordCopies, HaveEqualHashesWhereverTheirSetsHaveOtherNumbers) {
    Side one, two;
    two.put(digest_of(9, 9), version_of("vegetables", "first, so that fruit is number 2 here"));
    two.erase(digest_of(9, 9));
    for (uint8_t number = 1; number < 20; ++number) {
        one.put(digest_of(number % 4, number), version_of("fruit", "body"));
        two.put(digest_of(number % 4, 20 - number % 20), version_of("fruit", "other"));
    }
    EXPECT_NE(one.hashes(), two.hashes());
    for (uint8_t number = 1; number < 21; ++number) {
        for (uint8_t bucket = 0; bucket < 4; ++bucket) two.erase(digest_of(bucket, number));
    }
    EXPECT_EQ(two.hashes(), (std::array<uint64_t, replication::kBuckets>{}));
    for (uint8_t number = 19; number > 0; --number) two.put(digest_of(number % 4, number), version_of("fruit", "body"));
    EXPECT_EQ(one.hashes(), two.hashes());
    two.put(digest_of(1, 1), version_of("fruit", "bodY"));
    EXPECT_NE(one.hashes()[1], two.hashes()[1]);
    EXPECT_EQ(one.hashes()[2], two.hashes()[2]);
}

TEST(RecordCopies, ListABucketUpwardsInPages) {
    Side side;
    for (uint8_t number = 1; number <= 200; ++number) {
        for (const uint8_t bucket : std::array<uint8_t, 3>{4, 5, 63})
            side.put(digest_of(bucket, number), version_of("", "body"));
    }
    for (const size_t bucket : {4u, 5u, 63u}) {
        std::vector<Digest> seen;
        std::optional<Digest> after;
        for (;;) {
            const auto page = side.list(bucket, after, 64);
            for (const auto& record : page) seen.push_back(record.digest);
            if (page.size() < 64) break;
            after = page.back().digest;
        }
        ASSERT_EQ(seen.size(), 200u) << "bucket " << bucket;
        for (uint8_t number = 1; number <= 200; ++number) {
            EXPECT_EQ(seen[number - 1u], digest_of(static_cast<uint8_t>(bucket), number));
        }
    }
    EXPECT_TRUE(side.list(6, std::nullopt, 64).empty());
}

TEST(RecordCopies, ClearAll) {
    Side side;
    for (uint8_t number = 1; number <= 200; ++number) side.put(digest_of(number % 64, number), version_of("", "body"));
    side.with([](RecordCopies& of) {
        of.clear();
        return true;
    });
    EXPECT_EQ(side.ns.partitions.memory_use().objects, 0u);
}

}  // namespace
}  // namespace cairn::copies
