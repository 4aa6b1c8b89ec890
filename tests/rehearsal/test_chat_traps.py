"""Which test meets which trap of the live chats: what is known to go wrong is simulated.

The traps are those that the networks' documentation, recorded chats and reports of other programs
name. A trap is met by a test of the source with the simulated network, or of its decoder.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1] / "sources"
LIVE, DECODE = "test_twitch", "test_twitch_decode"
EVENTS = "test_twitch_eventsub"
VIDEO = "test_youtube"

TWITCH = {
    "lines cut anywhere, several in a frame": (DECODE, "lines_come_out_whole_however_frames_are"),
    "tags in any order, empty, escaped, unknown": (DECODE, "a_tag_is_read_as_it_was_escaped"),
    "PING, and a partial ROOMSTATE": (LIVE, "room_settings_leave_no_gap"),
    "RECONNECT, then the end": (LIVE, "an_announced_end_leaves_no_gap"),
    "an end without a word": (LIVE, "a_lost_connection_leaves_a_gap"),
    "a half-open connection": (LIVE, "a_connection_that_has_died_in_silence"),
    "a channel that never answers": (LIVE, "a_channel_that_never_answers"),
    "padding, /me, replies, resubs, bits, emotes": (DECODE, "what_a_message_votes_with"),
    "one message in two rooms": (DECODE, "the_copies_of_a_shared_chat_are_one_post"),
    "a copy that is deleted": (DECODE, "a_deleted_copy_is_found_by_its_id_in_this_room"),
    "a removal before its message": (LIVE, "a_removal_that_comes_before_its_message"),
    "a removal without a room": (DECODE, "a_deletion_without_a_room_is_read"),
    "a timeout and a ban": (DECODE, "bans_and_timeouts_withdraw_earlier_messages"),
    "a cleared screen": (DECODE, "a_cleared_screen_takes_nothing_back"),
    "times out of order": (LIVE, "the_time_of_sending_decides_not_of_arrival"),
    "lines six seconds late": (LIVE, "a_line_that_arrives_six_seconds_late_counts"),
    "2,000 lines at once": (LIVE, "a_burst_of_two_thousand_lines_is_read"),
    "a renamed user, and numbers above 2^53": (LIVE, "a_user_is_identified_by_number"),
}
EVENTSUB = {
    "EventSub: a notification twice": (EVENTS, "a_notification_that_comes_twice_is_one_vote"),
    "EventSub: one of eleven minutes ago": (EVENTS, "an_old_notification_is_dropped"),
    "EventSub: a session that moves": (EVENTS, "a_moved_session_continues_without_a_gap"),
    "EventSub: a move to a stranger": (EVENTS, "a_session_is_not_moved_to_a_stranger"),
    "EventSub: a refused move, 4007": (EVENTS, "a_move_that_twitch_refuses"),
    "EventSub: 4003, or no close at all": (EVENTS, "a_session_that_ends_leaves_a_gap"),
    "EventSub: no keepalive": (EVENTS, "a_session_without_keepalives_is_abandoned"),
    "EventSub: a revocation": (EVENTS, "a_subscription_that_is_revoked_stops"),
    "EventSub: a token without the scope": (EVENTS, "a_token_that_is_refused_is_reported"),
    "EventSub: the same message by IRC": (EVENTS, "a_message_is_the_same_post_by_eventsub"),
}
YOUTUBE = {
    "a first answer with 75 old items": (VIDEO, "a_first_answer_that_begins_late_is_a_gap"),
    "tokens, and an overlap of one item": (VIDEO, "pages_follow_their_tokens_and_each_message"),
    "an empty page with a token": (VIDEO, "a_new_process_continues_from_the_last_token"),
    "a token that is lost": (VIDEO, "a_refused_token_leaves_a_gap"),
    "asked too fast": (VIDEO, "it_never_asks_sooner_than_youtube_wants"),
    "an interval that grows": (VIDEO, "it_waits_as_long_as_the_latest_answer_says"),
    "a quota that ends": (VIDEO, "an_exhausted_quota_leaves_a_gap"),
    "tombstones, deletions, bans, another text": (VIDEO, "removed_messages_are_withdrawn"),
    "a vote in a Super Chat, unknown types": (VIDEO, "a_super_chat_votes_with_what_its_author"),
    "three to six digits, two forms of the zone": (VIDEO, "times_are_read_with_any_digits"),
    "the end of the chat": (VIDEO, "a_finished_chat_is_not_queried"),
    "another chat for the same video": (VIDEO, "a_stream_that_is_started_again_is_found_again"),
    "a page of HTML": (VIDEO, "an_invalid_page_is_reported"),
    "an item that can't be read": (VIDEO, "a_message_that_cannot_be_read_costs_no_other"),
    "2,000 items on a page": (VIDEO, "two_thousand_messages_on_a_page_are_read"),
}


@pytest.mark.parametrize("trap", [*TWITCH, *EVENTSUB, *YOUTUBE])
def test_a_trap_is_met_by_a_test(trap: str) -> None:
    module, name = {**TWITCH, **EVENTSUB, **YOUTUBE}[trap]
    text = (TESTS / f"{module}.py").read_text()
    assert re.search(rf"^def test_{name}", text, re.MULTILINE)
