// exp(logit - maximum), 0 for -inf whatever the maximum. After common/numeric.glsl.
float weight_of(float logit, float maximum) { return logit > minus_infinity() ? exp(logit - maximum) : 0.0; }
