# Settings of everything built here, and attune_own_code(TARGET) for what is ours.

if(PROJECT_IS_TOP_LEVEL)
    get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
    if(NOT CMAKE_BUILD_TYPE AND NOT multi_config)
        set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
    endif()
    set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

    find_program(ATTUNE_CCACHE ccache)
    if(ATTUNE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
        set(CMAKE_CXX_COMPILER_LAUNCHER ${ATTUNE_CCACHE})
        set(CMAKE_C_COMPILER_LAUNCHER ${ATTUNE_CCACHE})
    endif()
endif()

set(CMAKE_POSITION_INDEPENDENT_CODE ON)     # the static library may end up in somebody's shared one

if(ATTUNE_SANITIZE)
    add_compile_options(-fsanitize=${ATTUNE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${ATTUNE_SANITIZE})
endif()

# Strict C++20 for our targets. Warnings are errors only with compilers no newer than those that
# the tests use: a later compiler finds new things to warn of, and must still build.
function(attune_own_code target)
    set_target_properties(${target} PROPERTIES CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
    # Under sanitizers the same would be found again, in a seventh of the time that compiling takes.
    if(NOT ATTUNE_DEVELOPER OR ATTUNE_SANITIZE OR NOT CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
        return()
    endif()
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # GCC 12 sees overlapping copies in "text" + std::string where there are none (GCC bug 105651).
        target_compile_options(${target} PRIVATE -Wno-restrict)
    endif()
    set(newest 12)
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        set(newest 14)
    endif()
    string(REGEX MATCH "^[0-9]+" version "${CMAKE_CXX_COMPILER_VERSION}")
    if(version LESS_EQUAL newest)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
endfunction()

# attune_build_quickly(TARGET [HEADER...]): if ATTUNE_QUICK_BUILD is on, precompiles what most of our sources include of
# the standard library, and these. attune_build_quickly(TARGET REUSE_FROM OTHER) takes what OTHER, which is compiled alike,
# has.
function(attune_build_quickly target)
    if(NOT ATTUNE_QUICK_BUILD OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        return()
    endif()
    # g++ 12 warns of its own precompiled headers.
    target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
    if(ARGV1 STREQUAL "REUSE_FROM")
        target_precompile_headers(${target} ${ARGN})
    else()
        target_precompile_headers(${target} PRIVATE ${ARGN} <algorithm> <array> <atomic> <chrono> <cmath> <cstring> <filesystem>
            <functional> <map> <memory> <mutex> <optional> <random> <set> <span> <sstream> <string> <thread> <variant> <vector>)
    endif()
endfunction()

# attune_compile_together(TARGET): several of its sources at once then.
function(attune_compile_together target)
    if(ATTUNE_QUICK_BUILD)
        set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    endif()
endfunction()

# attune_compile_folders_together(TARGET): those of a folder at once then.
function(attune_compile_folders_together target)
    if(NOT ATTUNE_QUICK_BUILD)
        return()
    endif()
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # It takes classes of sources that are included for those of headers.
        target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
    endif()
    get_target_property(sources ${target} SOURCES)
    foreach(source IN LISTS sources)
        cmake_path(GET source PARENT_PATH folder)
        cmake_path(GET folder FILENAME name)
        set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${name})
    endforeach()
endfunction()

# What is not the library is compiled with less optimisation then: it takes longer to compile than to run.
function(attune_optimise_less target)
    if(ATTUNE_QUICK_BUILD AND CMAKE_BUILD_TYPE STREQUAL "Release")
        target_compile_options(${target} PRIVATE -O1)
    endif()
endfunction()
