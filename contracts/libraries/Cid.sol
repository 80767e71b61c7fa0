// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IPFS addresses from digests
/// @dev Twin: minter/domain/cid.ts; test/vectors/commitment.json holds both.
library Cid {
    bytes32 private constant ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

    /// @notice CIDv1 of a directory: version 1, dag-pb, sha2-256 of 32 bytes, as lower-case base32.
    function ofDirectory(bytes32 digest) internal pure returns (string memory) {
        bytes memory raw = abi.encodePacked(hex"01701220", digest);
        // 36 bytes are 288 bits: 57 characters of 5 bits, and one of 3, after the "b" that says base32.
        bytes memory text = new bytes(59);
        text[0] = "b";
        uint256 buffer = 0;
        uint256 bits = 0;
        uint256 written = 1;
        for (uint256 i = 0; i < raw.length; ++i) {
            buffer = ((buffer << 8) | uint8(raw[i])) & 0xfff;
            for (bits += 8; bits >= 5; bits -= 5) text[written++] = ALPHABET[(buffer >> (bits - 5)) & 31];
        }
        text[written] = ALPHABET[(buffer << (5 - bits)) & 31];
        return string(text);
    }
}
