#include "bench/sweep.h"

#include <algorithm>

namespace attune::bench {
namespace {

struct Row {
    const char* name;
    Depth       depth;
};

// By turns, so that a run which ends early has some of everything.
constexpr Row rows[] = {
    {"gemm:m=1024,n=512,k=1024,type=f16", Depth::quick},
    {"gemm:m=1024,n=8,k=1024,type=f16", Depth::quick},
    {"gemm:m=4096,n=1,k=4096,type=f16", Depth::quick},
    {"attention:heads=8,queries=512,head_dim=64,type=f16", Depth::quick},
    {"attention:heads=8,batch=8,queries=1,keys=1024,head_dim=64,type=f16", Depth::quick},
    {"layer_norm:rows=4096,width=1024", Depth::quick},
    {"softmax:rows=4096,width=1024", Depth::quick},
    {"memory:context=1024", Depth::quick},
    {"memory:context=4096", Depth::quick},
    {"memory:context=16384", Depth::quick},
    {"memory:context=65536", Depth::quick},
    {"translate:batch=8,beam=1", Depth::quick},
    {"decode_step:batch=1,beam=1", Depth::quick},
    {"encode:batch=8", Depth::quick},
    {"top_k:rows=8,vocabulary=32000,k=8", Depth::quick},
    {"embedding:tokens=4096,vocabulary=32000,width=512,type=f16", Depth::quick},
    {"heads:way=split,queries=4096,heads=8,head_dim=64,type=f16", Depth::quick},
    {"attention_staged:heads=8,queries=512,head_dim=64,type=f16", Depth::quick},
    {"attention:heads=8,queries=512,head_dim=64,type=f16,causal=1", Depth::quick},
    {"attention_scores:heads=8,queries=512,head_dim=64,type=f16", Depth::quick},
    {"attention_values:heads=8,queries=512,head_dim=64,type=f16", Depth::quick},
    {"gemm:m=1024,n=512,k=1024,type=f32", Depth::quick},
    {"gemm:m=4096,n=1,k=4096,type=i8", Depth::quick},
    {"translate:batch=1,beam=1", Depth::quick},
    {"translate:batch=8,beam=4", Depth::quick},

    {"gemm:m=4096,n=512,k=4096,type=f32", Depth::standard},
    {"gemm:m=4096,n=512,k=4096,type=f16", Depth::standard},
    {"gemm:m=4096,n=512,k=4096,type=i8", Depth::standard},
    {"gemm:m=4096,n=512,k=14336,type=f16", Depth::standard},
    {"gemm:m=4096,n=1,k=14336,type=f16", Depth::standard},
    {"gemm:m=4096,n=1,k=14336,type=f32", Depth::standard},
    {"gemm:m=512,n=1,k=512,type=f16", Depth::standard},
    {"heads:way=merge,queries=4096,heads=8,head_dim=64,type=f16", Depth::standard},
    {"heads:way=split,queries=16384,heads=32,head_dim=64,type=f16", Depth::standard},
    {"layer_norm:rows=16384,width=512", Depth::standard},
    {"layer_norm:rows=16384,width=2048", Depth::standard},
    {"layer_norm:rows=4096,width=1024,residual=0", Depth::standard},
    {"softmax:rows=16384,width=2048", Depth::standard},
    {"softmax:rows=16,width=1048576", Depth::standard},
    {"embedding:tokens=16384,vocabulary=58000,width=512,type=f32", Depth::standard},
    {"top_k:rows=1,vocabulary=58000,k=8", Depth::standard},
    {"top_k:rows=256,vocabulary=58000,k=8", Depth::standard},
    {"encode:batch=1", Depth::standard},
    {"encode:batch=64", Depth::standard},
    {"decode_step:batch=8,beam=1", Depth::standard},
    {"decode_step:batch=64,beam=1", Depth::standard},
    {"decode_step:batch=1,beam=4", Depth::standard},
    {"translate:batch=64,beam=1", Depth::standard},
    {"translate:batch=1,beam=4", Depth::standard},
    {"translate:batch=64,beam=4", Depth::standard},
    {"translate:batch=1,beam=1,type=f16", Depth::standard},
    {"translate:batch=64,beam=1,type=f16", Depth::standard},
    {"translate:batch=1,beam=1,type=i8", Depth::standard},
    {"translate:batch=64,beam=1,type=i8", Depth::standard},
    {"encode:batch=8,model=base", Depth::standard},
    {"decode_step:batch=1,beam=1,model=base", Depth::standard},
    {"decode_step:batch=1,beam=1,type=f16,model=base", Depth::standard},
    {"decode_step:batch=64,beam=1,type=f16,model=base", Depth::standard},
    {"decode_step:batch=64,beam=4,type=f16,model=base", Depth::standard},
    {"decode_step:batch=1,beam=1,type=i8,model=base", Depth::standard},
    {"decode_step:batch=64,beam=1,type=i8,model=base", Depth::standard},
    {"translate:batch=1,beam=1,type=f16,model=base", Depth::standard},
    {"translate:batch=8,beam=1,type=f16,model=base", Depth::standard},
    {"translate:batch=64,beam=1,type=f16,model=base", Depth::standard},
    {"translate:batch=1,beam=4,type=f16,model=base", Depth::standard},
    {"translate:batch=8,beam=4,type=f16,model=base", Depth::standard},
    {"translate:batch=64,beam=4,type=f16,model=base", Depth::standard},
    {"memory:context=2048", Depth::standard},
    {"memory:context=8192", Depth::standard},
    {"memory:context=32768", Depth::standard},
    {"memory:context=65536,type=f16", Depth::full},
    {"gemm:m=8192,n=8192,k=8192,type=f16", Depth::full},
};

std::string text(std::uint64_t number) { return std::to_string(number); }

// Small row counts, as steps of decoding have.
void add_small_products(std::vector<std::string>& names) {
    for (const unsigned n : {2u, 4u, 8u, 16u, 32u, 64u})
        for (const char* type : {"f16", "f32", "i8"})
            names.push_back("gemm:m=4096,n=" + text(n) + ",k=4096,type=" + type);
}

// Prefill over tokens = batch * queries and width = heads * head_dim.
void add_prefill(std::vector<std::string>& names, const std::string& op, std::uint64_t tokens, std::uint64_t width,
                 std::uint64_t queries, std::uint64_t head_dim) {
    for (const char* type : {"f16", "f32"})
        for (const char* causal : {"", ",causal=1"})
            names.push_back(op + ":heads=" + text(width / head_dim) + ",batch=" + text(tokens / queries) +
                            ",queries=" + text(queries) + ",head_dim=" + text(head_dim) + ",type=" + type + causal);
}

// One query of each sequence against what it has seen so far.
void add_decode(std::vector<std::string>& names, const std::string& op, std::uint64_t batch, std::uint64_t width,
                std::uint64_t keys, std::uint64_t head_dim) {
    for (const char* type : {"f16", "f32"})
        names.push_back(op + ":heads=" + text(width / head_dim) + ",batch=" + text(batch) +
                        ",queries=1,keys=" + text(keys) + ",head_dim=" + text(head_dim) + ",type=" + type);
}

// The usual grid, of 16k tokens and a width of 2,048, behind a smaller one that CPU drivers do in time.
std::vector<std::string> grid(Depth depth) {
    std::vector<std::string> names;
    add_small_products(names);
    for (const unsigned head_dim : {32u, 64u, 128u, 256u}) {
        add_prefill(names, "attention", 1024, 512, 1024, head_dim);
        for (const char* op : {"attention", "attention_staged"}) add_decode(names, op, 8, 512, 4096, head_dim);
    }
    for (const unsigned head_dim : {64u, 128u, 256u})
        for (const unsigned queries : {512u, 2048u, 16384u})
            add_prefill(names, "attention", 16384, 2048, queries, head_dim);
    for (const unsigned keys : {1024u, 16384u}) add_decode(names, "attention", 16, 2048, keys, 128);
    add_prefill(names, "attention_staged", 16384, 2048, 512, 64);
    if (depth != Depth::full) return names;
    for (const unsigned head_dim : {64u, 128u, 256u})
        for (const unsigned queries : {1024u, 4096u, 8192u}) {
            add_prefill(names, "attention", 16384, 2048, queries, head_dim);
            add_prefill(names, "attention_staged", 16384, 2048, queries, head_dim);
            add_decode(names, "attention", 16, 2048, queries, head_dim);
        }
    return names;
}

}  // namespace

std::vector<std::string> standard_sweep(Depth depth) {
    std::vector<std::string> names;
    const auto               add = [&](const std::string& name) {
        const std::string whole = parse_case(name, families()).name;
        if (std::ranges::find(names, whole) == names.end()) names.push_back(whole);
    };
    for (const Row& row : rows)
        if (row.depth <= depth) add(row.name);
    if (depth != Depth::quick)
        for (const std::string& name : grid(depth)) add(name);
    return names;
}

}  // namespace attune::bench
