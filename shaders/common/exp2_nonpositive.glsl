// 2^t for t <= 0, within 3e-7 of it; exactly 0 below -126.5 and for -inf, exactly 1 for 0. Shorter than lavapipe's exp2.
//
// t is a whole number and what is left, at most half, which goes through the polynomial of degree 5 that is nearest 2^f
// (Remez). Added to SHIFT, the whole number is in the lowest bits of the sum, moved by 127: the exponent of its power.
vec4 exp2_nonpositive(vec4 t) {
    const float SHIFT = 12582912.0 + 127.0;   // 1.5 * 2^23: neighbouring floats are whole numbers
    t = mix(t, vec4(-127.0), lessThan(t, vec4(-127.0)));
    const vec4 whole = roundEven(t), f = t - whole;
    const vec4 power =
        ((((0.0013276472 * f + 0.00967554133) * f + 0.0555071327) * f + 0.240221197) * f + 0.693146967) * f + 1.0;
    return power * uintBitsToFloat(floatBitsToUint(whole + SHIFT) << 23);
}
