// What is left of a row's mean, and 1 / its deviation, from sums over its distances from a mean that was rounded: the
// variance about the true mean is the mean square less the square of what is left (Chan, Golub, LeVeque, 1983, formula
// 1.7), which is of the order of the rounding, so that nothing cancels that the row itself still holds.
vec2 norm_moments(float distances, float squares, float width, float epsilon) {
    const float rest = distances / width;
    return vec2(rest, inversesqrt(max(squares / width - rest * rest, 0.0) + epsilon));
}
