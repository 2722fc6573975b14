// The last steps of the linear kernels: y = activation(sum + bias) + residual for four neighbouring
// outputs of a row. Needs p (LinearParams), READS and WRITES, Y_TYPE, BIAS, RESIDUAL, ACTIVATION.
// Outputs count from the first of this dispatch; those beyond its last are dropped.
// With APPEND, some of them go elsewhere. With NORM, y is f32, and its rows and outputs are whole fours.
READS(2, bias, F32)
LOADS(3, residual, F32, false)
#ifdef NORM
UPDATES(4, y)
SETS_EIGHTS(4, y, coherent)
#else
WRITES(4, y, Y_TYPE)
#ifdef EIGHTS
SETS_EIGHTS(4, y, writeonly)
#endif
#endif

// Rows of y are eights that begin at eights, those of the residual begin at fours.
#if defined(NORM) && defined(LANES) && LANES == 8
layout(constant_id = 9) const uint NORM_FOURS = 0;   // linear_norm_lanes.glsl
const bool WHOLE_EIGHTS = NORM_FOURS > 0u;
#else
const bool WHOLE_EIGHTS = false;
#endif

#include "activation.glsl"
#ifdef APPEND
#include "linear_append.glsl"
#endif

vec4 bias_part(uint first) {
    vec4 part = vec4(0.0);
    if (BIAS) {
        for (uint i = 0u; i < 4u; ++i) part[i] = bias_at(p.first_output + min(first + i, p.outputs - 1u));
    }
    return part;
}

vec4 residual_part(uint row, uint first) {
    const uint from = p.residual_first + row * p.residual_stride + p.first_output;
    if (WHOLE_EIGHTS || (((from + first) & 3u) == 0u && first + 4u <= p.outputs)) return residual_four(from + first);
    vec4 part;
    for (uint i = 0u; i < 4u; ++i) part[i] = residual_at(from + min(first + i, p.outputs - 1u));
    return part;
}

// What is stored of a sum.
vec4 finished(uint row, uint first, vec4 sum, vec4 bias_of_four) {
    if (BIAS) sum += bias_of_four;
    sum = activate(sum, ACTIVATION);
    return RESIDUAL ? sum + residual_part(row, first) : sum;
}

uint output_place(uint row, uint first) { return p.y_first + row * p.y_stride + p.first_output + first; }

void store_four(uint row, uint first, vec4 sum) {
    if (first >= p.outputs) return;
#ifdef APPEND
    if (append_four(row, p.first_output + first, sum)) return;
#endif
    const uint to = output_place(row, first);
#ifdef NORM
    y_set_four(to, sum);
#else
    if ((to & 3u) == 0u && first + 4u <= p.outputs) {
        y_set_four(to, sum);
    } else if (Y_TYPE == F16) {
        y_set_two(to, sum.x, sum.y);
        if (first + 2u < p.outputs) y_set_two(to + 2u, sum.z, sum.w);
    } else {
        for (uint i = 0u; i < 4u; ++i) {
            if (first + i < p.outputs) y_set(to + i, sum[i]);
        }
    }
#endif
}

void finish_four(uint row, uint first, vec4 sum, vec4 bias_of_four) {
    if (first < p.outputs) store_four(row, first, finished(row, first, sum, bias_of_four));
}

#ifdef EIGHTS
// Outputs [first, first + 4) and the four behind them.
void finish_eight(uint row, uint first, vec4 low, vec4 high, vec4 bias_low, vec4 bias_high) {
    if (first >= p.outputs) return;
    low  = finished(row, first, low, bias_low);
    high = finished(row, first + 4u, high, bias_high);
    const uint to = output_place(row, first);
    if (WHOLE_EIGHTS || (Y_TYPE == F32 && (to & 7u) == 0u && first + 8u <= p.outputs)) {
        y_set_eight(to, low, high);
    } else {
        store_four(row, first, low);
        store_four(row, first + 4u, high);
    }
}
#endif
