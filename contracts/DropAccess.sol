// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessControlDefaultAdminRules} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {CollectionTerms} from "./interfaces/DropTypes.sol";
import {IDropReports} from "./interfaces/IDropReports.sol";

/// @title Who may do what in a collection
/// @notice The admin appoints operators, curators and guardians, and hands over in two steps with a delay between them.
/// None of them can change a drop that was announced, or stop a refund or a close.
/// @dev A clone runs no constructor, and the delay of OpenZeppelin's rules is set there, in a private variable. Instead
/// of an upgradeable twin of the whole contract, the delay gets a floor here: it holds in every clone from the first
/// block, and no later change of the delay goes below it.
abstract contract DropAccess is AccessControlDefaultAdminRules, Initializable {
    bytes32 public constant OPERATOR_ROLE = keccak256("OPERATOR_ROLE");
    bytes32 public constant CURATOR_ROLE = keccak256("CURATOR_ROLE");
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");

    uint48 private constant _ADMIN_DELAY = 3 days;

    /// @dev The desk by itself belongs to itself, which can do nothing, and cannot be initialised.
    constructor() AccessControlDefaultAdminRules(_ADMIN_DELAY, address(this)) {
        _disableInitializers();
    }

    /// @notice How long a new admin has to wait before he can accept.
    function defaultAdminDelay() public view override returns (uint48) {
        uint48 configured = super.defaultAdminDelay();
        return configured < _ADMIN_DELAY ? _ADMIN_DELAY : configured;
    }

    function _appoint(CollectionTerms calldata terms) internal {
        if (terms.admin == address(0)) revert IDropReports.ZeroAddress();
        _grantRole(DEFAULT_ADMIN_ROLE, terms.admin);
        _grantRole(OPERATOR_ROLE, terms.operator);
        _grantRole(CURATOR_ROLE, terms.curator);
        _grantRole(GUARDIAN_ROLE, terms.guardian);
    }
}
