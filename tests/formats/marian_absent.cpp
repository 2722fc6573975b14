// What a build without yaml-cpp, zlib and libzstd says. The files that say it are not in this build, so they come in
// here under other names.
#define unpack_gzip unpack_absent_gzip
#define unpack_zstd unpack_absent_zstd
#define inflate_into inflate_absent_into
#define scan_yaml scan_absent_yaml
#include "../../runtime/formats/codecs_absent.cpp"
#include "../../runtime/formats/yaml_events_absent.cpp"

#include "support/expect_error.h"

using namespace attune;

TEST_CASE("a build without Marian's libraries refuses what needs them") {
    const auto refused = [](auto&& call) {
        test::expect_error(Status::bad_input, {"[model.bin.gz]", "this build of attune reads no", "ATTUNE_MARIAN"}, call);
    };
    const std::string where = "model.bin.gz";
    const TakeBytes   take  = [](std::span<const std::byte>) {};
    refused([&] { unpack_absent_gzip({}, where, take); });
    refused([&] { unpack_absent_zstd({}, where, 0, take); });
    refused([&] { inflate_absent_into({}, {}, 0, where, "part"); });
    struct Handler final : YamlHandler {
        void scalar(const std::string&) override {}
        void null() override {}
        void begin_list() override {}
        void end_list() override {}
        void begin_map() override {}
        void end_map() override {}
    } handler;
    refused([&] { scan_absent_yaml("", where, handler); });
}
