#include "operator/api/schema_visitor.h"

namespace cairn::api {

void add_limits(OrderedJson& schema, const About& about) {
    if (!about.text.empty()) schema["description"] = about.text;
    if (!about.format.empty()) schema["format"] = about.format;
    if (!about.pattern.empty()) schema["pattern"] = about.pattern;
    if (about.length_min != 0) schema["minLength"] = about.length_min;
    if (about.length_max != 0) schema["maxLength"] = about.length_max;
    if (about.min) schema["minimum"] = *about.min;
    if (about.max) schema["maximum"] = *about.max;
    if (!about.rules.empty()) schema["x-kubernetes-validations"] = rules_json(about.rules);
}

OrderedJson rules_json(const std::vector<Rule>& rules) {
    OrderedJson list = OrderedJson::array();
    for (const Rule& rule : rules) {
        OrderedJson one;
        one["rule"] = rule.rule;
        one["message"] = rule.message;
        if (!rule.reason.empty()) one["reason"] = rule.reason;
        list.push_back(std::move(one));
    }
    return list;
}

}  // namespace cairn::api
