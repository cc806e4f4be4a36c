// The kit for policies: one suite for each concept of policies.hpp. Run those whose policy you
// replace. Needs no test framework.
//
//     wsintercept::kit::failures wrong;
//     wsintercept::kit::check_url_policy(my_policy, my_cases, wrong.collect());
//     wsintercept::kit::check_accept_key_policy<my_accept_key>(wrong.collect());
//     wsintercept::kit::check_handshake_policy<my_handshake>(wrong.collect());
//     wsintercept::kit::check_frame_policy<my_framing, my_peer>(wrong.collect());
//     std::cerr << wrong.text(); // empty: they keep their contracts
#pragma once

#include "policies/accept_key.hpp"
#include "policies/frame.hpp"
#include "policies/handshake.hpp"
#include "policies/url.hpp"
