# The sample translates one sentence as it is known to be, and says what is wrong with a folder that is not there.
execute_process(COMMAND ${PROGRAM} ${MODEL} "I would like a cup of coffee." de
                OUTPUT_VARIABLE text ERROR_VARIABLE error RESULT_VARIABLE status)
if(NOT status EQUAL 0 OR NOT text STREQUAL "Ich möchte eine Tasse Kaffee.\n")
    message(FATAL_ERROR "status ${status}: ${text}${error}")
endif()
execute_process(COMMAND ${PROGRAM} nowhere text ERROR_VARIABLE error RESULT_VARIABLE status OUTPUT_QUIET)
if(NOT status EQUAL 1 OR NOT error MATCHES "nowhere")
    message(FATAL_ERROR "status ${status}: ${error}")
endif()
