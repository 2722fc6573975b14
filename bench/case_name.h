// Names of cases: FAMILY:parameter=value,...   gemm:m=4096,n=512,k=14336,type=f16
#pragma once

#include "bench/record.h"

#include <span>

namespace attune::bench {

// One parameter of a family: a whole number, or one of some words.
struct Parameter {
    enum class Shown { always, when_set };  // in names: when_set leaves out what has its default

    std::string   name;
    std::uint64_t standard = 0, least = 0, most = 0;
    std::string   same_as = {};  // instead of `standard`: what the parameter of that name, left of this one, has
    std::vector<std::string> words = {};  // if there are any, one of them; the first is the default
    Shown                    shown = Shown::always;
};

// Rows of families' tables.
Parameter number(std::string name, std::uint64_t standard, std::uint64_t most);
Parameter same_number(std::string name, std::string as, std::uint64_t most);
Parameter word(std::string name, std::vector<std::string> words);
Parameter flag(std::string name, std::uint64_t standard = 0);
// Left out of names where it has its default.
Parameter option(Parameter parameter);

// What a family's name and parameters are; families.h adds what it computes.
struct Grammar {
    std::string            name;
    std::vector<Parameter> parameters;
};

// All parameters, in the family's order, from "" or "m=4096,n=512". `where` is the whole name, for messages. Throws usage
// for an unknown, repeated or empty parameter, or a value that is none, and lists those that are.
Parameters parse_parameters(const Grammar& grammar, std::string_view text, const std::string& where);

// The name that says the same: sizes all of them, options where they are not the default.
std::string case_name(const Grammar& grammar, const Parameters& parameters);

// The family's part and the rest of a name.
std::pair<std::string, std::string> split_name(const std::string& name);

// Values by name; a family's own parameters are always there.
std::uint64_t      number_of(const Parameters& parameters, std::string_view name);
const std::string& word_of(const Parameters& parameters, std::string_view name);

// Whether a pattern with * (any characters) and ? (one) is the whole of a text.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace attune::bench
