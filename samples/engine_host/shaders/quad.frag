// How much of a pixel a quad covers, by its kind; the colour comes from the vertices. Premultiplied alpha out.
#version 450

layout(constant_id = 0) const bool LETTERS = false;       // software drivers take every branch: letters have a pipeline of their own

layout(set = 0, binding = 0) uniform sampler2D letters;   // coverage

layout(location = 0) in vec2 local;
layout(location = 1) in vec2 uv;
layout(location = 2) in vec4 color;
layout(location = 3) flat in vec2 half_size;
layout(location = 4) flat in vec4 form;

layout(location = 0) out vec4 pixel;

// Signed distance to a box with round corners, negative inside.
float round_box(vec2 p, vec2 extent, float radius) {
    vec2 q = abs(p) - extent + radius;
    return length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - radius;
}

float cover(int kind) {
    if (LETTERS) return textureLod(letters, uv, 0.0).r;
    if (kind == 2) {                                       // glow: falls off towards the ellipse's edge
        float far = max(0.0, 1.0 - length(local / half_size));
        return far * far;
    }
    if (kind == 0) {
        float feather = form.z;
        float inside  = clamp(0.5 - round_box(local, half_size, min(form.y, min(half_size.x, half_size.y))) / feather, 0.0, 1.0);
        return feather > 1.5 ? inside * inside * (3.0 - 2.0 * inside) : inside;
    }
    float down  = local.y / half_size.y * 0.5 + 0.5;       // cone and gable: narrower towards the top
    float width = half_size.x * mix(form.y, 1.0, down);
    if (kind == 4) return clamp(width - abs(local.x) + 0.5, 0.0, 1.0);
    float side = clamp(1.0 - abs(local.x) / max(width, 1e-3), 0.0, 1.0);
    return side * side * (3.0 - 2.0 * side) * (1.0 - down);
}

void main() {
    float alpha = color.a * cover(int(form.x));
    pixel       = vec4(color.rgb * alpha, alpha * (1.0 - form.w));
}
