// exp(score - highest), 0 for -inf; after common/numeric.glsl.
const float LOG2_E = 1.44269504;

vec4 softmax_weights(vec4 scores, float highest) {
    return mix(exp2((scores - highest) * LOG2_E), vec4(0.0), equal(scores, vec4(minus_infinity())));
}

float softmax_weight(float score, float highest) {
    return score == minus_infinity() ? 0.0 : exp2((score - highest) * LOG2_E);
}
