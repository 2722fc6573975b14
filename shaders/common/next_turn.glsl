// What a loop's counter is in the next turn: for (uint j = 0u; j < end; j = next_turn(j + 1u)).
// What is done between a loop's turns, Mesa 22's lavapipe does at the beginning of each but the first, and makes that a
// choice wherever it may: another two blends for every value that the loop carries. Lanes' exchange of values it may not;
// and so the loop stays as it is written. In twins with TEXELS, whose lanes can: a tenth to a fifth of a product's time.
#ifdef TEXELS
#extension GL_KHR_shader_subgroup_shuffle : require
#define next_turn(counter) subgroupShuffle(counter, gl_SubgroupInvocationID)
#else
#define next_turn(counter) (counter)
#endif
