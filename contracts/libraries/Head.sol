// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Announcement, DropState} from "../interfaces/DropTypes.sol";
import {RankTree} from "./RankTree.sol";

/// @notice Everything a mint reads and writes about its drop, in the one word that it costs to write. From the lowest
/// bit: proceeds in units 48, minted 16, size 16, candidates 16, least score 16, least rarity 16, least demand 16, first
/// sale 40, depth 8, phases 8, state 8, paused 8, open questions 16.
type Head is uint256;

using HeadLib for Head global;

/// @title The fields of a Head
/// @dev A word and shifts, where a struct would be unpacked and packed field by field at every mint.
library HeadLib {
    uint256 private constant _MINTED = 48;
    uint256 private constant _SIZE = 64;
    uint256 private constant _CANDIDATES = 80;
    uint256 private constant _MIN_SCORE = 96;
    uint256 private constant _MIN_RARITY = 112;
    uint256 private constant _MIN_DEMAND = 128;
    uint256 private constant _LIVE_AT = 144;
    uint256 private constant _DEPTH = 184;
    uint256 private constant _PHASES = 192;
    uint256 private constant _STATE = 200;
    uint256 private constant _PAUSED = 208;
    uint256 private constant _QUESTIONS = 216;

    function announced(Announcement calldata terms) internal pure returns (Head) {
        return
            Head.wrap(
                (uint256(terms.size) << _SIZE) |
                    (uint256(terms.candidates) << _CANDIDATES) |
                    (uint256(terms.minScore) << _MIN_SCORE) |
                    (uint256(terms.minRarity) << _MIN_RARITY) |
                    (uint256(terms.minDemand) << _MIN_DEMAND) |
                    // At most 16, and at most 8.
                    (RankTree.depthOf(terms.candidates) << _DEPTH) |
                    (terms.phases.length << _PHASES) |
                    (uint256(DropState.Announced) << _STATE)
            );
    }

    function proceedsUnits(Head head) internal pure returns (uint256) {
        return _field(head, 0, type(uint48).max);
    }

    function minted(Head head) internal pure returns (uint256) {
        return _field(head, _MINTED, type(uint16).max);
    }

    function size(Head head) internal pure returns (uint256) {
        return _field(head, _SIZE, type(uint16).max);
    }

    function candidates(Head head) internal pure returns (uint256) {
        return _field(head, _CANDIDATES, type(uint16).max);
    }

    function minScore(Head head) internal pure returns (uint256) {
        return _field(head, _MIN_SCORE, type(uint16).max);
    }

    function minRarity(Head head) internal pure returns (uint256) {
        return _field(head, _MIN_RARITY, type(uint16).max);
    }

    function minDemand(Head head) internal pure returns (uint256) {
        return _field(head, _MIN_DEMAND, type(uint16).max);
    }

    /// @return Unix time of the first possible sale; zero before the commit.
    function liveAt(Head head) internal pure returns (uint256) {
        return _field(head, _LIVE_AT, type(uint40).max);
    }

    function depth(Head head) internal pure returns (uint256) {
        return _field(head, _DEPTH, type(uint8).max);
    }

    function phases(Head head) internal pure returns (uint256) {
        return _field(head, _PHASES, type(uint8).max);
    }

    function state(Head head) internal pure returns (DropState) {
        return DropState(_field(head, _STATE, type(uint8).max));
    }

    function paused(Head head) internal pure returns (bool) {
        return _field(head, _PAUSED, type(uint8).max) != 0;
    }

    function questions(Head head) internal pure returns (uint256) {
        return _field(head, _QUESTIONS, type(uint16).max);
    }

    /// @return Whether the sale is paused, or a question open.
    function isHeld(Head head) internal pure returns (bool) {
        return Head.unwrap(head) >> _PAUSED != 0;
    }

    function withState(Head head, DropState value) internal pure returns (Head) {
        return _with(head, _STATE, type(uint8).max, uint256(value));
    }

    function withPaused(Head head, bool value) internal pure returns (Head) {
        return _with(head, _PAUSED, type(uint8).max, value ? 1 : 0);
    }

    /// @param value Unix time, which fits 40 bits for 34,000 years.
    function withLiveAt(Head head, uint256 value) internal pure returns (Head) {
        return _with(head, _LIVE_AT, type(uint40).max, value);
    }

    /// @param value At most the number of candidates, each of which is asked for once: 16 bits.
    function withQuestions(Head head, uint256 value) internal pure returns (Head) {
        return _with(head, _QUESTIONS, type(uint16).max, value);
    }

    /// @notice Books `count` mints at `units` each.
    /// @dev Each of the size <= 65,535 ranks is minted once, for less than 2^32 units: neither field overflows.
    function plusSales(Head head, uint256 count, uint256 units) internal pure returns (Head) {
        return Head.wrap(Head.unwrap(head) + (count << _MINTED) + count * units);
    }

    /// @dev What is taken out was put in when the token was minted, so the field does not underflow.
    function minusProceeds(Head head, uint256 units) internal pure returns (Head) {
        return Head.wrap(Head.unwrap(head) - units);
    }

    function _field(Head head, uint256 offset, uint256 mask) private pure returns (uint256) {
        return (Head.unwrap(head) >> offset) & mask;
    }

    function _with(Head head, uint256 offset, uint256 mask, uint256 value) private pure returns (Head) {
        return Head.wrap((Head.unwrap(head) & ~(mask << offset)) | ((value & mask) << offset));
    }
}
