// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SumNode} from "../interfaces/IAttribution.sol";

/// @title The Merkle-sum tree of a thing's 1,000,000 shares
/// @notice A node binds the sums of both its children, so the leaves that can be proven sum to the total at most: more
/// than everything cannot be given away.
/// @dev Twin: minter/domain/sum-tree.ts; test/vectors/commitment.json holds both.
library SumTree {
    uint256 internal constant TOTAL = 1_000_000;

    /// @notice The root that a contributor's leaf leads to, if the tree's total is TOTAL; zero when it is not.
    /// @param position Bit i set: sibling i stands on the left.
    function rootOf(
        address account,
        uint256 shares,
        uint256 position,
        SumNode[] calldata siblings
    ) internal pure returns (bytes32) {
        bytes32 hash = keccak256(abi.encode(account, shares));
        uint256 sum = shares;
        for (uint256 i = 0; i < siblings.length; ++i) {
            SumNode calldata sibling = siblings[i];
            hash =
                (position >> i) & 1 == 0
                    ? keccak256(abi.encode(hash, sum, sibling.hash, sibling.sum))
                    : keccak256(abi.encode(sibling.hash, sibling.sum, hash, sum));
            // Checked: a sum that wraps around would make room for shares that are not there.
            sum += sibling.sum;
        }
        return sum == TOTAL ? keccak256(abi.encode(hash, sum)) : bytes32(0);
    }
}
