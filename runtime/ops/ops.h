// The list of ops. One line each; what they are is in the file of that name, what they compute is
// said in attune/ops.hpp.
#pragma once

#include "graph/op.h"

namespace attune::ops {

extern const Op activate;
extern const Op add;
extern const Op advance;
extern const Op attention;
extern const Op attention_scores;
extern const Op attention_values;
extern const Op beam_step;
extern const Op columns;
extern const Op embedding;
extern const Op keep_rows;
extern const Op kv_append;
extern const Op layer_norm;
extern const Op linear;
extern const Op linear_append;
extern const Op linear_chosen;
extern const Op merge_heads;
extern const Op reorder_ancestors;
extern const Op softmax;
extern const Op split_heads;
extern const Op ssru;
extern const Op store;
extern const Op top_k;

}  // namespace attune::ops
