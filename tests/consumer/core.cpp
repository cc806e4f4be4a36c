#include <wsintercept/wsintercept.hpp>

#include <vector>

int main() {
    const std::vector<wsintercept::row> rows{{"ws://myapp/*", wsintercept::action::manual}};
    const auto table = wsintercept::intercepted_urls::build(rows).table;
    return table && table->match("ws://myapp/a").action == wsintercept::action::manual ? 0 : 1;
}
