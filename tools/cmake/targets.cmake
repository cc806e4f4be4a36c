# The targets, of which each is there where what it needs is:
#   wsintercept::wsintercept  the core; the standard library only
#   wsintercept::loopback     the endpoint: Boost's headers, and threads
#   wsintercept::deflate      permessage-deflate: zlib
#   wsintercept::tls          wss for the endpoint: OpenSSL
# Included by CMakeLists.txt and by the installed package, with wsintercept_include_dir set.

if(TARGET wsintercept::wsintercept)
  return()
endif()
if(POLICY CMP0167)
  cmake_policy(SET CMP0167 NEW) # Boost's own package
endif()

# Global: a program that has this by add_subdirectory links them from its own folder.
function(wsintercept_target name)
  add_library(wsintercept::${name} INTERFACE IMPORTED GLOBAL)
  target_link_libraries(wsintercept::${name} INTERFACE ${ARGN})
endfunction()

wsintercept_target(wsintercept)
target_include_directories(wsintercept::wsintercept INTERFACE "${wsintercept_include_dir}")
target_compile_features(wsintercept::wsintercept INTERFACE cxx_std_20)
if(WIN32)
  target_link_libraries(wsintercept::wsintercept INTERFACE bcrypt) # its random numbers
endif()

find_package(Threads QUIET)
find_package(Boost 1.74 QUIET)
if(TARGET Boost::headers AND TARGET Threads::Threads)
  wsintercept_target(loopback wsintercept::wsintercept Boost::headers Threads::Threads)
  if(WIN32)
    target_link_libraries(wsintercept::loopback INTERFACE ws2_32 mswsock)
  endif()
endif()

find_package(ZLIB QUIET)
if(TARGET ZLIB::ZLIB)
  wsintercept_target(deflate wsintercept::wsintercept ZLIB::ZLIB)
endif()

find_package(OpenSSL 3.0 QUIET)
if(TARGET OpenSSL::SSL AND OPENSSL_VERSION VERSION_GREATER_EQUAL 3.0)
  wsintercept_target(tls wsintercept::wsintercept OpenSSL::SSL)
endif()
