# attune_device_test(NAME COMMAND PROGRAM [ARGUMENT...] PROFILES PROFILE... [LEVEL FOLDER] [TIMEOUT SECONDS] [IN_PAIRS]
#                    [ENVIRONMENT NAME=VALUE...])
# runs a test once per profile, as NAME.PROFILE with the label PROFILE. A profile is a driver and
# how it is set up; a test program learns of it from its environment:
#   ATTUNE_TEST_PROFILE   the profile's name, which may mean lower limits (tests/support/test_devices.cpp)
#   ATTUNE_TEST_SHARE     N: run every Nth row of the large tables
# PROFILE/N asks for that share; ATTUNE_TEST_ALL_ROWS makes it 1 everywhere. Under sanitizers, which
# look at our code and not at the drivers, one driver and a twentieth of the rows, or the share if that is less, have to do.
# Programs of a LEVEL, and others where it is said, run IN_PAIRS: much of their time is a driver's compiler, which takes one
# processor.
#
# attune_host_test(NAME PROGRAM [SHARE N]) runs a program once, without a driver; SHARE: every Nth row of its
# large tables, all of them with ATTUNE_TEST_ALL_ROWS.

find_file(ATTUNE_LAVAPIPE_ICD NAMES lvp_icd.${CMAKE_SYSTEM_PROCESSOR}.json lvp_icd.json
          PATHS /usr/share/vulkan/icd.d /usr/local/share/vulkan/icd.d /etc/vulkan/icd.d NO_DEFAULT_PATH)
find_file(ATTUNE_SWIFTSHADER_ICD vk_swiftshader_icd.json PATHS /usr/lib/chromium NO_DEFAULT_PATH)

find_file(ATTUNE_RADV_ICD NAMES radeon_icd.${CMAKE_SYSTEM_PROCESSOR}.json radeon_icd.json
          PATHS /usr/share/vulkan/icd.d /usr/local/share/vulkan/icd.d /etc/vulkan/icd.d NO_DEFAULT_PATH)

# A driver that is not found is named all the same, so that its tests fail instead of vanishing.
set(lavapipe_icd /usr/share/vulkan/icd.d/lvp_icd.${CMAKE_SYSTEM_PROCESSOR}.json)
if(ATTUNE_LAVAPIPE_ICD)
    set(lavapipe_icd ${ATTUNE_LAVAPIPE_ICD})
endif()
set(swiftshader_icd /usr/lib/chromium/vk_swiftshader_icd.json)
if(ATTUNE_SWIFTSHADER_ICD)
    set(swiftshader_icd ${ATTUNE_SWIFTSHADER_ICD})
endif()
set(radv_icd /usr/share/vulkan/icd.d/radeon_icd.${CMAKE_SYSTEM_PROCESSOR}.json)
if(ATTUNE_RADV_ICD)
    set(radv_icd ${ATTUNE_RADV_ICD})
endif()

#   profile              driver                      bits of a vector: subgroup size * 32
set(ATTUNE_PROFILE_lavapipe    ${lavapipe_icd}       256)
set(ATTUNE_PROFILE_lavapipe4   ${lavapipe_icd}       128)
set(ATTUNE_PROFILE_lavapipe16  ${lavapipe_icd}       512)
# Devices of small limits (tests/support/test_devices.cpp)
foreach(profile floor binding1m binding64k heap64m no_subgroups smallest)
    set(ATTUNE_PROFILE_${profile} ${lavapipe_icd} 256)
endforeach()
set(ATTUNE_PROFILE_swiftshader ${swiftshader_icd}    256)
set(ATTUNE_PROFILE_radv        ${radv_icd}           256)   # compiles for GPUs that are not there, and runs nothing

# Leaks are looked for where no driver is loaded: LLVM, which compiles shaders in these drivers, makes
# millions of allocations, and stacks that tell its leaks from ours would have to be unwound for each. What a driver
# frees for every dispatch would fill gigabytes of quarantine.
set(ATTUNE_SANITIZER_ENVIRONMENT "")
set(ATTUNE_SANITIZER_DEVICE_ENVIRONMENT "")
if(ATTUNE_SANITIZE)
    set(ATTUNE_SANITIZER_ENVIRONMENT "UBSAN_OPTIONS=print_stacktrace=1")
    set(ATTUNE_SANITIZER_DEVICE_ENVIRONMENT "ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=16" "UBSAN_OPTIONS=print_stacktrace=1"
        "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan_suppressions.txt")
endif()

function(attune_device_test name)
    cmake_parse_arguments(PARSE_ARGV 1 test "IN_PAIRS" "LEVEL;TIMEOUT" "COMMAND;PROFILES;ENVIRONMENT")
    set(processors 2)
    if(test_LEVEL OR test_IN_PAIRS)
        set(processors 1)
    endif()
    if(NOT test_TIMEOUT)
        set(test_TIMEOUT 900)
        if(ATTUNE_TEST_ALL_ROWS)
            set(test_TIMEOUT 3600)
        endif()
    endif()
    foreach(wanted IN LISTS test_PROFILES)
        string(REGEX MATCH "^([a-z0-9_]+)/?([0-9]*)$" matched "${wanted}")
        set(profile ${CMAKE_MATCH_1})
        set(share 1)
        if(CMAKE_MATCH_2 AND (ATTUNE_SANITIZE OR NOT ATTUNE_TEST_ALL_ROWS))
            set(share ${CMAKE_MATCH_2})
        endif()
        if(ATTUNE_SANITIZE AND share LESS 20)
            set(share 20)
        endif()
        if(NOT DEFINED ATTUNE_PROFILE_${profile})
            message(FATAL_ERROR "attune_device_test(${name}): there is no profile '${wanted}'")
        endif()
        if(ATTUNE_SANITIZE AND NOT profile STREQUAL "lavapipe")
            continue()
        endif()
        list(GET ATTUNE_PROFILE_${profile} 0 icd)
        list(GET ATTUNE_PROFILE_${profile} 1 bits)
        add_test(NAME ${name}.${profile} COMMAND ${test_COMMAND})
        set(environment "VK_ICD_FILENAMES=${icd}" "VK_DRIVER_FILES=${icd}" "LP_NATIVE_VECTOR_WIDTH=${bits}"
            "ATTUNE_TEST_PROFILE=${profile}" "ATTUNE_TEST_SHARE=${share}" ${ATTUNE_SANITIZER_DEVICE_ENVIRONMENT}
            ${test_ENVIRONMENT})
        set_tests_properties(${name}.${profile} PROPERTIES
            LABELS "device;${profile}" TIMEOUT ${test_TIMEOUT} PROCESSORS ${processors} ENVIRONMENT "${environment}")
    endforeach()
    if(test_LEVEL)
        set(ATTUNE_DEVICE_LEVELS ${ATTUNE_DEVICE_LEVELS} ${test_LEVEL} PARENT_SCOPE)
    endif()
endfunction()

function(attune_host_test name program)
    cmake_parse_arguments(PARSE_ARGV 2 test "" "SHARE" "")
    if(NOT test_SHARE OR ATTUNE_TEST_ALL_ROWS)
        set(test_SHARE 1)
    endif()
    add_test(NAME ${name} COMMAND ${program})
    set_tests_properties(${name} PROPERTIES LABELS host TIMEOUT 600
        ENVIRONMENT "ATTUNE_TEST_SHARE=${test_SHARE};${ATTUNE_SANITIZER_ENVIRONMENT}")
endfunction()
