#include <attune/tensor.hpp>
#include <attune/weights.hpp>

#include "support/expect_error.h"

#include <cmath>
#include <cstring>
#include <vector>

using namespace attune;
using test::expect_error;

TEST_CASE("a shape counts its elements, rows and width") {
    const Shape shape{2, 3, 4};
    CHECK(shape.rank() == 3);
    CHECK(shape.elements() == 24);
    CHECK(shape.rows() == 6);
    CHECK(shape.width() == 4);
    CHECK(shape.text() == "[2, 3, 4]");
    CHECK(shape.with_width(5) == Shape{2, 3, 5});
    CHECK_FALSE(shape == Shape{2, 3});
    CHECK(Shape{}.elements() == 1);
    CHECK(Shape{}.rows() == 1);
    CHECK(Shape{}.width() == 1);
    CHECK(Shape{}.text() == "[]");
    CHECK(Shape{0, 7}.elements() == 0);
    CHECK(TensorDesc{Type::bf16, shape}.text() == "bf16[2, 3, 4]");
    CHECK(TensorDesc{Type::bf16, shape}.bytes() == 48);
}

TEST_CASE("shapes that no memory could hold are refused") {
    const std::vector<std::uint64_t> refused[] = {
        {1, 1, 1, 1, 1, 1, 1, 1, 1}, {~0ull}, {1ull << 32, 1ull << 32}, {1ull << 60, 2},
        {0, 1ull << 40, 1ull << 40},   // no elements, but rows() would wrap
    };
    for (const auto& extents : refused) expect_error(Status::bad_input, {"shape"}, [&] { Shape{std::span(extents)}; });
    CHECK(Shape{1ull << 60}.elements() == 1ull << 60);
    expect_error(Status::bad_input, {"shape"}, [] { Shape{1ull << 32, 2}.with_width(1ull << 32); });
    expect_error(Status::usage, {"shape"}, [] { Shape{}.with_width(2); });
}

TEST_CASE("every element type keeps the numbers it can hold") {
    const std::vector<double> values = {0, 1, 2, 100, 127, 3};
    for (const Type type : {Type::f32, Type::f16, Type::bf16, Type::i32, Type::u32}) {
        const Tensor tensor = Tensor::from_doubles({type, {2, 3}}, values);
        CHECK(tensor.bytes().size() == 6 * size_of(type));
        CHECK(tensor.doubles() == values);
    }
    CHECK(Tensor({Type::f32, {3}}).doubles() == std::vector<double>(3));
    CHECK(Tensor({Type::f32, {0, 3}}).doubles().empty());
}

TEST_CASE("8-bit numbers are multiplied by the tensor's scale, or by their row's") {
    const std::int8_t values[] = {1, -128, 127, 4, 0, -2};
    CHECK(Tensor::i8({2, 3}, values, {0.5f}).doubles() == std::vector<double>{0.5, -64, 63.5, 2, 0, -1});
    CHECK(Tensor::i8({2, 3}, values, {2, 0.25f}).doubles() == std::vector<double>{2, -256, 254, 1, 0, -0.5});
    expect_error(Status::usage, {"3 scales", "i8[2, 3]"}, [&] { Tensor::i8({2, 3}, values, {1, 1, 1}); });
    expect_error(Status::usage, {"0 scales"}, [&] { (TensorView{{Type::i8, {6}}, std::as_bytes(std::span(values)), {}}).doubles(); });
    CHECK(Tensor({Type::i8, {2, 3}}).doubles() == std::vector<double>(6));

    const double rows[]  = {-254, 127, 1, 0, 0, 0};
    const Tensor rounded = Tensor::from_doubles({Type::i8, {2, 3}}, rows);
    CHECK(rounded.as<std::int8_t>()[0] == -127);
    CHECK(rounded.as<std::int8_t>()[1] == 64);   // 63.5: to even
    CHECK(rounded.as<std::int8_t>()[2] == 0);
    CHECK(rounded.doubles() == std::vector<double>{-254, 128, 0, 0, 0, 0});
}

TEST_CASE("numbers outside an integer type saturate") {
    const double values[] = {-1e30, -1.5, 2.5, 1e30, NAN};
    CHECK(Tensor::from_doubles({Type::i32, {5}}, values).doubles() ==
          std::vector<double>{-2147483648.0, -2, 2, 2147483647.0, 0});
    CHECK(Tensor::from_doubles({Type::u32, {5}}, values).doubles() == std::vector<double>{0, 0, 2, 4294967295.0, 0});
}

TEST_CASE("views read numbers at any address") {
    const float            value = 1.25f;
    std::vector<std::byte> memory(1 + sizeof value);
    std::memcpy(memory.data() + 1, &value, sizeof value);
    const TensorView view{{Type::f32, {1}}, std::span(memory).subspan(1)};
    CHECK(view.doubles() == std::vector<double>{1.25});
    expect_error(Status::usage, {"5 bytes", "f32[1]"}, [&] { (TensorView{{Type::f32, {1}}, memory}).doubles(); });
}

TEST_CASE("elements are read as what they are") {
    const float values[] = {1, 2};
    Tensor      tensor   = Tensor::f32({2}, values);
    CHECK(tensor.as<float>()[1] == 2);
    tensor.as<float>()[1] = 3;
    CHECK(tensor.doubles()[1] == 3);
    expect_error(Status::usage, {"f32"}, [&] { tensor.as<std::uint32_t>(); });
    expect_error(Status::usage, {"2 numbers", "f32[3]"}, [&] { Tensor::f32({3}, values); });
    CHECK(Tensor::from_doubles({Type::bf16, {1}}, std::vector<double>{1}).as<std::uint16_t>()[0] == 0x3F80);
}

TEST_CASE("a weight map finds what was set") {
    WeightMap map;
    map.set("a", Tensor::f32({1}, std::vector<float>{4}));
    map.set("a", Tensor::f32({2}, std::vector<float>{5, 6}));
    REQUIRE(map.find("a") != nullptr);
    CHECK(map.find("a")->shape == Shape{2});
    CHECK(map.at("a").doubles() == std::vector<double>{5, 6});
    CHECK(map.find("b") == nullptr);
    expect_error(Status::bad_input, {"[b]"}, [&] { map.at("b"); });
}
