#include <wsintercept/loopback/tls.hpp>
#include <wsintercept/version.hpp>

#include <iostream>

int main() {
    wsintercept::loopback::tls tls;
    auto server = tls.accept("myapp");
    if (tls.made() || tls.spki_hash().size() != 44 || server.failed())
        return 1;
    std::cout << wsintercept::version << '\n';
}
