// Infinities by their bits: literals like 1.0/0.0 are undefined, and some compilers assume that
// infinities do not occur.
float minus_infinity() { return uintBitsToFloat(0xff800000u); }
float plus_infinity() { return uintBitsToFloat(0x7f800000u); }

const float LOG2_E = 1.44269504;
