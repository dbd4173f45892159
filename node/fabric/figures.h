#pragma once
#include "common/metrics/counter.h"

namespace cairn::fabric {

using metrics::Counter;
using metrics::Gauge;

/// What the fabric of one node counts. Written on its loop, read from any thread.
struct Figures {
    Gauge connections;  // both directions, with a peer that is known
    Counter connections_opened, connections_closed;
    Counter dials, dials_failed;
    Counter pulses_sent, pulses_received;
    Counter pulses_of_self;  // connections that led back to this process
    Counter messages_sent, messages_received, messages_unsent;  // other than pulses; unsent: no connection, or no room
    Counter packets_sent, packets_received;  // of replication
    Counter bytes_sent, bytes_received;
    Counter frames_refused;  // malformed, damaged, too large, or not theirs to send
    Counter strangers_refused, duplicates_refused;
    Counter processes_ended;  // seen by reset and refusal
    Counter state_writes, state_writes_failed;
    Counter views;  // that became active
};

}  // namespace cairn::fabric
