// Sums over LANES neighbouring lanes of a subgroup, a power of two; all of them get the same bits.
float lanes_sum(float value) {
    [[unroll]] for (uint other = LANES / 2u; other > 0u; other /= 2u) value += subgroupShuffleXor(value, other);
    return value;
}
// precise: of sums that have products in them Mesa changes the order otherwise, some here and others there.
float lanes_sum(vec4 values) {
    precise const float sum = (values.x + values.y) + (values.z + values.w);
    return lanes_sum(sum);
}

float lanes_max(float value) {
    [[unroll]] for (uint other = LANES / 2u; other > 0u; other /= 2u) value = max(value, subgroupShuffleXor(value, other));
    return value;
}
