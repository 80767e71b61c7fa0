// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PhaseKind} from "../interfaces/DropTypes.sol";

/// @notice A phase in one word, its gate apart. From the lowest bit: kind 8, start 40, end 40, wallet limit 16, price at
/// the start in units 32, at the end 32.
type Terms is uint256;

using TermsLib for Terms global;

/// @title The fields of a phase's Terms
library TermsLib {
    uint256 private constant _START = 8;
    uint256 private constant _END = 48;
    uint256 private constant _LIMIT = 88;
    uint256 private constant _START_UNITS = 104;
    uint256 private constant _END_UNITS = 136;

    function pack(
        PhaseKind phaseKind,
        uint40 firstSecond,
        uint40 firstSecondAfter,
        uint16 limit,
        uint32 unitsFirst,
        uint32 unitsLast
    ) internal pure returns (Terms) {
        return
            Terms.wrap(
                uint256(phaseKind) |
                    (uint256(firstSecond) << _START) |
                    (uint256(firstSecondAfter) << _END) |
                    (uint256(limit) << _LIMIT) |
                    (uint256(unitsFirst) << _START_UNITS) |
                    (uint256(unitsLast) << _END_UNITS)
            );
    }

    function kind(Terms terms) internal pure returns (PhaseKind) {
        return PhaseKind(Terms.unwrap(terms) & 0xff);
    }

    function start(Terms terms) internal pure returns (uint256) {
        return (Terms.unwrap(terms) >> _START) & type(uint40).max;
    }

    function end(Terms terms) internal pure returns (uint256) {
        return (Terms.unwrap(terms) >> _END) & type(uint40).max;
    }

    /// @return Zero when there is no limit.
    function walletLimit(Terms terms) internal pure returns (uint256) {
        return (Terms.unwrap(terms) >> _LIMIT) & type(uint16).max;
    }

    function startUnits(Terms terms) internal pure returns (uint256) {
        return (Terms.unwrap(terms) >> _START_UNITS) & type(uint32).max;
    }

    function endUnits(Terms terms) internal pure returns (uint256) {
        return (Terms.unwrap(terms) >> _END_UNITS) & type(uint32).max;
    }

    /// @notice What the phase asks for at a time, in units; a public phase falls linearly.
    /// @dev The fall is rounded down, so the price is never below the announced line, and never below endUnits.
    function unitsAt(Terms terms, uint256 time) internal pure returns (uint256) {
        uint256 last = terms.endUnits();
        if (terms.kind() != PhaseKind.Public || time >= terms.end()) return last;
        (uint256 first, uint256 begin) = (terms.startUnits(), terms.start());
        if (first == last || time <= begin) return first;
        return first - fallen(first - last, time - begin, terms.end() - begin);
    }

    /// @notice How far a price has fallen; proven never to exceed the fall, and never to shrink with time.
    /// @param fall Below 2^32; the times are below 2^40 seconds, and the duration is not zero.
    function fallen(uint256 fall, uint256 elapsed, uint256 duration) internal pure returns (uint256) {
        return (fall * elapsed) / duration;
    }
}
