// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DropState, PhaseKind} from "./DropTypes.sol";

/// @title What a collection reports, and refuses
interface IDropReports {
    event DropAnnounced(
        uint256 indexed drop,
        bytes32 indexed model,
        address indexed announcer,
        bytes32 policyDigest,
        bytes32 saltHash,
        uint256 seedBlock,
        uint256 bondWei
    );
    event SeedDrawn(uint256 indexed drop, bytes32 masterSeed, bytes32 beacon, bytes32 salt);
    event VetoesRecorded(uint256 indexed drop, address indexed curator, bytes32 vetoDigest);
    event DropCommitted(
        uint256 indexed drop,
        bytes32 root,
        bytes32 directoryDigest,
        bytes32 vetoDigest,
        uint256 liveAt
    );
    event DropVoided(uint256 indexed drop, address indexed by, bytes32 indexed why);
    event BondSettled(uint256 indexed drop, address indexed holder, uint256 creditWei, uint256 contributorsWei);
    event DropClosed(uint256 indexed drop, uint256 minted, uint256 proceedsWei);
    event PositionAsked(uint256 indexed drop, uint256 indexed rank, address indexed asker, uint256 deadline);
    event PositionAnswered(
        uint256 indexed drop,
        uint256 indexed rank,
        address indexed by,
        uint256 facts,
        bytes32 pixelDigest,
        bytes32 artifactDigest
    );
    event SalesPausedChanged(uint256 indexed drop, bool paused);
    event Refunded(uint256 indexed tokenId, address indexed owner, uint256 priceWei);
    event CreditWithdrawn(address indexed account, address indexed recipient, uint256 amount);
    event Attested(
        uint256 indexed drop,
        uint256 indexed tokenId,
        address indexed auditor,
        uint256 position,
        uint8 verdict,
        bytes32 evidenceDigest
    );
    event AttestationRevoked(uint256 indexed drop, uint256 indexed tokenId, address indexed auditor, uint256 position);
    /// @notice ERC-7572.
    event ContractURIUpdated();

    /// @notice A drop is not in the state that the call needs.
    error WrongState(uint256 drop, DropState had, DropState wanted);
    /// @notice The preceding drop is neither closed nor void.
    error DropUnderway(uint256 drop, DropState had);
    /// @notice A number of the announcement is outside its bounds.
    error TermOutOfBounds(bytes32 term, uint256 had, uint256 wanted);
    /// @notice A phase ends before it starts, is over already, rises in price, or has a gate that does not suit its kind.
    error PhaseInvalid(uint256 phase);
    /// @notice Prices are whole multiples of 1e12 wei, below 2^32 of them.
    error PriceNotInUnits(uint256 had);
    /// @notice The operator posts a bond with every announcement.
    error NoBond();
    /// @notice The seed block is not behind us yet.
    error SeedBlockAhead(uint256 had, uint256 wanted);
    /// @notice The hash of the seed block can no longer be had.
    error SeedBlockGone(uint256 seedBlock);
    /// @notice The salt is not the one announced.
    error WrongSalt(bytes32 had, bytes32 wanted);
    /// @notice The operator still has time.
    error TooEarly(uint256 had, uint256 wanted);
    /// @notice The time for it is over.
    error TooLate(uint256 had, uint256 wanted);
    /// @notice A commitment of nothing.
    error EmptyCommitment();
    /// @notice The vetoes committed are not the ones that the curator recorded.
    error VetoesDiffer(bytes32 had, bytes32 wanted);
    /// @notice The two pieces, or the one, prove nothing against the commitment.
    error NothingWrong(uint256 drop);
    /// @notice The leaf does not lead to the committed root.
    error NotCommitted(uint256 drop, uint256 rank);
    /// @notice The proof has not as many siblings as the tree is deep.
    error WrongDepth(uint256 had, uint256 wanted);
    /// @notice Each position may be asked for once.
    error AlreadyAsked(uint256 drop, uint256 rank);
    /// @notice Nobody waits for an answer about this position.
    error NotAsked(uint256 drop, uint256 rank);
    /// @notice Positions were asked for and not answered.
    error QuestionsOpen(uint256 drop, uint256 had);
    /// @notice Asking takes exactly this stake.
    error WrongStake(uint256 had, uint256 wanted);
    /// @notice The guardian has paused the sale.
    error SalesPaused(uint256 drop);
    /// @notice Nothing is for sale before the challenge window is over.
    error NotLive(uint256 had, uint256 wanted);
    /// @notice The drop has no such phase.
    error UnknownPhase(uint256 had, uint256 wanted);
    /// @notice The phase is for others.
    error WrongPhaseKind(PhaseKind had, PhaseKind wanted);
    /// @notice The phase is not open: the time, its start, its end.
    error PhaseNotOpen(uint256 had, uint256 start, uint256 end);
    /// @notice The rank is not for sale.
    error RankNotForSale(uint256 had, uint256 wanted);
    /// @notice The piece was rejected; the reason is in its facts.
    error Rejected(uint256 rank, uint256 reason);
    /// @notice A metric ("score", "rarity", "demand") is below the announced threshold.
    error BelowThreshold(bytes32 metric, uint256 had, uint256 wanted);
    /// @notice The facts belong to another drop.
    error WrongDrop(uint256 had, uint256 wanted);
    /// @notice The leaf names no artifact.
    error NoArtifact(uint256 rank);
    /// @notice More tokens than the wallet may have in this phase.
    error WalletLimit(address wallet, uint256 had, uint256 wanted);
    /// @notice The wallet is not on the allowlist with this limit and price.
    error NotAllowlisted(address wallet);
    /// @notice The price of the leaf or voucher is below the floor of the phase.
    error BelowFloor(uint256 had, uint256 wanted);
    /// @notice Too little was sent.
    error Underpaid(uint256 had, uint256 wanted);
    /// @notice The voucher's time is over.
    error VoucherExpired(uint256 deadline);
    /// @notice The voucher is not signed by the signer of the phase.
    error VoucherNotSigned(address signer);
    /// @notice The voucher names another rank.
    error VoucherForAnotherRank(uint256 had, uint256 wanted);
    /// @notice Only the voucher's collector may choose another recipient.
    error NotVoucherHolder(address had, address wanted);
    /// @notice An empty order.
    error NothingOrdered();
    /// @notice Nobody to mint for, or to appoint.
    error ZeroAddress();
    /// @notice This function takes no value; without this check it would be stuck here.
    error ValueNotAccepted();
    /// @notice The bond of the drop has been paid out.
    error AlreadySettled(uint256 drop);
    /// @notice The recipient refused the payment.
    error PaymentFailed(address recipient, uint256 amount);
    /// @notice There is nothing to withdraw.
    error NoCredit(address account);
    /// @notice Royalties are at most 10 %.
    error RoyaltyTooHigh(uint256 had, uint256 wanted);
    /// @notice The attestation was recorded before.
    error AlreadyAttested(bytes32 digest);
    /// @notice The signature is not the auditor's.
    error AttestationNotSigned(address auditor);
    /// @notice The token is not of this drop.
    error TokenNotOfDrop(uint256 tokenId, uint256 drop);
    /// @notice An attestation cannot be dated ahead.
    error IssuedInFuture(uint256 had, uint256 wanted);
    /// @notice There is no attestation at this position.
    error UnknownAttestation(uint256 had, uint256 wanted);
    /// @notice Only the auditor may revoke it.
    error NotAuditor(address had, address wanted);
    /// @notice It is revoked already.
    error AlreadyRevoked(uint256 position);
    /// @notice Traits are what was committed; nobody can set one.
    error TraitsAreFrozen();
    /// @notice The collection has no trait of this name.
    error TraitKeyUnknown(bytes32 traitKey);
}
