// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Voucher} from "../interfaces/DropTypes.sol";

/// @title The EIP-712 form of a voucher
/// @dev Twin: minter/domain/voucher.ts; test/vectors/commitment.json holds both.
library VoucherLib {
    bytes32 internal constant TYPEHASH = keccak256(
        "Voucher(address to,uint256 drop,uint256 phase,uint256 rank,uint256 priceWei,uint64 deadline)"
    );

    function structHash(Voucher calldata voucher) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    TYPEHASH,
                    voucher.to,
                    voucher.drop,
                    voucher.phase,
                    voucher.rank,
                    voucher.priceWei,
                    voucher.deadline
                )
            );
    }
}
