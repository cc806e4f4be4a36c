#include <wsintercept/wsintercept.hpp>

#include <iostream>
#include <vector>

int main() {
    const std::vector<wsintercept::row> rows{{"ws://myapp/*", wsintercept::action::manual}};
    const auto table = wsintercept::intercepted_urls::build(rows).table;
    if (!table || table->match("ws://myapp/a").action != wsintercept::action::manual)
        return 1;
    std::cout << wsintercept::version << '\n';
}
