// What the chart shows.
#pragma once

#include <cmath>
#include <vector>

namespace chart {

/// A minute of an electrocardiogram, 1,000 values a second, whose end goes on at its beginning.
inline std::vector<float> heart() {
    struct wave {
        double at, width, height;
    };
    constexpr wave waves[] = {// P, Q, R, S, T
                              {.22, .025, .14},
                              {.35, .010, -.16},
                              {.38, .012, 1},
                              {.41, .011, -.26},
                              {.62, .045, .3}};
    std::vector<float> values(60'000);
    for (std::size_t n = 0; n < values.size(); ++n) {
        const double turn = 2 * 3.14159265358979 * static_cast<double>(n) / 60'000;
        const double beat =
            std::fmod(static_cast<double>(n) * .0012 + .1 + .1 * std::sin(9 * turn), 1);
        double sum = .02 * std::sin(19 * turn);
        for (const wave& w : waves)
            sum += w.height * std::exp(-std::pow((beat - w.at) / w.width, 2) / 2);
        values[n] = static_cast<float>(sum);
    }
    return values;
}

} // namespace chart
