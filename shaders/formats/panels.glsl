// Matrices in panels of 16 rows (runtime/tensor/weight_layout.h), read in quads of 16 bytes: a column of a panel is
// four quads of f32, two of f16 or one of i8. Before every 32 columns of i8 lie four quads more: the f32 scales of
// the panel's rows for these columns. Kernels multiply each whole number by its scale before they sum: i8 gives the
// bits that f32 of the same numbers would give.
const uint PANEL = 16u;
const uint BLOCK = 32u;   // columns of i8 that share scales

// Whole numbers of 8 bits, the lowest first.
vec4 int8_four(uint word) { return vec4(ivec4(uvec4(word) << uvec4(24u, 16u, 8u, 0u)) >> 24); }

// Declares how an operand of READS or LOADS that lies in panels is read. Rows are those of the panel; starts and columns are
// counted in quads.
//   NAME_panel(panel, width)                where a panel of a matrix with `width` columns starts
//   NAME_column(start, k)                   where its column k lies
//   NAME_QUADS                              from there to the next column that has the same scales
//   NAME_block(width)                       how many columns have the same scales: k / block * block and those after it
//   NAME_scales(start, k, four)             scales of rows 4 four .. 4 four + 3 for column k; 1 if it is not i8
//   NAME_rows_four(column, four, scales)    these rows
//   NAME_rows_eight(column, eight, scales_a, scales_b, a, b)   rows 8 eight .. 8 eight + 7
//   NAME_element(start, k, row)             one element
#define PANELS(NAME, TYPE)                                                                             \
    const uint NAME##_QUADS = 4u >> TYPE;                                                              \
    uint NAME##_panel(uint panel, uint width) {                                                        \
        const uint scales = TYPE == I8 ? (width + BLOCK - 1u) / BLOCK * 4u : 0u;                       \
        return panel * (scales + width * NAME##_QUADS);                                                \
    }                                                                                                  \
    uint NAME##_column(uint start, uint k) {                                                           \
        const uint scales = TYPE == I8 ? (k / BLOCK + 1u) * 4u : 0u;                                   \
        return start + scales + k * NAME##_QUADS;                                                      \
    }                                                                                                  \
    uint NAME##_block(uint width) { return TYPE == I8 ? BLOCK : width; }                               \
    vec4 NAME##_scales(uint start, uint k, uint four) {                                                \
        if (TYPE == I8) return uintBitsToFloat(NAME##_quad(start + k / BLOCK * (BLOCK + 4u) + four));  \
        return vec4(1.0);                                                                              \
    }                                                                                                  \
    vec4 NAME##_rows_four(uint column, uint four, vec4 scales) {                                       \
        if (TYPE == I8) return int8_four(NAME##_word(column * 4u + four)) * scales;                    \
        if (TYPE == F16) {                                                                             \
            const uvec2 words = NAME##_pair(column * 2u + four);                                       \
            return vec4(unpackHalf2x16(words.x), unpackHalf2x16(words.y));                             \
        }                                                                                              \
        return uintBitsToFloat(NAME##_quad(column + four));                                            \
    }                                                                                                  \
    void NAME##_rows_eight(uint column, uint eight, vec4 scales_a, vec4 scales_b, out vec4 a, out vec4 b) { \
        if (TYPE == I8) {                                                                              \
            const uvec2 words = NAME##_pair(column * 2u + eight);                                      \
            a = int8_four(words.x) * scales_a;                                                         \
            b = int8_four(words.y) * scales_b;                                                         \
        } else if (TYPE == F16) {                                                                      \
            const uvec4 words = NAME##_quad(column + eight);                                           \
            a = vec4(unpackHalf2x16(words.x), unpackHalf2x16(words.y));                                \
            b = vec4(unpackHalf2x16(words.z), unpackHalf2x16(words.w));                                \
        } else {                                                                                       \
            a = uintBitsToFloat(NAME##_quad(column + eight * 2u));                                     \
            b = uintBitsToFloat(NAME##_quad(column + eight * 2u + 1u));                                \
        }                                                                                              \
    }                                                                                                  \
    float NAME##_element(uint start, uint k, uint row) {                                               \
        const uint four = row / 4u, column = NAME##_column(start, k);                                  \
        return NAME##_rows_four(column, four, NAME##_scales(start, k, four))[row % 4u];                \
    }
