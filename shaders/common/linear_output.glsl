// The last steps of the linear kernels: y = activation(sum + bias) + residual for four neighbouring
// outputs of a row. Needs p (LinearParams), READS and WRITES, Y_TYPE, BIAS, RESIDUAL, ACTIVATION.
// Outputs count from the first of this dispatch; those beyond its last are dropped.
// With APPEND, some of them go elsewhere. With NORM, y is f32, and its rows and outputs are whole fours.
READS(2, bias, F32)
READS(3, residual, F32)
#ifdef NORM
UPDATES(4, y)
#else
WRITES(4, y, Y_TYPE)
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
    if (((from + first) & 3u) == 0u && first + 4u <= p.outputs) return residual_four(from + first);
    vec4 part;
    for (uint i = 0u; i < 4u; ++i) part[i] = residual_at(from + min(first + i, p.outputs - 1u));
    return part;
}

void finish_four(uint row, uint first, vec4 sum, vec4 bias_of_four) {
    if (first >= p.outputs) return;
    if (BIAS) sum += bias_of_four;
    sum = activate(sum, ACTIVATION);
    if (RESIDUAL) sum += residual_part(row, first);
#ifdef APPEND
    if (append_four(row, p.first_output + first, sum)) return;
#endif
    const uint to = p.y_first + row * p.y_stride + p.first_output + first;
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
