#include "tests/unit/node_metrics/capture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace cairn::metrics::test {
namespace {

std::ifstream open(const std::string& file) {
    std::ifstream in(CAIRN_TEST_DATA + file);
    EXPECT_TRUE(in.is_open()) << file;
    return in;
}

}  // namespace

Published read_exporter_capture() {
    Published capture;
    auto in = open("exporter-metrics.txt");
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string hash, kind, name, rest;
        words >> hash >> kind >> name >> std::ws;
        std::getline(words, rest);
        if (hash != "#") capture.series.insert(line);
        if (kind == "TYPE") capture.types[name] = rest;
        if (kind == "HELP") capture.helps[name] = rest;
    }
    return capture;
}

KeyValues read_info_capture(const std::string& file) {
    auto in = open(file);
    std::string pair;
    std::getline(in, pair, '\t');
    KeyValues values;
    std::string line;
    std::getline(in, line);
    std::istringstream pairs(line);
    while (std::getline(pairs, pair, ';')) {
        const auto equals = pair.find('=');
        values.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
    }
    return values;
}

Published published(const std::vector<Family>& families) {
    Published ours;
    for (const auto& family : families) {
        EXPECT_TRUE(ours.types.emplace(family.name, family.type == Type::gauge ? "gauge" : "counter").second)
            << family.name << " twice";
        ours.helps[family.name] = family.help;
        for (const auto& sample : family.samples) {
            auto labels = sample.labels;
            std::ranges::sort(labels);
            std::string series;
            for (const auto& [label, value] : labels)
                series += (series.empty() ? "" : ",") + label + "=\"" + value + "\"";
            EXPECT_TRUE(ours.series.insert(family.name + (series.empty() ? "" : "{" + series + "}")).second) << series;
        }
    }
    return ours;
}

}  // namespace cairn::metrics::test
