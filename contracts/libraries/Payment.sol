// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {IDropReports} from "../interfaces/IDropReports.sol";

/// @title Paying out, always the last thing a function does
library Payment {
    /// @dev All gas goes along, and what comes back is not copied: a recipient cannot make that expensive.
    function pay(address recipient, uint256 amount) internal {
        if (!LowLevelCall.callNoReturn(recipient, amount, "")) revert IDropReports.PaymentFailed(recipient, amount);
    }
}
