#include "op_table/table.h"

#include <doctest/doctest.h>

#include <set>

using namespace attune::test;

TEST_CASE("linear") { check_rows("linear", linear_rows); }
TEST_CASE("add") { check_rows("add", add_rows); }
TEST_CASE("activate") { check_rows("activate", activate_rows); }
TEST_CASE("layer_norm") { check_rows("layer_norm", layer_norm_rows); }
TEST_CASE("softmax") { check_rows("softmax", softmax_rows); }
TEST_CASE("split_heads, merge_heads, columns, store") { check_rows("rearrange", rearrange_rows); }
TEST_CASE("embedding") { check_rows("embedding", embedding_rows); }
TEST_CASE("top_k") { check_rows("top_k", top_k_rows); }
TEST_CASE("kv_append") { check_rows("kv_append", kv_append_rows); }
TEST_CASE("reorder_ancestors, keep_rows, advance") { check_rows("beams", beam_rows); }
TEST_CASE("attention") { check_rows("attention", attention_rows); }
TEST_CASE("attention_scores, attention_values") { check_rows("staged attention", staged_attention_rows); }
TEST_CASE("attention under masks") { check_rows("masked attention", masked_attention_rows); }
TEST_CASE("fused graphs") { check_rows("fused graphs", fused_graph_rows); }

TEST_CASE("at least 1,000 rows, no two alike") {
    Rows rows;
    for (const auto fill : {linear_rows, add_rows, activate_rows, layer_norm_rows, softmax_rows, rearrange_rows, embedding_rows, top_k_rows,
                            kv_append_rows, beam_rows, attention_rows, staged_attention_rows, masked_attention_rows, fused_graph_rows})
        fill(rows);
    std::set<std::string> names;
    for (const Rows::Row& row : rows.all()) CHECK_MESSAGE(names.insert(row.name).second, row.name);
    CHECK(rows.all().size() >= 1000);
    MESSAGE("the op table has " << rows.all().size() << " rows");
}
