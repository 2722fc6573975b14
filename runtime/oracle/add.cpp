#include "oracle/functions.h"

namespace attune::oracle {

// a, b [..] -> [..]
void add(const Call& call) {
    const Array& a = call.input(0);
    const Array& b = call.input(1);
    for (std::size_t i = 0; i < a.values.size(); ++i) call.output().values[i] = a.values[i] + b.values[i];
}

}  // namespace attune::oracle
