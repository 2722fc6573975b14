# attune_find_headers(VARIABLE HEADER [FOLDERS FOLDER...] [OPTIONAL]) finds a library of which the headers are all
# that is needed: VARIABLE becomes the include directory in which HEADER lies. FOLDERS beside it belong to it too.
# A cross compiler is not shown the host's /usr/include, where the host's C library lies as well: it gets a
# folder of the build tree with links to what was asked for.

function(attune_find_headers variable header)
    cmake_parse_arguments(PARSE_ARGV 2 find "OPTIONAL" "" "FOLDERS")
    find_path(${variable} ${header})
    if(NOT ${variable} AND CMAKE_CROSSCOMPILING)
        find_path(${variable}_OF_HOST ${header} PATHS /usr/include /usr/local/include
                  NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
        mark_as_advanced(${variable}_OF_HOST)
        if(${variable}_OF_HOST)
            set(links ${PROJECT_BINARY_DIR}/host_headers)
            file(MAKE_DIRECTORY ${links})
            cmake_path(GET header PARENT_PATH folder)
            foreach(name IN LISTS folder find_FOLDERS)
                file(CREATE_LINK ${${variable}_OF_HOST}/${name} ${links}/${name} SYMBOLIC)
            endforeach()
            set(${variable} ${links} CACHE PATH "Where ${header} lies" FORCE)
        endif()
    endif()
    if(NOT ${variable} AND NOT find_OPTIONAL)
        message(FATAL_ERROR "${header} is not found: install the package that holds it, or set ${variable}")
    endif()
endfunction()
