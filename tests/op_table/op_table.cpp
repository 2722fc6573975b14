#include "op_table/table.h"

#include <doctest/doctest.h>

#include <set>

using namespace attune::test;

TEST_CASE("op table") {
    for (const OpTable& table : op_tables()) SUBCASE(table.name) check_rows(table);
}

TEST_CASE("at least 1,000 rows, no two alike") {
    std::set<std::string> names;
    for (const OpTable& table : op_tables()) {
        Rows rows;
        table.fill(rows);
        CHECK(rows.all().size() > 0);
        for (const Rows::Row& row : rows.all()) CHECK_MESSAGE(names.insert(row.name).second, row.name);
    }
    CHECK(names.size() >= 1000);
    MESSAGE("the op table has " << names.size() << " rows");
}
