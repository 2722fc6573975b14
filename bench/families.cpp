#include "bench/families.h"

#include <attune/error.hpp>

#include <algorithm>

namespace attune::bench {

std::span<const Family> families() {
    static const std::vector<Family> all = [] {
        std::vector<Family> rows;
        add_attention_families(rows);
        add_product_families(rows);
        add_row_families(rows);
        add_model_families(rows);
        return rows;
    }();
    return all;
}

BenchCase parse_case(const std::string& name, std::span<const Family> known) {
    const auto [op, rest] = split_name(name);
    const auto found      = std::ranges::find(known, op, &Family::name);
    if (found == known.end()) {
        std::string list;
        for (const Family& one : known) list += (list.empty() ? "" : ", ") + one.name;
        throw Error(Status::usage, name, "'" + op + "' is nothing that can be measured", "there are " + list);
    }
    BenchCase result{.family = &*found, .parameters = parse_parameters(*found, rest, name), .name = {}};
    result.name = case_name(*found, result.parameters);
    found->work(result.parameters);  // throws where they contradict each other
    return result;
}

std::string default_name(const Family& family) {
    std::string name      = family.name;
    char        separator = ':';
    for (const auto& [parameter, value] : parse_parameters(family, {}, family.name)) {
        name += separator + parameter + "=" + text(value);
        separator = ',';
    }
    return name;
}

Type type_of(const Parameters& parameters) {
    const std::string& name = word_of(parameters, "type");
    return name == name_of(Type::f16) ? Type::f16 : name == name_of(Type::i8) ? Type::i8 : Type::f32;
}

Parameter type_parameter(std::vector<std::string> words) { return word("type", std::move(words)); }

double largest_nmse(Type type) { return type == Type::f32 ? 1e-9 : 1e-5; }

}  // namespace attune::bench
