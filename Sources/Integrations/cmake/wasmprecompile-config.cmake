# What find_package(wasmprecompile) gives: a function that keeps the artifacts of WebAssembly modules up to date.
#
#   add_wasm_precompile(<target> [ALL]
#     SOURCES <module or directory>...
#     [OUTPUT <directory>]      exports the artifacts there, as --output does
#     [BACKENDS <backend>...]   cranelift, winch, pulley; the default is cranelift
#     [ENGINE <library>]        the libwasmtime that will load them
#     [OPTIONS <option>...]     more of wasmprecompile's options
#     [DEPENDS <file or target>...])
#
# <target> is built with everything if ALL is given. It runs again when a module below SOURCES was changed, added or
# removed, when the engine was replaced, and when DEPENDS were built anew: name there what makes the modules. What is made
# from the artifacts depends on the file in the target's property WASM_PRECOMPILE_STAMP, which changes only when one of
# them does. SOURCES are relative to the source directory, OUTPUT is to the binary directory.

cmake_policy(PUSH)
cmake_policy(VERSION 3.20...3.25)

find_program(WASMPRECOMPILE_EXECUTABLE wasmprecompile
  HINTS "${CMAKE_CURRENT_LIST_DIR}/../../../bin" DOC "The program that precompiles WebAssembly modules")
if(NOT WASMPRECOMPILE_EXECUTABLE)
  set(${CMAKE_FIND_PACKAGE_NAME}_FOUND FALSE)
  set(${CMAKE_FIND_PACKAGE_NAME}_NOT_FOUND_MESSAGE
    "the program wasmprecompile is not there: install it, or set WASMPRECOMPILE_EXECUTABLE")
endif()

function(add_wasm_precompile target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "ALL" "OUTPUT;ENGINE" "SOURCES;BACKENDS;OPTIONS;DEPENDS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "add_wasm_precompile(${target}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "add_wasm_precompile(${target}): SOURCES names no module and no directory")
  endif()

  set(sources "")
  set(depends ${arg_DEPENDS})
  foreach(source IN LISTS arg_SOURCES)
    get_filename_component(source "${source}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
    list(APPEND sources "${source}")
    # Directories are left to the depfile: their own time does not tell of the files in them.
    if(source MATCHES "\\.wasm$")
      list(APPEND depends "${source}")
    endif()
  endforeach()

  set(stamp "${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${target}.stamp")
  set(looked "${stamp}")
  set(afterwards "")
  set(program "${WASMPRECOMPILE_EXECUTABLE}")
  if(CMAKE_GENERATOR STREQUAL "Unix Makefiles")
    # make has nothing like ninja's restat. So a second file is new after each look, or a module that was only touched would be
    # looked at with each build.
    set(looked "${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${target}.looked")
    set(afterwards COMMAND "${CMAKE_COMMAND}" -E touch "${looked}")
    # CMake adds what depfiles name to what they named before: a module that is gone would be looked for with each build. Without
    # this file it reads them anew.
    list(APPEND afterwards
      COMMAND "${CMAKE_COMMAND}" -E rm -f "CMakeFiles/${target}.dir/compiler_depend.internal")
    # CMake's Makefiles tell every tool to be silent, by the flag s in the first word of MAKEFLAGS. The other flags stay.
    set(program sh -c
      "MAKEFLAGS=$(printf %s \"$MAKEFLAGS\" | sed '1s/^\\([A-Za-z]*\\)s/\\1/') exec \"$0\" \"$@\""
      "${WASMPRECOMPILE_EXECUTABLE}")
  endif()
  set(options --stamp "${looked}" --depfile "${looked}.d" ${arg_OPTIONS})
  foreach(backend IN LISTS arg_BACKENDS)
    list(APPEND options --backend "${backend}")
  endforeach()
  if(arg_ENGINE)
    list(APPEND options --engine "${arg_ENGINE}")
  endif()
  if(arg_OUTPUT)
    get_filename_component(output "${arg_OUTPUT}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_BINARY_DIR}")
    list(APPEND options --output "${output}")
  endif()

  # The terminal is for seeing what is done: ninja would otherwise keep it back until all is done.
  # So that make lends its job slots, where CMake can tell it to.
  set(jobs "")
  if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.28)
    set(jobs JOB_SERVER_AWARE TRUE)
  endif()
  add_custom_command(OUTPUT "${looked}"
    COMMAND ${program} ${options} -- ${sources} ${afterwards}
    DEPENDS ${depends} DEPFILE "${looked}.d" USES_TERMINAL ${jobs}
    COMMENT "Precompiling WebAssembly modules for ${target}" VERBATIM)
  if(NOT looked STREQUAL stamp)
    add_custom_command(OUTPUT "${stamp}"
      COMMAND "${CMAKE_COMMAND}" -E copy_if_different "${looked}" "${stamp}"
      DEPENDS "${looked}" COMMENT "" VERBATIM)
  endif()
  set(all "")
  if(arg_ALL)
    set(all ALL)
  endif()
  add_custom_target(${target} ${all} DEPENDS "${stamp}")
  set_target_properties(${target} PROPERTIES WASM_PRECOMPILE_STAMP "${stamp}")
endfunction()

cmake_policy(POP)
