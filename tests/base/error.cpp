#include <attune/error.hpp>

#include <doctest/doctest.h>

#include <set>

using namespace attune;

TEST_CASE("an error says where, what and what can be done") {
    CHECK(std::string(Error(Status::usage, "add", "shapes differ", "see ops.hpp").what()) ==
          "[add] shapes differ; see ops.hpp");
    CHECK(std::string(Error(Status::bad_input, "a.json", "is empty").what()) == "[a.json] is empty");
    CHECK(Error(Status::cancelled, "a", "b").status() == Status::cancelled);
}

TEST_CASE("every status has its own name") {
    constexpr int         last = static_cast<int>(Status::not_ready);
    std::set<std::string> names;
    for (int status = 0; status <= last; ++status) names.insert(status_name(static_cast<Status>(status)));
    CHECK(names.size() == last + 1);
    CHECK_FALSE(names.contains("unknown"));
    CHECK(status_name(static_cast<Status>(last + 1)) == std::string("unknown"));  // `last` is the last one
    CHECK(status_name(Status::bad_input) == std::string("bad_input"));
}
