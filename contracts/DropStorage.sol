// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ledger} from "./libraries/DropLedger.sol";

/// @title What Drop and DropDesk keep together
/// @dev Both inherit this first, so that for both it starts at slot 0. What the desk writes, Drop reads: any
/// shift of one against the other breaks every test of a collection.
abstract contract DropStorage {
    Ledger internal _ledger;
    string internal _name;
    string internal _symbol;
    uint256 internal _royaltyBps;
}
