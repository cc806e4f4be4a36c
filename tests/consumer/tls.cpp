#include <wsintercept/loopback/tls.hpp>

int main() {
    wsintercept::loopback::tls tls;
    auto server = tls.accept("myapp");
    return !tls.made() && tls.spki_hash().size() == 44 && !server.failed() ? 0 : 1;
}
