# Writes the words of a SPIR-V module as numbers that C++ includes: a quarter of the time that compiling once more takes.
#   cmake -DMODULE=in.spv -DNUMBERS=out.inc -P spirv_numbers.cmake
file(READ ${MODULE} bytes HEX)
string(REGEX REPLACE "(..)(..)(..)(..)" "0x\\4\\3\\2\\1,\n" numbers "${bytes}")
file(WRITE ${NUMBERS} "${numbers}")
