# Writes OUTPUT, a header: the VERSION, the commit that SOURCE is at, with "+" where it was changed since, and a
# hash of the SPIR-V that the file MODULES lists.
cmake_minimum_required(VERSION 3.25)

set(commit "")
find_program(GIT git)
if(GIT)
    execute_process(COMMAND ${GIT} -C ${SOURCE} rev-parse --short=12 HEAD
                    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
    if(failed)
        set(commit "")
    else()
        execute_process(COMMAND ${GIT} -C ${SOURCE} diff-index --quiet HEAD -- RESULT_VARIABLE changed ERROR_QUIET)
        if(changed)
            string(APPEND commit "+")
        endif()
    endif()
endif()

file(STRINGS ${MODULES} modules)
set(hashes "")
foreach(module IN LISTS modules)
    if(module)
        file(SHA256 ${module} hash)
        string(APPEND hashes "${hash}\n")
    endif()
endforeach()
string(SHA256 shaders "${hashes}")
string(SUBSTRING ${shaders} 0 16 shaders)

configure_file(${CMAKE_CURRENT_LIST_DIR}/identity.h.in ${OUTPUT} @ONLY)
