// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AttestationRecord, DropState, PhaseKind} from "../interfaces/DropTypes.sol";
import {IDropReports} from "../interfaces/IDropReports.sol";
import {Ranking} from "./FactsLib.sol";

/// @notice Everything a mint reads and writes about its drop, in one slot (232 bits).
/// @param proceedsUnits In 1e12 wei: 65,535 tokens of less than 2^32 units each stay below 2^48.
struct Head {
    uint48 proceedsUnits;
    uint40 liveAt;
    uint16 minted;
    uint16 size;
    uint16 candidates;
    uint16 minScore;
    uint16 minRarity;
    uint16 minDemand;
    uint8 depth;
    uint8 phases;
    DropState state;
    bool paused;
    uint16 questions;
}

/// @notice What is needed besides, off the path of a mint.
/// @param bondHolder Who gets the bond: who announced, or, in a void drop, who proved it wrong; zero: the contributors.
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
    uint40 askUntil;
    uint40 until;
    bool settled;
    uint40 salesEnd;
}

/// @notice A phase as kept; see Phase.
struct PhaseTerms {
    PhaseKind kind;
    uint40 start;
    uint40 end;
    uint16 walletLimit;
    uint32 startUnits;
    uint32 endUnits;
}

/// @notice A position that somebody asked for.
/// @param deadline Zero when nobody asked.
struct Question {
    address asker;
    uint40 deadline;
    bool answered;
    bool reclaimed;
}

/// @notice The state of a collection, so that the linked libraries work on it as one.
struct Ledger {
    uint256 count;
    mapping(uint256 drop => Head head) heads;
    mapping(uint256 drop => bytes32 root) roots;
    mapping(uint256 drop => mapping(uint256 phase => PhaseTerms terms)) phases;
    mapping(uint256 drop => mapping(uint256 phase => bytes32 gate)) gates;
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

    function requireState(Ledger storage ledger, uint256 drop, DropState wanted) internal view {
        DropState had = ledger.heads[drop].state;
        if (had != wanted) revert IDropReports.WrongState(drop, had, wanted);
    }

    function rankingOf(Ledger storage ledger, uint256 drop) internal view returns (Ranking memory) {
        Head storage head = ledger.heads[drop];
        Record storage record = ledger.records[drop];
        return
            Ranking({
                minScore: head.minScore,
                minRarity: head.minRarity,
                minDemand: head.minDemand,
                weightScore: record.weightScore,
                weightRarity: record.weightRarity,
                weightDemand: record.weightDemand
            });
    }

    /// @notice What a phase asks for at a time, in units; a public phase falls linearly.
    /// @dev The fall is rounded down, so the price is never below the announced line, and never below endUnits.
    function unitsAt(PhaseTerms memory terms, uint256 time) internal pure returns (uint256) {
        if (terms.kind != PhaseKind.Public || time >= terms.end) return terms.endUnits;
        if (time <= terms.start) return terms.startUnits;
        uint256 fall = terms.startUnits - terms.endUnits;
        return terms.startUnits - (fall * (time - terms.start)) / (terms.end - terms.start);
    }
}
