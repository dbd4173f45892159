#include <CLI/CLI.hpp>

#include "node/tools/command_line.h"
#include "node/tools/render.h"
#include "node/tools/text_parts.h"

namespace cairn::ctl {
namespace {

/// "service", "network" or "namespace NS" at the front of words, dropped with it. @return  the info parameters.
Result<std::string> take_context(std::vector<std::string>& words, const std::string& command) {
    const std::string context = words.empty() ? "service" : words.front();
    if (!words.empty()) words.erase(words.begin());
    if (context == "service" || context == "network") return "context=" + context;
    if (context != "namespace") {
        return misuse(command + ": the context must be service, network or namespace NS, got '" + context + "'");
    }
    if (words.empty() || words.front().contains('=')) return misuse(command + ": namespace wants a name after it");
    const auto ns = words.front();
    words.erase(words.begin());
    return "context=namespace;namespace=" + ns;
}

runtime::Task<Result<int>> get(Session& session, std::vector<std::string> words) {
    const auto context = take_context(words, "config get");
    if (!context) co_return std::unexpected(context.error());
    const auto text = co_await session.info("get-config:" + *context);
    if (!text) co_return std::unexpected(text.error());
    const Json all = typed_pairs(*text);
    if (words.empty()) {
        session.print(session.json() ? json_line(all) : list(all));
        co_return 0;
    }
    Json found = Json::object();
    for (const auto& name : words) {
        if (!all.contains(name)) co_return fail("config get: there is no parameter '" + name + "' in " + *context);
        found[name] = all[name];
    }
    if (session.json()) {
        session.print(json_line(found));
    } else {
        session.print(words.size() == 1 ? plain(found[words[0]]) + "\n" : list(found));
    }
    co_return 0;
}

runtime::Task<Result<int>> set(Session& session, std::vector<std::string> words) {
    const auto context = take_context(words, "config set");
    if (!context) co_return std::unexpected(context.error());
    if (words.empty()) co_return misuse("config set: NAME=VALUE is missing");
    for (const auto& word : words) {
        if (!word.contains('=') || word.contains(';')) co_return misuse("config set: '" + word + "' is not NAME=VALUE");
    }
    for (const auto& word : words) {
        std::vector<std::string> commands(1, "set-config:" + *context + ";" + word);
        const auto answer = co_await session.info(std::move(commands));
        if (!answer) co_return std::unexpected(answer.error());
        if (answer->front() != "ok")
            co_return fail("config set: '" + word + "' was refused: " + refusal(answer->front()));
        if (!session.json()) session.print(word + " is in force until the node restarts\n");
    }
    if (session.json()) session.print(json_line(Json{{"ok", true}}));
    co_return 0;
}

runtime::Task<Result<int>> log_get(Session& session, std::string module) {
    const auto text = co_await session.info("log/0");
    if (!text) co_return std::unexpected(text.error());
    Json all = typed_pairs(*text, ';', ':');
    if (!module.empty()) {
        if (!all.contains(module)) co_return fail("log get: there is no module '" + module + "'");
        all = Json{{module, all[module]}};
    }
    session.print(session.json() ? json_line(all) : module.empty() ? list(all) : plain(all[module]) + "\n");
    co_return 0;
}

runtime::Task<Result<int>> log_set(Session& session, std::vector<std::string> words) {
    for (const auto& word : words) {
        if (!word.contains('=') || word.contains(';')) co_return misuse("log set: '" + word + "' is not MODULE=LEVEL");
        std::vector<std::string> commands(1, "log-set:id=0;" + word);
        const auto answer = co_await session.info(std::move(commands));
        if (!answer) co_return std::unexpected(answer.error());
        if (answer->front() != "ok") co_return fail("log set: '" + word + "' was refused: " + refusal(answer->front()));
        if (!session.json()) session.print(word + " is in force until the node restarts\n");
    }
    if (session.json()) session.print(json_line(Json{{"ok", true}}));
    co_return 0;
}

using Words = std::shared_ptr<std::vector<std::string>>;

void add_config(CLI::App& app, Action& chosen) {
    auto* config = app.add_subcommand("config", "Read and change the configuration of the running node");
    config->require_subcommand(1);
    config->footer(
        "EXAMPLES\n  cairnctl config get                          all of the service\n"
        "  cairnctl config get service proto-fd-max\n  cairnctl config get namespace test default-ttl\n"
        "  cairnctl config set namespace test nsup-period=60 default-ttl=3600\n");
    const auto get_words = std::make_shared<std::vector<std::string>>();
    auto* get_app = config->add_subcommand("get", "Print parameters");
    get_app->add_option("WORDS", *get_words, "service (the default), network or namespace NS; then names, or all")
        ->option_text("[service|network|namespace NS] [NAME...]");
    get_app->callback([&chosen, get_words] { chosen = [get_words](Session& s) { return get(s, *get_words); }; });

    const auto set_words = std::make_shared<std::vector<std::string>>();
    auto* set_app = config->add_subcommand("set", "Change parameters of the running node; its file stays as it is");
    set_app->add_option("WORDS", *set_words, "What to set")
        ->required()
        ->option_text("service|network|namespace NS NAME=VALUE...");
    set_app->callback([&chosen, set_words] { chosen = [set_words](Session& s) { return set(s, *set_words); }; });
}

void add_log(CLI::App& app, Action& chosen) {
    auto* log = app.add_subcommand("log", "Read and change the log levels of the running node");
    log->require_subcommand(1);
    log->footer("EXAMPLES\n  cairnctl log get service\n  cairnctl log set service=debug query=detail\n");
    const auto module = std::make_shared<std::string>();
    auto* get_app = log->add_subcommand("get", "Print the level of a module, or of all");
    get_app->add_option("MODULE", *module, "Module");
    get_app->callback([&chosen, module] { chosen = [module](Session& s) { return log_get(s, *module); }; });

    const auto words = std::make_shared<std::vector<std::string>>();
    auto* set_app = log->add_subcommand("set", "Change levels: critical, warning, info, debug, detail");
    set_app->add_option("MODULE=LEVEL", *words, "Which, and to what")->required();
    set_app->callback([&chosen, words] { chosen = [words](Session& s) { return log_set(s, *words); }; });
}

}  // namespace

void add_config_commands(CLI::App& app, Action& chosen) {
    add_config(app, chosen);
    add_log(app, chosen);
}

}  // namespace cairn::ctl
