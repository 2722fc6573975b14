// HTML in the making. Markup comes from literals of this program alone; everything else is text, and escaped.
#pragma once

#include <string>
#include <string_view>

namespace attune::bench {

// What is known when this program is compiled.
struct Literal {
    consteval Literal(const char* literal) : text(literal) {}
    std::string_view text;
};

class Html {
public:
    Html& raw(Literal markup) {
        text_ += markup.text;
        return *this;
    }
    Html& text(std::string_view any);  // in an element or a quoted attribute
    Html& px(double number);           // a coordinate, to a tenth
    Html& number(std::size_t number);  // a count
    Html& append(const Html& other) {
        text_ += other.text_;
        return *this;
    }

    const std::string& str() const noexcept { return text_; }

private:
    std::string text_;
};

}  // namespace attune::bench
