// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TermsLib} from "../../contracts/libraries/Terms.sol";
import {SumTree} from "../../contracts/libraries/SumTree.sol";

// What the compiler's SMTChecker is to prove for all numbers; proofs.ts asks it. It sees through neither assembly nor
// hashes, and is slow at shifts, so these are the parts that are arithmetic alone.

/// @notice The fall of a public price is the contract's own function.
contract PriceProof {
    function fallsNoDeeperThanTheEndPrice(uint32 fall, uint40 elapsed, uint40 duration) external pure {
        require(elapsed <= duration && duration > 0);
        assert(TermsLib.fallen(fall, elapsed, duration) <= fall);
    }

    function neverRises(uint32 fall, uint40 one, uint40 later, uint40 duration) external pure {
        require(one <= later && later <= duration && duration > 0);
        assert(TermsLib.fallen(fall, one, duration) <= TermsLib.fallen(fall, later, duration));
    }
}

/// @notice What Attribution._partOf gives, without the assembly of mulDiv; two accounts stand for any two groups.
contract SharesProof {
    function neverMoreThanThereIs(uint128 total, uint256 one, uint256 other) external pure {
        require(one <= SumTree.TOTAL && other <= SumTree.TOTAL && one + other <= SumTree.TOTAL);
        uint256 all = total;
        assert((all * one) / SumTree.TOTAL + (all * other) / SumTree.TOTAL <= all);
    }

    function neverShrinks(uint128 total, uint128 more, uint24 shares) external pure {
        require(shares <= SumTree.TOTAL);
        assert(_part(total, shares) <= _part(uint136(total) + more, shares));
    }

    function withholdsLessThanOneEach(uint128 total, uint24 one, uint24 other) external pure {
        require(uint256(one) + other == SumTree.TOTAL);
        assert(total - _part(total, one) - _part(total, other) <= 1);
    }

    function _part(uint136 total, uint24 shares) private pure returns (uint256) {
        return (uint256(total) * shares) / SumTree.TOTAL;
    }
}

/// @notice What Head.plusSales and minusProceeds do to a drop's counters: one step from any state that holds, so every
/// step; 48 bits hold the proceeds, and 16 the count.
contract BooksProof {
    function staysInItsFields(
        uint256 size,
        uint256 minted,
        uint256 proceeds,
        uint16 count,
        uint32 units
    ) external pure {
        require(size < 2 ** 16 && minted <= size && proceeds <= minted * (2 ** 32 - 1));
        require(minted + count <= size);
        uint256 nextMinted = minted + count;
        uint256 nextProceeds = proceeds + uint256(count) * units;
        assert(nextMinted < 2 ** 16);
        assert(nextProceeds <= nextMinted * (2 ** 32 - 1));
        assert(nextProceeds < 2 ** 48);
    }
}

/// @notice Deposits and claims in any order, as the cumulative account keeps them.
contract CumulativeProof {
    uint256 private _total;
    uint256 private _paidOne;
    uint256 private _paidOther;

    function deposit(uint96 amount) external {
        require(_total < 2 ** 200);
        _total += amount;
    }

    function claimOne() external {
        uint256 part = (_total * 600_000) / SumTree.TOTAL;
        require(part > _paidOne);
        _paidOne = part;
    }

    function claimOther() external {
        uint256 part = (_total * 400_000) / SumTree.TOTAL;
        require(part > _paidOther);
        _paidOther = part;
    }

    function neverPaysMoreThanCame() external view {
        assert(_paidOne + _paidOther <= _total);
    }
}
