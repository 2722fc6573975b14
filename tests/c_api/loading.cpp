// The shared library loaded, used and unloaded, over and over, as an editor does with its plug-ins.
#include "c_api/world.h"
#include "support/test_devices.h"
#include "support/tiny_model.h"

#include <dlfcn.h>
#include <doctest/doctest.h>

#include <cstdlib>
#include <cstring>

using namespace attune::test;

namespace {

// What a host looks up after dlopen().
class Loaded {
public:
    Loaded() : library_(dlopen(ATTUNE_BUILD_DIR "/libattune.so.0", RTLD_NOW | RTLD_LOCAL)) {
        const char* const why = library_ ? "" : dlerror();
        REQUIRE(std::string(why) == "");
    }
    ~Loaded() {
        if (library_) dlclose(library_);
    }
    Loaded(const Loaded&)            = delete;
    Loaded& operator=(const Loaded&) = delete;

    template <class Function> Function* get(Function*, const char* name) const {
        void* const found = dlsym(library_, name);
        REQUIRE(found != nullptr);
        return reinterpret_cast<Function*>(found);
    }

private:
    void* library_;
};
#define LOADED(library, name) (library).get(&name, #name)

std::string translate_once(const World& world, const attune_import& import, const std::string& line) {
    const Loaded   library;
    attune_error   error   = new_error();
    attune_device  device  = nullptr;
    attune_model   model   = nullptr;
    attune_session session = nullptr;
    auto           source  = with_head<attune_source>(ATTUNE_TYPE_SOURCE);
    source.folder          = world.path.c_str();
    char        text[1000];
    std::size_t count = sizeof(text);
    require_ok(LOADED(library, attune_device_import)(&import, &device, &error), error);
    require_ok(LOADED(library, attune_model_open)(device, &source, nullptr, &model, &error), error);
    require_ok(LOADED(library, attune_session_create)(model, nullptr, &session, &error), error);
    require_ok(LOADED(library, attune_push)(session, line.data(), line.size(), &error), error);
    require_ok(LOADED(library, attune_finish)(session, &error), error);
    require_ok(LOADED(library, attune_pull)(session, text, &count, &error), error);
    LOADED(library, attune_session_destroy)(session);
    LOADED(library, attune_model_destroy)(model);
    LOADED(library, attune_device_destroy)(device);
    return {text, count};
}

}  // namespace

TEST_CASE("loaded, used and unloaded again and again") {
    World             world;
    const std::string line     = tiny_text(4, 3);
    const std::string expected = world.finish(line);
    const auto        import   = world.import();
    // ATTUNE_TEST_SHARE is 1 only where all rows are asked for; sanitizers look at each load for longer.
    const int loads = row_share() == 1 ? 1000 : row_share() >= 20 ? 10 : 50;
    for (int i = 0; i < loads; ++i) {
        CAPTURE(i);
        REQUIRE(translate_once(world, import, line) == expected);
        REQUIRE(dlopen(ATTUNE_BUILD_DIR "/libattune.so.0", RTLD_NOW | RTLD_NOLOAD) == nullptr);  // it is gone
    }
}
