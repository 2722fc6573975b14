// The workgroup's place in a one-dimensional grid that the host folded into x and y.
uint group_index() { return gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x; }
