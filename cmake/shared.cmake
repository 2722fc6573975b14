# attune::shared, libattune.so: the objects of the static library, of which nothing shows but the C functions.
add_library(attune_shared SHARED $<TARGET_OBJECTS:attune_objects>)
add_library(attune::shared ALIAS attune_shared)
set_target_properties(attune_shared PROPERTIES OUTPUT_NAME attune EXPORT_NAME shared LINKER_LANGUAGE CXX
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
target_include_directories(attune_shared
    PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_definitions(attune_shared INTERFACE ATTUNE_SHARED)
target_link_libraries(attune_shared PRIVATE ${ATTUNE_LIBRARIES})
if(NOT WIN32 AND NOT APPLE)
    # What templates of the standard library and static libraries bring along is kept inside too.
    set(exports ${CMAKE_CURRENT_SOURCE_DIR}/cmake/exports.map)
    target_link_options(attune_shared PRIVATE -Wl,--version-script=${exports} -Wl,--exclude-libs,ALL)
    set_target_properties(attune_shared PROPERTIES LINK_DEPENDS ${exports})
endif()
