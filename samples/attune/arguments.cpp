#include "arguments.h"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace attune::cli {
namespace {

constexpr std::size_t help_column = 27;

[[noreturn]] void refuse(const std::string& option, const std::string& what, const std::string& hint = {}) {
    throw Error(Status::usage, option, what, hint);
}

// Insertions, deletions and replacements that make one word of the other (Levenshtein 1966).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0]               = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal                   = row[j + 1];
            row[j + 1]                 = std::min({row[j] + 1, row[j + 1] + 1, replaced});
        }
    }
    return row[b.size()];
}

const Option& find_option(const Syntax& syntax, const std::string& name) {
    std::vector<std::string> names = {"--help"};
    for (const Option& option : syntax.options) {
        if (std::ranges::find(option.names, name) != option.names.end()) return option;
        names.insert(names.end(), option.names.begin(), option.names.end());
    }
    const std::string near = nearest(name, names);
    refuse(name, "there is no such option", near.empty() ? "--help lists them" : "did you mean " + near + "?");
}

template <class Number> Number parse_number(const std::string& option, const std::string& value, Number least, Number most) {
    Number     number{};
    const auto end            = value.data() + value.size();
    const auto [stopped, bad] = std::from_chars(value.data(), end, number);
    // Written so that NaN is out of range.
    if (bad == std::errc{} && stopped == end && number >= least && number <= most) return number;
    std::string kind = std::is_integral_v<Number> ? "a whole number" : "a number";
    std::string from = std::to_string(least), to = std::to_string(most);
    if (!std::is_integral_v<Number>) {   // 1.000000 -> 1
        from.erase(from.find('.'));
        to.erase(to.find('.'));
    }
    refuse(option, "'" + value + "' is not " + kind + " from " + from + " to " + to);
}

// Words up to the width of the line, and further lines below each other.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t width) {
    std::string result;
    std::size_t column = indent, at = 0;
    while (at < text.size()) {
        const std::size_t end  = std::min(text.find(' ', at), text.size());
        const std::size_t size = end - at;
        if (column > indent && column + 1 + size > width) {
            result += '\n' + std::string(indent, ' ');
            column = indent;
        } else if (column > indent) {
            result += ' ';
            ++column;
        }
        result.append(text, at, size);
        column += size;
        at = end + 1;
    }
    return result;
}

std::string help_line(const Option& option) {
    std::string left = "  ";
    for (const std::string& name : option.names) left += (left.size() > 2 ? ", " : "") + name;
    if (!option.value.empty()) left += (option.value[0] == '[' ? "" : " ") + option.value;
    if (left.size() + 2 > help_column) left += '\n' + std::string(help_column, ' ');
    else left.resize(help_column, ' ');
    return left + wrapped(option.help, help_column, 100) + '\n';
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& names) {
    std::string best;
    std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;   // further away, it is another word
    for (const std::string& name : names) {
        const std::size_t d = distance(word, name);
        if (d < least) {
            least = d;
            best  = name;
        }
    }
    return best;
}

Words read_arguments(const Syntax& syntax, const Words& words) {
    Words operands;
    bool  options_ended = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (options_ended || word.size() < 2 || word[0] != '-') {
            operands.push_back(word);
            continue;
        }
        if (word == "--") {
            options_ended = true;
            continue;
        }
        const std::size_t equals = word.find('=');
        const std::string name   = word.substr(0, equals);
        const Option&     option = find_option(syntax, name);
        const bool        alone  = option.value.empty() || option.value[0] == '[';   // it may stand alone
        if (option.value.empty() && equals != std::string::npos) refuse(name, "takes no value");
        if (equals == std::string::npos && alone) {
            option.set(name, {});
        } else if (equals != std::string::npos) {
            if (alone && equals + 1 == word.size()) refuse(name, "needs a value after '='");
            option.set(name, word.substr(equals + 1));
        } else {
            if (i + 1 == words.size() || words[i + 1].starts_with("--")) refuse(name, "needs a value: " + option.value);
            option.set(name, words[++i]);
        }
    }
    if (operands.size() > syntax.operands) refuse(operands[syntax.operands], "is one word too many", "usage: " + syntax.usage);
    return operands;
}

std::string help_text(const Syntax& syntax) {
    std::string text = "usage: " + syntax.usage + "\n\n" + syntax.about;
    if (!syntax.options.empty()) text += "\noptions\n";
    for (const Option& option : syntax.options) text += help_line(option);
    return text;
}

Setter to_flag(bool& flag) {
    return [&flag](const std::string&, const std::string&) { flag = true; };
}

Setter to_text(std::string& text) {
    return [&text](const std::string& option, const std::string& value) {
        if (value.empty()) refuse(option, "needs a value that is not empty");
        text = value;
    };
}

Setter to_list(std::vector<std::string>& texts) {
    return [&texts](const std::string& option, const std::string& value) {
        to_text(texts.emplace_back())(option, value);
    };
}

Setter to_choice(std::string& text, std::initializer_list<std::string> choices) {
    return [&text, known = std::vector<std::string>(choices)](const std::string& option, const std::string& value) {
        if (std::ranges::find(known, value) == known.end()) {
            std::string list;
            for (const std::string& one : known) list += (list.empty() ? "" : ", ") + one;
            refuse(option, "'" + value + "' is none of " + list);
        }
        text = value;
    };
}

Setter to_number(std::uint32_t& number, std::uint32_t least, std::uint32_t most) {
    return [&number, least, most](const std::string& option, const std::string& value) {
        number = parse_number(option, value, least, most);
    };
}

Setter to_number(std::optional<std::uint32_t>& number, std::uint32_t least, std::uint32_t most) {
    return [&number, least, most](const std::string& option, const std::string& value) {
        number = parse_number(option, value, least, most);
    };
}

Setter to_level(unsigned& level, unsigned most) {
    return [&level, most](const std::string& option, const std::string& value) {
        const bool letters = !option.starts_with("--");
        if (!value.empty()) level = parse_number(option, value, 0u, most);
        else level = letters ? static_cast<unsigned>(option.size() - 1) : 1;
    };
}

Setter to_real(std::optional<double>& number, double least, double most) {
    return [&number, least, most](const std::string& option, const std::string& value) {
        number = parse_number(option, value, least, most);
    };
}

}  // namespace attune::cli
