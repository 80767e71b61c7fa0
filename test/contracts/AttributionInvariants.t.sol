// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Attribution} from "../../contracts/Attribution.sol";
import {SumNode} from "../../contracts/interfaces/IAttribution.sol";
import {Dataset} from "../../contracts/interfaces/ILineage.sol";
import {Lineage} from "../../contracts/Lineage.sol";
import {Payment} from "../../contracts/libraries/Payment.sol";
import {Coin} from "../../contracts/testing/Visitors.sol";
import {VM} from "./Vm.sol";

/// @notice Deposits, sends royalties and claims, of coin and of a token that keeps a tenth, for three contributors.
contract AttributionHandler {
    Attribution public immutable attribution;
    bytes32 public immutable dataset;
    IERC20[2] public assets = [IERC20(address(0)), IERC20(new Coin(true))];
    address[3] public accounts = [address(0xA11CE), address(0xB0B), address(0xCA401)];
    uint256[3] public shares = [uint256(600_000), 333_333, 66_667];

    mapping(uint256 asset => uint256 amount) public arrived;
    mapping(uint256 asset => uint256 amount) public paid;
    bool public paidWrongly;

    constructor() {
        Lineage lineage = new Lineage();
        attribution = new Attribution(lineage);
        SumNode memory pair = _pair();
        bytes32 top = keccak256(abi.encode(pair.hash, pair.sum, _leaf(2), shares[2]));
        bytes32 sharesRoot = keccak256(abi.encode(top, uint256(1_000_000)));
        dataset = lineage.registerDataset(Dataset("root", 1, sharesRoot, "CC0-1.0", ""));
    }

    function deposit(uint96 amount) external {
        VM.deal(address(this), amount);
        try attribution.deposit{value: amount}(dataset) {
            arrived[0] += amount;
        } catch {}
    }

    function depositToken(uint16 amount) external {
        assets[1].approve(address(attribution), amount);
        try attribution.depositToken(dataset, assets[1], amount) {
            arrived[1] += amount - amount / 10;
        } catch {}
    }

    function sendRoyalty(uint96 amount, bool token) external {
        address port = attribution.portOf(dataset);
        VM.deal(address(this), amount);
        if (token) try assets[1].transfer(port, amount % 1000) {} catch {}
        else Payment.pay(port, amount);
    }

    function collect(bool token) external {
        uint256 drained = attribution.collect(dataset, assets[token ? 1 : 0]);
        arrived[token ? 1 : 0] += token ? drained - drained / 10 : drained;
    }

    function claim(uint8 who, bool token) external {
        (uint256 i, uint256 asset) = (who % 3, token ? 1 : 0);
        uint256 due = attribution.due(dataset, assets[asset], accounts[i], shares[i]);
        (uint256 position, SumNode[] memory siblings) = _proof(i);
        try attribution.claim(dataset, assets[asset], accounts[i], shares[i], position, siblings) returns (
            uint256 amount
        ) {
            paid[asset] += amount;
            if (amount != due) paidWrongly = true;
        } catch {
            if (due != 0) paidWrongly = true;
        }
    }

    /// @notice Somebody claims what is not his: more shares, or another's.
    function claimMore(uint8 who, uint24 more) external {
        (uint256 position, SumNode[] memory siblings) = _proof(who % 3);
        if (siblings[0].sum > more) siblings[0].sum -= more;
        uint256 wanted = shares[who % 3] + more + 1;
        try attribution.claim(dataset, assets[0], accounts[who % 3], wanted, position, siblings) {
            paidWrongly = true;
        } catch {}
    }

    function _leaf(uint256 i) private view returns (bytes32) {
        return keccak256(abi.encode(accounts[i], shares[i]));
    }

    function _pair() private view returns (SumNode memory) {
        return SumNode(keccak256(abi.encode(_leaf(0), shares[0], _leaf(1), shares[1])), shares[0] + shares[1]);
    }

    function _proof(uint256 i) private view returns (uint256 position, SumNode[] memory siblings) {
        if (i == 2) {
            siblings = new SumNode[](1);
            siblings[0] = _pair();
            return (1, siblings);
        }
        siblings = new SumNode[](2);
        siblings[0] = SumNode(_leaf(1 - i), shares[1 - i]);
        siblings[1] = SumNode(_leaf(2), shares[2]);
        return (i, siblings);
    }
}

/// @title What holds of the contributors' money after any sequence of calls
contract AttributionInvariants {
    AttributionHandler private _handler;
    Attribution private _attribution;
    address[] private _targets;

    function setUp() public {
        _handler = new AttributionHandler();
        _attribution = _handler.attribution();
        _targets.push(address(_handler));
    }

    function targetContracts() public view returns (address[] memory) {
        return _targets;
    }

    /// @notice What is here is what arrived less what was paid, of coin and of the token.
    function invariant_nothingIsLost() public view {
        for (uint256 i = 0; i < 2; ++i) {
            IERC20 asset = _handler.assets(i);
            uint256 held = i == 0 ? address(_attribution).balance : asset.balanceOf(address(_attribution));
            require(_attribution.totalOf(_handler.dataset(), asset) == _handler.arrived(i), "a deposit was miscounted");
            require(held == _handler.arrived(i) - _handler.paid(i), "wei appeared or vanished");
        }
        require(!_handler.paidWrongly(), "a claim paid something else than what was due");
    }

    /// @notice Everybody can be paid, and rounding withholds less than one unit for each.
    function invariant_roundingWithholdsLessThanOneEach() public view {
        for (uint256 i = 0; i < 2; ++i) {
            uint256 owed = 0;
            for (uint256 j = 0; j < 3; ++j)
                owed += _attribution.due(
                    _handler.dataset(),
                    _handler.assets(i),
                    _handler.accounts(j),
                    _handler.shares(j)
                );
            uint256 left = _handler.arrived(i) - _handler.paid(i);
            require(owed <= left && left - owed < 3, "rounding is off");
        }
    }
}
