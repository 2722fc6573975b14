// Storage types behind 32-bit words, so that no 16-bit storage feature is needed: f16 pairs are
// unpacked in registers. A type is a specialization constant, folded when the pipeline is made.
// 16-bit rows have an even number of elements, four-element loads start at multiples of four.
const uint F32 = 0u;
const uint F16 = 1u;
const uint I8  = 2u;   // in panels only: panels.glsl

// Declares a read-only operand and its readers:
//   NAME_at(i)     element i
//   NAME_four(i)   elements i .. i+3, i a multiple of 4
//   NAME_word(i), NAME_pair(i), NAME_quad(i)   4, 8 and 16 bytes as they lie there
#define READS(BINDING, NAME, TYPE)                                                                     \
    layout(binding = BINDING) readonly buffer NAME##Words { uint NAME##_words[]; };                    \
    layout(binding = BINDING) readonly buffer NAME##Pairs { uvec2 NAME##_pairs[]; };                   \
    layout(binding = BINDING) readonly buffer NAME##Quads { uvec4 NAME##_quads[]; };                   \
    uint  NAME##_word(uint i) { return NAME##_words[i]; }                                              \
    uvec2 NAME##_pair(uint i) { return NAME##_pairs[i]; }                                              \
    uvec4 NAME##_quad(uint i) { return NAME##_quads[i]; }                                              \
    VALUES(NAME, TYPE)

// What READS and LOADS make of words.
#define VALUES(NAME, TYPE)                                                                             \
    float NAME##_at(uint i) {                                                                          \
        if (TYPE == F16) return unpackHalf2x16(NAME##_word(i >> 1))[i & 1u];                           \
        return uintBitsToFloat(NAME##_word(i));                                                        \
    }                                                                                                  \
    vec4 NAME##_four(uint i) {                                                                         \
        if (TYPE == F16) {                                                                             \
            const uvec2 pair = NAME##_pair(i >> 2);                                                    \
            return vec4(unpackHalf2x16(pair.x), unpackHalf2x16(pair.y));                               \
        }                                                                                              \
        return uintBitsToFloat(NAME##_quad(i >> 2));                                                   \
    }

// As READS, of an operand that a kernel reads over and over. In a kernel's twin with TEXELS (runtime/ops/texels.h) the
// binding is a buffer of texels: Mesa 22's lavapipe loads those of all lanes at once, where it goes from lane to lane for a
// storage buffer. A texel has 8 bytes where PAIRS holds, 16 otherwise: what is mostly read in one piece.
#ifdef TEXELS
#define LOADS(BINDING, NAME, TYPE, PAIRS)                                                              \
    layout(binding = BINDING) uniform usamplerBuffer NAME##_texels;                                    \
    uvec4 NAME##_texel(uint i) { return texelFetch(NAME##_texels, int(i)); }                           \
    uvec4 NAME##_quad(uint i) {                                                                        \
        if (PAIRS) return uvec4(NAME##_texel(i * 2u).xy, NAME##_texel(i * 2u + 1u).xy);                \
        return NAME##_texel(i);                                                                        \
    }                                                                                                  \
    uvec2 NAME##_pair(uint i) {                                                                        \
        if (PAIRS) return NAME##_texel(i).xy;                                                          \
        const uvec4 quad = NAME##_texel(i >> 1);                                                       \
        return (i & 1u) == 0u ? quad.xy : quad.zw;                                                     \
    }                                                                                                  \
    uint NAME##_word(uint i) {                                                                         \
        const uvec2 pair = NAME##_pair(i >> 1);                                                        \
        return (i & 1u) == 0u ? pair.x : pair.y;                                                       \
    }                                                                                                  \
    VALUES(NAME, TYPE)
#else
#define LOADS(BINDING, NAME, TYPE, PAIRS) READS(BINDING, NAME, TYPE)
#endif

// Largest finite f16: values beyond it are clamped before they are packed.
const float F16_MAX = 65504.0;

uint pack_f16(float low, float high) { return packHalf2x16(clamp(vec2(low, high), -F16_MAX, F16_MAX)); }

// Declares a write-only operand and its writers:
//   NAME_set(i, v)         element i; f32 only
//   NAME_set_two(i, a, b)  elements i, i+1; i even where the type is f16
//   NAME_set_four(i, v)    elements i .. i+3, i a multiple of 4
#define WRITES(BINDING, NAME, TYPE)                                                                    \
    layout(binding = BINDING) writeonly buffer NAME##Words { uint NAME##_words[]; };                   \
    layout(binding = BINDING) writeonly buffer NAME##Pairs { uvec2 NAME##_pairs[]; };                  \
    layout(binding = BINDING) writeonly buffer NAME##Quads { uvec4 NAME##_quads[]; };                  \
    void NAME##_set(uint i, float v) { NAME##_words[i] = floatBitsToUint(v); }                         \
    void NAME##_set_two(uint i, float a, float b) {                                                    \
        if (TYPE == F16) {                                                                             \
            NAME##_words[i >> 1] = pack_f16(a, b);                                                     \
        } else {                                                                                       \
            NAME##_words[i] = floatBitsToUint(a);                                                      \
            NAME##_words[i + 1] = floatBitsToUint(b);                                                  \
        }                                                                                              \
    }                                                                                                  \
    void NAME##_set_four(uint i, vec4 v) {                                                             \
        if (TYPE == F16) NAME##_pairs[i >> 2] = uvec2(pack_f16(v.x, v.y), pack_f16(v.z, v.w));         \
        else NAME##_quads[i >> 2] = floatBitsToUint(v);                                                \
    }

// Declares a write-only operand of f32:
//   NAME_set_four(i, v)     elements i .. i+3, i a multiple of 4
//   NAME_set_eight(i, a, b) elements i .. i+7, i a multiple of 8
#define WRITES_EIGHTS(BINDING, NAME)                                                                   \
    layout(binding = BINDING) writeonly buffer NAME##Quads { uvec4 NAME##_quads[]; };                  \
    void NAME##_set_four(uint i, vec4 v) { NAME##_quads[i >> 2] = floatBitsToUint(v); }                \
    SETS_EIGHTS(BINDING, NAME, writeonly)

// NAME_set_eight for an operand of f32 that has NAME_set_four, ACCESS as there.
// With EIGHTS, for twins with TEXELS, eight are four words of 64 bits: lavapipe goes from lane to lane for what is written
// too, and from word to word, whatever their size. The shader enables GL_ARB_gpu_shader_int64 for it.
#ifdef EIGHTS
#define SETS_EIGHTS(BINDING, NAME, ACCESS)                                                             \
    layout(binding = BINDING) ACCESS buffer NAME##Eights { u64vec4 NAME##_eights[]; };                 \
    void NAME##_set_eight(uint i, vec4 a, vec4 b) {                                                    \
        const uvec4 low = floatBitsToUint(a), high = floatBitsToUint(b);                               \
        NAME##_eights[i >> 3] = u64vec4(packUint2x32(low.xy), packUint2x32(low.zw),                    \
                                        packUint2x32(high.xy), packUint2x32(high.zw));                 \
    }
#else
#define SETS_EIGHTS(BINDING, NAME, ACCESS)                                                             \
    void NAME##_set_eight(uint i, vec4 a, vec4 b) {                                                    \
        NAME##_set_four(i, a);                                                                         \
        NAME##_set_four(i + 4u, b);                                                                    \
    }
#endif

// Declares an operand of f32 that a workgroup reads where others wrote, in fours: NAME_four(i), NAME_set_four(i, v).
#define UPDATES(BINDING, NAME)                                                                         \
    layout(binding = BINDING) coherent buffer NAME##Quads { uvec4 NAME##_quads[]; };                   \
    vec4 NAME##_four(uint i) { return uintBitsToFloat(NAME##_quads[i >> 2]); }                         \
    void NAME##_set_four(uint i, vec4 v) { NAME##_quads[i >> 2] = floatBitsToUint(v); }
