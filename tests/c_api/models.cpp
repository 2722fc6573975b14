// Models from a host's memory and callbacks, and weights that come piece by piece.
#include "c_api/guest.h"
#include "support/host_folder.h"
#include "support/host_frames.h"
#include "support/test_devices.h"
#include "support/tiny_model.h"
#include "support/vulkan_shim.h"

#include <attune/translator.hpp>

#include <doctest/doctest.h>

#include <cstring>

using namespace attune;
using namespace attune::test;

namespace {

// The files of a folder as attune_file has them.
class Lent {
public:
    Lent(const TemporaryFolder& folder, bool by_callback) : content_(folder.path()) {
        for (const auto& [name, bytes] : content_.files) {
            auto file  = with_head<attune_file>(ATTUNE_TYPE_FILE);
            file.name  = name.c_str();
            file.count = bytes.size();
            if (by_callback) {
                readers_.push_back({&bytes, this});
                file.read = read;
            } else {
                file.bytes = bytes.data();
            }
            files_.push_back(file);
        }
        for (std::size_t i = 0; i < readers_.size(); ++i) files_[i].user = &readers_[i];
        source            = with_head<attune_source>(ATTUNE_TYPE_SOURCE);
        source.files      = files_.data();
        source.file_count = static_cast<std::uint32_t>(files_.size());
    }
    Lent(const Lent&)            = delete;
    Lent& operator=(const Lent&) = delete;

    attune_source source;
    std::size_t   reads = 0, beyond = 0;
    std::size_t   fail_at = ~std::size_t{0};

private:
    struct Reader {
        const std::string* bytes;
        Lent*              all;
    };
    static std::int32_t read(void* user, std::uint64_t offset, void* bytes, std::uint64_t count) {
        const auto& self = *static_cast<Reader*>(user);
        if (self.all->reads++ == self.all->fail_at) return 1;
        if (offset > self.bytes->size() || count > self.bytes->size() - offset) {
            ++self.all->beyond;
            return 1;
        }
        if (count > 0) std::memcpy(bytes, self.bytes->data() + offset, count);
        return 0;
    }

    HostFolder               content_;
    std::vector<Reader>      readers_;
    std::vector<attune_file> files_;
};

}  // namespace

TEST_CASE("a model from files in memory, and from files that are read by a callback") {
    TemporaryFolder folder;
    write_tiny_model(folder);
    const std::string line = tiny_text(6, 3), expected = Translator(main_device(), folder.path()).translate(line).text;
    const OwnDevice   own;
    const HostImport  given(own);
    Guest             guest(given.import);
    for (const bool by_callback : {false, true}) {
        Lent lent(folder, by_callback);
        CHECK(guest.translate(guest.open(lent.source), line) == expected);
        CHECK((lent.reads > 4) == by_callback);
        CHECK(lent.beyond == 0);
    }
    Lent counted(folder, true);
    guest.open(counted.source);
    for (std::size_t at = 0; at < counted.reads; ++at) {
        Lent broken(folder, true);
        broken.fail_at     = at;
        attune_error error = new_error();
        attune_model model = nullptr;
        CHECK(attune_model_open(guest.device, &broken.source, nullptr, &model, &error) == ATTUNE_BAD_INPUT);
        CHECK(model == nullptr);
        CAPTURE(error.message);
        CHECK(std::string(error.message).find('.') != std::string::npos);
    }
}

namespace {

// Loads a model that was opened for later, 1 KiB a time, gives up once, and goes on. `one` loads the next piece.
std::size_t load_all(attune_model                                                                model,
                     const std::function<attune_status(const attune_budget&, attune_progress&)>& one) {
    auto budget   = with_head<attune_budget>(ATTUNE_TYPE_BUDGET);
    budget.bytes  = 1024;
    auto progress = with_head<attune_progress>(ATTUNE_TYPE_PROGRESS);

    std::uint64_t loaded = 0;
    std::size_t   pieces = 0;
    do {
        if (pieces == 2) {
            attune_model_cancel(model);
            CHECK(one(budget, progress) == ATTUNE_CANCELLED);
        }
        REQUIRE(one(budget, progress) == ATTUNE_OK);
        CHECK((progress.state == ATTUNE_RECORDED || progress.state == ATTUNE_DONE));
        CHECK(progress.done > 0);
        loaded += progress.done;
        CHECK(progress.bytes == loaded);
        CHECK((progress.left == 0) == (progress.state == ATTUNE_DONE));
        ++pieces;
    } while (progress.state != ATTUNE_DONE);
    CHECK(one(budget, progress) == ATTUNE_OK);  // once more does nothing
    CHECK(progress.state == ATTUNE_DONE);
    CHECK(progress.done == 0);
    return pieces;
}

}  // namespace

TEST_CASE("weights that are loaded later, into a host's frames and by submissions, into memory of each kind") {
    TemporaryFolder folder;
    write_tiny_model(folder);
    const std::string line = tiny_text(6, 3), expected = Translator(main_device(), folder.path()).translate(line).text;
    for (const bool discrete : {false, true}) {
        CAPTURE(discrete);
        VulkanShim shim;
        if (discrete) shim.pretend(discrete_memory(64u << 20));
        const OwnDevice own;
        HostImport      given(own);
        given.import.get_instance_proc = shim.get_instance_proc();
        HostFrames   host(own, 2);
        Guest        guest(given.import);
        attune_error error = new_error();
        for (const bool in_frames : {false, true}) {
            CAPTURE(in_frames);
            const attune_model   model   = guest.open(folder, ATTUNE_LOAD_LATER);
            const attune_session session = guest.session(model);
            push(session, line);
            CHECK(attune_finish(session, &error) == ATTUNE_USAGE);
            const std::size_t pieces = load_all(model, [&](const attune_budget& budget, attune_progress& progress) {
                attune_status status = ATTUNE_OK;
                if (!in_frames) return attune_model_load(model, nullptr, &budget, &progress, &error);
                host.frame([&](const FrameTarget& to) {
                    const attune_target target = target_of(to.commands, to.frame, to.slot);
                    status                     = attune_model_load(model, &target, &budget, &progress, &error);
                });
                return status;
            });
            CHECK(pieces > 5);
            host.wait(UINT64_MAX);
            require_ok(attune_finish(session, &error), error);
            CHECK(pull(session) == expected);
        }
        // All at once.
        const attune_model model = guest.open(folder, ATTUNE_LOAD_LATER);
        require_ok(attune_model_load(model, nullptr, nullptr, nullptr, &error), error);
        CHECK(guest.translate(model, line) == expected);
    }
}
