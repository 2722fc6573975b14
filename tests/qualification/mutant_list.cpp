#include "qualification/mutants.h"

namespace attune::test {
namespace {

constexpr const char* registers = "ops/linear_registers.comp";
constexpr const char* chosen    = "ops/linear_chosen.comp";
constexpr const char* slices    = "ops/linear_slices.comp";
constexpr const char* tiled     = "ops/linear_tiled.comp";
constexpr const char* output    = "common/linear_output.glsl";
constexpr const char* norm      = "common/linear_norm.glsl";
constexpr const char* lanes     = "common/linear_norm_lanes.glsl";
constexpr const char* group     = "common/linear_norm_group.glsl";
constexpr const char* append    = "common/linear_append.glsl";
constexpr const char* storage   = "formats/storage.glsl";
constexpr const char* panels    = "formats/panels.glsl";
constexpr const char* slices_of = "common/attention_slices.glsl";
constexpr const char* step      = "ops/beam_step.comp";
constexpr const char* strips    = "ops/top_k_strips_shared.comp";
constexpr const char* merge     = "ops/top_k_merge_shared.comp";
constexpr const char* best      = "common/best_of_group.glsl";

constexpr Asks in_registers(Asks::Op op) { return {.op = op, .width = 92}; }
constexpr Asks searching(std::uint64_t beams) { return {.op = Asks::search, .rows = beams}; }
constexpr Asks gpu_norm(std::uint64_t rows) { return {.op = Asks::normed, .rows = rows, .gpu = true}; }
constexpr Asks sliced(bool gpu) { return {.op = Asks::attend, .rows = 1, .keys = 700, .gpu = gpu, .lengths = true}; }
constexpr Asks found(std::uint64_t k) { return {.op = Asks::lists, .width = k, .gpu = true}; }
constexpr Asks gpu_cells(std::uint64_t beams) { return {.op = Asks::cells, .rows = beams, .gpu = true}; }
constexpr Asks gpu_rows(std::uint64_t rows) { return {.rows = rows, .gpu = true}; }

const Mutant list[] = {
    // ---- lanes that hand round
    {"rows swapped", "linear_registers_16_shared_8", registers, "min(first_row + row, p.rows - 1u)", "min(first_row + (row ^ 1u), p.rows - 1u)", {}},
    {"the last four of K lost", "linear_registers_16_shared_8", registers, "for (uint k = first; k < end; k = next_turn(k + N * 4u))", "for (uint k = first; k + N * 4u < end; k = next_turn(k + N * 4u))", {}},
    {"from the neighbouring lane", "linear_registers_16_shared_8", registers, "uint(r % LANES))", "uint((r + 1) % LANES))", {}},
    {"the first eight rows twice", "linear_registers_16_shared_8", registers, "subgroupShuffle(held[at + r / LANES]", "subgroupShuffle(held[at]", {}},
    {"upper outputs from the lower half", "linear_registers_8_shared_8", registers, "fma(vec4(a[i]), c[f * 4 + i], high[r])", "fma(vec4(a[i]), b[f * 4 + i], high[r])", {.rows = 7}},
    {"wrong half of a panel", "linear_registers_4_shared_8", registers, "output_ % PANEL / 8u", "0u", {.rows = 3}},
    {"the last row not written", "linear_registers_8_shared_8", registers, "min(uint(ROWS), p.rows - first_row)", "min(uint(ROWS), p.rows - first_row - 1u)", {.rows = 7}},
    {"bias lost", "linear_registers_1_shared_8", output, "if (BIAS) sum += bias_of_four;", "", {.rows = 1}},
    {"residual before the activation", "linear_registers_4_shared_8", output, "sum = activate(sum, ACTIVATION);\n    return RESIDUAL ? sum + residual_part(row, first) : sum;",
     "return activate(RESIDUAL ? sum + residual_part(row, first) : sum, ACTIVATION);", {.rows = 3}},
    {"f16 overflows", "linear_registers_16_shared_8", storage, "packHalf2x16(clamp(vec2(low, high), -F16_MAX, F16_MAX))", "packHalf2x16(vec2(low, high))", {.weight = Type::f16, .result = Type::f16}},
    {"a wrong pair of halves", "linear_registers_8_shared_8", panels, "unpackHalf2x16(words.z), unpackHalf2x16(words.w)", "unpackHalf2x16(words.w), unpackHalf2x16(words.z)", {.rows = 7, .weight = Type::f16}},
    {"scales of the first block", "linear_registers_8_shared_8", panels, "start + k / BLOCK * (BLOCK + 4u) + four", "start + four", {.rows = 7, .weight = Type::i8}},
    {"whole numbers without a sign", "linear_registers_8_shared_8", panels, "vec4(ivec4(uvec4(word) << uvec4(24u, 16u, 8u, 0u)) >> 24)", "vec4((uvec4(word) << uvec4(24u, 16u, 8u, 0u)) >> 24u)", {.rows = 7, .weight = Type::i8}},
    {"the tail of K lost", "linear_chosen_8_shared_4", chosen, "for (; k < p.width; ++k)", "for (; k < 0u; ++k)", {.op = Asks::chosen, .rows = 11}},
    {"every lane loads the same", "linear_chosen_4_shared_4", chosen, "gl_SubgroupInvocationID % LANES", "0u", {.op = Asks::chosen, .rows = 3}},
    {"the first bias for all", "linear_chosen_1_shared_4", chosen, "bias[p.bias_start + row - p.first_row]", "bias[p.bias_start]", {.op = Asks::chosen, .rows = 1}},
    {"empty places have sums", "linear_chosen_8_shared_4", chosen, "id < p.weight_rows ? sums[r] + shift : minus_infinity()", "sums[r] + shift", {.op = Asks::chosen, .rows = 11}},
    {"one column too few", "layer_norm_rows", "ops/layer_norm_rows.comp", "squares / float(p.width)", "squares / float(p.width - 1u)", {.op = Asks::norm}},
    {"squares around zero", "layer_norm_rows", "ops/layer_norm_rows.comp", "const float distance_to_mean = result[to + c] - mean", "const float distance_to_mean = result[to + c]", {.op = Asks::norm}},
    {"epsilon lost", "layer_norm_rows", "ops/layer_norm_rows.comp", " + p.epsilon", "", {.op = Asks::norm}},
    {"gain lost", "layer_norm_rows", "ops/layer_norm_rows.comp", "gain[c], bias[c]", "1.0, bias[c]", {.op = Asks::norm}},
    {"one of the last columns lost", "softmax_lanes", "ops/softmax_lanes.comp", "tail < 3u", "tail < 2u", {.op = Asks::weights}},
    {"a quarter of the sum lost", "softmax_lanes", "ops/softmax_lanes.comp", "(sums.z + sums.w)", "sums.z", {.op = Asks::weights}},
    {"a row of nothing divides by zero", "softmax_lanes", "ops/softmax_lanes.comp", "sum == 0.0 ? 0.0 : 1.0 / sum", "1.0 / sum", {.op = Asks::weights}},
    {"columns beyond the row", "layer_norm_registers", "ops/layer_norm_registers.comp", "inside = FULL || lanes_column(lane, i) < width ? z[i] : vec4(0.0)", "inside = z[i]", in_registers(Asks::norm)},
    {"half of the lanes", "layer_norm_registers", "common/lanes_sum.glsl", "other > 0u", "other > 1u", in_registers(Asks::norm)},
    {"the bias of another lane", "layer_norm_registers", "ops/layer_norm_registers.comp", "bias_four(column[i])", "bias_four(lanes_column(0u, i))", in_registers(Asks::norm)},
    {"columns beyond the row", "softmax_registers", "ops/softmax_registers.comp", "sums += FULL || lanes_column(lane, i) < width ? z[i] : vec4(0.0)", "sums += z[i]", in_registers(Asks::weights)},
    {"a lane's own maximum", "softmax_registers", "ops/softmax_registers.comp", "lanes_max(max(max(most.x, most.y), max(most.z, most.w)))", "max(max(most.x, most.y), max(most.z, most.w))", in_registers(Asks::weights)},
    {"keys of the next lane", "attention_prefill_shared_64_4", "ops/attention_prefill_shared.comp", "uint(i % LANES))", "uint((i + 1) % LANES))", {.op = Asks::attend, .rows = 35}},
    {"the first row's mask for all", "attention_prefill_shared_64_4", "ops/attention_prefill_shared.comp", "j < keys[r]", "j < keys[0]", {.op = Asks::attend, .rows = 35, .causal = true}},
    {"weights are not scaled again", "attention_prefill_shared_64_4", "common/attention_online.glsl", "fma(vec4(share.weight), own, sum * share.keep)", "fma(vec4(share.weight), own, sum)", {.op = Asks::attend, .rows = 35}},
    // ---- texels
    {"the next texel", "linear_registers_16_shared_8_texels", storage, "texelFetch(NAME##_texels, int(i))", "texelFetch(NAME##_texels, int(i + 1u))", {}},
    {"texels that change places", "linear_registers_8_shared_8_texels", storage, "uvec4(NAME##_texel(i * 2u).xy, NAME##_texel(i * 2u + 1u).xy)",
     "uvec4(NAME##_texel(i * 2u + 1u).xy, NAME##_texel(i * 2u).xy)", {.rows = 7, .weight = Type::i8}},
    {"the first half of each texel", "linear_registers_4_shared_8_texels", "ops/linear_registers.comp", "WEIGHT_TYPE == I8)", "WEIGHT_TYPE != F32)", {.rows = 3, .weight = Type::f16}},
    {"no maximum", "softmax_registers_texels", "ops/softmax_registers.comp", "most = max(most, z[i])", "most = z[i]", in_registers(Asks::weights)},
    {"a power of two too much", "softmax_registers_texels", "common/exp2_nonpositive.glsl", "12582912.0 + 127.0", "12582912.0 + 126.0", in_registers(Asks::weights)},
    {"a term of the power lost", "softmax_registers_texels", "common/exp2_nonpositive.glsl", "0.240221197", "0.0", in_registers(Asks::weights)},
    {"eights that change halves", "layer_norm_registers_texels", storage, "u64vec4(packUint2x32(low.xy)", "u64vec4(packUint2x32(high.xy)", {.op = Asks::norm, .width = 128}},
    {"eights of a product that change halves", "linear_registers_8_shared_8_texels", storage, "u64vec4(packUint2x32(low.xy)", "u64vec4(packUint2x32(high.xy)", {.rows = 7}},
    // ---- products with a norm, and into caches
    {"the first to come normalises", "linear_registers_16_shared_8_norm", norm, "+ 1u == makers", "== 0u", {.op = Asks::normed}},
    {"the counter is not put back", "linear_registers_8_shared_8_norm", norm, "if (last) arrived[row_group] = 0u;", "", {.op = Asks::normed, .rows = 7}},
    {"the norm of another row", "linear_registers_16_shared_8_norm", lanes, "const uint row = first_row + first;\n        vec4 sums", "const uint row = first;\n        vec4 sums", {.op = Asks::normed}},
    {"the last row has no norm", "linear_registers_4_shared_8_norm", registers, "normalise_last(first_row, rows,", "normalise_last(first_row, rows - 1u,", {.op = Asks::normed, .rows = 3}},
    {"squares around zero", "linear_registers_1_shared_8_norm", lanes, "const vec4 z = y_four(norm_place(row, c)) - mean;\n            sums ", "const vec4 z = y_four(norm_place(row, c));\n            sums ", {.op = Asks::normed, .rows = 1}},
    {"a sum without its residual", "linear_registers_8_shared_8_norm", output, "return RESIDUAL ? sum + residual_part(row, first) : sum;", "return sum;", {.op = Asks::normed, .rows = 7}},
    {"held from the first row", "linear_registers_8_shared_8_norm", lanes, "z[i]  = y_four(norm_place(row, ", "z[i]  = y_four(norm_place(first_row, ", {.op = Asks::normed, .rows = 7, .outputs = 128}},
    {"half an eight has the other's gain", "linear_registers_8_shared_8_norm", lanes, "normal_four(z[i + 1], c + 4u", "normal_four(z[i + 1], c", {.op = Asks::normed, .rows = 7, .outputs = 128}},
    {"gain of the first columns", "linear_registers_16_shared_8_norm", norm, "gain_four(column)", "gain_four(0u)", {.op = Asks::normed}},
    {"columns beyond the workgroup's", "linear_registers_4_shared_8_norm", norm, "(p.outputs + outputs_of_group - 1u) / outputs_of_group", "p.outputs / outputs_of_group", {.op = Asks::normed, .rows = 3}},
    {"appended one place too late", "linear_registers_16_shared_8_append", append, "t = position[b] + place % p.positions", "t = position[b] + place % p.positions + 1u", {.op = Asks::appended}},
    {"keys and values swapped", "linear_registers_8_shared_8_append", append, "if (is_key) key_cache_set_four", "if (!is_key) key_cache_set_four", {.op = Asks::appended, .rows = 7}},
    {"rows beyond the capacity", "linear_registers_8_shared_8_append", append, "if (t < p.capacity)", "if (t <= p.capacity)", {.op = Asks::appended, .rows = 7}},
    {"heads of the first batch", "linear_registers_4_shared_8_append", append, "b * (p.cache_columns / p.head_size) + own / p.head_size", "own / p.head_size", {.op = Asks::appended, .rows = 3}},
    // ---- attention's keys in slices
    {"one slice too early", "attention_decode_slices_64", slices_of, "+ done == slices.all", "+ done + 1u == slices.all", sliced(false)},
    {"the counter is not put back", "attention_decode_slices_64", slices_of, "if (last) arrived[slices.place] = 0u;", "", sliced(false)},
    {"the last slice is not joined", "attention_decode_slices_64", "ops/attention_decode_slices.comp", "slice < slices.all; ++slice", "slice + 1u < slices.all; ++slice", sliced(false)},
    {"slices are not scaled again", "attention_decode_slices_64", "ops/attention_decode_slices.comp", "sum[i] * share.x", "sum[i]", sliced(false)},
    {"slices end one key early", "attention_decode_slices_64", "ops/attention_decode_slices.comp", "min(j + SLICE, keys)", "min(j + SLICE - 1u, keys)", sliced(false)},
    {"slices that nobody sees count", "attention_decode_slices_64", slices_of, "(keys_seen(tile, 0u) + SLICE - 1u) / SLICE", "(p.keys + SLICE - 1u) / SLICE + 1u", sliced(false)},
    {"all slices weigh the same", "attention_decode_group_slices", slices_of, "rises ? 1.0 : (slice.x == minus_infinity() ? 0.0 : faded)", "1.0", sliced(true)},
    {"sums of another slice", "attention_decode_group_slices", slices_of, "slices.start + slice * (SLICE_QUADS + 1u)", "slices.start + slice * SLICE_QUADS", sliced(true)},
    {"heads count together", "attention_decode_group_slices", slices_of, "p.heads + tile.head - p.first_head", "p.heads", sliced(true)},
    // ---- kernels for GPUs
    {"one workgroup too early", "linear_slices_4_norm", norm, "+ 1u == makers", "+ 2u == makers", gpu_norm(3)},
    {"a norm of half of the lanes", "linear_slices_8_norm", group, "min(NORM_LANES, 128u) / 2u", "min(NORM_LANES, 128u) / 4u", gpu_norm(7)},
    {"the next sum too soon", "linear_slices_1_norm", group, "partial[lane].x = NORM_LANES > 128u ? two.x + two.y : two.x;\n    barrier();", "partial[lane].x = NORM_LANES > 128u ? two.x + two.y : two.x;", gpu_norm(1)},
    {"values where keys belong", "linear_slices_8_append", append, "column - (is_key ? p.key_column : p.value_column)", "column - p.key_column", {.op = Asks::appended, .rows = 7, .gpu = true}},
    {"a barrier lost", "linear_slices_8", slices, "barrier();\n        if (place < ROWS)", "if (place < ROWS)", gpu_rows(7)},
    {"the last slice lost", "linear_slices_8", slices, "min(PARALLEL, (p.width - first + SLICE - 1u) / SLICE)", "min(PARALLEL - 1u, (p.width - first + SLICE - 1u) / SLICE)", gpu_rows(7)},
    {"slices run into the next", "linear_slices_4", slices, "min(k + SLICE, p.width)", "min(k + SLICE + 4u, p.width)", gpu_rows(3)},
    {"sums of another row", "linear_slices_4", slices, "partial[(place * PARALLEL + s)", "partial[((place ^ 1u) * PARALLEL + s)", gpu_rows(3)},
    {"one panel for all", "linear_slices_1", slices, "weight_panel(p.first_panel + panel, p.width)", "weight_panel(p.first_panel, p.width)", gpu_rows(1)},
    {"tiles stored late", "linear_tiled_16", tiled, "store_tiles(xs, ws);\n        barrier();", "store_tiles(xs, ws);", gpu_rows(12)},
    {"a sum is not begun anew", "linear_tiled_16", tiled, "sums[i] = vec4(0.0);\n            }", "}", gpu_rows(12)},
    {"weights beyond K", "linear_tiled_16", tiled, "const uint row_k = k + (i % 64u) / 4u;", "const uint row_k = k + (i % 64u) / 8u;", gpu_rows(12)},
    {"sums are not scaled again", "attention_decode_group", "ops/attention_decode_group.comp", "sum *= keep;", "", {.op = Asks::attend, .rows = 1, .gpu = true}},
    {"a part lost", "attention_decode_group", "ops/attention_decode_group.comp", "other = 1u", "other = 2u", {.op = Asks::attend, .rows = 1, .gpu = true}},
    {"keys beyond the length", "attention_decode_group", "common/attention_tile.glsl", "clamp(length, 0, int(p.keys))", "clamp(length + 1, 0, int(p.keys))", {.op = Asks::attend, .rows = 1, .gpu = true, .lengths = true}},
    {"weights beyond the last key", "attention_prefill_tiles_64", "ops/attention_prefill_tiles.comp", "total *= keep;", "", {.op = Asks::attend, .rows = 35, .gpu = true}},
    {"a tile's columns shifted", "attention_scores_tiles", "common/attention_tile.glsl", "tile.first_query = tile.batch * p.queries + tile.index", "tile.first_query = tile.batch * p.queries", {.op = Asks::staged, .rows = 35, .gpu = true}},
    // ---- searches
    {"of equals the last row's", "beam_step_4", step, "sum > best.sum", "sum >= best.sum", searching(4)},
    {"what has ended goes on", "beam_step_4", step, "one.sum + LOWERED", "one.sum", searching(3)},
    {"an end that is not seen", "beam_step_16", step, "search[words + search_length] + 1u ==", "search[words + search_length] ==", searching(6)},
    {"rows go on from themselves", "beam_step_4", step, "shift + first_row + parent", "shift + first_row + row", searching(4)},
    {"stops twice", "beam_step_4", step, "!stops || search[words + search_stopped] != 0u", "!stops", searching(2)},
    {"places for tokens", "beam_step_4", step, "chosen[list + id]", "id", {.op = Asks::search, .rows = 2, .shortlist = true}},
    {"as wide as in the beginning", "beam_step_4", step, "beams() - search[words + search_finished]", "beams()", {.op = Asks::search, .rows = 4, .marian = true}},
    {"a greedy search goes on", "beam_step_1", step, "if (marian || BEAMS == 1u) return all_ended;", "if (marian || BEAMS == 1u) return none_live;", searching(1)},
    {"never early", "beam_step_4", step, "(full && p.early_stopping != 0u)", "false", {.op = Asks::search, .rows = 3, .early = true}},
    {"finished as they come", "beam_step_16", step, "place > 0u && score > number(list + place - 1u)", "false", searching(5)},
    {"another lane's array", "beam_step_16_shared", "common/lane_arrays.glsl", "(i) * GROUP + gl_LocalInvocationID.x", "(i) * GROUP", {.op = Asks::search, .rows = 6, .gpu = true}},
    // ---- lists and cells in shared memory
    {"of equals the last", "top_k_strips_shared", best, "a_id < b_id", "a_id > b_id", found(40)},
    {"a barrier lost", "top_k_strips_shared", best, "            }\n            barrier();", "            }", found(64)},
    {"the worst is not looked at again", "top_k_merge_shared", best, "worst_kept    = best[p.k - 1u];", "worst_kept    = best[0];", found(64)},
    {"new ones over old ones", "top_k_strips_shared", best, "places_taken = p.k;", "places_taken = 0u;", found(30)},
    {"places that were never written", "top_k_strips_shared", best, "best[i]    = minus_infinity();", "", found(20)},
    {"the last strip lost", "top_k_merge_shared", merge, "(row + 1u) * p.strips * p.k;", "((row + 1u) * p.strips - 1u) * p.k;", found(33)},
    {"sums of the first strips alone", "top_k_merge_shared", merge, "sum += one.y * exp(one.x - maximum)", "sum += one.y", found(33)},
    {"the tail of a strip lost", "top_k_strips_shared", strips, "if (id >= end) continue;", "if (id + 1u >= end) continue;", found(18)},
    {"banned all the same", "top_k_strips_shared", strips, "if (wanted && !ban) offer(logit, id);", "if (wanted) offer(logit, id);", {.op = Asks::lists, .width = 18, .gpu = true, .banned = true}},
    {"what is left out counts", "top_k_strips_shared", strips, "&& (COUNT_BANNED || !ban)", "", {.op = Asks::lists, .width = 18, .gpu = true, .banned = true, .left_out = true}},
    {"a cell of another lane", "ssru_shared", "common/lane_arrays.glsl", "(i) * GROUP + gl_LocalInvocationID.x", "(i) * GROUP", gpu_cells(12)},
    {"from the last beam's cell", "ssru_shared", "ops/ssru.comp", "min(parent, BEAMS - 1u)", "min(parent, BEAMS / 4u)", gpu_cells(40)},
    // ---- plain kernels
    {"K off by one", "linear_registers_8", registers, "for (uint k = first; k < end; k = next_turn(k + N * 4u))", "for (uint k = first + N * 4u; k < end; k = next_turn(k + N * 4u))", {.rows = 12}},
    {"the first row for all", "linear_registers_4", registers, "min(first_row + row, p.rows - 1u)", "first_row", {.rows = 3}},
    {"rounded sums", "linear_registers_1", registers, "low[r]  = fma(vec4(a[i]), b[f * 4 + i], low[r])", "low[r]  = unpackHalf2x16(packHalf2x16(low[r].xy)).xyxy + vec4(a[i]) * b[f * 4 + i]", {.rows = 1}},
    {"the bias of the place", "linear_chosen_8", chosen, "bias[p.bias_start + row - p.first_row]", "bias[p.bias_start + min(place, p.weight_rows - 1u)]", {.op = Asks::chosen, .rows = 11}},
    {"a barrier lost", "layer_norm", "common/reduce.glsl", "partial[lane] = value;\n    barrier();", "partial[lane] = value;", {.op = Asks::norm, .gpu = true}},
    {"half of the lanes", "softmax", "common/reduce.glsl", "half_size = GROUP / 2u", "half_size = GROUP / 4u", {.op = Asks::weights}},
    {"a query sees one more key", "attention_prefill_lanes_64", "common/attention_tile.glsl", "int(tile.index + r) + tile.position + 1", "int(tile.index + r) + tile.position + 2", {.op = Asks::attend, .rows = 35, .causal = true}},
    {"heads of the keys mixed up", "attention_decode_lanes_64", "common/attention_tile.glsl", "tile.head / SHARING", "tile.head / SHARING ^ 1u", {.op = Asks::attend, .rows = 1}},
    {"scores too large", "attention_prefill_lanes_64", "common/attention_online.glsl", "* SCALE;", "* (SCALE * 1.001);", {.op = Asks::attend, .rows = 35}},
    {"the tail of a query tile", "attention_prefill_lanes_64", "ops/attention_prefill_lanes.comp", "if (r < tile.queries)", "if (r + 1u < tile.queries)", {.op = Asks::attend, .rows = 35}},
};

}  // namespace

std::span<const Mutant> mutants() { return list; }

}  // namespace attune::test
