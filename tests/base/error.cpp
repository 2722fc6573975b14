#include <attune/error.hpp>

#include <doctest/doctest.h>

using namespace attune;

TEST_CASE("an error says where, what and what can be done") {
    CHECK(std::string(Error(Status::usage, "add", "shapes differ", "see ops.hpp").what()) ==
          "[add] shapes differ; see ops.hpp");
    CHECK(std::string(Error(Status::bad_input, "a.json", "is empty").what()) == "[a.json] is empty");
    CHECK(Error(Status::cancelled, "a", "b").status() == Status::cancelled);
}

TEST_CASE("every status has its own name") {
    const Status all[] = {Status::ok,
                          Status::bad_input,
                          Status::usage,
                          Status::no_device,
                          Status::device_failed,
                          Status::out_of_host_memory,
                          Status::out_of_device_memory,
                          Status::cancelled};
    for (const Status a : all)
        for (const Status b : all) CHECK((std::string(status_name(a)) == status_name(b)) == (a == b));
    CHECK(std::string(status_name(Status::bad_input)) == "bad_input");
}
