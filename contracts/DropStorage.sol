// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ledger} from "./libraries/DropLedger.sol";

/// @title What Drop and DropDesk keep together
/// @dev Both inherit this first, so that for both it starts at slot 0; test/contracts/storage.test.ts compares them.
abstract contract DropStorage {
    Ledger internal _ledger;
    string internal _name;
    string internal _symbol;
    uint256 internal _royaltyBps;
}
