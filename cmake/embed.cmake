# Compiles shaders and embeds them:
#   attune_kernel(NAME SOURCE [DEFINE...])   one row of cmake/kernels.cmake; SOURCE is below shaders/
#   attune_embed_kernels(TARGET)             adds all of them, as kernels/kernels.h declares them, to TARGET
# glslc writes a module, for spirv-val and the tests; numbers for C++ are made of that. NAME.source says what NAME.spv is
# made of, for tests that change it.

find_program(ATTUNE_GLSLC glslc REQUIRED)
find_program(ATTUNE_SPIRV_VAL spirv-val)      # building works without it, the tests do not
set(ATTUNE_GENERATED ${CMAKE_CURRENT_BINARY_DIR}/generated)
set(ATTUNE_KERNELS "")
set(ATTUNE_KERNELS_FROM "" CACHE PATH "Another build of the same sources, whose compiled shaders are taken; for tests")

function(attune_kernel name source)
    if(name IN_LIST ATTUNE_KERNELS)
        message(FATAL_ERROR "cmake/kernels.cmake names the kernel ${name} twice")
    endif()
    set(shaders ${CMAKE_CURRENT_SOURCE_DIR}/shaders)
    set(stem ${ATTUNE_GENERATED}/kernels/${name})
    set(compile ${ATTUNE_GLSLC} --target-env=vulkan1.1 -O -I ${shaders})
    if(ATTUNE_DEVELOPER)
        list(APPEND compile -Werror)
    endif()
    list(TRANSFORM ARGN PREPEND -D OUTPUT_VARIABLE defines)
    list(APPEND compile ${defines})
    list(JOIN defines " " words)
    file(GENERATE OUTPUT ${stem}.source CONTENT "${source} ${words}")
    set(validate "")
    if(ATTUNE_SPIRV_VAL)
        set(validate COMMAND ${ATTUNE_SPIRV_VAL} --target-env vulkan1.1 ${stem}.spv)
    endif()
    set(ATTUNE_KERNELS ${ATTUNE_KERNELS} ${name} PARENT_SCOPE)
    if(ATTUNE_KERNELS_FROM)
        set(other ${ATTUNE_KERNELS_FROM}/generated/kernels/${name})
        add_custom_command(
            OUTPUT ${stem}.inc BYPRODUCTS ${stem}.spv DEPENDS ${other}.inc
            COMMAND ${CMAKE_COMMAND} -E copy ${other}.inc ${other}.spv ${ATTUNE_GENERATED}/kernels
            COMMENT "Shader ${name}" VERBATIM)
        return()
    endif()
    add_custom_command(
        OUTPUT ${stem}.inc BYPRODUCTS ${stem}.spv DEPFILE ${stem}.d
        DEPENDS ${shaders}/${source} ${CMAKE_CURRENT_SOURCE_DIR}/cmake/spirv_numbers.cmake
        COMMAND ${compile} -MD -MF ${stem}.d -MT ${stem}.inc -o ${stem}.spv ${shaders}/${source}
        ${validate}
        COMMAND ${CMAKE_COMMAND} -DMODULE=${stem}.spv -DNUMBERS=${stem}.inc -P ${CMAKE_CURRENT_SOURCE_DIR}/cmake/spirv_numbers.cmake
        COMMENT "Shader ${name}" VERBATIM)
endfunction()

function(attune_embed_kernels target)
    set(declarations "")
    set(definitions "")
    set(pointers "")
    set(numbers "")
    foreach(name IN LISTS ATTUNE_KERNELS)
        string(APPEND declarations "extern const Kernel ${name};\n")
        string(APPEND definitions "namespace {\nconstexpr std::uint32_t ${name}_words[] = {\n"
                      "#include \"${name}.inc\"\n};\n}\nconst Kernel ${name}{\"${name}\", ${name}_words};\n")
        string(APPEND pointers "    &${name},\n")
        list(APPEND numbers ${ATTUNE_GENERATED}/kernels/${name}.inc)
    endforeach()
    list(LENGTH ATTUNE_KERNELS count)
    configure_file(${CMAKE_CURRENT_SOURCE_DIR}/cmake/kernels.h.in ${ATTUNE_GENERATED}/kernels/kernels.h @ONLY)
    configure_file(${CMAKE_CURRENT_SOURCE_DIR}/cmake/kernels.cpp.in ${ATTUNE_GENERATED}/kernels/kernels.cpp @ONLY)
    set_source_files_properties(${ATTUNE_GENERATED}/kernels/kernels.cpp PROPERTIES OBJECT_DEPENDS "${numbers}")
    target_sources(${target} PRIVATE ${ATTUNE_GENERATED}/kernels/kernels.cpp ${numbers})
endfunction()
