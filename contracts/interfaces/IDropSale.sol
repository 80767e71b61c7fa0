// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DropInfo, MintOrder, Phase, Piece, Provenance, Voucher} from "./DropTypes.sol";
import {IAttribution} from "./IAttribution.sol";
import {IDropReports} from "./IDropReports.sol";
import {ILineage} from "./ILineage.sol";

/// @title The counter of a collection: minting, refunds, and everything there is to read
interface IDropSale is IDropReports {
    /// @notice Mints in a public phase. What is sent beyond the price comes back.
    function mintPublic(MintOrder calldata order, Piece[] calldata pieces) external payable;

    /// @notice Mints in an allowlist phase, for the caller's own leaf.
    function mintAllowlist(
        MintOrder calldata order,
        uint256 limit,
        uint256 priceWei,
        bytes32[] calldata allowlistProof,
        Piece[] calldata pieces
    ) external payable;

    /// @notice Redeems a voucher. Anyone may pay; only the voucher's `to` may name another recipient.
    function mintVoucher(
        Voucher calldata voucher,
        bytes calldata signature,
        Piece calldata piece,
        address recipient,
        bool safe
    ) external payable;

    /// @notice Burns a token of a void drop and pays its owner exactly what was paid for it. Owner or approved.
    function refund(uint256 tokenId) external;

    /// @notice ERC-7496: always reverts.
    function setTrait(uint256 tokenId, bytes32 traitKey, bytes32 value) external;

    /// @notice How many drops were announced; they are numbered from 1.
    function dropCount() external view returns (uint256);

    /// @notice A drop; state None when there is no such drop.
    function dropOf(uint256 drop) external view returns (DropInfo memory);

    /// @notice The phases of a drop.
    function phasesOf(uint256 drop) external view returns (Phase[] memory);

    /// @notice The price of a piece now, in wei; for allowlist and voucher phases the floor.
    function currentPrice(uint256 drop, uint256 phase) external view returns (uint256);

    /// @notice How many tokens a wallet has minted in a phase of a drop; only the latest drop of that wallet counts.
    function walletCount(uint256 drop, uint256 phase, address wallet) external view returns (uint256);

    /// @notice Whether the token of this rank exists.
    function isMinted(uint256 drop, uint256 rank) external view returns (bool);

    /// @notice Which of the ranks 256 * word to 256 * word + 255 exist, bit by bit from the lowest.
    function mintedBitmap(uint256 drop, uint256 word) external view returns (uint256);

    /// @notice Seed of a candidate; reverts before the draw.
    function seedOf(uint256 drop, uint256 index) external view returns (bytes32);

    /// @notice Everything needed to make the token again.
    function provenanceOf(uint256 tokenId) external view returns (Provenance memory);

    /// @notice The sort key of a piece by the drop's announced weights and thresholds; larger comes first.
    function rankKey(uint256 drop, uint256 facts) external view returns (uint256);

    /// @notice Whether the leaf is in the committed tree.
    function isCommitted(uint256 drop, Piece calldata piece) external view returns (bool);

    /// @notice ERC-7007's verify, as a proof of commitment and NOT of inference: that this artifact was committed for
    /// this seed. That the model makes the artifact from the seed is shown by running it.
    /// @param prompt The 32 bytes of the candidate's seed.
    /// @param aigcData The 32 bytes of the artifact digest.
    /// @param proof abi.encode(uint256 drop, Piece piece).
    function verify(bytes calldata prompt, bytes calldata aigcData, bytes calldata proof) external view returns (bool);

    /// @notice ERC-7572: metadata of the collection, in the directory of the last committed drop.
    function contractURI() external view returns (string memory);

    /// @notice ERC-7496: keys "score", "rarity", "demand", "index", "rank", "drop", "seed", "artifact", each as its
    /// keccak256.
    function getTraitValue(uint256 tokenId, bytes32 traitKey) external view returns (bytes32);

    /// @notice ERC-7496.
    function getTraitValues(uint256 tokenId, bytes32[] calldata traitKeys) external view returns (bytes32[] memory);

    /// @notice ERC-7496: describes the keys.
    function getTraitMetadataURI() external view returns (string memory);

    /// @notice The registry of models.
    function lineage() external view returns (ILineage);

    /// @notice Where proceeds and royalties go.
    function attribution() external view returns (IAttribution);
}
