// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DropState} from "../interfaces/DropTypes.sol";
import {IDropReports} from "../interfaces/IDropReports.sol";
import {IAttribution} from "../interfaces/IAttribution.sol";
import {ILineage} from "../interfaces/ILineage.sol";
import {Ledger, Record} from "./DropLedger.sol";
import {Head} from "./Head.sol";

/// @title The end of a drop, and of its bond
library BondLib {
    /// @notice Ends a drop as void. What its tokens cost stays here for their refunds.
    /// @param by Who gets half of the bond; zero leaves all of it to the contributors.
    function voidDrop(Ledger storage ledger, uint256 drop, address by, bytes32 why) internal {
        Record storage record = ledger.records[drop];
        ledger.heads[drop] = ledger.heads[drop].withState(DropState.Void);
        record.bondHolder = by;
        emit IDropReports.DropVoided(drop, by, why);
    }

    /// @notice Pays out the bond and gives back what the model's cap was charged for and nobody minted.
    /// @dev Apart from the challenge itself, which is to stay affordable. Only half goes to the challenger, or an
    /// operator could void his own drop, from another account, for nothing.
    function settle(Ledger storage ledger, uint256 drop, ILineage lineage, IAttribution attribution) internal {
        Record storage record = ledger.records[drop];
        Head head = ledger.heads[drop];
        if (record.settled) revert IDropReports.AlreadySettled(drop);
        record.settled = true;

        uint256 bond = record.bondWei;
        address holder = record.bondHolder;
        uint256 credit =
            holder == address(0)
                ? 0
                : head.state() == DropState.Void
                    ? bond / 2
                    : bond;
        if (credit > 0) ledger.credits[holder] += credit;
        emit IDropReports.BondSettled(drop, holder, credit, bond - credit);

        uint256 unminted = head.size() - head.minted();
        if (unminted > 0) lineage.release(record.model, unminted);
        if (bond > credit) attribution.deposit{value: bond - credit}(record.model);
    }
}
