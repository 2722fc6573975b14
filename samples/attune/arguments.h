// The command line as rows of a table: what a command accepts, its help text, and how it is read.
#pragma once

#include <attune/error.hpp>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune::cli {

using Words = std::vector<std::string>;

// Takes the value of an option to where it belongs; throws usage `[option] ...` if it is none.
using Setter = std::function<void(const std::string& option, const std::string& value)>;

struct Option {
    std::vector<std::string> names;   // "--target-lang", "--to": all mean the same
    std::string              value;   // what the help calls the value; "": the option takes none; "[=N]": it may be
                                      // left out, and stands behind '=' otherwise
    std::string              help;
    Setter                   set;
};

struct Syntax {
    std::string         usage;          // "attune translate [MODEL] [options] < lines > lines"
    std::string         about;          // what the command does, in whole lines
    std::size_t         operands = 0;   // words beside the options, at most
    std::vector<Option> options;
};

// Sets what the words say and returns the operands. `--name value` and `--name=value` are the same, the
// last one counts, and after `--` everything is an operand. Throws usage, with the nearest name for a
// misspelt option.
Words read_arguments(const Syntax& syntax, const Words& words);

std::string help_text(const Syntax& syntax);

// The name most like `word`, or "" if none is near it.
std::string nearest(std::string_view word, const std::vector<std::string>& names);

// Setters.
Setter to_flag(bool& flag);
Setter to_text(std::string& text);
Setter to_list(std::vector<std::string>& texts);   // an option that may be given more than once
Setter to_choice(std::string& text, std::initializer_list<std::string> choices);
Setter to_number(std::uint32_t& number, std::uint32_t least, std::uint32_t most);
Setter to_number(std::optional<std::uint32_t>& number, std::uint32_t least, std::uint32_t most);
Setter to_level(unsigned& level, unsigned most);   // of --verbose, -v, -vv and so on: N, or as many as there are letters
Setter to_real(std::optional<double>& number, double least, double most);

}  // namespace attune::cli
