// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {DropAccess} from "./DropAccess.sol";
import {DropStorage} from "./DropStorage.sol";
import {
    Announcement,
    Attestation,
    AttestationRecord,
    CollectionTerms,
    DropState,
    Piece
} from "./interfaces/DropTypes.sol";
import {IAttribution} from "./interfaces/IAttribution.sol";
import {IDropDesk} from "./interfaces/IDropDesk.sol";
import {ILineage} from "./interfaces/ILineage.sol";
import {DropAttestations} from "./libraries/DropAttestations.sol";
import {DropChallenges} from "./libraries/DropChallenges.sol";
import {Ledger} from "./libraries/DropLedger.sol";
import {DropStages} from "./libraries/DropStages.sol";
import {Head} from "./libraries/Head.sol";
import {Payment} from "./libraries/Payment.sol";

/// @title DropDesk
/// @notice The half of a collection that brings drops about, hears challenges, and says who may do what. It works on the
/// storage of a Drop; by itself it is nobody's and can do nothing.
contract DropDesk is DropStorage, IDropDesk, DropAccess, EIP712, ReentrancyGuardTransient {
    using DropStages for Ledger;
    using DropChallenges for Ledger;
    using DropAttestations for Ledger;
    using DropAttestations for Attestation;

    uint256 private constant _MAX_ROYALTY_BPS = 1000;

    ILineage private immutable _lineage;
    IAttribution private immutable _attribution;

    constructor(ILineage registry, IAttribution payouts) EIP712("latentmint Drop", "1") {
        _lineage = registry;
        _attribution = payouts;
    }

    /// @inheritdoc IDropDesk
    function initialize(CollectionTerms calldata terms) external initializer {
        if (terms.royaltyBps > _MAX_ROYALTY_BPS) revert RoyaltyTooHigh(terms.royaltyBps, _MAX_ROYALTY_BPS);
        _name = terms.name;
        _symbol = terms.symbol;
        _royaltyBps = terms.royaltyBps;
        _appoint(terms);
    }

    /// @inheritdoc IDropDesk
    function announce(
        Announcement calldata announcement
    ) external payable onlyRole(OPERATOR_ROLE) nonReentrant returns (uint256 drop) {
        return _ledger.announce(announcement, msg.value, _lineage);
    }

    /// @inheritdoc IDropDesk
    function draw(uint256 drop, bytes32 salt) external {
        _ledger.draw(drop, salt);
    }

    /// @inheritdoc IDropDesk
    function recordVetoes(uint256 drop, bytes32 vetoDigest) external onlyRole(CURATOR_ROLE) {
        _ledger.recordVetoes(drop, vetoDigest);
    }

    /// @inheritdoc IDropDesk
    function commit(
        uint256 drop,
        bytes32 root,
        bytes32 directoryDigest,
        bytes32 vetoDigest
    ) external onlyRole(OPERATOR_ROLE) {
        _ledger.commit(drop, root, directoryDigest, vetoDigest);
    }

    /// @inheritdoc IDropDesk
    function abandon(uint256 drop) external onlyRole(OPERATOR_ROLE) nonReentrant {
        _ledger.abandon(drop, _lineage, _attribution);
    }

    /// @inheritdoc IDropDesk
    function voidOverdue(uint256 drop) external nonReentrant {
        _ledger.voidOverdue(drop, _lineage, _attribution);
    }

    /// @inheritdoc IDropDesk
    function close(uint256 drop) external nonReentrant {
        _ledger.close(drop, _lineage, _attribution);
    }

    /// @inheritdoc IDropDesk
    function settle(uint256 drop) external nonReentrant {
        _ledger.settleVoid(drop, _lineage, _attribution);
    }

    /// @inheritdoc IDropDesk
    function challengeOrder(uint256 drop, Piece calldata better, Piece calldata worse) external {
        _ledger.challengeOrder(drop, better, worse);
    }

    /// @inheritdoc IDropDesk
    function challengeTwice(uint256 drop, Piece calldata one, Piece calldata other) external {
        _ledger.challengeTwice(drop, one, other);
    }

    /// @inheritdoc IDropDesk
    function challengeOutOfRange(uint256 drop, Piece calldata piece) external {
        _ledger.challengeOutOfRange(drop, piece);
    }

    /// @inheritdoc IDropDesk
    function ask(uint256 drop, uint256 rank) external payable {
        _ledger.ask(drop, rank, msg.value);
    }

    /// @inheritdoc IDropDesk
    function answer(uint256 drop, Piece calldata piece) external {
        _ledger.answer(drop, piece);
    }

    /// @inheritdoc IDropDesk
    function voidUnanswered(uint256 drop, uint256 rank) external {
        _ledger.voidUnanswered(drop, rank);
    }

    /// @inheritdoc IDropDesk
    function reclaimStake(uint256 drop, uint256 rank) external {
        _ledger.reclaimStake(drop, rank);
    }

    /// @inheritdoc IDropDesk
    function setSalesPaused(uint256 drop, bool paused) external onlyRole(GUARDIAN_ROLE) {
        Head head = _ledger.heads[drop];
        if (head.state() == DropState.None) revert WrongState(drop, DropState.None, DropState.Announced);
        _ledger.heads[drop] = head.withPaused(paused);
        emit SalesPausedChanged(drop, paused);
    }

    /// @inheritdoc IDropDesk
    function withdrawCredit(address recipient) external nonReentrant returns (uint256 amount) {
        if (recipient == address(0)) revert ZeroAddress();
        amount = _ledger.credits[msg.sender];
        if (amount == 0) revert NoCredit(msg.sender);
        _ledger.credits[msg.sender] = 0;
        emit CreditWithdrawn(msg.sender, recipient, amount);
        Payment.pay(recipient, amount);
    }

    /// @inheritdoc IDropDesk
    function attest(Attestation calldata attestation, bytes calldata signature) external returns (uint256 position) {
        return _ledger.attest(attestation, signature, _hashTypedDataV4(attestation.structHash()));
    }

    /// @inheritdoc IDropDesk
    function revokeAttestation(uint256 drop, uint256 tokenId, uint256 position) external {
        _ledger.revoke(drop, tokenId, position);
    }

    /// @inheritdoc IDropDesk
    function askStake(uint256 drop) external view returns (uint256) {
        return DropChallenges.stakeOf(_ledger.records[drop]);
    }

    /// @inheritdoc IDropDesk
    function attestationCount(
        uint256 drop,
        uint256 tokenId
    ) external view returns (uint256 recorded, uint256 standing) {
        return (_ledger.attestations[drop][tokenId].length, _ledger.standing[drop][tokenId]);
    }

    /// @inheritdoc IDropDesk
    function attestationsOf(
        uint256 drop,
        uint256 tokenId,
        uint256 first,
        uint256 count
    ) external view returns (AttestationRecord[] memory) {
        return _ledger.page(drop, tokenId, first, count);
    }

    /// @inheritdoc IDropDesk
    function creditOf(address account) external view returns (uint256) {
        return _ledger.credits[account];
    }
}
