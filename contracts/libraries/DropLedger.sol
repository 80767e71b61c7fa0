// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AttestationRecord, DropState} from "../interfaces/DropTypes.sol";
import {IDropReports} from "../interfaces/IDropReports.sol";
import {Ranking} from "./FactsLib.sol";
import {Head} from "./Head.sol";
import {Terms} from "./Terms.sol";

/// @notice What is needed of a drop off the path of a mint.
/// @param bondHolder Who gets the bond: who announced, or, in a void drop, who proved it wrong; zero: the contributors.
/// @param closableAt The drop is not closed before; zero before the commit.
/// @param commitUntil Zero before the draw.
/// @param settled Whether the bond has been paid out.
struct Record {
    bytes32 model;
    bytes32 policyDigest;
    bytes32 saltHash;
    bytes32 masterSeed;
    bytes32 directoryDigest;
    bytes32 vetoDigest;
    address bondHolder;
    uint96 bondWei;
    uint16 weightScore;
    uint16 weightRarity;
    uint16 weightDemand;
    uint32 challengeWindow;
    uint48 seedBlock;
    uint40 closableAt;
    uint40 commitUntil;
    bool settled;
    uint40 salesEnd;
}

/// @notice A position that somebody asked for.
/// @param deadline Zero when nobody asked.
struct Question {
    address asker;
    uint40 deadline;
    bool answered;
    bool reclaimed;
}

/// @notice The state of a collection, so that the libraries work on it as one.
struct Ledger {
    uint256 count;
    mapping(uint256 drop => Head head) heads;
    mapping(uint256 drop => bytes32 root) roots;
    mapping(uint256 phaseKey => Terms terms) phases;
    mapping(uint256 phaseKey => bytes32 gate) gates;
    mapping(uint256 drop => Record record) records;
    mapping(uint256 drop => mapping(uint256 rank => Question question)) questions;
    mapping(uint256 tokenId => bytes32 digest) artifacts;
    mapping(address account => uint256 amount) credits;
    mapping(uint256 drop => mapping(uint256 tokenId => AttestationRecord[] records)) attestations;
    mapping(uint256 drop => mapping(uint256 tokenId => uint256 count)) standing;
    mapping(bytes32 digest => bool recorded) attested;
}

/// @title Reading and guarding the ledger
library DropLedger {
    /// @notice Prices are kept in this many wei.
    uint256 internal constant UNIT = 1e12;

    /// @return head What is known of the drop, since the caller goes on with it.
    function requireState(Ledger storage ledger, uint256 drop, DropState wanted) internal view returns (Head head) {
        head = ledger.heads[drop];
        DropState had = head.state();
        if (had != wanted) revert IDropReports.WrongState(drop, had, wanted);
    }

    function rankingOf(Ledger storage ledger, uint256 drop) internal view returns (Ranking memory) {
        Head head = ledger.heads[drop];
        Record storage record = ledger.records[drop];
        return
            Ranking({
                minScore: head.minScore(),
                minRarity: head.minRarity(),
                minDemand: head.minDemand(),
                weightScore: record.weightScore,
                weightRarity: record.weightRarity,
                weightDemand: record.weightDemand
            });
    }

    /// @notice One key for a phase of a drop; phases are fewer than 2^8.
    function phaseKey(uint256 drop, uint256 phase) internal pure returns (uint256) {
        return (drop << 8) | phase;
    }
}
