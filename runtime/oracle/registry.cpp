#include "oracle/registry.h"

#include "oracle/functions.h"

namespace attune::oracle {
namespace {

struct Entry {
    std::string_view op;
    Function         function;
};

constexpr Entry entries[] = {
    {"activate", activate},
    {"add", add},
    {"advance", advance},
    {"attention", attention},
    {"attention_scores", attention_scores},
    {"attention_values", attention_values},
    {"beam_step", beam_step},
    {"columns", columns},
    {"embedding", embedding},
    {"keep_rows", keep_rows},
    {"kv_append", kv_append},
    {"layer_norm", layer_norm},
    {"linear", linear},
    {"linear_append", linear_append},
    {"linear_chosen", linear_chosen},
    {"merge_heads", merge_heads},
    {"reorder_ancestors", reorder_ancestors},
    {"softmax", softmax},
    {"split_heads", split_heads},
    {"ssru", ssru},
    {"store", store},
    {"top_k", top_k},
};

}  // namespace

Function find_function(std::string_view op) noexcept {
    for (const Entry& entry : entries)
        if (entry.op == op) return entry.function;
    return nullptr;
}

}  // namespace attune::oracle
