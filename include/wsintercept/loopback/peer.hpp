// Who may connect: this program's own browser, and how that is seen.
#pragma once

#include <wsintercept/loopback/detail/tcp_pair.hpp>

#if defined(__linux__)
#include <wsintercept/loopback/detail/linux_processes.hpp>
#include <wsintercept/loopback/detail/linux_sockets.hpp>
#endif

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace wsintercept::inline v0_1_0::loopback {

/// Whose connections are served; a value. Everybody else is closed without a byte.
///
/// Processes and users are told on Linux alone; elsewhere only `anyone` is, and `listen` says so.
class peer_policy {
  public:
    /// What makes a process one of the program's own.
    enum class kind : std::uint8_t { family, own_user, anyone };

    /// This process and its descendants. An engine's network runs in a child, or in this process.
    peer_policy() = default;
    /// The default: this process and its descendants.
    static peer_policy descendants() { return {}; }
    /// That process and its descendants.
    static peer_policy descendants_of(long pid) { return {kind::family, pid}; }
    /// Every process of this user.
    static peer_policy own_user() { return {kind::own_user, 0}; }
    /// Whoever reaches 127.0.0.1: any user, any program. For tests.
    static peer_policy anyone() { return {kind::anyone, 0}; }

    kind who() const noexcept { return kind_; }
    long root() const noexcept { return root_; } ///< family: of whom; 0: this process
    bool supported() const noexcept {
#if defined(__linux__)
        return true;
#else
        return kind_ == kind::anyone;
#endif
    }

  private:
    peer_policy(kind k, long root) noexcept : kind_{k}, root_{root} {}

    kind kind_ = kind::family;
    long root_ = 0;
};

namespace detail {

enum class verdict : std::uint8_t {
    admitted,
    foreign,
    not_seen, ///< no allowed process holds it: foreign, or it is on its way from one to another
};

#if defined(__linux__)

/// Finds out who is at the other end of a connection. Not for two threads at once.
class peer_check {
  public:
    explicit peer_check(const peer_policy& policy) noexcept
        : policy_{policy}, root_{policy.root() != 0 ? policy.root() : ::getpid()} {}

    /// peer: the other end, as seen from there. party: which of all peers it is: its process where
    /// that was looked for, else its user.
    verdict judge(const tcp_pair& peer, std::uint64_t& party) {
        if (policy_.who() == peer_policy::kind::anyone)
            return verdict::admitted;
        const std::optional<socket_owner> owner = sockets_.find(peer);
        if (!owner)
            return verdict::not_seen;
        party = owner->uid;
        if (owner->uid != ::geteuid())
            return verdict::foreign;
        if (policy_.who() == peer_policy::kind::own_user)
            return verdict::admitted;
        if (!held_by_known(owner->inode)) {
            const std::optional<process> holder = find_holder(root_, owner->inode);
            if (!holder)
                return verdict::not_seen;
            known_.insert(known_.begin(), *holder);
            if (known_.size() > most_known)
                known_.pop_back();
        }
        party = static_cast<std::uint64_t>(known_.front().pid);
        return verdict::admitted;
    }

  private:
    static constexpr std::size_t most_known = 8;

    /// The common case: an engine opens all its sockets in one process.
    bool held_by_known(std::uint64_t inode) {
        const auto is_gone = [](const process& p) {
            const std::optional<process> now = read_process(p.pid);
            return !now || now->start != p.start;
        };
        for (auto at = known_.begin(); at != known_.end(); ++at)
            if (holds_socket(at->pid, inode, at->last_descriptor) && !is_gone(*at)) {
                std::rotate(known_.begin(), at, at + 1);
                return true;
            }
        std::erase_if(known_, is_gone);
        return false;
    }

    peer_policy policy_;
    long root_;
    socket_finder sockets_;
    std::vector<process> known_; ///< of the family; the one seen last comes first
};

#else

class peer_check {
  public:
    explicit peer_check(const peer_policy& policy) noexcept : policy_{policy} {}
    verdict judge(const tcp_pair&, std::uint64_t&) const noexcept {
        return policy_.who() == peer_policy::kind::anyone ? verdict::admitted : verdict::foreign;
    }

  private:
    peer_policy policy_;
};

#endif

} // namespace detail

} // namespace wsintercept::inline v0_1_0::loopback
