// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IAttribution} from "./interfaces/IAttribution.sol";

/// @title RoyaltyPort: an address of its own for each dataset or model, where marketplaces send royalties
/// @notice What arrives can only go on to the contributors, and anyone may send it on.
/// @dev No clone: a marketplace that forwards 2,300 gas must get through.
contract RoyaltyPort {
    using SafeERC20 for IERC20;

    IAttribution private immutable _attribution;
    bytes32 private immutable _id;

    constructor(IAttribution attribution, bytes32 id) {
        _attribution = attribution;
        _id = id;
    }

    receive() external payable {}

    /// @notice Deposits everything that is here; see IAttribution.collect.
    function drain(IERC20 asset) external returns (uint256 amount) {
        if (address(asset) == address(0)) {
            amount = address(this).balance;
            if (amount > 0) _attribution.deposit{value: amount}(_id);
        } else {
            amount = asset.balanceOf(address(this));
            if (amount > 0) {
                asset.forceApprove(address(_attribution), amount);
                _attribution.depositToken(_id, asset, amount);
            }
        }
    }
}
