#include "bench/report/html.h"

#include <cmath>
#include <cstdio>

namespace attune::bench {

Html& Html::text(std::string_view any) {
    for (const char c : any) {
        switch (c) {
        case '&': text_ += "&amp;"; break;
        case '<': text_ += "&lt;"; break;
        case '>': text_ += "&gt;"; break;
        case '"': text_ += "&quot;"; break;
        case '\'': text_ += "&#39;"; break;
        default: text_ += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
        }
    }
    return *this;
}

Html& Html::px(double number) {
    char         text[32];
    const double there = std::isfinite(number) && std::abs(number) < 1e9 ? number : 0;
    std::snprintf(text, sizeof text, "%.1f", there);
    text_ += text;
    if (text_.ends_with(".0")) text_.resize(text_.size() - 2);
    return *this;
}

Html& Html::number(std::size_t number) {
    text_ += std::to_string(number);
    return *this;
}

}  // namespace attune::bench
