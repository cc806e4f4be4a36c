// What nobody gets below: the bytes copied, and copied with one XOR on the way.
#pragma once

#include "policy.hpp"

namespace peers {

struct copy {
    struct decoder {
        std::size_t read(incoming& source) {
            std::size_t payload = 0;
            while (const std::size_t n = source.read(buffer.data(), buffer.size()))
                payload += n;
            return payload;
        }
        std::string buffer = std::string(read_size, '\0');
    };
    struct encoder {
        bool write(std::string_view message, data_type, outgoing& to) {
            return to.write(message.data(), message.size());
        }
    };
};

struct xor_copy {
    struct decoder {
        std::size_t read(incoming& source) {
            std::size_t payload = 0;
            for (;;) {
                const std::string_view part = source.take(buffer.size());
                if (part.empty())
                    return payload;
                char* to = buffer.data();
                for (const char c : part)
                    *to++ = static_cast<char>(c ^ key);
                asm volatile("" : : "r"(buffer.data()) : "memory");
                payload += part.size();
            }
        }
        std::string buffer = std::string(read_size, '\0');
        char key = 0x5A;
    };
};

} // namespace peers
