// Maximum over one workgroup; after common/reduce.glsl, whose shared memory it uses.
float workgroup_max(float value) {
    const uint lane = gl_LocalInvocationID.x;
    partial[lane] = value;
    barrier();
    for (uint half_size = GROUP / 2u; half_size > 0u; half_size /= 2u) {
        if (lane < half_size) partial[lane] = max(partial[lane], partial[lane + half_size]);
        barrier();
    }
    const float highest = partial[0];
    barrier();                                     // partial is free for the next reduction
    return highest;
}
