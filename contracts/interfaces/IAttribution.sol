// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice A sibling on the way up the Merkle-sum tree of shares.
/// @param hash Hash of the sibling; zero for padding.
/// @param sum Shares below it.
struct SumNode {
    bytes32 hash;
    uint256 sum;
}

/// @title Attribution: contributors pull their part of what a dataset or model earned
/// @notice Accounts are cumulative: one claim covers every deposit so far. An amount is rounded down to whole wei (or
/// the token's smallest unit) against the cumulative total, so what rounding withholds is below one unit for each
/// contributor, and is paid by a later claim when more has arrived.
/// The asset `IERC20(address(0))` is the chain's own coin.
interface IAttribution {
    event Deposited(bytes32 indexed id, IERC20 indexed asset, address indexed from, uint256 amount, uint256 total);
    event Claimed(bytes32 indexed id, IERC20 indexed asset, address indexed account, address recipient, uint256 amount);

    /// @notice Lineage knows no dataset or model with this id.
    error UnknownBeneficiary(bytes32 id);
    /// @notice The proof does not lead to the registered shares.
    error SharesNotProven(bytes32 id, bytes32 had, bytes32 wanted);
    /// @notice A payment to nobody.
    error ZeroRecipient();
    /// @notice Everything due so far has been paid.
    error NothingDue(bytes32 id, address account);
    /// @notice The recipient refused the payment.
    error PaymentFailed(address recipient, uint256 amount);
    /// @notice A deposit of nothing.
    error EmptyDeposit(bytes32 id);

    /// @notice Adds the value sent to the account of a dataset or model.
    function deposit(bytes32 id) external payable;

    /// @notice Adds ERC-20 tokens, which the caller approved before; what arrives counts, not what was sent.
    function depositToken(bytes32 id, IERC20 asset, uint256 amount) external;

    /// @notice Draws what has gathered at the royalty port of `id` into its account; anyone may.
    /// @return amount What arrived; zero is not an error.
    function collect(bytes32 id, IERC20 asset) external returns (uint256 amount);

    /// @notice Pays a contributor what is due; anyone may call it, the contributor is paid.
    /// @param position The leaf's place in the tree: bit i set says that sibling i stands on the left.
    /// @param siblings From the leaf upwards.
    function claim(
        bytes32 id,
        IERC20 asset,
        address account,
        uint256 shares,
        uint256 position,
        SumNode[] calldata siblings
    ) external returns (uint256 amount);

    /// @notice The same, called by the contributor, paid to another address.
    function claimTo(
        bytes32 id,
        IERC20 asset,
        address recipient,
        uint256 shares,
        uint256 position,
        SumNode[] calldata siblings
    ) external returns (uint256 amount);

    /// @notice What a contributor with `shares` of 1,000,000 could claim now.
    function due(bytes32 id, IERC20 asset, address account, uint256 shares) external view returns (uint256);

    /// @notice Everything ever deposited for `id`.
    function totalOf(bytes32 id, IERC20 asset) external view returns (uint256);

    /// @notice What a contributor has been paid.
    function claimedBy(bytes32 id, IERC20 asset, address account) external view returns (uint256);

    /// @notice Where royalties for `id` are to be sent: an address that can receive before anything is deployed there.
    function portOf(bytes32 id) external view returns (address);
}
