// Four neighbouring elements of a row of an operand, zeros beyond the row's end.
// The kernel declares before: ALIGNED (rows begin at, and are, multiples of four elements).
//   NAME_quad(start, column, width)   elements column .. column+3, column a multiple of four
#define QUADS_OF(NAME)                                                                                 \
    vec4 NAME##_quad(uint start, uint column, uint width) {                                            \
        if (ALIGNED) return NAME##_four(start + column);                                               \
        vec4 four = vec4(0.0);                                                                         \
        for (uint c = 0u; c < 4u; ++c)                                                                 \
            if (column + c < width) four[c] = NAME##_at(start + column + c);                           \
        return four;                                                                                   \
    }

// Writes them, likewise: columns beyond the row's end are dropped.
#define STORES_OF(NAME)                                                                                \
    void NAME##_store(uint start, uint column, uint width, vec4 four) {                                \
        if (ALIGNED) {                                                                                 \
            if (column < width) NAME##_set_four(start + column, four);                                 \
            return;                                                                                    \
        }                                                                                              \
        for (uint c = 0u; c < 4u; c += 2u) {                                                           \
            if (column + c + 1u < width) NAME##_set_two(start + column + c, four[c], four[c + 1u]);    \
            else if (column + c < width) NAME##_set(start + column + c, four[c]);                      \
        }                                                                                              \
    }
