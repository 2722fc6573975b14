#include "bench/case_name.h"

#include <attune/error.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace attune::bench {
namespace {

constexpr std::uint64_t most_flag = 1;

[[noreturn]] void refuse(const std::string& where, const std::string& what, const std::string& hint) {
    throw Error(Status::usage, where, what, hint);
}

std::string allowed(const Parameter& parameter) {
    if (parameter.words.empty()) return std::to_string(parameter.least) + " to " + std::to_string(parameter.most);
    std::string list;
    for (const std::string& one : parameter.words) list += (list.empty() ? "" : ", ") + one;
    return list;
}

std::string parameter_list(const Grammar& grammar) {
    std::string list;
    for (const Parameter& one : grammar.parameters) list += (list.empty() ? "" : ", ") + one.name;
    return grammar.name + " has " + (list.empty() ? "no parameters" : list);
}

ParameterValue parse_value(const Parameter& parameter, std::string_view text, const std::string& where) {
    const auto wrong = [&] {
        refuse(where, "'" + std::string(text) + "' is no " + parameter.name,
               parameter.name + " is " + (parameter.words.empty() ? "" : "one of ") + allowed(parameter));
    };
    if (!parameter.words.empty()) {
        if (std::ranges::find(parameter.words, text) == parameter.words.end()) wrong();
        return std::string(text);
    }
    std::uint64_t value       = 0;
    const auto [stopped, bad] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (bad != std::errc{} || stopped != text.data() + text.size()) wrong();
    if (value < parameter.least || value > parameter.most) wrong();
    return value;
}

const ParameterValue* find(const Parameters& parameters, std::string_view name) {
    for (const auto& [key, value] : parameters)
        if (key == name) return &value;
    return nullptr;
}

// `known`: the parameters left of it.
ParameterValue default_of(const Parameter& parameter, const Parameters& known) {
    if (!parameter.words.empty()) return parameter.words.front();
    if (!parameter.same_as.empty()) return number_of(known, parameter.same_as);
    return parameter.standard;
}

// name=value pairs as they are written; each name is the grammar's, and occurs once.
Parameters given(const Grammar& grammar, std::string_view text, const std::string& where) {
    Parameters parameters;
    while (!text.empty()) {
        const std::size_t      end  = std::min(text.find(','), text.size());
        const std::string_view pair = text.substr(0, end);
        const std::size_t      cut  = pair.find('=');
        const std::string      name(pair.substr(0, cut));
        const auto             known = std::ranges::find(grammar.parameters, name, &Parameter::name);
        if (known == grammar.parameters.end()) refuse(where, "'" + name + "' is no parameter", parameter_list(grammar));
        if (cut == std::string_view::npos) refuse(where, "'" + name + "' has no value", "write " + name + "=VALUE");
        if (find(parameters, name)) refuse(where, "'" + name + "' is there twice", {});
        parameters.emplace_back(name, parse_value(*known, pair.substr(cut + 1), where));
        text.remove_prefix(end);
        if (text == ",") refuse(where, "ends with a comma", {});
        if (!text.empty()) text.remove_prefix(1);
    }
    return parameters;
}

}  // namespace

Parameter number(std::string name, std::uint64_t standard, std::uint64_t most) {
    return {.name = std::move(name), .standard = standard, .least = 1, .most = most};
}

Parameter same_number(std::string name, std::string as, std::uint64_t most) {
    return {.name = std::move(name), .standard = 0, .least = 1, .most = most, .same_as = std::move(as)};
}

Parameter word(std::string name, std::vector<std::string> words) {
    return {.name = std::move(name), .standard = 0, .least = 0, .most = 0, .same_as = {}, .words = std::move(words)};
}

Parameter flag(std::string name, std::uint64_t standard) {
    return {.name = std::move(name), .standard = standard, .least = 0, .most = most_flag};
}

Parameter option(Parameter parameter) {
    parameter.shown = Parameter::Shown::when_set;
    return parameter;
}

Parameters parse_parameters(const Grammar& grammar, std::string_view text, const std::string& where) {
    const Parameters written = given(grammar, text, where);
    Parameters       all;
    for (const Parameter& parameter : grammar.parameters) {
        const ParameterValue* const value = find(written, parameter.name);
        all.emplace_back(parameter.name, value ? *value : default_of(parameter, all));
    }
    return all;
}

std::string case_name(const Grammar& grammar, const Parameters& parameters) {
    std::string name      = grammar.name;
    char        separator = ':';
    for (const Parameter& parameter : grammar.parameters) {
        const ParameterValue& value = *find(parameters, parameter.name);
        if (parameter.shown == Parameter::Shown::when_set && value == default_of(parameter, parameters)) continue;
        name += separator + parameter.name + "=" + text(value);
        separator = ',';
    }
    return name;
}

std::pair<std::string, std::string> split_name(const std::string& name) {
    const std::size_t colon = name.find(':');
    if (colon == std::string::npos) return {name, {}};
    return {name.substr(0, colon), name.substr(colon + 1)};
}

std::uint64_t number_of(const Parameters& parameters, std::string_view name) {
    const ParameterValue* const value = find(parameters, name);
    if (!value) throw std::logic_error("no parameter " + std::string(name));
    return std::get<std::uint64_t>(*value);
}

const std::string& word_of(const Parameters& parameters, std::string_view name) {
    const ParameterValue* const value = find(parameters, name);
    if (!value) throw std::logic_error("no parameter " + std::string(name));
    return std::get<std::string>(*value);
}

bool matches(std::string_view pattern, std::string_view text) {
    std::size_t p = 0, t = 0, star = std::string_view::npos, from = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            from = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p, ++t;
        } else if (star != std::string_view::npos) {  // the last star takes one more
            p = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

}  // namespace attune::bench
