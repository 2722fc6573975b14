// Structs of older and newer headers, every one of them; and what an error's message becomes.
#include "c_api/structs.h"
#include "c_api/call.h"
#include "support/expect_error.h"

#include <array>
#include <new>

using namespace attune;
using namespace attune::c_api;
using namespace attune::test;

namespace {

constexpr std::size_t more = 64;  // bytes of a newer header's struct that ours does not know

// A caller's struct of any size up to `more` beyond ours, all its bytes the same behind the head.
template <class Struct> struct Room {
    Struct                          known;
    std::array<unsigned char, more> tail;

    Room(std::uint32_t size, unsigned char byte) {
        std::memset(static_cast<void*>(this), byte, sizeof(*this));
        known.size = size;
        known.type = FactsOf<Struct>::value.type;
        known.next = nullptr;
    }
    unsigned char at(std::size_t place) const {
        unsigned char result = 0;
        std::memcpy(&result, reinterpret_cast<const unsigned char*>(this) + place, 1);
        return result;
    }
};

template <class Struct> void check_reading() {
    for (std::uint32_t size = sizeof(Head); size <= sizeof(Struct); size += 8) {
        CAPTURE(size);
        const Room<Struct> room(size, 0xAA);
        const Struct       found = read(&room.known);
        const auto*        bytes = reinterpret_cast<const unsigned char*>(&found);
        bool               right = true;
        for (std::size_t i = sizeof(Head); i < sizeof(Struct); ++i) right = right && bytes[i] == (i < size ? 0xAA : 0);
        CHECK(right);
    }
    Room<Struct> newer(sizeof(Struct) + more, 0);
    read(&newer.known);
    newer.tail.back() = 1;
    expect_error(Status::usage, {FactsOf<Struct>::value.name, "does not know"}, [&] { read(&newer.known); });
}

template <class Struct> void check_filling() {
    Struct value{};
    std::memset(static_cast<void*>(&value), 0x55, sizeof(value));
    for (std::uint32_t size = sizeof(Head); size <= sizeof(Struct) + more; size += 8) {
        CAPTURE(size);
        Room<Struct> room(size, 0xAA);
        Out(&room.known).write(value);
        CHECK(room.known.size == size);
        CHECK(room.known.type == FactsOf<Struct>::value.type);
        bool right = true;
        for (std::size_t i = sizeof(Head); i < sizeof(room); ++i)
            right = right && room.at(i) == (i >= size ? 0xAA : i < sizeof(Struct) ? 0x55 : 0);
        CHECK(right);
    }
}

template <class Struct> void check_arrays() {
    for (const std::uint32_t size :
         {static_cast<std::uint32_t>(sizeof(Head)), static_cast<std::uint32_t>(sizeof(Struct) + more)}) {
        std::vector<std::byte> bytes(3 * size);
        for (int i = 0; i < 3; ++i) {
            const Head head{size, FactsOf<Struct>::value.type, nullptr};
            std::memcpy(bytes.data() + static_cast<std::size_t>(i) * size, &head, sizeof(head));
        }
        CHECK(read_array(reinterpret_cast<const Struct*>(bytes.data()), 3).size() == 3);
        const std::uint32_t other = size + 8;
        std::memcpy(bytes.data() + size, &other, sizeof(other));
        expect_error(Status::usage, {FactsOf<Struct>::value.name, "another size"},
                     [&] { read_array(reinterpret_cast<const Struct*>(bytes.data()), 3); });
    }
}

}  // namespace

TEST_CASE("every struct is read and filled in all sizes that a header may give it"){
#define CHECK_ONE(name, type)                                                                                          \
    SUBCASE(#name) {                                                                                                   \
        static_assert(sizeof(name) % 8 == 0 && alignof(name) == 8);                                                    \
        check_reading<name>();                                                                                         \
        check_filling<name>();                                                                                         \
        check_arrays<name>();                                                                                          \
    }
    ATTUNE_C_STRUCTS(CHECK_ONE)
#undef CHECK_ONE
}

TEST_CASE("a message is cut where a character begins, and an error's own size is kept") {
    const Call  call("attune_x");
    std::string text(40, 'a');
    text += "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x99\x82";  // 2, 3 and 4 bytes
    for (std::uint32_t size = 24; size <= 80; size += 8) {
        CAPTURE(size);
        Room<attune_error> room(size, 0xEE);
        CHECK(call.tell(&room.known, ATTUNE_BAD_INPUT, text.c_str()) == ATTUNE_BAD_INPUT);
        const std::string found(room.known.message);
        CHECK(found.size() + offsetof(attune_error, message) < size);
        CHECK(text.starts_with(found));
        const bool boundary = found.size() <= 40 || found.size() == 42 || found.size() == 45 || found.size() == 49;
        CHECK(boundary);
        CHECK(room.at(size) == 0xEE);
    }
    const std::string  endless(5000, 'b');
    Room<attune_error> room(sizeof(attune_error), 0xEE);
    call.tell(&room.known, ATTUNE_USAGE, endless.c_str());
    CHECK(std::strlen(room.known.message) == sizeof(room.known.message) - 1);
    CHECK(room.tail[0] == 0xEE);
}

TEST_CASE("whatever is thrown becomes a status and a message") {
    const auto thrown = [](const auto& what) {
        attune_error error{};
        ATTUNE_INIT(error, ATTUNE_TYPE_ERROR);
        const attune_status status = guard(&error, "attune_x", [&](Call&) { what(); });
        CHECK(error.status == status);
        CHECK(guard(nullptr, "attune_x", [&](Call&) { what(); }) == status);
        return std::string(attune_status_string(status)) + " " + error.message;
    };
    CHECK(thrown([] { throw Error(Status::not_ready, "a", "b", "c"); }) == "ATTUNE_NOT_READY [a] b; c");
    CHECK(thrown([] { throw std::bad_alloc(); }).starts_with("ATTUNE_OUT_OF_HOST_MEMORY [attune_x] "));
    CHECK(thrown([] { throw std::out_of_range("place"); }) == "ATTUNE_BAD_INPUT [attune_x] place");
    CHECK(thrown([] { throw 7; }).starts_with("ATTUNE_BAD_INPUT [attune_x] "));
    CHECK(thrown([] {}) == "ATTUNE_OK ");
    for (int status = 0; status <= static_cast<int>(Status::not_ready); ++status) {
        const std::string ours = status_name(static_cast<Status>(status));
        std::string       name = attune_status_string(status_of(static_cast<Status>(status)));
        for (char& c : name) c = static_cast<char>(std::tolower(c));
        CHECK(name == "attune_" + ours);
    }
    CHECK(std::string(attune_status_string(99)) == "unknown status");
    CHECK((attune_version() >> 16) == 1);
}
