"""The cases in which libnids gives other events than it should, and why. Each is run all the same."""

_NOTHING_UNSEEN = "follows no connection without SYN, SYN+ACK and ACK, in this order"
_STALLS = "waits for a lost segment for good; what is behind it is told as missing at the end"
_PRUDENT = "takes octets that were acknowledged before they were seen for old ones"
_NO_LINGER = "believes a RST at once, and drops the connection with what waits"
_NO_REUSE = "takes the SYN of a new connection for a copy while the old one has not ended properly"
_NO_MEMORY = "forgets a connection at its end, and follows a copy of it as a new one"
_NO_STRANGERS = "knows a connection by addresses and ports alone"

CANNOT: dict[str, str] = {
    "ipv6": "knows no IPv6",
    "simultaneous_open_ports_overrule": _NOTHING_UNSEEN,
    "syn_with_data": "drops octets that come with a SYN",
    "conflicting_overlap_first_octets_win": "lets the octets win that come first in order, not in time",
    "keep_alive_in_the_place_of_the_fin": "does not count the FIN, so that the octet in its place is data",
    "handshake_out_of_order": _NOTHING_UNSEEN,
    "data_before_its_syn": _NOTHING_UNSEEN,
    "joined_in_mid_stream": _NOTHING_UNSEEN,
    "swapped_where_it_is_joined": _NOTHING_UNSEEN,
    "acknowledgment_before_its_data_at_the_join": _NOTHING_UNSEEN,
    "keep_alive_is_nothing_to_join_at": _NOTHING_UNSEEN,
    "single_octets_behind_the_join_are_data": _NOTHING_UNSEEN,
    "syn_ack_alone_tells_both_beginnings": _NOTHING_UNSEEN,
    "syn_alone_leaves_the_server_side_unknown": _NOTHING_UNSEEN,
    "client_side_only": _NOTHING_UNSEEN,
    "server_side_only": _NOTHING_UNSEEN,
    "ports_used_again_one_side_seen": _NOTHING_UNSEEN,
    "octets_of_the_new_connection_swapped": _NOTHING_UNSEEN,
    "lost_octets_become_a_gap_after_the_wait": _STALLS,
    "octets_behind_the_bound_are_not_used": _STALLS,
    "acknowledged_hole_waits_shorter": _STALLS,
    "acknowledged_holes_wait_together": _STALLS,
    "acknowledged_holes_wait_each_from_its_own_acknowledgment": _STALLS,
    "hole_behind_one_that_was_filled_keeps_its_time": _STALLS,
    "unacknowledged_holes_wait_each_from_its_own_time": _STALLS,
    "acknowledgment_before_the_octets_shortens_no_later_wait": _STALLS,
    "hole_at_the_end_of_the_capture": _STALLS,
    "keep_alive_in_a_hole_invents_nothing": _STALLS,
    "single_octets_behind_a_hole_are_data": _STALLS,
    "two_holes_are_two_gaps": _STALLS,
    "reset_flushes_what_waits": _STALLS,
    "acknowledgment_is_no_proof_of_loss": _PRUDENT,
    "acknowledged_hole_waits_for_packets_on_a_slow_line": _PRUDENT,
    "octets_captured_behind_the_reset": _NO_LINGER,
    "octets_beyond_a_reset_from_its_sender_refute_it": _NO_LINGER,
    "forged_reset_blinds_nobody_for_long": _NO_LINGER,
    "copies_after_the_end_are_swallowed": _NO_MEMORY,
    "idle_flow_ends_and_may_go_on_anew": "ends no connection for being idle",
    "ports_used_again_after_the_end": _NO_REUSE,
    "ports_used_again_without_an_end": _NO_REUSE,
    "old_segments_do_not_pollute_the_new_connection": _NO_REUSE,
    "ports_used_again_without_syn": _NO_REUSE,
    "strangers_in_another_network_packet_by_packet": _NO_STRANGERS,
    "strangers_in_another_network_joined_in_mid_stream": _NOTHING_UNSEEN,
    "strangers_whose_tags_were_stripped": _NO_STRANGERS,
    "strangers_without_a_syn_gather_until_they_are_enough": _NO_STRANGERS,
    "connection_taken_for_dead_goes_on": _NO_STRANGERS,
    "router_on_a_stick_shows_one_connection_in_two_vlans": _NOTHING_UNSEEN,
    "one_direction_shuffled_on_a_slow_line": _NOTHING_UNSEEN,
    "hole_of_a_side_heard_alone_waits_shorter": _NOTHING_UNSEEN,
    "retransmission_of_a_side_heard_alone_fills_its_hole": _NOTHING_UNSEEN,
}
