// Column of the i-th four that one of LANES lanes holds of a row: two after each other lie side by side, so that they can be
// written at once (WRITES_EIGHTS).
uint lanes_column(uint lane, uint i) { return (i / 2u) * (LANES * 8u) + lane * 8u + (i % 2u) * 4u; }
