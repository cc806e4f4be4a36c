// What a program supplies to Boost when it is built without exceptions.
#include <wsintercept/loopback/endpoint.hpp>

#if defined(BOOST_NO_EXCEPTIONS)

#include <cstdlib>
#include <exception>

namespace boost {
void throw_exception(const std::exception&) {
    std::abort();
}
void throw_exception(const std::exception&, const source_location&) {
    std::abort();
}
} // namespace boost

#endif
