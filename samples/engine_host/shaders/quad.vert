// One quad for each instance: its corner from the vertex's number, its attributes from the instance (Quad, canvas.h).
#version 450

layout(push_constant) uniform Target { vec2 size; } target;   // pixels

layout(location = 0) in vec4 box;      // x, y, width, height in pixels
layout(location = 1) in vec4 atlas;    // u0, v0, u1, v1
layout(location = 2) in vec4 top;      // colours, straight alpha
layout(location = 3) in vec4 bottom;
layout(location = 4) in vec4 shape;    // kind, radius or narrowing, feather, light added

layout(location = 0) out vec2 local;   // pixels from the middle
layout(location = 1) out vec2 uv;
layout(location = 2) out vec4 color;
layout(location = 3) flat out vec2 half_size;
layout(location = 4) flat out vec4 form;

void main() {
    vec2 corner = vec2(gl_VertexIndex & 1, gl_VertexIndex >> 1);
    // Soft edges reach half a feather beyond the box.
    vec2 wider = shape.x == 0.0 ? vec2(shape.z * 0.5 + 0.5) : vec2(0.0);
    half_size  = box.zw * 0.5;
    local      = (corner * 2.0 - 1.0) * (half_size + wider);
    uv         = mix(atlas.xy, atlas.zw, corner);
    color      = mix(top, bottom, clamp(local.y / max(box.w, 1e-3) + 0.5, 0.0, 1.0));
    form       = shape;
    vec2 place = box.xy + half_size + local;
    gl_Position = vec4(place / target.size * 2.0 - 1.0, 0.0, 1.0);
}
