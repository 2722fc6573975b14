// Checks that a call fails the way it should: with the right status and words in the message.
#pragma once

#include <attune/error.hpp>

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

namespace attune::test {

// Runs `call`, which must throw attune::Error with `status` and a message that holds every word.
template <class Call> void expect_error(Status status, std::initializer_list<std::string> words, Call&& call) {
    std::string message;
    Status      found = Status::ok;
    try {
        call();
    } catch (const Error& error) {
        message = error.what();
        found   = error.status();
    }
    CAPTURE(message);
    CHECK(std::string(status_name(found)) == status_name(status));
    for (const std::string& word : words) {
        CAPTURE(word);
        CHECK(message.find(word) != std::string::npos);
    }
}

}   // namespace attune::test
