// linear_norm.glsl for workgroups of 128, on GPUs: all of it takes one row after the other, in the order in which NORM_LANES
// lanes of layer_norm.comp do, a power of two of at most 256, of which a lane stands for two. Needs `partial`, 128 vec4 of
// shared memory or more.
#include "linear_norm.glsl"

// workgroup_sum() of common/reduce.glsl over NORM_LANES lanes, of which these two are this one's.
float norm_sum(vec2 two) {
    const uint lane = gl_LocalInvocationID.x;
    partial[lane].x = NORM_LANES > 128u ? two.x + two.y : two.x;
    barrier();
    for (uint half_size = min(NORM_LANES, 128u) / 2u; half_size > 0u; half_size /= 2u) {
        if (lane < half_size) partial[lane].x += partial[lane + half_size].x;
        barrier();
    }
    const float total = partial[0].x;
    barrier();                                     // partial is free for the next sum
    return total;
}

float norm_element(uint row, uint column) {
    const uint i = norm_place(row, column);
    return y_four(i & ~3u)[i & 3u];
}

void normalise(uint row) {
    // Columns of the one and of the other lane that this one stands for.
    const uvec2 lanes = uvec2(gl_LocalInvocationID.x) + uvec2(0u, 128u);
    vec2 sums = vec2(0.0), distances = vec2(0.0), squares = vec2(0.0);
    for (uint side = 0u; side < 2u; ++side)
        for (uint c = lanes[side]; lanes[side] < NORM_LANES && c < p.outputs; c += NORM_LANES) sums[side] += norm_element(row, c);
    float mean = norm_sum(sums) / float(p.outputs);

    for (uint side = 0u; side < 2u; ++side)
        for (uint c = lanes[side]; lanes[side] < NORM_LANES && c < p.outputs; c += NORM_LANES)
            distances[side] += norm_element(row, c) - mean;
    mean += norm_sum(distances) / float(p.outputs);

    for (uint side = 0u; side < 2u; ++side)
        for (uint c = lanes[side]; lanes[side] < NORM_LANES && c < p.outputs; c += NORM_LANES) {
            const float distance_to_mean = norm_element(row, c) - mean;
            squares[side] = fma(distance_to_mean, distance_to_mean, squares[side]);
        }
    const float scale = inversesqrt(norm_sum(squares) / float(p.outputs) + p.epsilon);

    for (uint c = gl_LocalInvocationID.x * 4u; c < p.outputs; c += 512u)
        y_set_four(norm_place(row, c), normal_four(y_four(norm_place(row, c)), c, mean, scale));
}

// Rows [first_row, first_row + rows) of y, whose sums this workgroup has some of.
void normalise_last(uint first_row, uint rows, uint row_group, uint makers) {
    memoryBarrierBuffer();
    barrier();
    if (gl_LocalInvocationID.x == 0u) partial[0].x = arrived_last(row_group, makers) ? 1.0 : 0.0;
    barrier();
    const bool last = partial[0].x == 1.0;
    barrier();                                     // partial is free
    if (!last) return;
    memoryBarrierBuffer();
    for (uint r = 0u; r < rows; ++r) normalise(first_row + r);
}
