// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @notice Calls whatever it is told to, and calls again when it is paid, or given a token.
contract Reenterer is IERC721Receiver {
    address private _target;
    bytes private _again;
    bool public tried;
    bytes public answer;

    receive() external payable {
        _comeBack();
    }

    function plan(address target, bytes calldata again) external {
        (_target, _again) = (target, again);
    }

    function act(address target, bytes calldata data) external payable returns (bytes memory) {
        return Address.functionCallWithValue(target, data, msg.value);
    }

    function onERC721Received(address, address, uint256, bytes calldata) external returns (bytes4) {
        _comeBack();
        return IERC721Receiver.onERC721Received.selector;
    }

    function _comeBack() private {
        if (_target == address(0) || tried) return;
        tried = true;
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, bytes memory returned) = _target.call(_again);
        answer = success ? bytes("") : returned;
    }
}

/// @notice A contract that neither receives tokens safely nor takes payments.
contract Closed {
    function act(address target, bytes calldata data) external payable returns (bytes memory) {
        return Address.functionCallWithValue(target, data, msg.value);
    }
}

/// @notice A smart account of one owner, who signs for it (ERC-1271).
contract SmartAccount is IERC1271 {
    address private immutable _owner;

    constructor(address owner) {
        _owner = owner;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (address signer, , ) = ECDSA.tryRecover(hash, signature);
        return signer == _owner ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

/// @notice A token that keeps a tenth of what is transferred, when it is told to.
contract Coin is ERC20 {
    bool private immutable _keeps;

    constructor(bool keeps) ERC20("Coin", "COIN") {
        _keeps = keeps;
        _mint(msg.sender, 1_000_000);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (!_keeps || from == address(0) || to == address(0)) return super._update(from, to, value);
        super._update(from, address(0), value / 10);
        super._update(from, to, value - value / 10);
    }
}

/// @notice Pays as marketplaces of old do: with 2,300 gas.
contract Marketplace {
    error StipendTooSmall();

    function payRoyalty(address payable receiver) external payable {
        // With value, the recipient gets the 2,300 on top of these none.
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, ) = receiver.call{value: msg.value, gas: 0}("");
        if (!success) revert StipendTooSmall();
    }
}

/// @notice A token of old, whose functions return nothing.
contract OldCoin {
    mapping(address account => uint256 amount) public balanceOf;
    mapping(address owner => mapping(address spender => uint256 amount)) public allowance;

    constructor() {
        balanceOf[msg.sender] = 1_000_000;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @notice A token that says no where others revert.
contract RefusingCoin is ERC20 {
    constructor() ERC20("Coin", "COIN") {
        _mint(msg.sender, 1_000_000);
    }

    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return false;
    }
}

/// @notice A token that tells both sides of a transfer in the middle of it, as ERC-777 does.
contract HookCoin is ERC20 {
    constructor(address holder) ERC20("Coin", "COIN") {
        _mint(holder, 1_000_000);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from.code.length > 0) _tell(from);
        if (to.code.length > 0) _tell(to);
    }

    function _tell(address account) private {
        // solhint-disable-next-line avoid-low-level-calls
        (bool heard, ) = account.call("");
        // Who does not want to hear of it has the tokens all the same.
        heard;
    }
}

/// @notice Leaves what it was made with to somebody who may not want it.
contract Bequest {
    constructor(address payable heir) payable {
        selfdestruct(heir);
    }
}

/// @notice Holds tokens, and answers a payment with more than anybody should copy.
contract Chatterbox {
    fallback(bytes calldata) external payable returns (bytes memory) {
        return new bytes(1_000_000);
    }

    function act(address target, bytes calldata data) external payable returns (bytes memory) {
        return Address.functionCallWithValue(target, data, msg.value);
    }
}
