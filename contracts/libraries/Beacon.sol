// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Blockhash} from "@openzeppelin/contracts/utils/Blockhash.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

/// @title Hashes of past blocks
/// @notice The last 256 by opcode, as far back as 8,191 by EIP-2935 where the chain has it.
library Beacon {
    /// @param blockNumber Of a block that is past; the subtraction below reverts for any other.
    /// @return hash Zero when it can no longer be had.
    /// @dev OpenZeppelin's Blockhash does not look at whether the history contract answered or reverted. Where something
    /// else stands at that address and reverts with a message, the message's first bytes, which everybody can foresee,
    /// would pass for the hash; Hardhat's own chain is such a place.
    function hashOf(uint256 blockNumber) internal view returns (bytes32 hash) {
        if (block.number - blockNumber <= 256) return Blockhash.blockHash(blockNumber);
        bool answered;
        (answered, hash, ) = LowLevelCall.staticcallReturn64Bytes(
            Blockhash.HISTORY_STORAGE_ADDRESS,
            abi.encode(blockNumber)
        );
        if (!answered || LowLevelCall.returnDataSize() != 32) return 0;
    }
}
