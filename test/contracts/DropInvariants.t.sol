// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {DropInfo, DropState} from "../../contracts/interfaces/DropTypes.sol";
import {IDrop} from "../../contracts/interfaces/IDrop.sol";
import {DropHandler} from "./DropHandler.sol";

/// @title What holds of a collection after any sequence of calls
contract DropInvariants {
    DropHandler private _handler;
    IDrop private _drop;
    address[] private _targets;

    function setUp() public {
        _handler = new DropHandler();
        _drop = _handler.drop();
        _targets.push(address(_handler));
    }

    function targetContracts() public view returns (address[] memory) {
        return _targets;
    }

    /// @notice proceeds = deposits + refunds + held, to the wei; nothing is lost, and nothing comes from elsewhere.
    function invariant_everyWeiIsAccountedFor() public view {
        uint256 came = _handler.paid() + _handler.posted() + _handler.staked();
        uint256 went = _handler.refunded() + _handler.withdrawn() + _handler.forwarded();
        require(address(_drop).balance == came - went, "wei appeared or vanished");
        require(!_handler.wrongRefund(), "a refund is not the price");
        require(!_handler.wrongChange(), "change is missing");
    }

    /// @notice What the collection owes to anyone is there.
    function invariant_whatIsOwedIsThere() public view {
        uint256 owed = _drop.creditOf(address(_handler)) + _drop.creditOf(address(0xC4A1));
        for (uint256 i = 1; i <= _drop.dropCount(); ++i) {
            DropInfo memory info = _drop.dropOf(i);
            if (!info.settled) owed += info.bondWei;
            if (info.state == DropState.Committed || info.state == DropState.Void) owed += info.proceedsWei;
        }
        require(address(_drop).balance >= owed, "owes more than it has");
    }

    /// @notice Never more tokens than the size; as many as were minted; each rank once, and only those above the bar.
    function invariant_supply() public view {
        uint256 minted = 0;
        uint256 existing = 0;
        for (uint256 i = 1; i <= _drop.dropCount(); ++i) {
            DropInfo memory info = _drop.dropOf(i);
            require(info.minted <= info.size, "more than the size");
            minted += info.minted;
            for (uint256 bits = _drop.mintedBitmap(i, 0); bits != 0; bits &= bits - 1) ++existing;
        }
        require(minted == _handler.mints(), "minted is not what was minted");
        require(existing == _handler.mints() - _handler.burns(), "a rank exists twice, or is lost");
        require(!_handler.mintedTwice(), "a rank was minted twice");
        require(!_handler.mintedBelowBar(), "a piece below the bar was minted");
        require(!_handler.tokenIsAnother(), "a token is not the piece that was bought");
    }

    /// @notice No wallet has more than its limit in any phase, and the collection counts as it was counted here.
    function invariant_walletLimits() public view {
        uint256 last = _drop.dropCount();
        for (uint256 drop = 1; drop <= last; ++drop) {
            for (uint256 i = 0; i < 3; ++i) {
                address wallet = _handler.collectors(i);
                uint256[3] memory limits = [uint256(2), i == 0 ? 1 : 2, 1];
                for (uint256 phase = 0; phase < 3; ++phase) {
                    uint256 count = _handler.counted(drop, phase, wallet);
                    require(count <= limits[phase], "more than a wallet may have");
                    if (drop == last) require(_drop.walletCount(drop, phase, wallet) == count, "counted wrongly");
                }
            }
        }
    }

    /// @notice The cap of the model is charged for what was minted, and for what may still be.
    function invariant_capIsCharged() public view {
        uint256 charged = 0;
        for (uint256 i = 1; i <= _drop.dropCount(); ++i) {
            DropInfo memory info = _drop.dropOf(i);
            charged += info.settled ? info.minted : info.size;
        }
        require(_handler.lineage().reservedOf(_handler.model()) == charged, "cap is charged wrongly");
    }

    /// @notice A drop goes forward only, and what was announced and committed stays.
    function invariant_forwardOnly() public view {
        require(!_handler.wentBack(), "a drop went back");
        require(!_handler.changedTerms(), "an announcement or a commitment changed");
    }

    /// @notice Attestations are never lost, and stand until their signer revokes them.
    function invariant_attestationsStay() public view {
        (uint256 recorded, uint256 standing) = _drop.attestationCount(1, 0);
        require(recorded == _handler.attested(), "an attestation was lost");
        require(standing == _handler.attested() - _handler.revoked(), "an attestation stands wrongly");
    }

    /// @notice Attribution never pays out more than came in.
    function invariant_attributionIsSolvent() public view {
        IERC20 coin = IERC20(address(0));
        bytes32 model = _handler.model();
        uint256 total = _handler.attribution().totalOf(model, coin);
        uint256 paid = _handler.attribution().claimedBy(model, coin, address(_handler));
        require(address(_handler.attribution()).balance == total - paid, "attribution does not add up");
    }
}
