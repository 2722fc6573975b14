# Which test programs need a Vulkan device, and where they run. A folder that no row names runs
# once, without a driver.

# A driver that has not seen the kernels yet compiles for minutes: shares are such that the gate does in time.
set(everywhere lavapipe/7 floor/12 lavapipe4/50 lavapipe16/50 swiftshader/25)
set(small_limits binding1m/20 binding64k/15 heap64m/20 no_subgroups/50 smallest/30)

function(attune_level_on_devices level)
    if(TARGET test_${level})
        attune_device_test(${level} LEVEL ${level} COMMAND test_${level} PROFILES ${ARGN})
        set(ATTUNE_DEVICE_LEVELS ${ATTUNE_DEVICE_LEVELS} PARENT_SCOPE)
    endif()
endfunction()

#                       folder       profiles; /N: every Nth row
attune_level_on_devices(op_table     ${everywhere} ${small_limits})
attune_level_on_devices(vulkan       lavapipe floor swiftshader)
attune_level_on_devices(execute      lavapipe floor swiftshader)
attune_level_on_devices(generate     lavapipe/2 floor/8 swiftshader/80)
list(TRANSFORM small_limits REPLACE "/.*" "/80" OUTPUT_VARIABLE a_few_lines)
attune_level_on_devices(goldens      lavapipe floor/30 swiftshader/10 ${a_few_lines})
attune_level_on_devices(firefox      lavapipe/3 floor/30 swiftshader/25)
attune_level_on_devices(faults       lavapipe/37 swiftshader/370)
if(ATTUNE_SANITIZE)   # bits are what it is about
    list(APPEND ATTUNE_DEVICE_LEVELS determinism)
else()
    attune_level_on_devices(determinism  lavapipe/5 swiftshader/10)
endif()

# Host programs that run every Nth row.
set(ATTUNE_SHARE_OF_broken 10)

# Layers are chosen for a whole process, so the cases of test_op_table that need one run by themselves.
attune_device_test(validation COMMAND test_op_table --no-skip "--test-case=validation:*" PROFILES lavapipe)
