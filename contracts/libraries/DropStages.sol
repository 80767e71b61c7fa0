// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Announcement, DropState, Phase, PhaseKind} from "../interfaces/DropTypes.sol";
import {IDropReports} from "../interfaces/IDropReports.sol";
import {IAttribution} from "../interfaces/IAttribution.sol";
import {ILineage} from "../interfaces/ILineage.sol";
import {Beacon} from "./Beacon.sol";
import {BondLib} from "./BondLib.sol";
import {DropLedger, Ledger, Record} from "./DropLedger.sol";
import {Head, HeadLib} from "./Head.sol";
import {TermsLib} from "./Terms.sol";

/// @title The stages of a drop, each of which only leads to the next
library DropStages {
    using DropLedger for Ledger;
    using SafeCast for uint256;

    uint256 internal constant MAX_PHASES = 8;
    /// @dev About two weeks of blocks on the main chain.
    uint256 internal constant MAX_SEED_DELAY = 100_000;
    uint256 internal constant MAX_WINDOW = 30 days;
    uint256 internal constant COMMIT_WINDOW = 30 days;
    /// @dev A sale without end would hold the proceeds back for as long.
    uint256 internal constant MAX_SALE = 366 days;
    /// @dev How many blocks back EIP-2935 answers.
    uint256 internal constant DRAW_WINDOW = 8191;

    function announce(
        Ledger storage ledger,
        Announcement calldata terms,
        uint256 bond,
        ILineage lineage
    ) internal returns (uint256 drop) {
        DropState last = ledger.heads[ledger.count].state();
        if (last != DropState.None && last != DropState.Closed && last != DropState.Void)
            revert IDropReports.DropUnderway(ledger.count, last);
        _requireTerms(terms, bond);

        drop = ++ledger.count;
        // Facts carry the drop in 32 bits.
        drop.toUint32();
        ledger.heads[drop] = HeadLib.announced(terms);
        Record storage record = ledger.records[drop];
        _writeRecord(record, terms, bond);
        record.salesEnd = _writePhases(ledger, drop, terms.phases);
        emit IDropReports.DropAnnounced(
            drop,
            terms.model,
            msg.sender,
            terms.policyDigest,
            terms.saltHash,
            record.seedBlock,
            bond
        );
        lineage.reserve(terms.model, terms.size);
    }

    function draw(Ledger storage ledger, uint256 drop, bytes32 salt) internal {
        Head head = ledger.requireState(drop, DropState.Announced);
        Record storage record = ledger.records[drop];
        bytes32 hash = keccak256(abi.encode(salt));
        if (hash != record.saltHash) revert IDropReports.WrongSalt(hash, record.saltHash);
        uint256 seedBlock = record.seedBlock;
        if (block.number <= seedBlock) revert IDropReports.SeedBlockAhead(block.number, seedBlock);
        bytes32 beacon = Beacon.hashOf(seedBlock);
        if (beacon == 0) revert IDropReports.SeedBlockGone(seedBlock);

        // Block and salt were both fixed before either was known, so looking at the outcome and trying again is vain.
        bytes32 masterSeed = keccak256(
            abi.encode(beacon, salt, block.chainid, address(this), drop, record.policyDigest)
        );
        ledger.heads[drop] = head.withState(DropState.Drawn);
        record.masterSeed = masterSeed;
        record.commitUntil = (block.timestamp + COMMIT_WINDOW).toUint40();
        emit IDropReports.SeedDrawn(drop, masterSeed, beacon, salt);
    }

    function recordVetoes(Ledger storage ledger, uint256 drop, bytes32 vetoDigest) internal {
        ledger.requireState(drop, DropState.Drawn);
        ledger.records[drop].vetoDigest = vetoDigest;
        emit IDropReports.VetoesRecorded(drop, msg.sender, vetoDigest);
    }

    function commit(
        Ledger storage ledger,
        uint256 drop,
        bytes32 root,
        bytes32 directoryDigest,
        bytes32 vetoDigest
    ) internal {
        Head head = ledger.requireState(drop, DropState.Drawn);
        Record storage record = ledger.records[drop];
        if (block.timestamp > record.commitUntil) revert IDropReports.TooLate(block.timestamp, record.commitUntil);
        if (root == 0 || directoryDigest == 0) revert IDropReports.EmptyCommitment();
        if (vetoDigest != record.vetoDigest) revert IDropReports.VetoesDiffer(vetoDigest, record.vetoDigest);

        uint40 liveAt = (block.timestamp + record.challengeWindow).toUint40();
        ledger.heads[drop] = head.withState(DropState.Committed).withLiveAt(liveAt);
        record.closableAt = liveAt;
        record.directoryDigest = directoryDigest;
        ledger.roots[drop] = root;
        emit IDropReports.DropCommitted(drop, root, directoryDigest, vetoDigest, liveAt);
        emit IDropReports.ContractURIUpdated();
        emit IERC4906.BatchMetadataUpdate(drop << 16, (drop << 16) + head.size() - 1);
    }

    function abandon(Ledger storage ledger, uint256 drop, ILineage lineage, IAttribution attribution) internal {
        DropState state = ledger.heads[drop].state();
        if (state != DropState.Announced) ledger.requireState(drop, DropState.Drawn);
        BondLib.voidDrop(ledger, drop, address(0), "abandoned");
        BondLib.settle(ledger, drop, lineage, attribution);
    }

    function voidOverdue(Ledger storage ledger, uint256 drop, ILineage lineage, IAttribution attribution) internal {
        Record storage record = ledger.records[drop];
        bool drawn = ledger.heads[drop].state() != DropState.Announced;
        if (drawn) {
            ledger.requireState(drop, DropState.Drawn);
            if (block.timestamp <= record.commitUntil)
                revert IDropReports.TooEarly(block.timestamp, record.commitUntil);
        } else if (_isDrawable(record.seedBlock)) {
            revert IDropReports.TooEarly(block.number, record.seedBlock + DRAW_WINDOW);
        }

        BondLib.voidDrop(ledger, drop, msg.sender, drawn ? bytes32("not committed") : bytes32("not drawn"));
        BondLib.settle(ledger, drop, lineage, attribution);
    }

    function settleVoid(Ledger storage ledger, uint256 drop, ILineage lineage, IAttribution attribution) internal {
        ledger.requireState(drop, DropState.Void);
        BondLib.settle(ledger, drop, lineage, attribution);
    }

    function close(Ledger storage ledger, uint256 drop, ILineage lineage, IAttribution attribution) internal {
        Head head = ledger.requireState(drop, DropState.Committed);
        Record storage record = ledger.records[drop];
        uint256 earliest = record.closableAt;
        if (head.minted() < head.size() && record.salesEnd > earliest) earliest = record.salesEnd;
        if (block.timestamp < earliest) revert IDropReports.TooEarly(block.timestamp, earliest);
        if (head.questions() > 0) revert IDropReports.QuestionsOpen(drop, head.questions());

        uint256 proceeds = head.proceedsUnits() * DropLedger.UNIT;
        ledger.heads[drop] = head.withState(DropState.Closed);
        emit IDropReports.DropClosed(drop, head.minted(), proceeds);
        BondLib.settle(ledger, drop, lineage, attribution);
        if (proceeds > 0) attribution.deposit{value: proceeds}(record.model);
    }

    function _writeRecord(Record storage record, Announcement calldata terms, uint256 bond) private {
        record.model = terms.model;
        record.policyDigest = terms.policyDigest;
        record.saltHash = terms.saltHash;
        record.bondHolder = msg.sender;
        record.bondWei = bond.toUint96();
        record.weightScore = terms.weightScore;
        record.weightRarity = terms.weightRarity;
        record.weightDemand = terms.weightDemand;
        record.challengeWindow = terms.challengeWindow;
        record.seedBlock = (block.number + terms.seedDelay).toUint48();
    }

    function _writePhases(
        Ledger storage ledger,
        uint256 drop,
        Phase[] calldata phases
    ) private returns (uint40 salesEnd) {
        for (uint256 i = 0; i < phases.length; ++i) {
            Phase calldata phase = phases[i];
            if (!_isValid(phase)) revert IDropReports.PhaseInvalid(i);
            uint256 key = DropLedger.phaseKey(drop, i);
            ledger.phases[key] = TermsLib.pack(
                phase.kind,
                phase.start,
                phase.end,
                phase.walletLimit,
                _toUnits(phase.priceStart),
                _toUnits(phase.priceEnd)
            );
            if (phase.gate != 0) ledger.gates[key] = phase.gate;
            if (phase.end > salesEnd) salesEnd = phase.end;
        }
    }

    function _isValid(Phase calldata phase) private view returns (bool) {
        if (phase.start >= phase.end || phase.end <= block.timestamp) return false;
        if (phase.end > block.timestamp + MAX_SALE || phase.priceStart < phase.priceEnd) return false;
        if (phase.kind == PhaseKind.Public) return phase.gate == 0;
        if (phase.kind == PhaseKind.Voucher && uint256(phase.gate) > type(uint160).max) return false;
        return phase.gate != 0;
    }

    /// @dev Where the chain keeps 256 hashes only, a drop is lost as soon as these have passed. Too little gas to ask for
    /// the hash is too little to void the drop, so nobody can make a hash seem gone.
    function _isDrawable(uint256 seedBlock) private view returns (bool) {
        if (block.number <= seedBlock) return true;
        return block.number <= seedBlock + DRAW_WINDOW && Beacon.hashOf(seedBlock) != 0;
    }

    function _requireTerms(Announcement calldata terms, uint256 bond) private pure {
        if (bond == 0) revert IDropReports.NoBond();
        if (terms.policyDigest == 0 || terms.saltHash == 0) revert IDropReports.EmptyCommitment();
        _requireBounds("candidates", terms.candidates, 1, type(uint16).max);
        _requireBounds("size", terms.size, 1, terms.candidates);
        _requireBounds("seedDelay", terms.seedDelay, 1, MAX_SEED_DELAY);
        _requireBounds("challengeWindow", terms.challengeWindow, 0, MAX_WINDOW);
        _requireBounds("phases", terms.phases.length, 1, MAX_PHASES);
    }

    function _requireBounds(bytes32 term, uint256 had, uint256 least, uint256 most) private pure {
        if (had < least) revert IDropReports.TermOutOfBounds(term, had, least);
        if (had > most) revert IDropReports.TermOutOfBounds(term, had, most);
    }

    function _toUnits(uint256 priceWei) private pure returns (uint32) {
        if (priceWei % DropLedger.UNIT != 0 || priceWei / DropLedger.UNIT > type(uint32).max)
            revert IDropReports.PriceNotInUnits(priceWei);
        return uint32(priceWei / DropLedger.UNIT);
    }
}
