// Sums over one workgroup in a fixed order: same inputs, same bits.
// GROUP must be a power of two. No subgroup operations: this is the floor.
shared float partial[GROUP];

float workgroup_sum(float value) {
    const uint lane = gl_LocalInvocationID.x;
    partial[lane] = value;
    barrier();
    for (uint half_size = GROUP / 2u; half_size > 0u; half_size /= 2u) {
        if (lane < half_size) partial[lane] += partial[lane + half_size];
        barrier();
    }
    const float total = partial[0];
    barrier();                                     // partial is free for the next sum
    return total;
}
