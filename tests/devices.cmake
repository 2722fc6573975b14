# Which test programs need a Vulkan device, and where they run. A folder that no row names runs
# once, without a driver.

set(everywhere lavapipe floor lavapipe4/5 lavapipe16/5 swiftshader/5)

function(attune_level_on_devices level)
    if(TARGET test_${level})
        attune_device_test(${level} LEVEL ${level} COMMAND test_${level} PROFILES ${ARGN})
        set(ATTUNE_DEVICE_LEVELS ${ATTUNE_DEVICE_LEVELS} PARENT_SCOPE)
    endif()
endfunction()

#                       folder       profiles; /N: every Nth row
attune_level_on_devices(op_table     ${everywhere})
attune_level_on_devices(vulkan       lavapipe floor swiftshader)
attune_level_on_devices(execute      lavapipe floor swiftshader)
attune_level_on_devices(generate     lavapipe floor/2 swiftshader/10)
attune_level_on_devices(goldens      lavapipe floor/20 swiftshader/5)

# Layers are chosen for a whole process, so the cases of test_op_table that need one run by themselves.
attune_device_test(validation COMMAND test_op_table --no-skip "--test-case=validation:*" PROFILES lavapipe)
