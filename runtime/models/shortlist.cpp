#include "models/shortlist.h"

#include <algorithm>

namespace attune {

Shortlist::Shortlist(ShortlistFile file, const MarianConfig& config, std::span<const std::uint32_t> ends)
    : file_(std::move(file)), shared_(config.share_encoder_decoder_embeddings), always_(ends.begin(), ends.end()) {
    for (std::uint32_t id = 0; id < file_.first(); ++id) always_.push_back(id);
}

std::vector<std::uint32_t> Shortlist::chosen(std::span<const std::uint32_t> source) const {
    std::vector<std::uint32_t> ids = always_;
    for (const std::uint32_t token : source) {
        if (shared_) ids.push_back(token);
        const auto targets = file_.targets(token);
        ids.insert(ids.end(), targets.begin(), targets.end());
    }
    std::ranges::sort(ids);
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

}  // namespace attune
