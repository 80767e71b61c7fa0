// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {DropState, Piece} from "../interfaces/DropTypes.sol";
import {IDropReports} from "../interfaces/IDropReports.sol";
import {BondLib} from "./BondLib.sol";
import {DropLedger, Ledger, Question, Record} from "./DropLedger.sol";
import {FactsLib, Ranking} from "./FactsLib.sol";
import {Head} from "./Head.sol";
import {RankTree} from "./RankTree.sol";

/// @title Proofs that a commitment is not what the announcement said
library DropChallenges {
    using DropLedger for Ledger;
    using FactsLib for uint256;
    using SafeCast for uint256;

    function challengeOrder(Ledger storage ledger, uint256 drop, Piece calldata better, Piece calldata worse) internal {
        _requireCommitted(ledger, drop, better);
        _requireCommitted(ledger, drop, worse);
        Ranking memory ranking = ledger.rankingOf(drop);
        bool outOfOrder = better.rank > worse.rank && better.facts.rankKey(ranking) > worse.facts.rankKey(ranking);
        if (!outOfOrder) revert IDropReports.NothingWrong(drop);
        BondLib.voidDrop(ledger, drop, msg.sender, "order");
    }

    function challengeTwice(Ledger storage ledger, uint256 drop, Piece calldata one, Piece calldata other) internal {
        _requireCommitted(ledger, drop, one);
        _requireCommitted(ledger, drop, other);
        bool sameCandidate = one.facts.index() == other.facts.index();
        bool sameArtifact = one.artifactDigest != 0 && one.artifactDigest == other.artifactDigest;
        if (one.rank == other.rank || !(sameCandidate || sameArtifact)) revert IDropReports.NothingWrong(drop);
        BondLib.voidDrop(ledger, drop, msg.sender, "twice");
    }

    function challengeOutOfRange(Ledger storage ledger, uint256 drop, Piece calldata piece) internal {
        _requireCommitted(ledger, drop, piece);
        uint256 candidates = ledger.heads[drop].candidates();
        bool inRange =
            piece.facts.index() < candidates &&
                piece.rank < candidates &&
                piece.facts.drop() == drop &&
                piece.facts >> FactsLib.USED_BITS == 0;
        if (inRange) revert IDropReports.NothingWrong(drop);
        BondLib.voidDrop(ledger, drop, msg.sender, "range");
    }

    function ask(Ledger storage ledger, uint256 drop, uint256 rank, uint256 value) internal {
        Head head = ledger.requireState(drop, DropState.Committed);
        Record storage record = ledger.records[drop];
        if (block.timestamp >= head.liveAt()) revert IDropReports.TooLate(block.timestamp, head.liveAt());
        if (rank >= head.candidates()) revert IDropReports.RankNotForSale(rank, head.candidates());
        uint256 stake = stakeOf(record);
        if (value != stake) revert IDropReports.WrongStake(value, stake);
        Question storage question = ledger.questions[drop][rank];
        if (question.deadline != 0) revert IDropReports.AlreadyAsked(drop, rank);

        uint40 deadline = (block.timestamp + record.challengeWindow).toUint40();
        question.asker = msg.sender;
        question.deadline = deadline;
        // Nothing is sold while an answer is due, and no longer: whoever has the leaves can ask and answer for nothing but
        // gas, and is not to eat up a phase with it. What comes to light at the deadline can be challenged for a window.
        ledger.heads[drop] = head.withQuestions(head.questions() + 1);
        record.closableAt = (uint256(deadline) + record.challengeWindow).toUint40();
        emit IDropReports.PositionAsked(drop, rank, msg.sender, deadline);
    }

    function answer(Ledger storage ledger, uint256 drop, Piece calldata piece) internal {
        _requireCommitted(ledger, drop, piece);
        Question storage question = ledger.questions[drop][piece.rank];
        if (question.deadline == 0 || question.answered) revert IDropReports.NotAsked(drop, piece.rank);
        if (block.timestamp > question.deadline) revert IDropReports.TooLate(block.timestamp, question.deadline);

        question.answered = true;
        Head head = ledger.heads[drop];
        ledger.heads[drop] = head.withQuestions(head.questions() - 1);
        // To whoever answers, since the work is his: asking for everything pays for the answers.
        ledger.credits[msg.sender] += stakeOf(ledger.records[drop]);
        emit IDropReports.PositionAnswered(
            drop,
            piece.rank,
            msg.sender,
            piece.facts,
            piece.pixelDigest,
            piece.artifactDigest
        );
    }

    function voidUnanswered(Ledger storage ledger, uint256 drop, uint256 rank) internal {
        ledger.requireState(drop, DropState.Committed);
        Question storage question = ledger.questions[drop][rank];
        if (question.deadline == 0 || question.answered) revert IDropReports.NotAsked(drop, rank);
        if (block.timestamp <= question.deadline) revert IDropReports.TooEarly(block.timestamp, question.deadline);
        BondLib.voidDrop(ledger, drop, question.asker, "missing");
    }

    function reclaimStake(Ledger storage ledger, uint256 drop, uint256 rank) internal {
        ledger.requireState(drop, DropState.Void);
        Question storage question = ledger.questions[drop][rank];
        if (question.deadline == 0 || question.answered || question.reclaimed) revert IDropReports.NotAsked(drop, rank);
        question.reclaimed = true;
        ledger.credits[question.asker] += stakeOf(ledger.records[drop]);
    }

    function stakeOf(Record storage record) internal view returns (uint256) {
        return record.bondWei / 100;
    }

    function _requireCommitted(Ledger storage ledger, uint256 drop, Piece calldata piece) private view {
        Head head = ledger.requireState(drop, DropState.Committed);
        if (RankTree.rootOf(piece, head.depth()) != ledger.roots[drop])
            revert IDropReports.NotCommitted(drop, piece.rank);
    }
}
