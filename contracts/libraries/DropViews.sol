// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {DropInfo, DropState, Phase, Piece, Provenance} from "../interfaces/DropTypes.sol";
import {IDropReports} from "../interfaces/IDropReports.sol";
import {ILineage, Model} from "../interfaces/ILineage.sol";
import {Cid} from "./Cid.sol";
import {DropLedger, Ledger, Record} from "./DropLedger.sol";
import {FactsLib} from "./FactsLib.sol";
import {Head} from "./Head.sol";
import {RankTree} from "./RankTree.sol";
import {Terms} from "./Terms.sol";

/// @title What pages, auditors and other contracts read
library DropViews {
    using FactsLib for uint256;
    using Strings for uint256;

    string private constant TRAIT_METADATA =
        "data:application/json,"
        "%7B%22traits%22:%7B"
        "%22score%22:%7B%22displayName%22:%22Score%22,%22dataType%22:%7B%22type%22:%22decimal%22%7D%7D,"
        "%22rarity%22:%7B%22displayName%22:%22Rarity%22,%22dataType%22:%7B%22type%22:%22decimal%22%7D%7D,"
        "%22demand%22:%7B%22displayName%22:%22Demand%22,%22dataType%22:%7B%22type%22:%22decimal%22%7D%7D,"
        "%22index%22:%7B%22displayName%22:%22Candidate%22,%22dataType%22:%7B%22type%22:%22decimal%22%7D%7D,"
        "%22rank%22:%7B%22displayName%22:%22Rank%22,%22dataType%22:%7B%22type%22:%22decimal%22%7D%7D,"
        "%22drop%22:%7B%22displayName%22:%22Drop%22,%22dataType%22:%7B%22type%22:%22decimal%22%7D%7D,"
        "%22seed%22:%7B%22displayName%22:%22Seed%22,%22dataType%22:%7B%22type%22:%22string%22%7D%7D,"
        "%22artifact%22:%7B%22displayName%22:%22Artifact%20digest%22,%22dataType%22:%7B%22type%22:%22string%22%7D%7D"
        "%7D%7D";

    function infoOf(Ledger storage ledger, uint256 drop) internal view returns (DropInfo memory info) {
        Head head = ledger.heads[drop];
        info.state = head.state();
        info.paused = head.paused();
        info.candidates = uint16(head.candidates());
        info.size = uint16(head.size());
        info.minted = uint16(head.minted());
        info.minScore = uint16(head.minScore());
        info.minRarity = uint16(head.minRarity());
        info.minDemand = uint16(head.minDemand());
        info.phases = uint8(head.phases());
        info.liveAt = uint40(head.liveAt());
        info.questions = uint16(head.questions());
        info.proceedsWei = head.proceedsUnits() * DropLedger.UNIT;
        info.root = ledger.roots[drop];
        _addRecord(info, ledger.records[drop]);
    }

    function phasesOf(Ledger storage ledger, uint256 drop) internal view returns (Phase[] memory phases) {
        phases = new Phase[](ledger.heads[drop].phases());
        for (uint256 i = 0; i < phases.length; ++i) {
            uint256 key = DropLedger.phaseKey(drop, i);
            Terms terms = ledger.phases[key];
            phases[i] = Phase({
                kind: terms.kind(),
                start: uint40(terms.start()),
                end: uint40(terms.end()),
                walletLimit: uint16(terms.walletLimit()),
                // Below 2^32 units of 1e12 wei: below 2^72.
                priceStart: uint128(terms.startUnits() * DropLedger.UNIT),
                priceEnd: uint128(terms.endUnits() * DropLedger.UNIT),
                gate: ledger.gates[key]
            });
        }
    }

    /// @param facts The word beside the token's owner: facts without reason and drop, then the price in units.
    function provenanceOf(
        Ledger storage ledger,
        uint256 tokenId,
        uint256 facts,
        ILineage lineage
    ) internal view returns (Provenance memory) {
        uint256 drop = tokenId >> 16;
        Record storage record = ledger.records[drop];
        Model memory model = lineage.modelOf(record.model);
        return
            Provenance({
                drop: drop,
                rank: tokenId & 0xffff,
                index: facts.index(),
                score: facts.score(),
                rarity: facts.rarity(),
                demand: facts.demand(),
                priceWei: (facts >> 64) * DropLedger.UNIT,
                seed: _seedOf(record, facts.index()),
                masterSeed: record.masterSeed,
                model: record.model,
                dataset: model.dataset,
                bundleDigest: model.bundleDigest,
                recipeDigest: model.recipeDigest,
                policyDigest: record.policyDigest,
                root: ledger.roots[drop],
                artifactDigest: ledger.artifacts[tokenId],
                directoryDigest: record.directoryDigest
            });
    }

    function traitOf(
        Ledger storage ledger,
        uint256 tokenId,
        uint256 facts,
        bytes32 key
    ) internal view returns (bytes32) {
        if (key == keccak256("score")) return bytes32(facts.score());
        if (key == keccak256("rarity")) return bytes32(facts.rarity());
        if (key == keccak256("demand")) return bytes32(facts.demand());
        if (key == keccak256("index")) return bytes32(facts.index());
        if (key == keccak256("rank")) return bytes32(tokenId & 0xffff);
        if (key == keccak256("drop")) return bytes32(tokenId >> 16);
        if (key == keccak256("seed")) return _seedOf(ledger.records[tokenId >> 16], facts.index());
        if (key == keccak256("artifact")) return ledger.artifacts[tokenId];
        revert IDropReports.TraitKeyUnknown(key);
    }

    function seedOf(Ledger storage ledger, uint256 drop, uint256 index) internal view returns (bytes32) {
        Head head = ledger.heads[drop];
        if (ledger.records[drop].masterSeed == 0) revert IDropReports.WrongState(drop, head.state(), DropState.Drawn);
        if (index >= head.candidates()) revert IDropReports.TermOutOfBounds("index", index, head.candidates());
        return _seedOf(ledger.records[drop], index);
    }

    function tokenURI(Ledger storage ledger, uint256 tokenId) internal view returns (string memory) {
        string memory cid = Cid.ofDirectory(ledger.records[tokenId >> 16].directoryDigest);
        return string.concat("ipfs://", cid, "/metadata/", (tokenId & 0xffff).toString(), ".json");
    }

    /// @notice In the directory of the last drop that was committed; empty before the first.
    function contractURI(Ledger storage ledger) internal view returns (string memory) {
        uint256 drop = ledger.count;
        while (drop > 0 && ledger.records[drop].directoryDigest == 0) --drop;
        if (drop == 0) return "";
        return string.concat("ipfs://", Cid.ofDirectory(ledger.records[drop].directoryDigest), "/contract.json");
    }

    function isCommitted(Ledger storage ledger, uint256 drop, Piece calldata piece) internal view returns (bool) {
        Head head = ledger.heads[drop];
        bytes32 root = ledger.roots[drop];
        bool wellFormed = piece.proof.length == head.depth() && piece.rank < head.candidates();
        return root != 0 && wellFormed && RankTree.rootOf(piece, head.depth()) == root;
    }

    function traitMetadata() internal pure returns (string memory) {
        return TRAIT_METADATA;
    }

    function _addRecord(DropInfo memory info, Record storage record) private view {
        info.bondHolder = record.bondHolder;
        info.bondWei = record.bondWei;
        info.settled = record.settled;
        info.model = record.model;
        info.policyDigest = record.policyDigest;
        info.saltHash = record.saltHash;
        info.masterSeed = record.masterSeed;
        info.directoryDigest = record.directoryDigest;
        info.vetoDigest = record.vetoDigest;
        info.weightScore = record.weightScore;
        info.weightRarity = record.weightRarity;
        info.weightDemand = record.weightDemand;
        info.seedBlock = record.seedBlock;
        info.challengeWindow = record.challengeWindow;
        info.closableAt = record.closableAt;
        info.commitUntil = record.commitUntil;
        info.salesEnd = record.salesEnd;
    }

    function _seedOf(Record storage record, uint256 index) private view returns (bytes32) {
        return keccak256(abi.encode(record.masterSeed, index));
    }
}
