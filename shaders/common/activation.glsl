// Activations, chosen by a specialization constant (Activation in attune/ops.hpp). NaN stays NaN.
const uint ACTIVATION_NONE      = 0u;
const uint ACTIVATION_RELU      = 1u;
const uint ACTIVATION_GELU      = 2u;
const uint ACTIVATION_GELU_TANH = 3u;
const uint ACTIVATION_SILU      = 4u;

// erf(t) for |t| <= 1: a minimax polynomial in t^2; error 1.2e-9 before rounding.
float erf_near_zero(float t) {
    const float s = t * t;
    float q = 7.889102767e-5;
    q = fma(q, s, -8.020836262e-4);
    q = fma(q, s, 5.189534777e-3);
    q = fma(q, s, -2.68544443e-2);
    q = fma(q, s, 0.1128360017);
    q = fma(q, s, -0.3761262714);
    q = fma(q, s, 1.128379166);
    return q * t;
}

// erfc(t) for t >= 1: exp(-t^2) / (t sqrt(pi)) times 2^q(1/t), q a minimax polynomial; relative error 1.6e-7
// before rounding, so that tails keep their digits.
float erfc_far(float t) {
    const float u = 1.0 / t;
    float q = 0.1617530655;
    q = fma(q, u, -0.8847176551);
    q = fma(q, u, 2.068666631);
    q = fma(q, u, -2.618241942);
    q = fma(q, u, 1.73326426);
    q = fma(q, u, -0.1551752706);
    q = fma(q, u, -0.7045983737);
    q = fma(q, u, -9.45161292e-4);
    q = fma(q, u, 2.107624238e-5);
    return exp2(fma(-1.442695041 * t, t, q)) * u * 0.5641895835;
}

// The normal distribution's share below x: (1 + erf(x / sqrt 2)) / 2.
float normal_below(float x) {
    const float t = min(abs(x) * 0.7071067812, 14.0);   // beyond, the tail is 0 in f32
    if (t < 1.0) return fma(0.5, erf_near_zero(x * 0.7071067812), 0.5);
    const float tail = 0.5 * erfc_far(t);
    return x < 0.0 ? tail : 1.0 - tail;
}

float sigmoid(float x) { return 1.0 / (1.0 + exp2(min(-1.442695041 * x, 126.0))); }

float activate(float x, uint activation) {
    if (activation == ACTIVATION_RELU) return x < 0.0 ? 0.0 : x;
    if (activation == ACTIVATION_GELU) return x * normal_below(x);
    // x/2 (1 + tanh z) is x sigmoid(2z), which neither overflows nor cancels
    if (activation == ACTIVATION_GELU_TANH) return x * sigmoid(1.595769122 * fma(0.044715 * x * x, x, x));
    if (activation == ACTIVATION_SILU) return x * sigmoid(x);
    return x;
}

vec4 activate(vec4 x, uint activation) {
    return vec4(activate(x.x, activation), activate(x.y, activation), activate(x.z, activation), activate(x.w, activation));
}
