#include <CLI/CLI.hpp>

#include "common/client/request.h"
#include "node/tools/command_line.h"
#include "node/tools/record_name.h"
#include "node/tools/text_parts.h"
#include "node/tools/value_json.h"

namespace cairn::ctl {
namespace {

struct Options {
    std::string place;
    std::string key;
    std::vector<std::string> bins;  // get: names; put: BIN=VALUE
    std::string ttl;
    bool create = false;
    bool replace = false;
    bool store_key = false;
};
using Answer = Result<client::Record>;

client::Target target_of(const RecordName& name) { return {name.place.ns, name.place.set, name.digest}; }

uint32_t server_timeout_ms(Session& session) {
    return uint32_t(std::chrono::duration_cast<std::chrono::milliseconds>(session.timeout()).count());
}

Json expiry_json(const client::Record& record) {
    if (record.void_time == 0) return nullptr;
    return date_text(kEpochUnixSeconds + record.void_time);
}

void print_record(Session& session, const client::Record& record) {
    if (session.json()) {
        session.print(json_line(
            Json{{"generation", record.generation}, {"expires", expiry_json(record)}, {"bins", bins_json(record)}}));
        return;
    }
    Json rows = Json::array();
    for (const auto& [name, value] : record.bins) {
        rows.push_back(Json{{"bin", name}, {"type", type_name(value.type)}, {"value", plain(to_json(value))}});
    }
    std::string head = "generation " + std::to_string(record.generation) + ", ";
    if (record.void_time == 0) {
        head += "never expires";
    } else {
        const uint32_t now = session.loop().clock().epoch_s();
        head += "expires in " + age_text(record.void_time > now ? record.void_time - now : 0) + " (" +
                plain(expiry_json(record)) + ")";
    }
    static constexpr Column kColumns[] = {{"bin", "BIN"}, {"type", "TYPE"}, {"value", "VALUE"}};
    session.print(head + "\n" + (rows.empty() ? "" : table(rows, kColumns)));
}

std::unexpected<Error> refused(const char* command, const RecordName& name, ResultCode code) {
    return fail(std::string(command) + " " + name.text + ": " + describe(code));
}

runtime::Task<Result<int>> get(Session& session, Options options) {
    const auto name = parse_record_name(options.place, options.key);
    if (!name) co_return std::unexpected(name.error());
    const std::vector<std::string_view> bins(options.bins.begin(), options.bins.end());
    Buffer frame;
    client::append_get(frame, target_of(*name), bins);
    const Answer answer = co_await session.ask(name->place.ns, name->digest.partition(), std::move(frame));
    if (!answer) co_return std::unexpected(answer.error());
    if (answer->result != ResultCode::ok) co_return refused("get", *name, answer->result);
    print_record(session, *answer);
    co_return 0;
}

Result<uint32_t> parse_ttl(const std::string& text) {
    if (text.empty()) return 0;
    if (text == "never") return ~uint32_t{0};
    if (text == "keep") return ~uint32_t{0} - 1;
    const auto time = parse_duration(text);
    if (!time || *time < 1s) return misuse("--ttl must be a time of at least 1s, never or keep, got '" + text + "'");
    return uint32_t(std::chrono::duration_cast<std::chrono::seconds>(*time).count());
}

Result<std::vector<client::Bin>> parse_bins(const std::vector<std::string>& words) {
    std::vector<client::Bin> bins;
    for (const auto& word : words) {
        const size_t equals = word.find('=');
        if (equals == 0 || equals == word.npos) return misuse("put: '" + word + "' is not BIN=VALUE");
        auto value = parse_value(std::string_view(word).substr(equals + 1));
        if (!value) return misuse("put: bin '" + word.substr(0, equals) + "': " + value.error().detail);
        bins.push_back({word.substr(0, equals), std::move(*value)});
    }
    return bins;
}

runtime::Task<Result<int>> put(Session& session, Options options) {
    const auto name = parse_record_name(options.place, options.key);
    if (!name) co_return std::unexpected(name.error());
    const auto bins = parse_bins(options.bins);
    if (!bins) co_return std::unexpected(bins.error());
    const auto ttl = parse_ttl(options.ttl);
    if (!ttl) co_return std::unexpected(ttl.error());
    if (options.store_key && !name->key) co_return misuse("--store-key wants the key itself, not its digest");

    client::WriteOptions write;
    write.ttl = *ttl;
    write.timeout_ms = server_timeout_ms(session);
    if (options.create) write.exists = client::Exists::create_only;
    if (options.replace) write.exists = client::Exists::replace;
    if (options.store_key) write.key = &*name->key;
    Buffer frame;
    client::append_put(frame, target_of(*name), *bins, write);
    const Answer answer = co_await session.ask(name->place.ns, name->digest.partition(), std::move(frame));
    if (!answer) co_return std::unexpected(answer.error());
    if (answer->result != ResultCode::ok) co_return refused("put", *name, answer->result);
    const auto generation = answer->generation;
    session.print(session.json() ? json_line(Json{{"ok", true}, {"generation", generation}})
                                 : "written, generation " + std::to_string(generation) + "\n");
    co_return 0;
}

runtime::Task<Result<int>> remove(Session& session, Options options) {
    const auto name = parse_record_name(options.place, options.key);
    if (!name) co_return std::unexpected(name.error());
    client::WriteOptions write;
    write.timeout_ms = server_timeout_ms(session);
    Buffer frame;
    client::append_delete(frame, target_of(*name), write);
    const Answer answer = co_await session.ask(name->place.ns, name->digest.partition(), std::move(frame));
    if (!answer) co_return std::unexpected(answer.error());
    if (answer->result != ResultCode::ok) co_return refused("delete", *name, answer->result);
    session.print(session.json() ? json_line(Json{{"ok", true}}) : "deleted\n");
    co_return 0;
}

runtime::Task<Result<int>> exists(Session& session, Options options) {
    const auto name = parse_record_name(options.place, options.key);
    if (!name) co_return std::unexpected(name.error());
    Buffer frame;
    client::append_exists(frame, target_of(*name));
    const Answer answer = co_await session.ask(name->place.ns, name->digest.partition(), std::move(frame));
    if (!answer) co_return std::unexpected(answer.error());
    const bool found = answer->result == ResultCode::ok;
    if (!found && answer->result != ResultCode::not_found) co_return refused("exists", *name, answer->result);
    session.print(session.json() ? json_line(Json{{"exists", found}}) : found ? "yes\n" : "no\n");
    co_return found ? 0 : 1;
}

using Run = runtime::Task<Result<int>> (*)(Session&, Options);

std::shared_ptr<Options> add(CLI::App& app, Action& chosen, const char* name, const char* about, Run run) {
    const auto options = std::make_shared<Options>();
    auto* sub = app.add_subcommand(name, about);
    sub->add_option("NS[.SET]", options->place, "Namespace, and set after a point")->required();
    sub->add_option("KEY", options->key, "An integer, a text, \"42\" in quotes for a text of digits, or digest:HEX")
        ->required();
    sub->callback([&chosen, options, run] { chosen = [options, run](Session& s) { return run(s, *options); }; });
    return options;
}

}  // namespace

void add_record_commands(CLI::App& app, Action& chosen) {
    const auto get_options = add(app, chosen, "get", "Print a record", get);
    auto* get_app = app.get_subcommand("get");
    get_app->add_option("--bin", get_options->bins, "Only these bins")->option_text("BIN...");
    get_app->footer(
        "EXAMPLES\n  cairnctl get test.people ada\n  cairnctl get test.people ada --bin name year --json\n");

    const auto put_options = add(app, chosen, "put", "Write bins of a record; its others stay", put);
    auto* put_app = app.get_subcommand("put");
    put_app
        ->add_option("BIN=VALUE", put_options->bins,
                     "A value is JSON when it can be read so (42, 1.5, true, \"42\", [1,2], {\"a\":1}), else the text "
                     "itself; null removes the bin")
        ->required();
    put_app->add_option("--ttl", put_options->ttl, "Time to live: 30d, never, keep; else the namespace's default")
        ->option_text("TIME");
    auto* create = put_app->add_flag("--create", put_options->create, "Only when there is no such record");
    put_app->add_flag("--replace", put_options->replace, "The record has only these bins afterwards")->excludes(create);
    put_app->add_flag("--store-key", put_options->store_key, "Store the key with the record, for scans to show");
    put_app->footer(
        "EXAMPLES\n  cairnctl put test.people ada name=Ada year=1815 --ttl 30d\n"
        "  cairnctl put test.people 42 'likes=[\"poems\",{\"since\":1833}]' 'code=\"007\"'\n");

    add(app, chosen, "delete", "Remove a record", remove);
    add(app, chosen, "exists", "Whether there is a record: yes and status 0, no and status 1", exists);
}

}  // namespace cairn::ctl
