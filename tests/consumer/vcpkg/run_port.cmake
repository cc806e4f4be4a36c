# cmake -DPORT_DIR=... -DPREFIX=... -P run_port.cmake: runs the port where vcpkg is not at hand, with
# the helpers that it calls in the sense of their manual pages.
set(CURRENT_PORT_DIR "${PORT_DIR}")

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(vcpkg_cmake_configure)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" SOURCE_PATH "")
  run("${CMAKE_COMMAND}" -G Ninja -S "${arg_SOURCE_PATH}" -B "${PREFIX}-build"
      "-DCMAKE_INSTALL_PREFIX=${PREFIX}")
endfunction()

function(vcpkg_cmake_install)
  run("${CMAKE_COMMAND}" --install "${PREFIX}-build")
endfunction()

function(vcpkg_install_copyright)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" FILE_LIST)
  file(INSTALL ${arg_FILE_LIST} DESTINATION "${PREFIX}/share/wsintercept" RENAME copyright)
endfunction()

include("${PORT_DIR}/portfile.cmake")
