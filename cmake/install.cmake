# cmake --install: headers, library, program, shipped model, and the package that find_package(attune) reads.
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/attune)

install(TARGETS attune EXPORT attune_targets)
if(TARGET attune_shared)
    install(TARGETS attune_shared EXPORT attune_targets)
endif()
install(DIRECTORY include/attune TYPE INCLUDE FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
if(TARGET attune_cli)
    install(TARGETS attune_cli RUNTIME)
endif()
if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/samples/models)
    install(DIRECTORY samples/models DESTINATION ${CMAKE_INSTALL_DATADIR}/attune)
endif()
install(DIRECTORY checks/goldens DESTINATION ${CMAKE_INSTALL_DATADIR}/attune)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(EXPORT attune_targets NAMESPACE attune:: FILE attune-targets.cmake DESTINATION ${package})
set(models_dir ${CMAKE_INSTALL_DATADIR}/attune/models)
configure_package_config_file(cmake/attune-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/attune-config.cmake
    INSTALL_DESTINATION ${package} PATH_VARS models_dir)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/attune-config-version.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/attune-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/attune-config-version.cmake
              cmake/FindSentencePiece.cmake cmake/FindZstd.cmake DESTINATION ${package})

# pkg-config: of the shared library; with --static what the static one needs too.
file(RELATIVE_PATH ATTUNE_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
set(ATTUNE_PC_PRIVATE "-pthread -ldl -lstdc++ -lm")
if(ATTUNE_SENTENCEPIECE)
    string(PREPEND ATTUNE_PC_PRIVATE "-lsentencepiece ")
endif()
if(ATTUNE_MARIAN)
    string(PREPEND ATTUNE_PC_PRIVATE "-lyaml-cpp -lz -lzstd ")
endif()
configure_file(cmake/attune.pc.in ${CMAKE_CURRENT_BINARY_DIR}/attune.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/attune.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
