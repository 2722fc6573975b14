// Online softmax (Milakov & Gimelshein 2018, arXiv 1805.02867) in log2 units, one key after the other. The kernel
// declares before: SCALE (attention_tile.glsl) and SOME_UNSEEN (whether a row may be shown keys that it does not see).
#include "numeric.glsl"

// What a row has summed up so far, besides its columns.
struct Online {
    float highest;   // score
    float weights;   // of the keys, relative to it
};

// What one key adds to a row: the columns are scaled by `keep`, the key counts `weight`: one of both is 1.
struct Share {
    float keep, weight;
    uint  visible;   // all bits, or none
};

float score_of(vec4 dots) {
    precise const float score = ((dots.x + dots.y) + (dots.z + dots.w)) * SCALE;
    return score;
}

Share add_score(inout Online online, float score, bool seen) {
    const bool  counts = seen && score != minus_infinity();
    const bool  rises  = score > online.highest;
    const float faded  = exp2(-abs(score - online.highest));
    const bool  first  = online.highest == minus_infinity();
    const float keep   = counts && rises ? (first ? 0.0 : faded) : 1.0;
    const float weight = counts ? (rises ? 1.0 : faded) : 0.0;
    online.highest = counts && rises ? score : online.highest;
    online.weights = fma(online.weights, keep, weight);
    return Share(keep, weight, seen ? 0xffffffffu : 0u);
}

// Of a key that the row does not see not a bit is used.
vec4 add_value(vec4 sum, Share share, vec4 value) {
    const vec4 own = SOME_UNSEEN ? uintBitsToFloat(floatBitsToUint(value) & share.visible) : value;
    return fma(vec4(share.weight), own, sum * share.keep);
}
