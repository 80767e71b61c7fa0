// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IAttribution, SumNode} from "./interfaces/IAttribution.sol";
import {ILineage} from "./interfaces/ILineage.sol";
import {SumTree} from "./libraries/SumTree.sol";
import {RoyaltyPort} from "./RoyaltyPort.sol";

/// @title Attribution
contract Attribution is IAttribution, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    ILineage private immutable _lineage;

    /// @dev Copied from Lineage at the first deposit, where it cannot change, so that a claim does not ask there.
    mapping(bytes32 id => bytes32 sharesRoot) private _sharesRoots;
    mapping(bytes32 id => mapping(IERC20 asset => uint256 total)) private _totals;
    mapping(bytes32 id => mapping(IERC20 asset => mapping(address account => uint256 amount))) private _claimed;

    constructor(ILineage lineage) {
        _lineage = lineage;
    }

    /// @inheritdoc IAttribution
    function deposit(bytes32 id) external payable {
        _credit(id, IERC20(address(0)), msg.value);
    }

    /// @inheritdoc IAttribution
    function depositToken(bytes32 id, IERC20 asset, uint256 amount) external nonReentrant {
        // A token that keeps a fee delivers less than was sent, and only what is here can be paid out.
        uint256 before = asset.balanceOf(address(this));
        asset.safeTransferFrom(msg.sender, address(this), amount);
        _credit(id, asset, asset.balanceOf(address(this)) - before);
    }

    /// @inheritdoc IAttribution
    function collect(bytes32 id, IERC20 asset) external returns (uint256 amount) {
        address port = portOf(id);
        if (port.code.length == 0) new RoyaltyPort{salt: 0}(this, id);
        return RoyaltyPort(payable(port)).drain(asset);
    }

    /// @inheritdoc IAttribution
    function claim(
        bytes32 id,
        IERC20 asset,
        address account,
        uint256 shares,
        uint256 position,
        SumNode[] calldata siblings
    ) external nonReentrant returns (uint256 amount) {
        _requireShares(id, account, shares, position, siblings);
        return _pay(id, asset, account, account, shares);
    }

    /// @inheritdoc IAttribution
    function claimTo(
        bytes32 id,
        IERC20 asset,
        address recipient,
        uint256 shares,
        uint256 position,
        SumNode[] calldata siblings
    ) external nonReentrant returns (uint256 amount) {
        if (recipient == address(0)) revert ZeroRecipient();
        _requireShares(id, msg.sender, shares, position, siblings);
        return _pay(id, asset, msg.sender, recipient, shares);
    }

    /// @inheritdoc IAttribution
    function due(bytes32 id, IERC20 asset, address account, uint256 shares) external view returns (uint256) {
        uint256 part = _partOf(id, asset, shares);
        uint256 paid = _claimed[id][asset][account];
        return part > paid ? part - paid : 0;
    }

    /// @inheritdoc IAttribution
    function totalOf(bytes32 id, IERC20 asset) external view returns (uint256) {
        return _totals[id][asset];
    }

    /// @inheritdoc IAttribution
    function claimedBy(bytes32 id, IERC20 asset, address account) external view returns (uint256) {
        return _claimed[id][asset][account];
    }

    /// @inheritdoc IAttribution
    function portOf(bytes32 id) public view returns (address) {
        bytes32 codeHash = keccak256(abi.encodePacked(type(RoyaltyPort).creationCode, abi.encode(this, id)));
        return Create2.computeAddress(0, codeHash);
    }

    function _credit(bytes32 id, IERC20 asset, uint256 amount) private {
        if (amount == 0) revert EmptyDeposit(id);
        if (_sharesRoots[id] == 0) {
            bytes32 sharesRoot = _lineage.sharesRootOf(id);
            if (sharesRoot == 0) revert UnknownBeneficiary(id);
            _sharesRoots[id] = sharesRoot;
        }
        uint256 total = _totals[id][asset] + amount;
        _totals[id][asset] = total;
        emit Deposited(id, asset, msg.sender, amount, total);
    }

    function _pay(
        bytes32 id,
        IERC20 asset,
        address account,
        address recipient,
        uint256 shares
    ) private returns (uint256 amount) {
        uint256 part = _partOf(id, asset, shares);
        uint256 paid = _claimed[id][asset][account];
        if (part <= paid) revert NothingDue(id, account);
        amount = part - paid;

        // Recorded first: the payment hands control to the recipient.
        _claimed[id][asset][account] = part;
        emit Claimed(id, asset, account, recipient, amount);
        if (address(asset) != address(0)) asset.safeTransfer(recipient, amount);
        else if (!LowLevelCall.callNoReturn(recipient, amount, "")) revert PaymentFailed(recipient, amount);
    }

    function _requireShares(
        bytes32 id,
        address account,
        uint256 shares,
        uint256 position,
        SumNode[] calldata siblings
    ) private view {
        bytes32 wanted = _sharesRoots[id];
        if (wanted == 0) revert UnknownBeneficiary(id);
        bytes32 had = SumTree.rootOf(account, shares, position, siblings);
        if (had != wanted) revert SharesNotProven(id, had, wanted);
    }

    /// @dev Rounded down; mulDiv, so that no total is too large to be shared out.
    function _partOf(bytes32 id, IERC20 asset, uint256 shares) private view returns (uint256) {
        return Math.mulDiv(_totals[id][asset], shares, SumTree.TOTAL);
    }
}
