// One socket from its `open` to its end, and what must hold after each step.
#pragma once

#include "action.hpp"
#include "host.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace worlds {

/// How a sequence is brought to its end.
enum class finale : std::uint8_t {
    silence, ///< nobody does anything; time passes, at last the host shuts down
    order,   ///< the host resumes, the page reads all that comes and closes
    neglect, ///< the interceptor goes away, whatever is under way
};
inline constexpr wsintercept::duration shutdown_time = std::chrono::seconds{1};
inline constexpr std::array finales{finale::silence, finale::order, finale::neglect};
constexpr const char* name(finale f) {
    return f == finale::silence ? "silence" : f == finale::order ? "order" : "neglect";
}

/// Lives in the arena as a whole, but for its setting.
class world {
  public:
    explicit world(const setting& s);

    void connect(); ///< a new one: up to where messages flow
    void step(action a);
    void end(finale f);
    /// After silence or order: a socket in the same slot, which must find no trace of this one.
    void renew();

    /// Its end is behind it, and nothing is under way: each method was seen to fail.
    bool over() const { return page_.over() && !loop_.posted; }
    /// What did not hold, or null.
    const char* broken() const { return verdict_.broken; }
    /// What is seen of it from outside, in a few bits.
    std::uint64_t abstract() const;

  private:
    void request();
    void page_acts(action a);
    void page_writes();
    void page_reads();
    void page_sips();
    void take_views(std::size_t n);
    void take_read(std::size_t n);
    void note_taken();
    std::string front(std::size_t n) const;
    std::size_t waiting() const;
    void shutdown();
    void turn();
    void wake();
    void pass(wsintercept::duration d);
    void lose();
    void call_from_elsewhere(action a);

    void check();
    void check_output();
    void check_input();
    void check_time();
    void check_not_early();
    void check_end();

    void silence();
    void order();
    void neglect();

    void expect(bool good, const char* must) { verdict_.expect(good, must); }
    /// The page may write messages: its 101 is behind it.
    bool is_open() const {
        return page_.output.switched() && !host_.knows().ended && !page_.over();
    }

    const setting& setting_;
    verdict verdict_;
    loop loop_{verdict_};
    page page_{verdict_};
    host host_{verdict_, setting_, page_};
    std::optional<core> core_;
    std::optional<wsintercept::remote> remote_;
    std::uint8_t on_their_way_ = 0; ///< calls of other threads that have no result yet
    bool neglected_ = false;
    bool was_over_ = false;  ///< ahead of this step
    std::uint8_t stage_ = 0; ///< ahead of this step: what the host knew, a bit each
    time_point since_{};     ///< the stage began, or output moved: its deadline counts from here
    time_point must_end_ = never; ///< by a shutdown
};

} // namespace worlds
