// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessControlDefaultAdminRules} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {IDropDesk} from "./IDropDesk.sol";
import {IDropSale} from "./IDropSale.sol";

/// @title Drop: a collection of numbered drops, one at a time
/// @notice The whole face of a collection, for whoever calls one. Token id = drop << 16 | rank.
/// @dev Behind it stand two contracts, Drop and DropDesk, since one would be larger than a contract may be.
interface IDrop is
    IDropSale,
    IDropDesk,
    IERC721Metadata,
    IERC2981,
    IERC4906,
    IERC5267,
    IAccessControlDefaultAdminRules
{
    /// @notice No such token, or it was burnt by its refund.
    error TokenDoesNotExist();
    /// @notice A rank is minted once.
    error TokenAlreadyExists();
    /// @notice Only the owner, or whom he approved.
    error NotOwnerNorApproved();
    /// @notice A token for nobody.
    error TransferToZeroAddress();
    /// @notice The recipient is a contract that does not take tokens.
    error ERC721InvalidReceiver(address receiver);
    /// @notice A call back into the collection in the middle of another.
    error ReentrancyGuardReentrantCall();
    /// @notice The collection was set up before.
    error InvalidInitialization();

    function OPERATOR_ROLE() external view returns (bytes32);

    function CURATOR_ROLE() external view returns (bytes32);

    function GUARDIAN_ROLE() external view returns (bytes32);
}
