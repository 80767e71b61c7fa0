// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What an announcement demands of a piece, and how it weighs it.
struct Ranking {
    uint256 minScore;
    uint256 minRarity;
    uint256 minDemand;
    uint256 weightScore;
    uint256 weightRarity;
    uint256 weightDemand;
}

/// @title The facts of a piece, packed into one word
/// @notice Least significant bit first: score 16, rarity 16, demand 16, index 16, reason 8, drop 32; the rest zero.
/// @dev Twin: minter/domain/leaf.ts and ranking.ts; test/vectors/commitment.json holds both.
library FactsLib {
    uint256 internal constant USED_BITS = 104;

    function score(uint256 facts) internal pure returns (uint256) {
        return facts & 0xffff;
    }

    function rarity(uint256 facts) internal pure returns (uint256) {
        return (facts >> 16) & 0xffff;
    }

    function demand(uint256 facts) internal pure returns (uint256) {
        return (facts >> 32) & 0xffff;
    }

    function index(uint256 facts) internal pure returns (uint256) {
        return (facts >> 48) & 0xffff;
    }

    /// @return 0 when nothing speaks against the piece.
    function reason(uint256 facts) internal pure returns (uint256) {
        return (facts >> 64) & 0xff;
    }

    function drop(uint256 facts) internal pure returns (uint256) {
        return (facts >> 72) & 0xffffffff;
    }

    /// @notice The key that orders a drop, larger first: class, then the weighted sum, then the lower index.
    function rankKey(uint256 facts, Ranking memory ranking) internal pure returns (uint256) {
        uint256 key =
            ranking.weightScore * score(facts) +
                ranking.weightRarity * rarity(facts) +
                ranking.weightDemand * demand(facts);
        // The key is at most 3 * 65535^2 < 2^34, so it stays below the class.
        return (classOf(facts, ranking) << 64) | (key << 16) | (0xffff - index(facts));
    }

    /// @return 2 passes, 1 below a threshold, 0 rejected.
    function classOf(uint256 facts, Ranking memory ranking) internal pure returns (uint256) {
        if (reason(facts) != 0) return 0;
        bool passes =
            score(facts) >= ranking.minScore &&
                rarity(facts) >= ranking.minRarity &&
                demand(facts) >= ranking.minDemand;
        return passes ? 2 : 1;
    }
}
