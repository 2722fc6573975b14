#include "lines.h"

#include "font.h"

#include <algorithm>

namespace host {
namespace {

// Letters that stay keep their time.
void update(Reading& reading, std::string text, std::uint64_t frame) {
    if (text == reading.text) return;
    const std::vector<char32_t> letters = code_points(text);
    const auto                  differ =
        std::mismatch(letters.begin(), letters.end(), reading.letters.begin(), reading.letters.end()).first;
    reading.arrived.resize(static_cast<std::size_t>(differ - letters.begin()));
    reading.arrived.resize(letters.size(), frame);
    reading.letters = letters;
    reading.text    = std::move(text);
}

}  // namespace

void Lines::want(LineId id) { (id.kind == Kind::subtitle ? subtitles_ : signs_).push_back(id); }

void Lines::exchange(Guest& guest, std::uint64_t frame) {
    if (running_) {
        Reading& reading = readings_[*running_];
        Text     text;
        if (guest.pull(text))
            reading.finished = frame;
        else
            guest.so_far(text);
        update(reading, std::string(text.bytes, text.count), frame);
        if (reading.finished) running_.reset();
    }
    if (running_ || idle()) return;
    std::deque<LineId>& from = subtitles_.empty() ? signs_ : subtitles_;
    running_                 = from.front();
    from.pop_front();
    readings_[*running_].begun = frame;
    guest.push(line_of(*running_).request());
}

const Reading& Lines::reading(LineId id) const {
    static const Reading none;
    const auto           found = readings_.find(id);
    return found != readings_.end() ? found->second : none;
}

}  // namespace host
