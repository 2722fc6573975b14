// exp(score - highest), 0 for -inf; after common/numeric.glsl.
float softmax_weight(float score, float highest) {
    return score == minus_infinity() ? 0.0 : exp2((score - highest) * LOG2_E);
}
