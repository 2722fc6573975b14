// A layer norm behind a product: whoever finishes some rows of sums last normalises them where they lie, nobody waits.
// Needs p (LinearParams), y (UPDATES), group_index(). Sums run in the order of the kernel that would do the norm alone
// on such a device, so that a row's bits do not depend on which of them does.
LOADS(5, gain, F32, false)
LOADS(6, shift, F32, false)
layout(binding = 7) coherent buffer Arrived { uint arrived[]; };   // for each group of rows; 0 between dispatches

layout(constant_id = 8) const uint NORM_LANES = 8;   // that share a row

// How many workgroups make the same rows as this one.
uint makers_of_rows(uint outputs_of_group) { return (p.outputs + outputs_of_group - 1u) / outputs_of_group; }

// One lane of each workgroup asks, once its rows are visible. True for the last of them, which leaves the counter at 0.
bool arrived_last(uint row_group, uint makers) {
    const bool last = atomicAdd(arrived[row_group], 1u) + 1u == makers;
    if (last) arrived[row_group] = 0u;
    return last;
}

uint norm_place(uint row, uint column) { return p.y_first + row * p.y_stride + column; }

vec4 normal_four(vec4 z, uint column, float mean, float scale) {
    return fma((z - mean) * scale, gain_four(column), shift_four(column));
}
