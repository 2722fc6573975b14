// Pipelines that are wanted now and made later, by whichever thread.
#include "vulkan/bench.h"

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <thread>

using namespace attune;
using namespace attune::test;

TEST_CASE("wanted pipelines are made one by one, the oldest first") {
    Bench bench;
    REQUIRE(bench.asked.size() >= 3);
    std::vector<const vulkan::Pipelines::Wanted*> wanted;
    for (int twice = 0; twice < 2; ++twice)
        for (const Asked& one : bench.asked) wanted.push_back(&bench.want(one));
    CHECK(bench.compiled() == 0);
    CHECK(bench.device.pipelines_left() == bench.asked.size());
    for (std::size_t i = 0; i < bench.asked.size(); ++i) {
        CHECK(wanted[i] == wanted[i + bench.asked.size()]);
        CHECK(wanted[i]->ready() == nullptr);
        CHECK(wanted[i]->layout().set != VK_NULL_HANDLE);
        CHECK(bench.device.compile_next() == bench.asked.size() - i - 1);
        REQUIRE(wanted[i]->ready() != nullptr);
        CHECK(bench.get(bench.asked[i]).handle == wanted[i]->ready()->handle);
        CHECK(bench.compiled() == i + 1);
    }
    CHECK(bench.device.compile_next() == 0);
    CHECK(bench.compiled() == bench.asked.size());
    CHECK(bench.pipelines.made() == bench.asked.size());
}

TEST_CASE("a pipeline that was wanted and is got meanwhile waits no more") {
    Bench       bench;
    const auto& first = bench.want(bench.asked[0]);
    bench.want(bench.asked[1]);
    bench.get(bench.asked[0]);
    CHECK(first.ready() != nullptr);
    CHECK(bench.device.pipelines_left() == 1);
    CHECK(bench.device.compile_next() == 0);
    CHECK(bench.compiled() == 2);
}

TEST_CASE("a pipeline that fails stays wanted, behind the others") {
    Bench       bench;
    const auto& first  = bench.want(bench.asked[0]);
    const auto& second = bench.want(bench.asked.back());  // of another kernel
    for (const Entry entry : {Entry::CreateComputePipelines, Entry::CreateShaderModule}) {
        bench.shim.fail({.nth = 1, .code = VK_ERROR_OUT_OF_HOST_MEMORY, .only = entry});
        CHECK_THROWS_AS(bench.device.compile_next(), Error);
        CHECK(bench.device.pipelines_left() == 2);
    }
    CHECK(bench.device.compile_next() == 1);  // failed twice: the first, then the second
    CHECK(first.ready() != nullptr);
    CHECK(second.ready() == nullptr);
    CHECK(bench.device.compile_next() == 0);
    CHECK(second.ready() != nullptr);
}

TEST_CASE("threads that want the same pipelines make each once, and at the same time") {
    Bench                   bench;
    std::mutex              mutex;
    std::condition_variable changed;
    std::size_t             inside = 0;
    // A compiler that goes on only once all are at work: none of them holds a lock that another needs.
    bench.shim.watch = [&](Entry entry) {
        if (entry != Entry::CreateComputePipelines) return;
        std::unique_lock lock(mutex);
        ++inside;
        changed.notify_all();
        CHECK(changed.wait_for(lock, std::chrono::seconds(20), [&] { return inside >= bench.asked.size(); }));
    };
    std::vector<std::thread> threads;
    for (const Asked& one : bench.asked)
        for (int twice = 0; twice < 2; ++twice) threads.emplace_back([&bench, &one] { bench.get(one); });
    for (std::thread& thread : threads) thread.join();
    bench.shim.watch = nullptr;
    CHECK(bench.compiled() == bench.asked.size());
}

TEST_CASE("threads that compile what is left are done when all is ready") {
    Bench                                         bench;
    std::vector<const vulkan::Pipelines::Wanted*> wanted;
    for (const Asked& one : bench.asked) wanted.push_back(&bench.want(one));
    std::vector<std::thread> threads;
    std::atomic<int>         early{0};
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            while (bench.device.compile_next() != 0) {}
            for (const auto* one : wanted) early += one->ready() == nullptr;
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(early == 0);
    CHECK(bench.compiled() == wanted.size());
}
