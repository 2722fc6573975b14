#include "scene.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace host {
namespace {

constexpr Line subtitles[] = {
    {"de", "en", "Hast du den letzten Zug verpasst?"},
    {"fr", "en", "Le dernier bus est déjà parti."},
    {"es", "en", "Hace mucho frío esta noche."},
    {"de", "en", "Möchtest du noch eine Tasse Tee?"},
    {"fr", "en", "La nuit est belle et la rue est calme."},
    {"en", "de", "I love this city."},
    {"es", "en", "Mi abuela vive en esta calle."},
    {"fr", "en", "Il neige encore."},
    {"es", "en", "¿Quieres bailar conmigo?"},
    {"de", "en", "Ich warte hier, bis du zurückkommst."},
    {"en", "de", "Let's go home."},
};

constexpr Line signs[] = {
    {"de", "en", "Wir verkaufen alte Bücher."},
    {"fr", "en", "Le pain est chaud."},
    {"es", "en", "La cena está lista."},
    {"de", "en", "Wir kaufen alte Uhren."},
    {"fr", "en", "Entrez, s'il vous plaît."},
    {"de", "en", "Wir sind bis Mitternacht geöffnet."},
    {"es", "en", "El museo está cerrado."},
    {"de", "en", "Heute Abend tanzen wir."},
    {"fr", "en", "Le vin est bon."},
    {"de", "en", "Wir haben ein freies Zimmer."},
    {"es", "en", "El café está caliente."},
    {"fr", "en", "L'entrée est gratuite."},
};

constexpr std::uint64_t period = 100, comes = 4, goes = 97, fade = 6;  // frames of a subtitle
constexpr std::uint64_t between    = 50;                               // when a sign's turn comes
constexpr float         first_shop = 520;

float place_of_shop(std::size_t number) { return first_shop + Scene::distance * static_cast<float>(number); }

}  // namespace

const Line& line_of(LineId id) {
    return id.kind == Kind::subtitle ? subtitles[id.number % std::size(subtitles)]
                                     : signs[id.number % std::size(signs)];
}

std::optional<Scene::Subtitle> Scene::subtitle(std::uint64_t frame) {
    const std::uint64_t within = frame % period;
    if (within < comes || within >= goes) return std::nullopt;
    return Subtitle{static_cast<std::size_t>(frame / period), within - comes, goes - 1 - within};
}

std::uint64_t Scene::last_frame(std::size_t subtitle) { return subtitle * period + goes - 1 - fade; }

std::vector<Scene::Shop> Scene::shops(std::uint64_t frame) const {
    const float       from  = camera(frame) - distance;
    const float       first = std::max(0.0f, std::ceil((from - first_shop) / distance));
    std::vector<Shop> shops;
    for (auto number = static_cast<std::size_t>(first);; ++number) {
        const float x = place_of_shop(number) - camera(frame);
        if (x > width_ + distance) return shops;
        shops.push_back({number, x});
    }
}

// A sign is read when most of it is in the picture, one between two subtitles.
std::uint64_t Scene::sign_begins(std::size_t number) const {
    const float ahead = place_of_shop(number) - (width_ - distance / 3);
    const auto  seen  = static_cast<std::uint64_t>(std::max(0.0f, std::ceil(ahead / camera(1))));
    const auto  turn  = std::max<std::uint64_t>(number, (seen + period - 1 - between) / period);
    return turn * period + between;
}

std::vector<LineId> Scene::begin_at(std::uint64_t frame) const {
    std::vector<LineId> lines;
    if (frame % period == comes) lines.push_back({Kind::subtitle, static_cast<std::size_t>(frame / period)});
    for (const Shop& shop : shops(frame))
        if (sign_begins(shop.number) == frame) lines.push_back({Kind::sign, shop.number});
    return lines;
}

}  // namespace host
