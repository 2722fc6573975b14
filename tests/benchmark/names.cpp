// Names of cases: what is read, what it is called in full, and what is refused with which words.
#include "bench/families.h"
#include "bench/sweep.h"
#include "support/expect_error.h"

#include <set>

using namespace attune;
using namespace attune::bench;
using namespace attune::test;

TEST_CASE("a name is read, and printed in full") {
    struct Row {
        const char *written, *full;
    };
    const Row rows[] = {
        {"gemm:m=4096,n=512,k=14336,type=f16", "gemm:m=4096,n=512,k=14336,type=f16"},
        {"gemm", "gemm:m=4096,n=512,k=4096,type=f32"},
        {"gemm:", "gemm:m=4096,n=512,k=4096,type=f32"},
        {"gemm:type=i8,n=1", "gemm:m=4096,n=1,k=4096,type=i8"},
        {"attention:heads=8,queries=4096,keys=4096,head_dim=64,type=f16,causal=1",
         "attention:heads=8,queries=4096,keys=4096,head_dim=64,type=f16,causal=1"},
        {"attention:queries=100", "attention:heads=8,queries=100,keys=100,head_dim=64,type=f32"},
        {"attention:queries=1,keys=9,batch=3,heads=4,kv_heads=2",
         "attention:heads=4,kv_heads=2,batch=3,queries=1,keys=9,head_dim=64,type=f32"},
        {"attention:heads=4,kv_heads=4,batch=1,causal=0",
         "attention:heads=4,queries=512,keys=512,head_dim=64,type=f32"},
        {"layer_norm:rows=4096,width=1024", "layer_norm:rows=4096,width=1024"},
        {"layer_norm:residual=0", "layer_norm:rows=4096,width=1024,residual=0"},
        {"heads:way=merge", "heads:way=merge,queries=1024,heads=8,head_dim=64,type=f32"},
        {"translate:batch=32,beam=1", "translate:batch=32,beam=1,type=f32"},
        {"encode:model=shipped", "encode:batch=1,type=f32"},
        {"memory:context=65536", "memory:context=65536,heads=1,head_dim=64,type=f32"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.written);
        const BenchCase read = parse_case(row.written, families());
        CHECK(read.name == row.full);
        CHECK(parse_case(read.name, families()).parameters == read.parameters);
        CHECK(default_name(*read.family).starts_with(read.family->name));
    }
}

TEST_CASE("what is no name is refused, and what there is is listed") {
    struct Row {
        const char*                        written;
        std::initializer_list<std::string> words;
    };
    const Row rows[] = {
        {"gem:m=1", {"gem:m=1", "attention", "gemm", "layer_norm", "translate"}},
        {"", {"attention", "gemm"}},
        {"gemm:o=1", {"'o'", "m, n, k, type"}},
        {"gemm:m", {"'m'", "m=VALUE"}},
        {"gemm:m=", {"''", "1 to 1048576"}},
        {"gemm:m=0", {"'0'", "1 to 1048576"}},
        {"gemm:m=-1", {"'-1'"}},
        {"gemm:m=1e3", {"'1e3'"}},
        {"gemm:m=99999999999999999999", {"1 to 1048576"}},
        {"gemm:m= 1", {"' 1'"}},
        {"gemm:m=1,m=2", {"'m'", "twice"}},
        {"gemm:m=1,", {"comma"}},
        {"gemm:,m=1", {"''"}},
        {"gemm:type=f64", {"'f64'", "f32, f16, i8"}},
        {"attention:type=i8", {"'i8'", "f32, f16"}},
        {"attention:heads=6,kv_heads=4", {"divisor"}},
        {"attention:queries=5,keys=4,causal=1", {"causal"}},
        {"attention:type=f16,head_dim=63", {"odd"}},
        {"attention:causal=2", {"'2'", "0 to 1"}},
        {"top_k:vocabulary=7,k=8", {"vocabulary"}},
        {"translate:model=mine", {"'mine'", "shipped, base"}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.written);
        expect_error(Status::usage, row.words, [&] { parse_case(row.written, families()); });
    }
}

TEST_CASE("every case of the sweeps has one name, and the longer ones hold the shorter") {
    std::size_t              before = 0;
    const std::vector<Depth> depths = {Depth::quick, Depth::standard, Depth::full};
    std::set<std::string>    ops, shorter;
    for (const Depth depth : depths) {
        const std::vector<std::string> names = standard_sweep(depth);
        const std::set<std::string>    all(names.begin(), names.end());
        CHECK(all.size() == names.size());
        CHECK(all.size() > before);
        for (const std::string& name : names) {
            CHECK(parse_case(name, families()).name == name);
            ops.insert(split_name(name).first);
        }
        for (const std::string& name : shorter) CHECK(all.contains(name));
        shorter = all;
        before  = all.size();
    }
    CHECK(ops.size() == families().size());  // each family is in one of them
}

TEST_CASE("patterns") {
    struct Row {
        const char *pattern, *text;
        bool        matches;
    };
    const Row rows[] = {{"", "", true},
                        {"", "a", false},
                        {"*", "", true},
                        {"*", "gemm:m=1", true},
                        {"gemm*", "gemm", true},
                        {"gemm*", "agemm", false},
                        {"*n=1,*", "gemm:m=2,n=1,k=3", true},
                        {"*n=1,*", "gemm:m=2,n=11,k=3", false},
                        {"a?c", "abc", true},
                        {"a?c", "ac", false},
                        {"*a*b", "xaxbxab", true},
                        {"*a*b", "xaxbxa", false},
                        {"**", "x", true},
                        {"a*a", "a", false},
                        {"gemm", "gemm", true},
                        {"gemm", "gemm:m=1", false}};
    for (const Row& row : rows) {
        CAPTURE(row.pattern);
        CAPTURE(row.text);
        CHECK(matches(row.pattern, row.text) == row.matches);
    }
}
