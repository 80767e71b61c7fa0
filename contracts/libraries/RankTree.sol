// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {Piece} from "../interfaces/DropTypes.sol";
import {IDropReports} from "../interfaces/IDropReports.sol";

/// @title The tree of all candidates of a drop, in which a leaf's position is its rank
/// @notice Left and right are told by the bits of the rank, so a leaf can be proven at its own position only; the depth
/// is exact and a leaf has 96 bytes, so no inner node can be shown as a leaf.
/// @dev Twin: minter/domain/merkle.ts; test/vectors/commitment.json holds both.
library RankTree {
    /// @notice The root that the piece leads to.
    /// @param depth Height of the tree; a proof of another length is refused.
    function rootOf(Piece calldata piece, uint256 depth) internal pure returns (bytes32 node) {
        bytes32[] calldata proof = piece.proof;
        if (proof.length != depth) revert IDropReports.WrongDepth(proof.length, depth);

        node = keccak256(abi.encode(piece.facts, piece.pixelDigest, piece.artifactDigest));
        uint256 path = piece.rank;
        for (uint256 i = 0; i < depth; ++i) {
            node =
                path & 1 == 0 ? Hashes.efficientKeccak256(node, proof[i]) : Hashes.efficientKeccak256(proof[i], node);
            path >>= 1;
        }
        // A rank beyond the tree would walk the path of another one.
        if (path != 0) revert IDropReports.RankNotForSale(piece.rank, 1 << depth);
    }

    /// @notice ceil(log2(count)): 0 for one leaf.
    function depthOf(uint256 count) internal pure returns (uint256 depth) {
        while (1 << depth < count) ++depth;
    }
}
