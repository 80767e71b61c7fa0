// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Announcement, Attestation, AttestationRecord, CollectionTerms, Piece} from "./DropTypes.sol";
import {IDropReports} from "./IDropReports.sol";

/// @title The desk of a collection: how drops come about, are challenged, attested and ended
interface IDropDesk is IDropReports {
    /// @notice Sets up a fresh clone; once only, by the factory in the transaction that deploys it.
    function initialize(CollectionTerms calldata terms) external;

    /// @notice Opens the next drop; the value sent is the operator's bond. Role: operator.
    function announce(Announcement calldata announcement) external payable returns (uint256 drop);

    /// @notice Fixes every candidate's seed from the hash of the seed block and the salt. Anyone who knows the salt.
    function draw(uint256 drop, bytes32 salt) external;

    /// @notice Records the digest of the public list of vetoes, before the commit. Role: curator.
    function recordVetoes(uint256 drop, bytes32 vetoDigest) external;

    /// @notice Commits to all candidates by rank, and to everything published. Role: operator.
    /// @param vetoDigest The one that the curator recorded; zero when there is none.
    function commit(uint256 drop, bytes32 root, bytes32 directoryDigest, bytes32 vetoDigest) external;

    /// @notice Gives a drop up before its commit; the whole bond goes to the contributors. Role: operator.
    function abandon(uint256 drop) external;

    /// @notice Voids a drop that was not committed in time, or whose seed block is more than 8,191 blocks back, or of
    /// which the chain has no hash any more. Anyone; half of the bond is the reward.
    function voidOverdue(uint256 drop) external;

    /// @notice After the sale: proceeds to the contributors, the bond back to its owner. Anyone.
    function close(uint256 drop) external;

    /// @notice After a challenge: half of the bond to the challenger's credit, half to the contributors. Anyone.
    function settle(uint256 drop) external;

    /// @notice Shows that the better of two candidates has the worse rank.
    function challengeOrder(uint256 drop, Piece calldata better, Piece calldata worse) external;

    /// @notice Shows one candidate, or one artifact, at two ranks.
    function challengeTwice(uint256 drop, Piece calldata one, Piece calldata other) external;

    /// @notice Shows a leaf that cannot belong to the drop: index or rank beyond N, another drop's, or unknown bits.
    function challengeOutOfRange(uint256 drop, Piece calldata piece) external;

    /// @notice Asks for a position, before the drop is live; the stake goes to whoever answers. While an answer is due
    /// nothing is sold, and the drop is not closed before what it may show could be challenged.
    function ask(uint256 drop, uint256 rank) external payable;

    /// @notice Shows the leaf at a position that was asked for. Anyone; earns the asker's stake.
    function answer(uint256 drop, Piece calldata piece) external;

    /// @notice Voids a drop in which a question stayed unanswered.
    function voidUnanswered(uint256 drop, uint256 rank) external;

    /// @notice Gives the stake of an unanswered question back to its asker, once the drop is void.
    function reclaimStake(uint256 drop, uint256 rank) external;

    /// @notice Stops or resumes the sale of a drop, nothing else. Role: guardian.
    function setSalesPaused(uint256 drop, bool paused) external;

    /// @notice Pays out bonds, rewards and stakes.
    function withdrawCredit(address recipient) external returns (uint256 amount);

    /// @notice Records an auditor's signed finding (EIP-712, ERC-1271 too). Anyone may submit it.
    /// @return position Its place in the list of the token, or of the drop.
    function attest(Attestation calldata attestation, bytes calldata signature) external returns (uint256 position);

    /// @notice Marks one's own finding as revoked; it stays in the list.
    function revokeAttestation(uint256 drop, uint256 tokenId, uint256 position) external;

    /// @notice The stake that `ask` takes: a hundredth of the bond.
    function askStake(uint256 drop) external view returns (uint256);

    /// @notice How many findings were recorded, and how many of them stand.
    function attestationCount(uint256 drop, uint256 tokenId) external view returns (uint256 recorded, uint256 standing);

    /// @notice The findings from `first` on, at most `count`.
    function attestationsOf(
        uint256 drop,
        uint256 tokenId,
        uint256 first,
        uint256 count
    ) external view returns (AttestationRecord[] memory);

    /// @notice What an account may withdraw.
    function creditOf(address account) external view returns (uint256);
}
