# Which test programs need a Vulkan device, and where they run. A folder that no row names runs
# once, without a driver.

# A driver that has not seen the kernels yet compiles for minutes: shares are such that the gate does in time.
set(everywhere lavapipe/40 floor/60 lavapipe4/800 lavapipe16/800 swiftshader/700)
set(small_limits binding1m/70 binding64k/70 heap64m/70 no_subgroups/800 smallest/120)

function(attune_level_on_devices level)
    if(TARGET test_${level})
        attune_device_test(${level} LEVEL ${level} COMMAND test_${level} PROFILES ${ARGN})
        set(ATTUNE_DEVICE_LEVELS ${ATTUNE_DEVICE_LEVELS} PARENT_SCOPE)
    endif()
endfunction()

#                       folder       profiles; /N: every Nth row
attune_level_on_devices(op_table     ${everywhere} ${small_limits})
attune_level_on_devices(vulkan       lavapipe floor/8 swiftshader/32)
attune_level_on_devices(execute      lavapipe floor swiftshader)
attune_level_on_devices(c_api        lavapipe/2)   # the share says how often the library is loaded
attune_level_on_devices(generate     lavapipe/8 floor/60 swiftshader/480)
list(TRANSFORM small_limits REPLACE "/.*" "/160" OUTPUT_VARIABLE a_few_lines)
attune_level_on_devices(goldens      lavapipe/3 floor/60 swiftshader/60 ${a_few_lines})
attune_level_on_devices(benchmark    lavapipe swiftshader/6)
attune_level_on_devices(firefox      lavapipe/6 floor/60 swiftshader/80)
attune_level_on_devices(faults       lavapipe/60 swiftshader/1200)
if(ATTUNE_SANITIZE)   # bits are what it is about
    list(APPEND ATTUNE_DEVICE_LEVELS determinism)
else()
    attune_level_on_devices(determinism  lavapipe/12 swiftshader/40)
endif()

set(other_subgroups "")
if(ATTUNE_TEST_ALL_ROWS)
    set(other_subgroups lavapipe4 lavapipe16)
endif()
attune_level_on_devices(tuning       lavapipe swiftshader ${other_subgroups})
if(TARGET test_qualification)   # of the mistakes that are planted all have to be found: golden cases change with every kernel
    attune_device_test(qualification LEVEL qualification COMMAND test_qualification "--test-case-exclude=golden cases find*"
                       PROFILES lavapipe/12)
    # In one thread: what a mistake of those who wait for others does depends on who comes first, a gate's answer must not.
    attune_device_test(mutants COMMAND test_qualification "--test-case=golden cases find*" PROFILES lavapipe IN_PAIRS
                       ENVIRONMENT LP_NUM_THREADS=1)
endif()
attune_level_on_devices(vendor_compile radv/2)   # all of one GPU, and with every row of all of them

set(in_threads lavapipe/2)
if(ATTUNE_TEST_ALL_ROWS)   # SwiftShader compiles for a minute
    list(APPEND in_threads swiftshader)
endif()
attune_level_on_devices(threads      ${in_threads})

# Host programs that run every Nth row.
set(ATTUNE_SHARE_OF_broken 10)

# Layers are chosen for a whole process, so the cases that need one run by themselves.
attune_device_test(validation COMMAND test_op_table --no-skip "--test-case=validation:*" PROFILES lavapipe/3 IN_PAIRS)
if(NOT ATTUNE_SANITIZE)   # what a layer says is the same there
    attune_device_test(hazards COMMAND test_execute --no-skip "--test-case=validation:*" PROFILES lavapipe IN_PAIRS)
endif()
attune_device_test(merge COMMAND test_vulkan --no-skip "--test-case=validation:*" PROFILES lavapipe swiftshader IN_PAIRS)

# SwiftShader compiles for too long to make a device for each case.
if(TARGET test_c_api)
    attune_device_test(c_api COMMAND test_c_api "--test-case=attention*,a run*,a graph*" PROFILES swiftshader)
endif()
