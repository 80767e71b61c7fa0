// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {CollectionTerms} from "./interfaces/DropTypes.sol";
import {IDropDesk} from "./interfaces/IDropDesk.sol";
import {IDropFactory} from "./interfaces/IDropFactory.sol";

/// @title DropFactory
contract DropFactory is IDropFactory {
    address private immutable _implementation;

    mapping(address collection => bool made) private _made;

    constructor(address drop) {
        if (drop.code.length == 0) revert NotAContract(drop);
        _implementation = drop;
    }

    /// @inheritdoc IDropFactory
    function createCollection(CollectionTerms calldata terms, bytes32 salt) external returns (address collection) {
        collection = Clones.cloneDeterministic(_implementation, _saltOf(msg.sender, salt));
        _made[collection] = true;
        emit CollectionCreated(collection, msg.sender, terms.admin, terms.name);
        IDropDesk(collection).initialize(terms);
    }

    /// @inheritdoc IDropFactory
    function predictCollection(address creator, bytes32 salt) external view returns (address) {
        return Clones.predictDeterministicAddress(_implementation, _saltOf(creator, salt));
    }

    /// @inheritdoc IDropFactory
    function isCollection(address collection) external view returns (bool) {
        return _made[collection];
    }

    /// @inheritdoc IDropFactory
    function implementation() external view returns (address) {
        return _implementation;
    }

    /// @dev With the creator in it, nobody can take an address that somebody else has published.
    function _saltOf(address creator, bytes32 salt) private pure returns (bytes32) {
        return keccak256(abi.encode(creator, salt));
    }
}
