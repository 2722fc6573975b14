// linear_norm.glsl for workgroups of one subgroup, on CPU drivers.
//
// NORM_LANES 8: they share a row, in the order of layer_norm_registers.comp; where all of them have as many fours of it,
// which NORM_FOURS says, they hold it in registers as well. 1: a lane has a row, in the order of layer_norm_rows.comp.
#include "linear_norm.glsl"
#include "lanes_columns.glsl"
#include "lanes_sum.glsl"
#include "norm_moments.glsl"

#if LANES == 8
const int MOST_FOURS = 32;

void normalise_held(uint first_row, uint rows) {
    const uint lane = gl_LocalInvocationID.x % LANES;
    for (uint first = gl_LocalInvocationID.x / LANES; first < rows; first += GROUP / LANES) {
        const uint row = first_row + first;
        vec4 z[MOST_FOURS], sums = vec4(0.0);
        [[unroll]] for (int i = 0; i < MOST_FOURS; ++i) if (i < NORM_FOURS) {
            z[i]  = y_four(norm_place(row, lanes_column(lane, i)));
            sums += z[i];
        }
        const float mean = lanes_sum(sums) / float(p.outputs);

        precise vec4 squares = vec4(0.0);
        sums         = vec4(0.0);
        [[unroll]] for (int i = 0; i < MOST_FOURS; ++i) if (i < NORM_FOURS) {
            z[i]    -= mean;
            sums    += z[i];
            squares += z[i] * z[i];
        }
        const vec2 moments = norm_moments(lanes_sum(sums), lanes_sum(squares), float(p.outputs), p.epsilon);

        [[unroll]] for (int i = 0; i < MOST_FOURS; i += 2) if (i < NORM_FOURS) {
            const uint c = lanes_column(lane, i);
            y_set_eight(norm_place(row, c), normal_four(z[i], c, moments.x, moments.y),
                        normal_four(z[i + 1], c + 4u, moments.x, moments.y));
        }
    }
}
#endif

void normalise_shared(uint first_row, uint rows) {
    const uint lane = gl_LocalInvocationID.x % LANES;
    for (uint first = gl_LocalInvocationID.x / LANES; first < rows; first += GROUP / LANES) {
        const uint row = first_row + first;
        vec4 sums = vec4(0.0);
        for (uint i = 0u, c = lanes_column(lane, 0u); c < p.outputs; c = lanes_column(lane, ++i))
            sums += y_four(norm_place(row, c));
        const float mean = lanes_sum(sums) / float(p.outputs);

        precise vec4 squares = vec4(0.0);
        sums         = vec4(0.0);
        for (uint i = 0u, c = lanes_column(lane, 0u); c < p.outputs; c = lanes_column(lane, ++i)) {
            const vec4 z = y_four(norm_place(row, c)) - mean;
            sums    += z;
            squares += z * z;
        }
        const vec2 moments = norm_moments(lanes_sum(sums), lanes_sum(squares), float(p.outputs), p.epsilon);

        for (uint i = 0u, c = lanes_column(lane, 0u); c < p.outputs; c = lanes_column(lane, ++i)) {
            const vec4 z = y_four(norm_place(row, c)) - mean;
            y_set_four(norm_place(row, c), normal_four(z, c, moments.x, moments.y));
        }
    }
}

void normalise_alone(uint first_row, uint rows) {
    for (uint first = gl_LocalInvocationID.x; first < rows; first += GROUP) {
        const uint row = first_row + first;
        float sum = 0.0;
        for (uint c = 0u; c < p.outputs; c += 4u) {
            const vec4 z = y_four(norm_place(row, c));
            sum = ((sum + z.x) + z.y) + z.z + z.w;
        }
        float mean = sum / float(p.outputs);

        float distances = 0.0;
        for (uint c = 0u; c < p.outputs; c += 4u) {
            const vec4 z = y_four(norm_place(row, c)) - mean;
            distances = ((distances + z.x) + z.y) + z.z + z.w;
        }
        mean += distances / float(p.outputs);

        float squares = 0.0;
        for (uint c = 0u; c < p.outputs; c += 4u) {
            const vec4 z = y_four(norm_place(row, c)) - mean;
            squares = fma(z.w, z.w, fma(z.z, z.z, fma(z.y, z.y, fma(z.x, z.x, squares))));
        }
        const float scale = inversesqrt(squares / float(p.outputs) + p.epsilon);

        for (uint c = 0u; c < p.outputs; c += 4u)
            y_set_four(norm_place(row, c), normal_four(y_four(norm_place(row, c)), c, mean, scale));
    }
}

// Rows [first_row, first_row + rows) of y, whose sums this workgroup has some of.
void normalise_last(uint first_row, uint rows, uint row_group, uint makers) {
    memoryBarrierBuffer();
    subgroupBarrier();
    uint last = 0u;
    if (gl_LocalInvocationID.x == 0u) last = uint(arrived_last(row_group, makers));
    if (subgroupShuffle(last, 0u) == 0u) return;
    memoryBarrierBuffer();
#if LANES == 8
    if (NORM_FOURS > 0u) {
        normalise_held(first_row, rows);
        return;
    }
#endif
    if (NORM_LANES == 1u) normalise_alone(first_row, rows);
    else normalise_shared(first_row, rows);
}
