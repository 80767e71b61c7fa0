// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Piece} from "../../contracts/interfaces/DropTypes.sol";

/// @title The candidates of a made-up drop: eight, of which candidate i has the score 20 - i
/// @notice In a swapped drop the first two stand the wrong way round.
library Candidates {
    uint256 internal constant COUNT = 8;
    uint256 internal constant DEPTH = 3;

    function factsAt(uint256 drop, uint256 rank, bool swapped) internal pure returns (uint256) {
        uint256 index = swapped && rank < 2 ? 1 - rank : rank;
        return (20 - index) | (index << 48) | (drop << 72);
    }

    function artifactAt(uint256 rank) internal pure returns (bytes32) {
        return bytes32(rank + 1);
    }

    function root(uint256 drop, bool swapped) internal pure returns (bytes32) {
        return _node(drop, swapped, DEPTH, 0);
    }

    function piece(uint256 drop, uint256 rank, bool swapped) internal pure returns (Piece memory) {
        bytes32[] memory proof = new bytes32[](DEPTH);
        for (uint256 level = 0; level < DEPTH; ++level) proof[level] = _node(drop, swapped, level, (rank >> level) ^ 1);
        return Piece(rank, factsAt(drop, rank, swapped), "pixels", artifactAt(rank), proof);
    }

    function _node(uint256 drop, bool swapped, uint256 level, uint256 at) private pure returns (bytes32) {
        if (level == 0) return keccak256(abi.encode(factsAt(drop, at, swapped), bytes32("pixels"), artifactAt(at)));
        return
            keccak256(abi.encode(_node(drop, swapped, level - 1, 2 * at), _node(drop, swapped, level - 1, 2 * at + 1)));
    }
}
